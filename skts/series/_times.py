"""The step that the times of a series follow, and times counted in it.

A series counts time in steps: integers by one, periods by theirs, dates by a frequency.
Steps shorter than a day are spans of time that has passed, also across a change of
clocks. Days and longer steps go by the calendar of the series' own time zone: a day may
have 23 or 25 hours, and where clocks skip midnight it begins an hour late. No step goes
through pandas' periods, which know no time zone.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skts.series._order import describe_times

Frequency = pd.offsets.BaseOffset

SPANS = (pd.offsets.Tick, pd.offsets.Day)
NO_STEP = np.iinfo(np.int64).min
LAST_INTEGER = np.iinfo(np.int64).max
MOST_DAYS = 1000  # enough to tell the usual time of the day


def find_frequency(index: pd.Index, name: str = "y") -> Frequency | None:
    """Return the step of an index of dates, also of one with gaps; None for others.

    Raises
    ------
    ValueError
        If there is no step that all times follow.
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return getattr(index, "freq", None)
    # pandas accepts some frequencies, such as business hours, that times do not follow.
    if index.freq is not None and count_steps(index, index.freq) is not None:
        return index.freq
    for candidate in _candidate_frequencies(index):
        frequency = to_offset(candidate)
        if count_steps(index, frequency) is not None:
            return frequency
    raise ValueError(
        f"{name} must have regular times, but there is no step that all times of its "
        f"index follow; the first are {', '.join(map(str, index[:3]))}. Resample it, "
        f'for instance with resample("{_usual_pace(index)}").mean().interpolate().'
    )


def _usual_pace(index: pd.DatetimeIndex) -> str:
    """Return the unit of time that the usual step of uneven times holds."""
    step = pd.Series(index).diff().median()
    paces = {"MS": 28 * 86400, "W": 7 * 86400, "D": 86400, "h": 3600, "min": 60}
    fitting = [pace for pace, least in paces.items() if step.total_seconds() >= least]
    return fitting[0] if fitting else "s"


def _candidate_frequencies(
    index: pd.DatetimeIndex,
) -> Iterator[str | pd.Timedelta | Frequency]:
    """Yield steps an index may have: of the whole, of parts, the most common one."""
    steps = index[1:] - index[:-1]
    usual = pd.Series(steps).mode()[0]
    weekdays = usual == pd.Timedelta(days=1) and (index.dayofweek < 5).all()
    # Three times around two usual steps name calendar steps like months, too.
    at = np.flatnonzero(steps == usual)
    parts = [index, *(index[i : i + 3] for i in (*at[:3], *at[-3:]))]
    for part in parts:
        name = pd.infer_freq(part) if len(part) > 2 else None
        if name is not None:
            yield name
        if part is index and weekdays:  # with holidays; days would fit as well
            yield "B"
    days = usual / pd.Timedelta(days=1)
    yield pd.offsets.Day(int(days)) if days >= 1 and days.is_integer() else usual


def count_steps(index: pd.DatetimeIndex, frequency: Frequency) -> np.ndarray | None:
    """Return how many steps each time lies after the first; None if one does not."""
    span = _span(frequency)
    times = index if span is not None else _calendar(index, index)
    steps = _steps_from(times[0], times, frequency)
    return None if (steps == NO_STEP).any() else steps


def times_after(
    index: pd.Index, steps: np.ndarray, frequency: Frequency | None
) -> pd.Index:
    """Return the times some steps, at least 1, after the last of known ones.

    Parameters
    ----------
    index : Index
        Times known. Those before the last tell at what time a day begins.
    steps : ndarray of int
        Steps ahead.
    frequency : DateOffset or None
        Step of dates, as `find_frequency` finds it.
    """
    last, name = index[-1], index.name
    if isinstance(index, pd.PeriodIndex):
        periods = pd.PeriodIndex([last + int(step) for step in steps], name=name)
        return periods
    if not isinstance(index, pd.DatetimeIndex):
        if int(last) + int(steps.max()) > LAST_INTEGER:
            raise _no_such_time(index, steps)
        return pd.Index(int(last) + steps, name=name)
    assert frequency is not None, "dates that are known follow a step"
    span = _span(frequency)
    try:
        if span is not None:
            times = last + span * steps
        else:
            begin = _calendar(index[-1:], index)[0]
            grid = pd.date_range(begin, periods=int(steps.max()) + 1, freq=frequency)
            times = _localise(grid[steps], index.tz)
    except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
        raise _no_such_time(index, steps) from error
    return pd.DatetimeIndex(times, name=name).as_unit(index.unit)


def steps_after(
    index: pd.Index, times: pd.Index, frequency: Frequency | None
) -> np.ndarray:
    """Return how many steps some times lie after the last of known ones, or 0.

    Times in another zone are the same moments. A period stands for the one time of a
    series without a zone that lies within it, and a date for the period it lies in.

    Raises
    ------
    TypeError
        If the times are of another kind than those known.
    ValueError
        If one of them is no step of the series.
    """
    if isinstance(index, pd.PeriodIndex):
        steps = _periods_after(index, times)
    elif isinstance(index, pd.DatetimeIndex):
        steps = _dates_after(index, times, frequency)
    elif pd.api.types.is_integer_dtype(times):
        steps = times.to_numpy() - int(index[-1])
    else:
        raise _wrong_kind(index, times)
    if (steps == NO_STEP).any():
        wrong = times[steps == NO_STEP][0]
        following = times_after(index, np.array([1, 2, 3]), frequency)
        raise ValueError(
            f"fh must hold times that are steps of the series, got {wrong}: after "
            f"{index[-1]} come {', '.join(map(str, following))} and so on. Give such "
            "times, or steps ahead like fh=[1, 2, 3]."
        )
    return np.maximum(steps, 0)


def _periods_after(index: pd.PeriodIndex, times: pd.Index) -> np.ndarray:
    size = periods_per_step(index)
    if isinstance(times, pd.DatetimeIndex) and times.tz is None:
        dates = times.to_period(index.freqstr)
        return (dates.asi8 - index[-1].ordinal) // size
    if not isinstance(times, pd.PeriodIndex) or times.freq != index.freq:
        raise _wrong_kind(index, times)
    n_apart = times.asi8 - index[-1].ordinal
    return np.where(n_apart % size, NO_STEP, n_apart // size)


def periods_per_step(index: pd.PeriodIndex) -> int:
    """Return how many of the finest periods a step has: 2 for ``"2M"``."""
    frequency: Any = index.freq
    return int(frequency.n)


def _dates_after(
    index: pd.DatetimeIndex, times: pd.Index, frequency: Frequency | None
) -> np.ndarray:
    assert frequency is not None, "dates that are known follow a step"
    span = _span(frequency)
    last = index[-1] if span is not None else _calendar(index[-1:], index)[0]
    if isinstance(times, pd.PeriodIndex) and index.tz is None:
        ends = times.end_time
        grid = pd.date_range(last, max(ends.max(), last), freq=frequency)
        first = grid.searchsorted(times.start_time)
        is_only = grid.searchsorted(ends, side="right") == first + 1
        return np.where(is_only, first, np.where(ends <= last, 0, NO_STEP))
    if not isinstance(times, pd.DatetimeIndex) or not _comparable(index, times):
        raise _wrong_kind(index, times)
    times = times if index.tz is None else times.tz_convert(index.tz)
    times = times if span is not None else _calendar(times, index)
    return _steps_from(last, times, frequency)


def spans_after(
    index: pd.Index, spans: pd.TimedeltaIndex, frequency: Frequency | None
) -> np.ndarray:
    """Return how many steps some spans of time after the last known one are, or 0."""
    if isinstance(index, pd.PeriodIndex) and isinstance(index.freq, SPANS):
        step = pd.Timedelta(1, "D")
        if not isinstance(index.freq, pd.offsets.Day):
            step = pd.Timedelta(index.freq)
        else:
            step *= periods_per_step(index)
        steps = np.where(spans % step, NO_STEP, spans // step)
        return _whole_spans(steps, spans)
    if not isinstance(index, pd.DatetimeIndex):
        raise _wrong_kind(index, spans)
    assert frequency is not None, "dates that are known follow a step"
    last = index[-1]
    if _span(frequency) is None:
        last = _calendar(index[-1:], index)[0]
    return _whole_spans(_steps_from(last, last + spans, frequency), spans)


def _whole_spans(steps: np.ndarray, spans: pd.TimedeltaIndex) -> np.ndarray:
    if (steps == NO_STEP).any():
        raise ValueError(
            f"fh must hold whole steps of the series, got {', '.join(map(str, spans))}."
            " Use for instance fh=[1, 2]."
        )
    return np.maximum(steps, 0)


def with_frequency(index: pd.Index, frequency: Frequency | None) -> pd.Index:
    """Return one time that knows its frequency, if it is a date."""
    if isinstance(index, pd.DatetimeIndex) and frequency is not None:
        # A part of an index that knows another frequency would not take it.
        unknown: Any = None
        return pd.DatetimeIndex(pd.DatetimeIndex(index, freq=unknown), freq=frequency)
    return index


# Spans and calendars ------------------------------------------------------------------


def _span(frequency: Frequency) -> pd.Timedelta | None:
    """Return the length of a step that is a span of time, not one of the calendar."""
    if isinstance(frequency, pd.offsets.Day):  # a Tick before pandas 3
        return None
    return pd.Timedelta(frequency) if isinstance(frequency, pd.offsets.Tick) else None


def _steps_from(
    first: pd.Timestamp, times: pd.DatetimeIndex, frequency: Frequency
) -> np.ndarray:
    """Return steps after `first`, `NO_STEP` for times that are none."""
    span = _span(frequency)
    if isinstance(frequency, pd.offsets.Day):
        span = pd.Timedelta(days=frequency.n)
    if span is not None:
        elapsed = times - first
        return np.where(elapsed % span, NO_STEP, elapsed // span)
    grid = _grid(first, max(times.max(), first), frequency)
    steps = grid.get_indexer(times).astype(np.int64)
    return np.where(steps < 0, np.where(times < first, -1, NO_STEP), steps)


@lru_cache(maxsize=16)  # series of a panel often have the same times
def _grid(
    first: pd.Timestamp, last: pd.Timestamp, frequency: Frequency
) -> pd.DatetimeIndex:
    return pd.date_range(first, last, freq=frequency)


def _clock(index: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the time of the day at which most of the last known days begin."""
    local = index[-MOST_DAYS:].tz_localize(None)
    return pd.Series(local - local.normalize()).mode()[0]


def _calendar(index: pd.DatetimeIndex, known: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return times of the wall clock, as they would be if no clock skipped an hour.

    Those known tell at what time a day begins.
    """
    local = index.tz_localize(None)
    if index.tz is None:
        return local
    usual = local.normalize() + _clock(known)
    skipped = _localise(usual, index.tz).tz_localize(None) == local
    return local.where(~skipped, usual)


def _localise(local: pd.DatetimeIndex, zone: Any) -> pd.DatetimeIndex:
    """Return times of the wall clock in a zone, moved on where clocks skip them."""
    if zone is None:
        return local
    first = np.ones(len(local), dtype=bool)  # of two times that are called the same
    return local.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")


def _comparable(index: pd.DatetimeIndex, times: pd.DatetimeIndex) -> bool:
    return (index.tz is None) == (times.tz is None)


def _no_such_time(index: pd.Index, steps: np.ndarray) -> ValueError:
    return ValueError(
        f"fh must lead to times that there are, got a step of {steps.max()} after "
        f"{index[-1]}, beyond where {index.dtype} ends. Use an index that counts from "
        'less, or dates in coarser units: y.set_axis(y.index.as_unit("s")).'
    )


def _wrong_kind(index: pd.Index, times: pd.Index) -> TypeError:
    return TypeError(
        f"fh must hold steps ahead or times like those of the series, "
        f"{describe_times(index)}, got {describe_times(times)}. Use for instance "
        "fh=[1, 2]."
    )
