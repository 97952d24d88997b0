"""One tiny fit of each kind, and figures that are closed after each test."""

import numpy as np
import pandas as pd
import pytest

from skts.clustering import LoSTerClusterer


@pytest.fixture(scope="session", autouse=True)
def headless():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")


@pytest.fixture(autouse=True)
def drawn():
    """Draw every figure of a test, which finds what only drawing would."""
    import matplotlib.pyplot as plt

    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


@pytest.fixture(scope="session")
def frame(make_frame):
    return make_frame()


@pytest.fixture(scope="session")
def fitted(make_model, frame):
    """Return a forecaster of 3 channels, fitted on the first 48 of 60 rows."""
    return make_model(validation_fraction=0.3).fit(frame[:48])


@pytest.fixture(scope="session")
def pair():
    """Return 1300 rows of a channel and its echo, which attention finds."""
    rng = np.random.default_rng(0)
    call = rng.standard_normal(1300)
    for row in range(1, len(call)):
        call[row] += 0.5 * call[row - 1]
    echo = np.roll(call, 2) + 0.1 * rng.standard_normal(len(call))
    index = pd.date_range("2024", periods=len(call), freq="h", name="time")
    return pd.DataFrame({"call": call, "echo": 5 + 2 * echo}, index)


@pytest.fixture(scope="session")
def mixed(make_model, pair):
    """Return a mixture of maps and a network, each with weight."""
    params = {"linear_maps": "auto", "validation_fraction": 0.4, "rho": 0.0}
    return make_model(**params, horizon=3, max_epochs=8, batch_size=64).fit(pair)


@pytest.fixture(scope="session")
def series():
    """Return 12 waves and 12 ramps of 20 time points."""
    time = np.arange(20) / 20
    waves = np.sin(2 * np.pi * time + np.linspace(0, 0.5, 12)[:, None])
    ramps = time + np.random.default_rng(0).normal(0, 0.1, (12, 20))
    return np.concatenate([waves, ramps])


@pytest.fixture(scope="session")
def clusterer(series):
    tiny = {"hidden_size": 8, "pretrain_epochs": 2, "max_epochs": 3, "tol": 0}
    return LoSTerClusterer(2, **tiny, device="cpu", random_state=0).fit(series)


@pytest.fixture(scope="session")
def labels():
    """Return a function that gives the labels of an axes' legend."""

    def read(ax):
        return [text.get_text() for text in ax.get_legend().get_texts()]

    return read
