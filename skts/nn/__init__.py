"""Networks: torch in, torch out. They know nothing of estimators, devices or files."""

from skts.nn._loster import LoSTer
from skts.nn._lsinet import LSINet, default_patches
from skts.nn._samformer import SAMformer
from skts.nn._window_network import WindowNetwork

__all__ = ["LSINet", "LoSTer", "SAMformer", "WindowNetwork", "default_patches"]
