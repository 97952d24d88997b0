"""What is known of each data set, and what papers published: data beside this file."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from skts.datasets import load_csv, load_ett
from skts.series import find_frequency, find_periods

# Rows and channels of the smoke mode.
N_SMOKE_SEEN, N_SMOKE_TEST, N_SMOKE_CHANNELS = 1000, 200, 2

ETT = ("ETTh1", "ETTh2", "ETTm1", "ETTm2")


@cache
def _presets() -> dict[str, Any]:
    text = files("skts.benchmarks").joinpath("presets.toml").read_text("utf-8")
    return tomllib.loads(text)


def preset(dataset: str) -> dict[str, Any]:
    """Return what is known of a data set, or what holds for unknown ones."""
    return _presets()["other"] | _presets().get(dataset, {})


def preset_parameters(dataset: str, horizon: int, model: str) -> dict[str, Any]:
    """Return a model's published parameters on one data set and horizon.

    Raises
    ------
    ValueError
        If no paper tells them.
    """
    known = preset(dataset)
    if model not in known or horizon not in known["horizons"]:
        raise ValueError(
            f"presets.toml has no settings of {model} for {dataset} at horizon "
            f"{horizon}. Use a setting without a preset, such as 'samformer'."
        )
    i = known["horizons"].index(horizon)
    return {k: v[i] if isinstance(v, list) else v for k, v in known[model].items()}


def split_sizes(dataset: str, n_rows: int) -> tuple[int, int, int]:
    """Return the rows to train on, to validate on and to test on."""
    train, valid, test = preset(dataset)["split"]
    if train < 1:  # shares of all rows: what rounding leaves is validated on
        train, test = int(train * n_rows), int(test * n_rows)
        valid = n_rows - train - test
    return train, valid, test


def load_split(
    dataset: str, *, smoke: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return the rows to fit on, those to test on, and the share to validate on.

    The rows of a series with uneven dates are numbered, as papers take them.
    """
    y = load_ett(dataset) if dataset in ETT else load_csv(dataset)
    if getattr(y.index, "freq", None) is None:
        y = y.reset_index(drop=True)
    train, valid, test = split_sizes(dataset, len(y))
    seen = train + valid
    if smoke:
        y = y.iloc[seen - N_SMOKE_SEEN : seen + N_SMOKE_TEST, :N_SMOKE_CHANNELS]
        seen, test = N_SMOKE_SEEN, N_SMOKE_TEST
    return y[:seen], y[seen : seen + test], valid / (train + valid)


def season(dataset: str, seen: pd.DataFrame) -> int:
    """Return the rows of a season: what is known, or else found; 1 if there is none."""
    known = preset(dataset).get("period")
    if known is not None:
        return int(known)
    frequency = find_frequency(seen.index)
    found = find_periods(seen.index, frequency, seen.to_numpy(dtype=np.float64))
    return next((period for period in found if period < len(seen)), 1)


@cache
def published(benchmark: str) -> pd.DataFrame:
    """Return published results, indexed by all columns up to ``horizon``.

    Those of "forecasting" are from tables 1, 6, 9 and 10 of the SAMformer paper, those
    of "clustering" from the LoSTer paper and a re-run by the group of its authors.
    """
    with files("skts.benchmarks").joinpath(f"published_{benchmark}.csv").open() as file:
        frame = pd.read_csv(file)
    keys = [key for key in ("model", "dataset", "horizon") if key in frame]
    return frame.set_index(keys)
