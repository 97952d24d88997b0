"""What a series must be before a network may learn from it, and where its gaps are."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skts.data import Stretch


def check_values(y: Any, name: str = "y") -> None:
    """Raise unless the values of a series are finite numbers.

    Panels, and what is no series at all, are left to sktime's own checks.
    """
    if isinstance(y, np.ndarray):
        if y.ndim > 2:
            return
        y = pd.DataFrame(y)
    if isinstance(y, pd.Series):
        y = y.to_frame()
    if not isinstance(y, pd.DataFrame) or isinstance(y.index, pd.MultiIndex):
        return
    _check_numeric(y, name)
    values = y.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        _raise_not_finite(y, values, name)


def _check_numeric(y: pd.DataFrame, name: str) -> None:
    wrong = [
        f"{column!r} ({dtype})"
        for column, dtype in y.dtypes.items()
        if not pd.api.types.is_numeric_dtype(dtype)
        or pd.api.types.is_complex_dtype(dtype)
    ]
    if wrong:
        raise TypeError(
            f"{name} must have numeric columns, got {', '.join(wrong)}. "
            "Drop or encode categorical columns; convert numbers in disguise with "
            f"{name}.astype(float)."
        )


def _raise_not_finite(y: pd.DataFrame, values: np.ndarray, name: str) -> None:
    bad = ~np.isfinite(values)
    row, column = np.argwhere(bad)[0]
    kind = "NaN" if np.isnan(values[row, column]) else "infinite"
    raise ValueError(
        f"{name} must be finite, got {bad.sum()} NaN or infinite value(s); the first "
        f"is {kind}, in column {y.columns[column]!r} at {y.index[row]!r}. Fill them "
        'in first, for instance with sktime\'s Imputer(method="linear").'
    )


def check_order(index: pd.Index, name: str = "y") -> None:
    """Raise unless the times of a series are unique and in order."""
    if not index.is_unique:
        times = index[index.duplicated()].unique()
        raise ValueError(
            f"{name} must have unique times, got {len(times)} duplicated one(s), the "
            f"first at {times[0]!r}. Aggregate them, for instance with "
            f"{name}.groupby(level=0).mean()."
        )
    if not index.is_monotonic_increasing:
        later = np.flatnonzero(np.asarray(index[1:] < index[:-1]))[0]
        raise ValueError(
            f"{name} must have its times in order, got {index[later + 1]!r} after "
            f"{index[later]!r}. Use {name}.sort_index()."
        )


def describe_times(index: pd.Index) -> str:
    """Return in words what an index counts time by."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr!r}"
    if isinstance(index, pd.DatetimeIndex):
        return "dates" if index.tz is None else f"dates in time zone {index.tz}"
    return "integers" if pd.api.types.is_integer_dtype(index) else str(index.dtype)


def find_frequency(index: pd.Index) -> pd.offsets.BaseOffset | None:
    """Return the step of an index of dates, also of one with gaps; None for others.

    Raises
    ------
    ValueError
        If there is no step that all times follow.
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return getattr(index, "freq", None)
    if index.freq is not None:
        return index.freq
    for candidate in _candidate_frequencies(index):
        frequency = to_offset(candidate)
        if _positions(index, frequency) is not None:
            return frequency
    raise ValueError(
        "y must have regular times, but there is no step that all times of its index "
        f"follow; the first are {', '.join(map(str, index[:3]))}. Resample it, for "
        'instance with y.resample("h").mean().interpolate().'
    )


def _candidate_frequencies(index: pd.DatetimeIndex) -> Iterator[str | pd.Timedelta]:
    """Yield steps an index may have: of the whole, of parts, the most common one."""
    steps = index[1:] - index[:-1]
    usual = pd.Series(steps).mode()[0]
    # Three times around two usual steps name calendar steps like months, too.
    at = np.flatnonzero(steps == usual)
    parts = [index, *(index[i : i + 3] for i in (*at[:3], *at[-3:]))]
    for part in parts:
        name = pd.infer_freq(part) if len(part) > 2 else None
        if name is not None:
            yield name
    yield usual


def _positions(
    index: pd.DatetimeIndex, frequency: pd.offsets.BaseOffset
) -> np.ndarray | None:
    """Return how many steps each time lies after the first; None if one does not."""
    if isinstance(frequency, pd.offsets.Day):
        index = index.tz_localize(None)  # days have 23 or 25 hours, too
    if isinstance(frequency, pd.offsets.Tick):
        step = pd.Timedelta(frequency)
        elapsed = index - index[0]
        regular = not (elapsed % step).any()
        return np.asarray(elapsed // step) if regular else None
    dates = pd.date_range(index[0], index[-1], freq=frequency)
    positions = dates.get_indexer(index)
    return None if (positions < 0).any() else positions


def contiguous_stretches(
    index: pd.Index, frequency: pd.offsets.BaseOffset | None = None
) -> list[Stretch]:
    """Return first row and row after the last of each stretch without a gap.

    Dates step by `frequency`, or the one found if they do not follow it, periods by
    theirs, and integers by one.
    """
    if len(index) < 2:
        return [(0, len(index))]
    if isinstance(index, pd.PeriodIndex):
        positions = index.asi8 // index.freq.n
    elif isinstance(index, pd.DatetimeIndex):
        positions = None if frequency is None else _positions(index, frequency)
        if positions is None:
            positions = _positions(index, find_frequency(index))
    else:
        positions = index.to_numpy()
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    edges = [0, *breaks.tolist(), len(index)]
    return list(pairwise(edges))
