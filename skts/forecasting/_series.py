"""What a series must be before a network may use it, and where its gaps are."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from sktime.forecasting.base import ForecastingHorizon

from skts.data import Stretch


def as_frame(
    Y: Any, name: str = "Y", columns: Sequence[Any] | None = None
) -> pd.DataFrame:
    """Return one series as a frame; `columns` name those of an array as wide."""
    if not isinstance(Y, np.ndarray | pd.Series | pd.DataFrame):
        raise TypeError(
            f"{name} must be a Series, a DataFrame or an array of shape "
            f"(n_timepoints, n_channels), got {type(Y).__name__}."
        )
    if isinstance(Y, pd.Series | pd.DataFrame):
        if isinstance(Y.index, pd.MultiIndex):
            raise TypeError(
                f"{name} must be one series, got a panel with an index of "
                f"{Y.index.nlevels} levels. Give its series one by one."
            )
        return Y.to_frame() if isinstance(Y, pd.Series) else Y
    if Y.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be an array of shape (n_timepoints, n_channels), got "
            f"shape {Y.shape}."
        )
    values = Y[:, None] if Y.ndim == 1 else Y
    named = columns is not None and values.shape[1] == len(columns)
    return pd.DataFrame(values, columns=columns if named else None)


def check_values(y: Any, name: str = "y") -> None:
    """Raise unless the values of a series are finite numbers.

    What is no data at all is left to sktime's own checks.
    """
    if isinstance(y, list):
        _check_same_columns(y, name)
        for number, one in enumerate(y):
            check_values(one, f"instance {number} of {name}")
        return
    if isinstance(y, np.ndarray):
        # A panel of sktime has the axes (instances, channels, time).
        y = pd.DataFrame(y if y.ndim < 3 else y.swapaxes(1, 2).reshape(-1, y.shape[1]))
    if isinstance(y, pd.Series):
        y = y.to_frame()
    nested = isinstance(y, pd.DataFrame) and any(
        isinstance(cell, pd.Series) for cell in y.iloc[:1].to_numpy().ravel()
    )
    if not isinstance(y, pd.DataFrame) or nested:
        return
    _check_numeric(y, name)
    values = y.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        _raise_not_finite(y, values, name)


def _check_same_columns(series: list[Any], name: str) -> None:
    """Raise unless all series of a list have the columns of the first."""
    wanted = list(getattr(series[0], "columns", [])) if series else []
    for number, one in enumerate(series):
        given = list(getattr(one, "columns", []))
        if given != wanted:
            raise ValueError(
                f"instances of {name} must have the same columns in the same order, "
                f"{wanted} as instance 0, got {given} in instance {number}. Add what "
                "is missing, or leave the instance out."
            )


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
    """Raise unless the times of a series are there, unique and in order."""
    data = name.split()[-1]  # "instance 1 of y" is in y
    if index.hasnans:
        raise ValueError(
            f"{name} must have a time in every row, got {index.isna().sum()} row(s) "
            f"without one. Drop them, for instance those in which "
            f"{data}.index.get_level_values(-1).isna()."
        )
    if not index.is_unique:
        times = index[index.duplicated()].unique()
        by = "level=0" if data == name else f"level=[*range({data}.index.nlevels)]"
        raise ValueError(
            f"{name} must have unique times, got {len(times)} duplicated one(s), the "
            f"first at {times[0]!r}. Aggregate them, for instance with "
            f"{data}.groupby({by}).mean()."
        )
    if not index.is_monotonic_increasing:
        later = np.flatnonzero(np.asarray(index[1:] < index[:-1]))[0]
        raise ValueError(
            f"{name} must have its times in order, got {index[later + 1]!r} after "
            f"{index[later]!r}. Use {data}.sort_index()."
        )


def check_columns(y: pd.Series | pd.DataFrame, fitted: pd.DataFrame, name: str) -> None:
    """Raise unless `y` has the channels seen in ``fit``, in their order."""
    wanted = list(fitted.columns)
    given = [y.name] if isinstance(y, pd.Series) else list(y.columns)
    if len(wanted) == len(given) and (len(given) == 1 or given == wanted):
        return
    missing = [column for column in wanted if column not in given]
    unknown = [column for column in given if column not in wanted]
    what = "in another order"
    if missing or unknown:
        what = f"missing {missing}, not seen in fit {unknown}"
    raise ValueError(
        f"{name} must have the columns seen in fit, in the same order: {wanted}; got "
        f"{given} ({what}). Use {name}[{wanted}]."
    )


def check_times(index: pd.Index, fitted: pd.Index) -> None:
    """Raise unless new rows count time as the series seen in ``fit`` does."""
    if isinstance(index, pd.MultiIndex):
        index = index.levels[-1]
    wanted, given = _describe_times(fitted), _describe_times(index)
    if given != wanted:
        raise TypeError(
            f"y must be indexed by {wanted}, like the series seen in fit, got {given}. "
            f"Give it an index that goes on after {fitted[-1]!r}."
        )


def _describe_times(index: pd.Index) -> str:
    """Return in words what an index counts time by."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr!r}"
    if isinstance(index, pd.DatetimeIndex):
        return "dates" if index.tz is None else f"dates in time zone {index.tz}"
    return "integers" if pd.api.types.is_integer_dtype(index) else str(index.dtype)


def find_frequency(index: pd.Index, name: str = "y") -> pd.offsets.BaseOffset | None:
    """Return the step of an index of dates, also of one with gaps; None for others.

    Raises
    ------
    ValueError
        If there is no step that all times follow.
    """
    if not isinstance(index, pd.DatetimeIndex) or len(index) < 2:
        return getattr(index, "freq", None)
    # pandas accepts some frequencies, such as business hours, that times do not follow.
    if index.freq is not None and _positions(index, index.freq) is not None:
        return index.freq
    for candidate in _candidate_frequencies(index):
        frequency = to_offset(candidate)
        if _positions(index, frequency) is not None:
            return frequency
    raise ValueError(
        f"{name} must have regular times, but there is no step that all times of its "
        f"index follow; the first are {', '.join(map(str, index[:3]))}. Resample it, "
        'for instance with resample("h").mean().interpolate().'
    )


def _candidate_frequencies(index: pd.DatetimeIndex) -> Iterator[str | pd.Timedelta]:
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


def check_length(
    stretches: Sequence[Stretch],
    context_length: int,
    prediction_length: int,
    name: str = "y",
) -> None:
    """Raise unless one stretch holds a window and the last holds a context."""
    needed = context_length + prediction_length
    longest = max(end - begin for begin, end in stretches)
    n_gaps = len(stretches) - 1
    if longest < needed:
        has = f"{stretches[-1][1]} time points"
        advice = "Use a shorter context_length or horizon, or a longer series."
        if n_gaps:
            has += f" with {n_gaps} gaps, {longest} of them at most without a gap"
            advice = (
                "Windows never cross a gap (in an index of integers, any step but 1): "
                "fill the gaps in, or, in a search, use TimeSeriesSplit, not a "
                "shuffled split."
            )
        raise ValueError(
            f"{name} has {has}, but context_length={context_length} and "
            f"horizon={prediction_length} need at least {needed}. {advice}"
        )
    check_last_stretch(stretches, context_length, name)


def warn_of_gaps(n_gaps: int) -> None:
    """Warn if there are gaps that windows must not cross."""
    if n_gaps:
        warnings.warn(
            f"y has {n_gaps} gap(s) in its index. Windows that would cross a gap are "
            "left out.",
            stacklevel=2,
        )


def check_last_stretch(
    stretches: Sequence[Stretch], context_length: int, name: str
) -> None:
    """Raise unless what follows the last gap holds a context to forecast from."""
    begin, end = stretches[-1]
    if end - begin < context_length:
        raise ValueError(
            f"{name} has a gap {end - begin} time point(s) before its end, but a "
            f"forecast needs the last context_length={context_length} without a gap. "
            "Fill the gap in first (reindex and sktime's Imputer), or use a shorter "
            "context_length."
        )


def steps_after(cutoff: pd.Index, fh: ForecastingHorizon) -> np.ndarray:
    """Return a horizon as steps after a cutoff, whatever frequency it has."""
    if not fh.is_relative:
        return fh.to_relative(cutoff).to_numpy()
    if not isinstance(fh.to_pandas(), pd.TimedeltaIndex):
        return fh.to_numpy()
    times = ForecastingHorizon(fh.to_pandas()).to_absolute(cutoff)
    steps = times.to_relative(cutoff)
    if not steps.to_absolute_index(cutoff).equals(times.to_pandas()):
        raise ValueError(
            "fh must hold whole steps of the series, got "
            f"{', '.join(map(str, fh.to_pandas()))}. Use for instance fh=[1, 2]."
        )
    return steps.to_numpy()


def check_steps(steps: np.ndarray, limit: int) -> None:
    """Raise unless all steps ahead lie within the horizon."""
    if steps.min() < 1:
        raise ValueError(
            f"fh must lie within 1..horizon, got a step of {steps.min()}. Rows that "
            "are known already are not forecast; leave such steps out."
        )
    if steps.max() > limit:
        raise ValueError(
            f"fh must lie within 1..horizon, got a step of {steps.max()} with "
            f"horizon={limit}. Fit with horizon={steps.max()} or more."
        )
