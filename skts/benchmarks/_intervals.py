"""How often prediction intervals hold the truth on the ETT test parts, and how wide.

The test part is cut into windows side by side. Widths are in standard deviations of the
training part. The naive interval is put around the last value, as wide as the errors of
that forecast on the same held-out windows say.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown, run_missing
from skts.benchmarks._settings import make_forecaster
from skts.conformal import RankedErrors
from skts.data import spread_out
from skts.fitted import (
    INTERVAL_METHODS,
    MAX_WINDOWS,
    Part,
    Sizes,
    absolute_errors,
    lay_out,
)
from skts.forecasting import TorchForecaster
from skts.series import find_frequency

HORIZON = 96
COVERAGES = (0.8, 0.9, 0.95)
N_BLOCKS = 4
NAIVE = "last value"

Ends = tuple[np.ndarray, np.ndarray]


def run(
    path: Path,
    datasets: list[str],
    seeds: list[int],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet."""
    cells = [{"dataset": name, "seed": seed} for seed in seeds for name in datasets]
    run_missing(
        path,
        cells,
        run_cell,
        lambda r: str(r["coverage"]),
        n_jobs,
        load=load_split,
        smoke=smoke,
    )


def run_cell(dataset: str, seed: int, smoke: bool = False) -> Result:
    """Train SAMformer's defaults on one data set and try its intervals."""
    y, test, share = load_split(dataset, smoke=smoke)
    forecaster = make_forecaster(dataset, HORIZON, "samformer-alone", share)
    forecaster.set_params(random_state=seed)
    if smoke:
        forecaster.set_params(max_epochs=1)
    return try_intervals(forecaster, y, test)


def try_intervals(
    forecaster: TorchForecaster, y: pd.DataFrame, test: pd.DataFrame
) -> Result:
    """Fit and count how often the intervals of each method hold the truth."""
    part = _lay_out(forecaster, y)
    ends = {NAIVE: _naive_ends(part, y, test)}
    for method in INTERVAL_METHODS:
        forecaster.set_params(interval_method=method).fit(y)  # the same network
        ends[method] = _ends(forecaster, test)
    n_windows = len(test) // HORIZON
    truths = test.to_numpy()[: n_windows * HORIZON].reshape(n_windows, 1, HORIZON, -1)
    result: Result = {"coverage": {}, "width": {}, "coverage_by_variable_and_step": {}}
    for method, (lower, upper) in ends.items():
        covered = (lower <= truths) & (truths <= upper)  # (N, A, H, C)
        width = (upper - lower) / forecaster.scale_
        blocks = covered.reshape(n_windows, len(COVERAGES), N_BLOCKS, -1, len(y.T))
        result["coverage"][method] = _rounded(covered.mean(axis=(0, 2, 3)))
        result["width"][method] = _rounded(width.mean(axis=(0, 2, 3)))
        result["coverage_by_variable_and_step"][method] = _rounded(
            blocks.mean(axis=(0, 3)).transpose(0, 2, 1)
        )
    return result | {
        "coverages": COVERAGES,
        "variables": list(y.columns),
        "n_test_windows": n_windows,
        "n_held_out_windows": min(len(part.valid), MAX_WINDOWS),
        "parameters": forecaster.get_params(),
    }


def _lay_out(forecaster: TorchForecaster, y: pd.DataFrame) -> Part:
    """Return the windows that the forecaster holds out."""
    layout = lay_out(
        {None: y},
        {None: find_frequency(y.index)},
        Sizes(cast(int, forecaster.context_length), 0, HORIZON),
        forecaster.validation_fraction,
        forecaster.standardize,
        torch.device("cpu"),
    )
    return layout.parts[None]


def _rounded(values: np.ndarray) -> list:
    return values.round(4).tolist()


def _each_window(test: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for first in range(0, len(test) - HORIZON + 1, HORIZON):
        yield test[first : first + HORIZON]


def _ends(forecaster: TorchForecaster, test: pd.DataFrame) -> Ends:
    """Return both ends of intervals as a user gets them, each ``(N, A, H, C)``."""
    lower, upper = [], []
    for window in _each_window(test):
        interval = forecaster.predict_interval(
            range(1, HORIZON + 1), coverage=list(COVERAGES)
        )
        lower.append(_stack(interval.xs("lower", axis=1, level=2)))
        upper.append(_stack(interval.xs("upper", axis=1, level=2)))
        forecaster.update(window, update_params=False)
    return np.stack(lower), np.stack(upper)


def _stack(ends: pd.DataFrame | pd.Series) -> np.ndarray:
    """Return ends with columns by variable and coverage as ``(A, H, C)``."""
    return ends.to_numpy().reshape(HORIZON, -1, len(COVERAGES)).transpose(2, 0, 1)


def _naive_ends(part: Part, y: pd.DataFrame, test: pd.DataFrame) -> Ends:
    windows = replace(part.valid, starts=spread_out(part.valid.starts, MAX_WINDOWS))
    errors = absolute_errors(_last_value, windows, lambda c: c.new_ones(1))
    widths = RankedErrors.of(errors).half_widths(COVERAGES).swapaxes(-1, -2)
    widths = widths * part.known.units.factor  # (A, H, C)
    last_rows = [y.to_numpy()[-1]]
    last_rows += [window.to_numpy()[-1] for window in _each_window(test)]
    center = np.stack(last_rows[:-1])[:, None, None]  # (N, 1, 1, C)
    return center - widths, center + widths


def _last_value(context: torch.Tensor) -> torch.Tensor:
    return context[..., -1:].expand(-1, -1, HORIZON)


def table(results: list[Result]) -> str:
    """Return coverage and width, pooled, as a Markdown table."""
    rows: list[list[object]] = [
        [
            r["dataset"],
            r["seed"],
            method,
            *(f"{100 * share:.1f} %" for share in r["coverage"][method]),
            *(f"{width:.2f}" for width in r["width"][method]),
        ]
        for r in results
        for method in r["coverage"]
    ]
    asked = [f"{100 * coverage:g} %" for coverage in COVERAGES]
    header = ["data set", "seed", "intervals", *(f"held at {a}" for a in asked)]
    return markdown([*header, *(f"width at {a}" for a in asked)], rows)


def detail_table(results: list[Result]) -> str:
    """Return coverage at 90 per cent by variable and step as a Markdown table."""
    size = HORIZON // N_BLOCKS
    steps = [f"steps {i * size + 1}-{(i + 1) * size}" for i in range(N_BLOCKS)]
    rows: list[list[object]] = []
    for r in results:
        for method in r["coverage_by_variable_and_step"]:
            if method == NAIVE:
                continue
            shares = r["coverage_by_variable_and_step"][method][COVERAGES.index(0.9)]
            for variable, blocks in zip(r["variables"], shares, strict=True):
                cells = [f"{100 * share:.1f} %" for share in blocks]
                rows.append([r["dataset"], r["seed"], method, variable, *cells])
    return markdown(["data set", "seed", "intervals", "variable", *steps], rows)
