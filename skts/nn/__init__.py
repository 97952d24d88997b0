"""Networks: torch in, torch out. They know nothing of estimators, devices or files."""

from skts.nn._losses import (
    assignment,
    cluster_losses,
    contrastive_loss,
    kmeans_loss,
    neighbor_loss,
)
from skts.nn._loster import LoSTer
from skts.nn._lsinet import CONNECTION_MODES, INTERACTIONS, LSINet, default_patches
from skts.nn._samformer import ATTENTIONS, HEAD_INITS, VALUE_PROJECTIONS, SAMformer
from skts.nn._series_features import SeriesFeatures, standardise_each
from skts.nn._window_network import REVIN_EPS, ByHand, WindowNetwork

__all__ = [
    "ATTENTIONS",
    "CONNECTION_MODES",
    "HEAD_INITS",
    "INTERACTIONS",
    "REVIN_EPS",
    "VALUE_PROJECTIONS",
    "ByHand",
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
