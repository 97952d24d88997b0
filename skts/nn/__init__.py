"""Networks: torch in, torch out. They know nothing of estimators, devices or files."""

from skts.nn._losses import (
    assignment,
    cluster_losses,
    contrastive_loss,
    kmeans_loss,
    neighbor_loss,
)
from skts.nn._loster import LoSTer
from skts.nn._lsinet import LSINet, default_patches
from skts.nn._samformer import SAMformer
from skts.nn._series_features import SeriesFeatures, standardise_each
from skts.nn._window_network import WindowNetwork

__all__ = [
    "LSINet",
    "LoSTer",
    "SAMformer",
    "SeriesFeatures",
    "WindowNetwork",
    "assignment",
    "cluster_losses",
    "contrastive_loss",
    "default_patches",
    "kmeans_loss",
    "neighbor_loss",
    "standardise_each",
]
