"""What a forecaster and a regressor share: a network, its parameters, its training."""

from skts.models._base import WindowModel, recipe_of
from skts.models._following import FollowingMaps, NewRows, follow
from skts.models._lsinet import LSINetModel
from skts.models._maps import ChosenMaps, MapWindows, choose_maps
from skts.models._mixture import Mixture
from skts.models._recipe import Recipe
from skts.models._samformer import SAMformerModel
from skts.models._trained import pretrain, train_further
from skts.models._training import (
    channel_errors,
    mean_squared_error,
    prepare_batch,
    prepare_known,
    train_on_windows,
    window_loss,
)
from skts.models._weights import (
    InitialWeights,
    Weights,
    read_weights,
    start_from,
    weights_of,
)

__all__ = [
    "ChosenMaps",
    "FollowingMaps",
    "InitialWeights",
    "LSINetModel",
    "MapWindows",
    "Mixture",
    "NewRows",
    "Recipe",
    "SAMformerModel",
    "Weights",
    "WindowModel",
    "channel_errors",
    "choose_maps",
    "follow",
    "mean_squared_error",
    "prepare_batch",
    "prepare_known",
    "pretrain",
    "read_weights",
    "recipe_of",
    "start_from",
    "train_further",
    "train_on_windows",
    "weights_of",
    "window_loss",
]
