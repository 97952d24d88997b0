"""Forecasts that nothing is learned for: the last value, and the last season."""

import pandas as pd

from skts.benchmarks._results import Result

NAIVE = ("last-value", "seasonal-naive")  # settings; they need no seed


def naive_errors(
    seen: pd.DataFrame, test: pd.DataFrame, n_train: int, horizon: int, period: int
) -> Result:
    """Measure forecasts that repeat the last `period` rows, over all test windows.

    Errors are in standard deviations of the first `n_train` rows of `seen`.
    """
    scale = seen[:n_train].std(ddof=0).to_numpy()
    rows = pd.concat([seen[-period:], test]).to_numpy() / scale
    truths = rows[period:]
    n_windows = len(truths) - horizon + 1
    mse = mae = 0.0
    for step in range(horizon):
        last = rows[step % period :][:n_windows]
        errors = truths[step:][:n_windows] - last
        mse += (errors**2).mean() / horizon
        mae += abs(errors).mean() / horizon
    return {"mse": float(mse), "mae": float(mae), "parameters": {"period": period}}
