"""All estimators as small as they get, by name, and data to fit them to."""

import numpy as np

from skts.clustering import LoSTerClusterer
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.regression import LSINetRegressor, SAMformerRegressor

SMALL_LSINET = {"hidden_size": 8, "n_heads": 2, "head_size": 4}


def small_estimators(windows, clusterer):
    """Return an estimator of each kind, by the name of its class.

    `windows` are parameters of those that learn from windows, `clusterer` of LoSTer.
    """
    return {
        "SAMformerForecaster": SAMformerForecaster(8, horizon=4, **windows),
        "LSINetForecaster": LSINetForecaster(8, horizon=4, **windows, **SMALL_LSINET),
        "SAMformerRegressor": SAMformerRegressor(**windows),
        "LSINetRegressor": LSINetRegressor(**windows, **SMALL_LSINET),
        "LoSTerClusterer": LoSTerClusterer(
            2, hidden_size=8, pretrain_epochs=1, tol=0, **clusterer
        ),
    }


def data_to_fit(name, y):
    """Return what ``fit`` of a named estimator takes, made of a frame."""
    if name.endswith("Forecaster"):
        return (y,)
    rows = np.lib.stride_tricks.sliding_window_view(y["load"], 12)
    return (rows[:, :8], rows[:, 8:]) if name.endswith("Regressor") else (rows,)
