"""Errors of rolling forecasts, summed up window by window, and tables of them."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skts.data import Windows, errors_where_known
from skts.fitted._trial import IntervalTrial
from skts.series import series_index


class Tables(NamedTuple):
    """Metrics of one series, overall, by step and by variable."""

    overall: pd.Series
    by_step: pd.DataFrame
    by_variable: pd.DataFrame


@torch.no_grad()
def error_means(
    forecast: Callable[[Tensor], Tensor],
    windows: Windows,
    kept: list[np.ndarray] | None = None,
    trial: IntervalTrial | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean squared and mean absolute errors over windows, each ``(C, H)``.

    Missing targets do not count, and NaN stands where all are. The forecasts are held a
    batch at a time, unless there is a list to keep them in. Intervals are tried on the
    errors, if any are wanted.
    """
    shape = len(windows.series), windows.prediction_length
    squared, absolute = np.zeros(shape), np.zeros(shape)
    n_missing = np.zeros(shape)
    for context, target in windows.in_order():
        forecasts = forecast(context)
        errors = forecasts - target
        if trial is not None:
            trial.add(context, errors)
        if windows.truth is not None:
            errors, known = errors_where_known(forecasts, target)
            n_missing += (~known).sum(dim=0).cpu().numpy()
        absolute += errors.abs().sum(dim=0).cpu().numpy()
        squared += errors.square_().sum(dim=0).cpu().numpy()
        if kept is not None:
            kept.append(forecasts.cpu().numpy())
    n_known = len(windows) - n_missing
    with np.errstate(invalid="ignore"):
        return squared / n_known, absolute / n_known


def metric_tables(
    squared: np.ndarray,
    absolute: np.ndarray,
    scale: np.ndarray,
    naive: np.ndarray,
    variables: pd.Index,
) -> Tables:
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
    by_variable = by_variable.rename_axis("variable")
    return Tables(by_variable.mean(), by_step, by_variable)


def join_tables(
    tables: dict[Hashable, Tables], levels: Sequence[Hashable]
) -> tuple[pd.Series, pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Return means of the tables of some series, and a row for each series."""
    if None in tables:
        return *tables[None], None
    names = series_index(list(tables), levels)
    by_series = pd.DataFrame([each.overall for each in tables.values()]).set_axis(names)
    by_step = _mean([each.by_step for each in tables.values()])
    by_variable = _mean([each.by_variable for each in tables.values()])
    return by_series.mean(), by_step, by_variable, by_series


def _mean(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the mean of tables that have the same rows, without what is NaN."""
    values = np.ma.masked_invalid(np.stack([table.to_numpy() for table in tables]))
    mean = values.mean(axis=0).filled(np.nan)
    return pd.DataFrame(mean, tables[0].index, tables[0].columns)


def join_long(
    frames: dict[Hashable, pd.DataFrame], levels: Sequence[Hashable]
) -> pd.DataFrame | None:
    """Return long frames of some series as one, their names in columns."""
    if not frames:
        return None
    if None in frames:
        return frames[None]
    names = series_index(list(frames), levels)
    joined = pd.concat(list(frames.values()), ignore_index=True)
    which = np.repeat(np.arange(len(frames)), [len(one) for one in frames.values()])
    labels = names.take(which).to_frame(index=False)
    return pd.concat([labels, joined], axis=1)


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
