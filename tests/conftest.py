"""Tiny seeded series and models for all tests; torch on one thread."""

import os
import signal
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from skts.datasets import load_ett
from skts.forecasting import SAMformerForecaster

# Sums in another order round differently: one thread here, one in child processes.
torch.set_num_threads(1)

CHANNELS = ["load", "temperature", "pressure", "rest", "more"]


@pytest.fixture(scope="session")
def make_frame():
    """Return a function that makes noisy sines of very different level and scale."""

    def make(n_rows=60, n_channels=3, index=None, noise=0.1, seed=0):
        time = np.arange(n_rows)[:, None]
        channel = np.arange(n_channels)
        waves = np.sin(2 * np.pi * time / (6 + 2 * channel) + channel)
        waves += noise * np.random.default_rng(seed).standard_normal(waves.shape)
        values = 5.0 * channel + 10.0**channel * waves
        if index is None:
            index = pd.date_range("2020-01-01", periods=n_rows, freq="h", name="time")
        return pd.DataFrame(values, index=index, columns=CHANNELS[:n_channels])

    return make


@pytest.fixture(scope="session")
def make_model():
    """Return a function that constructs a forecaster which trains in milliseconds."""

    def make(**params):
        tiny = {
            "context_length": 8,
            "linear_maps": None,
            "horizon": 4,
            "hidden_size": 4,
            "max_epochs": 2,
            "batch_size": 16,
            "lr": 1e-2,
            "validation_fraction": 0,
            "device": "cpu",
            "random_state": 0,
        }
        return SAMformerForecaster(**{**tiny, **params})

    return make


@pytest.fixture
def training(monkeypatch):
    """Return a list that grows when the training of a window network begins."""
    begun = []
    train = import_module("skts.models._trained").train_on_windows

    def note(*args, **kwargs):
        begun.append(True)
        return train(*args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", note)
    return begun


@pytest.fixture
def ctrl_c_is_heard():
    """Handle Ctrl-C as usual: what is started in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def weights_of():
    """Return a function that copies all weights of a fitted forecaster."""

    def copy(model):
        return {k: v.clone().cpu() for k, v in model.network_.state_dict().items()}

    return copy


@pytest.fixture(scope="session")
def ett():
    """Return ``load_ett`` where the files are at hand; tests never download."""
    folder = os.environ.get("SKTS_DATA")
    if not folder:
        pytest.skip("set SKTS_DATA to a folder with the ETT files to run this test")
    if not list(Path(folder).glob("**/ETTh1.csv*")):
        pytest.skip(f"SKTS_DATA={folder} holds no ETTh1.csv or ETTh1.csv.gz")
    return load_ett
