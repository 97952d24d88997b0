"""Forecasts of all windows of a series in one pass, and what is measured on them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from skts.data import Stretch, Windows, cut_windows, window_starts
from skts.fitted._errors import (
    Backtest,
    error_means,
    long_frame,
    metric_tables,
    seasonal_errors,
)
from skts.fitted._layout import Part
from skts.fitted._model import SeriesModel
from skts.models import channel_errors
from skts.series import contiguous_stretches


@dataclass(frozen=True)
class Rolling:
    """Rows to forecast from, and the windows in them.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_channels)
        Rows, in the units of the data.
    n_known : int
        Rows among them, the first ones, that were known before.
    starts : ndarray of shape (n_windows,)
        First row of each window.
    """

    values: np.ndarray
    n_known: int
    starts: np.ndarray


def cut_rolling(
    model: SeriesModel,
    frame: pd.DataFrame,
    name: str,
    *,
    stride: int,
    look_back: bool,
) -> Rolling:
    """Cut a series into windows; with `look_back`, the rows known come before it.

    Raises
    ------
    ValueError
        If there is no window.
    """
    known = model.known[None]
    values = frame.to_numpy(dtype=np.float64)
    stretches = contiguous_stretches(frame.index, known.frequency)
    longest = max(end - begin for begin, end in stretches)
    n_known = model.context_length if look_back else 0
    if look_back:
        values = np.concatenate([known.last(n_known), values])
        stretches = _moved(stretches, n_known)
    width = model.context_length + model.prediction_length
    starts = window_starts(stretches, width)[::stride]
    if not len(starts):
        needs = f"horizon={model.prediction_length} needs"
        if not look_back:
            needs = (
                f"context_length={model.context_length} and "
                f"horizon={model.prediction_length} need"
            )
        raise ValueError(
            f"{name} has {longest} time points without a gap at most, but {needs} at "
            f"least {width - n_known}. Give a longer series."
        )
    return Rolling(values, n_known, starts)


def _moved(stretches: list[Stretch], n_rows: int) -> list[Stretch]:
    """Return stretches after so many more rows, which go on in the first."""
    moved = [(begin + n_rows, end + n_rows) for begin, end in stretches]
    return [(0, moved[0][1]), *moved[1:]]


def forecast_rolling(
    model: SeriesModel, rolling: Rolling
) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts and truths of all windows, each ``(n_windows, H, C)``."""
    return forecast_from(model, rolling.values, rolling.starts), _truths(model, rolling)


def forecast_from(
    model: SeriesModel,
    values: np.ndarray,
    starts: np.ndarray,
    n_steps: int | None = None,
) -> np.ndarray:
    """Forecast from the contexts that start at some rows, ``(n_windows, H, C)``.

    With `n_steps`, that many steps.
    """
    known = model.known[None]
    series = known.units.standardise(values).to(model.device)
    contexts = model.windows(series, starts, 0)
    parts = [
        model.forecast(context, known, n_steps).cpu().numpy()
        for context, _ in contexts.in_order()
    ]
    return known.units.restore(np.concatenate(parts))


def rolling_error(model: SeriesModel, rolling: Rolling) -> float:
    """Return the mean squared error in standard deviations of the training part.

    Channels that never moved there have none, and do not count beside others.
    """
    known = model.known[None]
    errors = channel_errors(
        lambda context: model.forecast(context, known), _windows(model, rolling)
    )
    units = known.units
    errors = errors.cpu().numpy() * (units.factor / units.scale) ** 2
    return float(np.mean(errors[~units.still] if not units.still.all() else errors))


def backtest(
    model: SeriesModel, rolling: Rolling, sp: int, times: pd.Index | None
) -> Backtest:
    """Measure the forecasts of all windows.

    Parameters
    ----------
    model : SeriesModel
        A model of one series.
    rolling : Rolling
        Windows of it.
    sp : int
        Period of the naive forecast that ``mase`` compares with.
    times : Index or None
        Times of the rows, where forecasts are wanted, too.
    """
    known = model.known[None]
    units = known.units
    kept: list[np.ndarray] | None = None if times is None else []
    variables = known.recent.columns.to_flat_index()  # names may be tuples

    def forecast(context: Tensor) -> Tensor:
        return model.forecast(context, known)

    squared, absolute = error_means(forecast, _windows(model, rolling), kept)
    assert model.naive_errors is not None, "a model of one series has them"
    tables = metric_tables(
        squared * units.factor[:, None] ** 2,
        absolute * units.factor[:, None],
        np.where(units.still, np.nan, units.scale),
        model.naive_errors[sp - 1],
        variables,
    )
    forecasts = None
    if times is not None and kept is not None:
        forecasts = long_frame(
            times[rolling.starts + model.context_length - 1],
            units.restore(np.concatenate(kept)),
            _truths(model, rolling),
            variables,
        )
    return Backtest(len(rolling.starts), *tables, forecasts)


def measure_naive(part: Part, max_period: int) -> np.ndarray:
    """Return errors of seasonal naive forecasts of the training part, ``(L, C)``.

    Which period is wanted is known later, and the series is not kept until then.
    """
    train = part.train.series[:, : part.n_train]
    errors = seasonal_errors(train, part.stretches, max_period)
    return errors.cpu().numpy() * part.known.units.factor


def _windows(model: SeriesModel, rolling: Rolling) -> Windows:
    units = model.known[None].units
    series = units.standardise(rolling.values).to(model.device)
    return model.windows(series, rolling.starts, model.prediction_length)


def _truths(model: SeriesModel, rolling: Rolling) -> np.ndarray:
    targets = rolling.values[model.context_length :]
    return cut_windows(targets, rolling.starts, model.prediction_length)
