"""What a forecaster and a regressor share: a network, its parameters, its training."""

from skts.models._base import WindowModel
from skts.models._lsinet import LSINetModel
from skts.models._samformer import SAMformerModel
from skts.models._training import channel_errors, prepare_batch, window_loss
from skts.models._weights import Weights

__all__ = [
    "LSINetModel",
    "SAMformerModel",
    "Weights",
    "WindowModel",
    "channel_errors",
    "prepare_batch",
    "window_loss",
]
