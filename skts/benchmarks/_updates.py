"""What learning from new rows gains and forgets on ETTh1, and what a row costs."""

from copy import deepcopy
from time import perf_counter

import numpy as np
import pandas as pd

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown
from skts.benchmarks._settings import make_forecaster
from skts.forecasting import TorchForecaster

HORIZON = 96
ROWS_PER_UPDATE = 24
_WHO = ("resting", "learning")


def measure_forgetting(n_updates: int, smoke: bool) -> Result:
    """Compare a forecaster that learns from each day of new rows with one that rests.

    The error on the new rows is that of the forecasts made before their update, with
    targets that begin within the day to come.
    """
    y, test, share = load_split("ETTh1", smoke=smoke)
    forecaster = make_forecaster("ETTh1", HORIZON, "samformer", share)
    forecaster.set_params(random_state=0)
    if smoke:
        forecaster.set_params(max_epochs=1)
    forecaster.fit(y)
    first = len(y) - round(forecaster.validation_fraction * len(y))
    held_out = y[first - forecaster.context_length_ :]
    resting, learning = forecaster, deepcopy(forecaster)
    errors: dict[str, list[float]] = {"resting": [], "learning": []}
    started = perf_counter()
    for update in range(n_updates):
        begin = update * ROWS_PER_UPDATE
        new = test[begin : begin + ROWS_PER_UPDATE]
        ahead = test[begin : begin + ROWS_PER_UPDATE + HORIZON - 1]
        errors["resting"].append(-resting.score(ahead))
        errors["learning"].append(-learning.score(ahead))
        resting.update(new, update_params=False)
        learning.update(new)
    seconds = perf_counter() - started
    return {
        "benchmark": "forgetting",
        "n_updates": n_updates,
        "rows_per_update": ROWS_PER_UPDATE,
        "old_mse": {
            "resting": _error(resting, held_out),
            "learning": _error(learning, held_out),
        },
        "new_mse": {name: float(np.mean(each)) for name, each in errors.items()},
        "seconds": round(seconds, 1),
        "parameters": forecaster.get_params(),
    }


def _error(forecaster: TorchForecaster, y: pd.DataFrame) -> float:
    forecasts, truths = forecaster.predict_windows(y)
    return float(np.mean(((forecasts - truths) / forecaster.scale_) ** 2))


def measure_stream(n_updates: int, smoke: bool) -> Result:
    """Time updates of one row each, without learning, at the start and the end."""
    y, test, _ = load_split("ETTh1", smoke=smoke)
    forecaster = make_forecaster("ETTh1", HORIZON, "samformer")
    # What the weights are does not matter to the time.
    forecaster.set_params(max_epochs=1, random_state=0).fit(y)
    seconds = []
    for row in range(n_updates):
        new = test[row : row + 1]
        started = perf_counter()
        forecaster.update(new, update_params=False)
        seconds.append(perf_counter() - started)
    some = n_updates // 10
    first, last = (1000 * np.median(part) for part in (seconds[:some], seconds[-some:]))
    return {
        "benchmark": "stream",
        "n_updates": n_updates,
        "first_ms": round(float(first), 2),
        "last_ms": round(float(last), 2),
        "ratio": round(float(last / first), 2),
        "parameters": forecaster.get_params(),
    }


def forgetting_table(results: list[Result]) -> str:
    """Return errors with and without learning as a Markdown table."""
    rows: list[list[object]] = [
        [
            f"{r['n_updates']} of {r['rows_per_update']} rows",
            *(f"{r[part][who]:.4f}" for part in ("old_mse", "new_mse") for who in _WHO),
            f"{r['old_mse']['learning'] / r['old_mse']['resting'] - 1:+.2%}",
            f"{r['new_mse']['learning'] / r['new_mse']['resting'] - 1:+.2%}",
        ]
        for r in results
    ]
    header = ["updates", "old MSE, resting", "learning", "new MSE, resting", "learning"]
    return markdown([*header, "change on old rows", "on new rows"], rows)


def stream_table(results: list[Result]) -> str:
    """Return the time of one-row updates as a Markdown table."""
    keys = ("n_updates", "first_ms", "last_ms", "ratio", "threads", "date")
    header = ["updates of a row", "ms, first tenth", "last tenth", "ratio"]
    return markdown(
        [*header, "threads", "date"], [[r[k] for k in keys] for r in results]
    )
