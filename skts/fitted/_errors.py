"""Errors of rolling forecasts, summed up window by window, and tables of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skts.data import Stretch, Windows


@dataclass(frozen=True)
class Backtest:
    """Errors of rolling forecasts.

    Metrics are ``mse``, ``mae`` and ``mase``, the absolute error in units of the
    seasonal naive forecast's in the training part; and ``standardised_mse`` and
    ``standardised_mae``, with each variable in standard deviations of the training
    part. Means over variables leave out what is undefined for one that never moved:
    ``mase`` and the standardised errors.

    Attributes
    ----------
    n_windows : int
        Number of windows that were forecast.
    overall : Series
        Each metric, over all windows, steps and variables.
    by_step : DataFrame
        A row per step, from 1, and a column per metric.
    by_variable : DataFrame
        A row per variable and a column per metric.
    forecasts : DataFrame or None
        What was forecast, if asked for: columns ``cutoff``, ``step``, ``variable``,
        ``forecast`` and ``truth``.
    """

    n_windows: int
    overall: pd.Series
    by_step: pd.DataFrame
    by_variable: pd.DataFrame
    forecasts: pd.DataFrame | None


@torch.no_grad()
def error_means(
    forecast: Callable[[Tensor], Tensor],
    windows: Windows,
    kept: list[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean squared and mean absolute errors over windows, each ``(C, H)``.

    The forecasts are held a batch at a time, unless there is a list to keep them in.
    """
    shape = len(windows.series), windows.prediction_length
    squared, absolute = np.zeros(shape), np.zeros(shape)
    for context, target in windows.in_order():
        forecasts = forecast(context)
        errors = forecasts - target
        absolute += errors.abs().sum(dim=0).cpu().numpy()
        squared += errors.square_().sum(dim=0).cpu().numpy()
        if kept is not None:
            kept.append(forecasts.cpu().numpy())
    return squared / len(windows), absolute / len(windows)


def metric_tables(
    squared: np.ndarray,
    absolute: np.ndarray,
    scale: np.ndarray,
    naive: np.ndarray,
    variables: pd.Index,
) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame]:
    """Return metrics overall, by step and by variable from errors ``(C, H)``.

    `scale` and `naive`, each ``(C,)``, are the units of standardised and of MASE; NaN
    and 0 stand for channels that never moved.
    """
    scale, naive = scale[:, None], np.where(naive > 0, naive, np.nan)[:, None]
    metrics = {
        "mse": squared,
        "mae": absolute,
        "mase": absolute / naive,
        "standardised_mse": squared / scale**2,
        "standardised_mae": absolute / scale,
    }
    steps = pd.RangeIndex(1, squared.shape[1] + 1, name="step")
    tables = {
        name: pd.DataFrame(values, variables, steps) for name, values in metrics.items()
    }
    by_step = pd.DataFrame({name: table.mean() for name, table in tables.items()})
    by_variable = pd.DataFrame(
        {name: table.mean(axis=1) for name, table in tables.items()}
    )
    return by_variable.mean(), by_step, by_variable.rename_axis("variable")


def long_frame(
    cutoffs: pd.Index, forecasts: np.ndarray, truths: np.ndarray, variables: pd.Index
) -> pd.DataFrame:
    """Return a row per window, step and variable of forecasts ``(n_windows, H, C)``."""
    n_windows, n_steps, n_variables = forecasts.shape
    step = np.repeat(np.arange(1, n_steps + 1), n_variables)
    code = np.tile(np.arange(n_variables), n_windows * n_steps)
    return pd.DataFrame(
        {
            "cutoff": cutoffs.repeat(n_steps * n_variables),
            "step": np.tile(step, n_windows),
            "variable": pd.Categorical.from_codes(code, categories=variables),
            "forecast": forecasts.reshape(-1),
            "truth": truths.reshape(-1),
        }
    )


def seasonal_errors(
    series: Tensor, stretches: Sequence[Stretch], max_period: int
) -> Tensor:
    """Return the mean absolute change over 1 to `max_period` rows, each per channel.

    That is the error of seasonal naive forecasts of a series ``(C, T)``. Changes across
    a gap do not count.

    Returns
    -------
    Tensor of shape (max_period, C)
    """
    n_rows = series.shape[-1]
    begins = np.concatenate([np.full(end - begin, begin) for begin, end in stretches])
    begin_of_row = torch.from_numpy(begins[:n_rows]).to(series.device)
    row = torch.arange(n_rows, device=series.device)
    errors = []
    for period in range(1, max_period + 1):
        counts = (begin_of_row[period:] <= row[:-period]).to(series.dtype)
        changes = (series[:, period:] - series[:, :-period]).abs_()
        errors.append(changes @ counts / counts.sum())
    return torch.stack(errors)
