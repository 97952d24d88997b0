"""Windows of a small series, and regressors that train in milliseconds."""

import numpy as np
import pytest

from skts.regression import LSINetRegressor, SAMformerRegressor

TINY = {"max_epochs": 2, "batch_size": 16, "lr": 1e-2, "device": "cpu"}
TINY["linear_maps"] = None
TINY |= {"validation_fraction": 0, "random_state": 0, "hidden_size": 4}


@pytest.fixture(scope="session")
def cut():
    """Return a function that cuts a series (T, C) into contexts and targets."""

    def cut(series, context_length=8, horizon=4, stride=1):
        rows = np.lib.stride_tricks.sliding_window_view(
            np.asarray(series), context_length + horizon, axis=0
        ).transpose(0, 2, 1)[::stride]
        return rows[:, :context_length], rows[:, context_length:]

    return cut


@pytest.fixture(scope="session")
def windows(make_frame, cut):
    """Return contexts (n, 8, 3) and targets (n, 4, 3)."""
    return cut(make_frame(60))


@pytest.fixture(scope="session")
def make_regressor():
    """Return a function that constructs either regressor."""

    def make(kind="SAMformer", **params):
        if kind == "SAMformer":
            return SAMformerRegressor(**{**TINY, **params})
        small = {"hidden_size": 8, "n_heads": 2, "head_size": 4}
        return LSINetRegressor(**{**TINY, **small, **params})

    return make
