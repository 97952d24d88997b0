"""A series of two channels, one of which tells what the other will do."""

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import SAMformerForecaster


@pytest.fixture(scope="session")
def make_pair():
    """Return a function that makes a channel and its echo, two rows later.

    Maps look at a channel's own past, where the echo is nearly noise; attention finds
    it in the other channel.
    """

    def make(n_rows=1400, seed=0, index=None):
        rng = np.random.default_rng(seed)
        call = rng.standard_normal(n_rows)
        for row in range(1, n_rows):
            call[row] += 0.5 * call[row - 1]
        echo = np.roll(call, 2) + 0.1 * rng.standard_normal(n_rows)
        return pd.DataFrame({"call": 5 + 10 * call, "echo": echo}, index)

    return make


@pytest.fixture(scope="session")
def make_mixture():
    """Return a function that constructs a forecaster of maps and a small network.

    Of 1400 rows, 559 validation windows are held out.
    """

    def make(**params):
        small = {
            "context_length": 8,
            "horizon": 2,
            "hidden_size": 4,
            "rho": 0.0,
            "lr": 1e-2,
            "batch_size": 64,
            "max_epochs": 10,
            "validation_fraction": 0.4,
            "device": "cpu",
            "random_state": 0,
        }
        return SAMformerForecaster(**{**small, **params})

    return make


@pytest.fixture(scope="session")
def pair(make_pair):
    return make_pair()


@pytest.fixture(scope="session")
def mixed(make_mixture, pair):
    """Return a mixture, fitted on all of the pair, whose network has weight."""
    return make_mixture(refit_maps=False).fit(pair)
