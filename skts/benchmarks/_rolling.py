"""Seconds of rolling evaluation, against sktime's own path in the same run."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from sktime.forecasting.base import BaseForecaster
from sktime.split import ExpandingWindowSplitter

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown
from skts.benchmarks._settings import make_forecaster

HORIZON = 96


def measure_rolling(n_windows: int, smoke: bool) -> Result:
    """Time ``update_predict`` without learning, and ``backtest`` of the test part."""
    y, test, _ = load_split("ETTh1", smoke=smoke)
    forecaster = make_forecaster("ETTh1", HORIZON, "samformer-alone")
    # What the weights are does not matter to the time.
    forecaster.set_params(max_epochs=1, random_state=0).fit(y)
    some = test[: n_windows + HORIZON]
    cv = ExpandingWindowSplitter(np.arange(1, HORIZON + 1), initial_window=1)

    def generic() -> Any:
        return BaseForecaster._predict_moving_cutoff(
            forecaster, some, cv, update_params=False
        )

    def ours() -> Any:
        return forecaster.update_predict(some, cv, update_params=False)

    ours()  # the first one is slower
    seconds, frame = _timed(ours)
    generic_seconds, generic_frame = _timed(generic)
    backtest_seconds, result = _timed(lambda: forecaster.backtest(test))
    difference = (frame - generic_frame).abs().max().max()
    assert frame.notna().equals(generic_frame.notna())
    return {
        "benchmark": "rolling",
        "n_windows": len(frame.columns) // len(y.columns),
        "seconds": {"ours": round(seconds, 3), "sktime": round(generic_seconds, 3)},
        "ratio": round(generic_seconds / seconds, 1),
        "largest_difference": float(difference),
        "n_backtest_windows": result.n_windows,
        "backtest_seconds": round(backtest_seconds, 3),
        "parameters": forecaster.get_params(),
    }


def _timed(function: Callable[[], Any]) -> tuple[float, Any]:
    started = perf_counter()
    value = function()
    return perf_counter() - started, value


def rolling_table(results: list[Result]) -> str:
    """Return seconds of rolling evaluation as a Markdown table."""
    rows: list[list[object]] = [
        [
            r["n_windows"],
            r["threads"],
            f"{r['seconds']['ours']:.2f}",
            f"{r['seconds']['sktime']:.1f}",
            f"{r['ratio']:.0f}",
            f"{r['largest_difference']:.1g}",
            r["n_backtest_windows"],
            f"{r['backtest_seconds']:.2f}",
            r["date"],
        ]
        for r in results
    ]
    header = ["windows", "threads", "seconds", "sktime's path", "ratio"]
    header += ["largest difference", "windows of `backtest`", "seconds", "date"]
    return markdown(header, rows)
