"""Errors on short series, of the defaults with nothing but a horizon given.

The last fifth of a series, two horizons at least, is forecast from every row on; errors
are absolute ones, relative to those of the seasonal naive forecast of the same windows,
and a mean over channels.
"""

import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from sktime.datasets import (
    load_airline,
    load_lynx,
    load_macroeconomic,
    load_PBS_dataset,
    load_shampoo_sales,
    load_solar,
    load_uschange,
)

from skts.benchmarks._results import Result, markdown, run_missing
from skts.datasets import load_csv
from skts.forecasting import LSINetForecaster, SAMformerForecaster

MODELS = {"samformer": SAMformerForecaster, "lsinet": LSINetForecaster}
SETTINGS = (*MODELS, "theta", "last-value")


class ShortSeries(NamedTuple):
    """How a series is loaded, how far it is forecast, and the rows of a season."""

    load: Callable[[], pd.Series | pd.DataFrame]
    horizon: int
    period: int


SETS = {  # solar as sktime stores it, without a look at the net
    "airline": ShortSeries(load_airline, 12, 12),
    "PBS": ShortSeries(load_PBS_dataset, 12, 12),
    "lynx": ShortSeries(load_lynx, 4, 10),
    "shampoo": ShortSeries(load_shampoo_sales, 4, 12),
    "solar": ShortSeries(lambda: load_solar(api_version=None), 48, 48),
    "ILI, last 500": ShortSeries(lambda: load_csv("ILI")[-500:], 24, 52),
    "ILI": ShortSeries(lambda: load_csv("ILI"), 24, 52),
    "US consumption": ShortSeries(lambda: load_uschange()[0], 4, 4),
    "macroeconomic": ShortSeries(load_macroeconomic, 4, 4),
}


def run(
    path: Path,
    datasets: list[str],
    seeds: list[int],
    settings: list[str],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet, as far as statsmodels is there."""
    cells: list[Result] = [
        {"dataset": dataset, "setting": setting, "seed": seed}
        for seed, dataset, setting in product(seeds, datasets, settings)
        if setting in MODELS or seed == seeds[0]
    ]
    if find_spec("statsmodels") is None:
        print("without statsmodels: neither the macroeconomic series nor theta")
        cells = [
            cell
            for cell in cells
            if cell["dataset"] != "macroeconomic" and cell["setting"] != "theta"
        ]
    run_missing(path, cells, run_cell, _describe, n_jobs, load=load_short, smoke=smoke)


def _describe(result: Result) -> str:
    return f"{result['relative_mae']:.3f} {result['seconds']:.1f} s"


def load_short(dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to fit on and those to test on."""
    load, horizon, _ = SETS[dataset]
    y = load()
    frame = y.to_frame() if isinstance(y, pd.Series) else y
    n_test = max(len(frame) // 5, 2 * horizon)
    return frame[:-n_test], frame[-n_test:]


def run_cell(dataset: str, setting: str, seed: int, smoke: bool = False) -> Result:
    """Forecast the end of one series from every row on."""
    seen, test = load_short(dataset)
    _, horizon, period = SETS[dataset]
    values = np.concatenate([seen.to_numpy(float), test.to_numpy(float)])
    measure = partial(_rolling_errors, values=values, first=len(seen), horizon=horizon)
    started = perf_counter()
    result: Result = {}
    if setting in MODELS:
        forecaster = MODELS[setting](horizon=horizon, random_state=seed)
        if smoke:
            forecaster.set_params(max_epochs=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # how short the series are
            forecaster.fit(seen)
        errors = forecaster.backtest(test).by_variable["mae"].to_numpy()
        result["network_weight"] = round(forecaster.network_weight_, 4)
        result["parameters"] = forecaster.get_params()
    elif setting == "theta":
        errors = measure(partial(_theta, period=period))
    else:
        errors = measure(partial(_repeat, period=1))
    seconds = perf_counter() - started
    naive = measure(partial(_repeat, period=period))
    return result | {
        "relative_mae": float(np.mean(errors / naive)),
        "mae": [float(error) for error in errors],
        "shape": list(values.shape),
        "n_windows": len(test) - horizon + 1,
        "seconds": round(seconds, 1),
    }


def _rolling_errors(
    forecast: Callable[[np.ndarray, int], np.ndarray],
    values: np.ndarray,
    first: int,
    horizon: int,
) -> np.ndarray:
    """Return mean absolute errors per channel, from each row on with those before."""
    errors = [
        abs(forecast(values[:now], horizon) - values[now : now + horizon])
        for now in range(first, len(values) - horizon + 1)
    ]
    return np.mean(errors, axis=(0, 1))


def _repeat(seen: np.ndarray, horizon: int, period: int) -> np.ndarray:
    """Repeat the last season."""
    return seen[np.arange(horizon) % period - period]


def _theta(seen: np.ndarray, horizon: int, period: int) -> np.ndarray:
    """Forecast each channel by Theta without its season, which is added again."""
    from sktime.forecasting.theta import ThetaForecaster
    from sktime.transformations.series.detrend import Deseasonalizer

    forecasts = []
    for channel in seen.T:
        # Factors are Theta's own way, but need positive values.
        model = "multiplicative" if (channel > 0).all() else "additive"
        theta = ThetaForecaster(deseasonalize=False)
        pipeline = Deseasonalizer(period, model) * theta
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # statsmodels tells of slow convergence
            pipeline.fit(pd.Series(channel), fh=np.arange(1, horizon + 1))
            forecasts.append(pipeline.predict().to_numpy())
    return np.stack(forecasts, axis=1)


def table(results: list[Result]) -> str:
    """Return relative errors as a Markdown table, means over seeds."""
    frame = pd.DataFrame(results)
    errors = frame.pivot_table("relative_mae", "dataset", "setting")
    errors = errors.reindex(index=[s for s in SETS if s in errors.index])
    errors = errors[[setting for setting in SETTINGS if setting in errors]]
    sizes = {result["dataset"]: result for result in results}
    rows: list[list[object]] = []
    for dataset in map(str, errors.index):
        (n_rows, n_channels), n_windows = (
            sizes[dataset][key] for key in ("shape", "n_windows")
        )
        _, horizon, period = SETS[dataset]
        rows.append([dataset, n_rows, n_channels, horizon, period, n_windows])
        rows[-1] += _shown(errors.T[dataset])
    # Where one has no error for some series, its mean would be another's.
    rows.append(["mean", *[""] * 5, *_shown(errors.mean(skipna=False))])
    rows.append(["worst", *[""] * 5, *_shown(errors.max(skipna=False))])
    header = ["series", "rows", "channels", "horizon", "season", "windows"]
    return markdown([*header, *(f"`{setting}`" for setting in errors)], rows)


def _shown(values: pd.Series) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.2f}" for value in values]
