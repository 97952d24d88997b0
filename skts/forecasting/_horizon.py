"""A forecasting horizon as steps ahead, counted on the series' own grid.

sktime goes through pandas' periods, which know no time zone and do not exist for every
frequency.
"""

from datetime import datetime
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skts.forecasting._sktime import coerce_fh
from skts.series import Frequency, spans_after, steps_after

# A range of so many is spelt out; a typing error must not fill the memory.
MOST_STEPS = 10**6


def coerce_horizon(fh: Any) -> ForecastingHorizon:
    """Return what users pass as a horizon, times also in a list."""
    if isinstance(fh, pd.Series | pd.DataFrame) or getattr(fh, "ndim", 1) > 1:
        raise TypeError(
            f"fh must hold steps ahead, got data of shape {np.shape(fh)}: the "
            "predict(X) of a scikit-learn Pipeline cannot say how far to forecast. "
            "Use sktime's pipeline, StandardScaler() * forecaster, whose predict "
            "takes fh, or a window regressor of skts.regression, whose predict "
            "takes X."
        )
    if isinstance(fh, np.ndarray) and not fh.ndim:
        fh = fh.item()
    _check_size(fh)
    if isinstance(fh, datetime | np.datetime64 | pd.Period):
        fh = [fh]
    try:
        return coerce_fh(_as_times(fh))
    except TypeError as error:
        raise TypeError(
            "Invalid `fh`: it must hold whole steps ahead like [1, 2], or times like "
            f"those of the series, all of one kind, got {fh!r}."
        ) from error


def _as_times(fh: Any) -> Any:
    """Return a list of times as an index, and anything else as it is."""
    if isinstance(fh, list | tuple | np.ndarray) and len(fh):
        if all(isinstance(time, pd.Period) for time in fh):
            return pd.PeriodIndex(fh)
        if all(isinstance(time, datetime | np.datetime64) for time in fh):
            if len({getattr(time, "tzinfo", None) is None for time in fh}) > 1:
                raise TypeError("times with and without a zone")
            return pd.DatetimeIndex(fh)
    return fh


def _check_size(fh: Any) -> None:
    """Raise if steps are too many to be meant, or to be counted."""
    steps = list(fh) if isinstance(fh, list | tuple | np.ndarray) else [fh]
    if isinstance(fh, range | pd.RangeIndex):
        steps = [fh.start, fh.stop]
    for step in steps:
        # numpy counts its spans of time among the integers
        is_whole = isinstance(step, Integral) and not isinstance(step, np.timedelta64)
        if is_whole and abs(int(step)) > MOST_STEPS:
            raise ValueError(
                f"fh must hold steps up to {MOST_STEPS} ahead, got {step}. Times that "
                "are integers go into a ForecastingHorizon with is_relative=False."
            )


def count_steps_ahead(
    fh: ForecastingHorizon, index: pd.Index, frequency: Frequency | None
) -> np.ndarray:
    """Return a horizon as steps after the last of some times.

    Raises
    ------
    NotImplementedError
        If not all of it lies ahead.
    """
    values = fh.to_pandas()
    if not fh.is_relative:
        steps = steps_after(index, values, frequency)
    elif isinstance(values, pd.TimedeltaIndex):
        steps = spans_after(index, values, frequency)
    else:
        steps = values.to_numpy()
    if steps.min() < 1:
        given = ", ".join(map(str, values))
        raise NotImplementedError(
            "There are no in-sample forecasts: fh must lie after the last row known, "
            f"at {index[-1]}, got [{given}]. Leave out the steps that are known."
        )
    return steps


def largest_step(fh: ForecastingHorizon | None, known: int | None, who: str) -> int:
    """Return the horizon of a pretraining; `known` is that which was set before.

    Raises
    ------
    TypeError, ValueError
        If there is none, or `fh` holds anything but steps ahead.
    """
    if fh is None:
        if known is None:
            raise ValueError(
                "The forecasting horizon is unknown: pass fh to pretrain, or construct "
                f"{who} with horizon=<largest step>."
            )
        return known
    if not fh.is_relative:
        raise ValueError(
            "fh must hold steps ahead in pretrain, got times: each series has its own "
            "end. Use for instance fh=range(1, 25)."
        )
    steps = fh.to_pandas()
    if isinstance(steps, pd.TimedeltaIndex):
        raise TypeError(
            "fh must hold whole steps ahead in pretrain, got "
            f"{', '.join(map(str, steps))}. Use for instance fh=range(1, 25)."
        )
    if steps.min() < 1:
        raise ValueError(
            f"fh must hold steps >= 1 in pretrain, got {steps.min()}. Rows that are "
            "known already are not forecast; leave such steps out."
        )
    return known or int(steps.max())
