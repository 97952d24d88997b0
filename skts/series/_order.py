"""What the times of a series must be: there, unique, in order, of one kind."""

import numpy as np
import pandas as pd

from skts.series._tables import to_dates


def check_index(index: pd.Index, name: str = "y") -> None:
    """Raise unless an index names each series and counts time in steps."""
    if isinstance(index, pd.MultiIndex):
        for level in range(index.nlevels - 1):
            # pandas may hold a missing name as one of the level, or as none of it.
            n_missing = int(np.sum(index.get_level_values(level).isna()))
            if n_missing:
                raise ValueError(
                    f"{name} must have a name for each series, got {n_missing} row(s) "
                    f"without one in level {level} of the index. Drop these rows, or "
                    "name the series."
                )
        index = index.levels[-1]
    dates = isinstance(index, pd.DatetimeIndex | pd.PeriodIndex)
    if not dates and not pd.api.types.is_integer_dtype(index):
        way_out = f"{name}.reset_index(drop=True)"
        if isinstance(index, pd.TimedeltaIndex):
            way_out = f'{name}.set_axis(pd.Timestamp("2000-01-01") + {name}.index)'
        elif index.dtype == object or isinstance(index.dtype, pd.StringDtype):
            way_out = f"{name}.set_axis({to_dates(f'{name}.index', index)})"
        raise TypeError(
            f"{name} must be indexed by dates, periods or integers, got "
            f"{index.dtype}. Use for instance {way_out}."
        )


def check_order(index: pd.Index, name: str = "y", data: str | None = None) -> None:
    """Raise unless the times of a series are there, unique and in order.

    `data` is what the user gave, where `name` is a part of it.
    """
    data = data or name
    if index.hasnans:
        raise ValueError(
            f"{name} must have a time in every row, got {np.sum(index.isna())} row(s) "
            f"without one. Drop them, for instance those in which "
            f"{data}.index.get_level_values(-1).isna()."
        )
    if not index.is_unique:
        times = index[index.duplicated()].unique()
        by = "level=0" if data == name else f"level=[*range({data}.index.nlevels)]"
        raise ValueError(
            f"{name} must have unique times, got {len(times)} duplicated one(s), the "
            f"first at {times[0]!r}. Aggregate them, for instance with "
            f"{data}.groupby({by}).mean().{_of_clocks(times, data)}"
        )
    if not index.is_monotonic_increasing:
        later = np.flatnonzero(np.asarray(index[1:] < index[:-1]))[0]
        raise ValueError(
            f"{name} must have its times in order, got {index[later + 1]!r} after "
            f"{index[later]!r}. Use {data}.sort_index()."
        )


def _of_clocks(times: pd.Index, data: str) -> str:
    """Return the way out for hours that come twice since clocks were set back."""
    if not isinstance(times, pd.DatetimeIndex) or times.tz is not None:
        return ""
    if not np.all((times.dayofweek == 6) & (times.hour < 4)):  # a Sunday's night
        return ""
    return (
        f" If clocks were set back there, {data}.tz_localize(zone, "
        "ambiguous='infer') tells the hours apart."
    )


def check_times(index: pd.Index, fitted: pd.Index) -> None:
    """Raise unless new rows count time as the series seen in ``fit`` does."""
    if isinstance(index, pd.MultiIndex):
        index = index.levels[-1]
    wanted, given = describe_times(fitted), describe_times(index)
    if given != wanted:
        raise TypeError(
            f"y must be indexed by {wanted}, like the series seen in fit, got {given}. "
            f"Give it an index that goes on after {fitted[-1]!r}."
        )


def describe_times(index: pd.Index) -> str:
    """Return in words what an index counts time by."""
    if isinstance(index, pd.PeriodIndex):
        return f"periods of {index.freqstr!r}"
    if isinstance(index, pd.DatetimeIndex):
        return "dates" if index.tz is None else f"dates in time zone {index.tz}"
    return "integers" if pd.api.types.is_integer_dtype(index) else str(index.dtype)
