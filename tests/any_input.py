"""Whatever users may pass: series, panels, horizons and arrays, good ones and bad ones.

Each may be taken or refused, but an error must be one that was raised on purpose: by
`skts`, or by a check of sktime or scikit-learn, before any training.
"""

import datetime
import linecache
import traceback
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
import sktime
from hypothesis import strategies as st
from sktime.forecasting.base import ForecastingHorizon

import skts

PACKAGES = [str(Path(package.__file__).parent) for package in (skts, sklearn, sktime)]
NEVER = (AttributeError, LookupError, AssertionError, ArithmeticError, NameError)

# Numbers --------------------------------------------------------------------------

DTYPES = [
    *("float64", "float32", "float16", "int64", "int8", "uint8", "bool", "object"),
    *("Int64", "Float64", "boolean", "complex128", "str", "category", "Sparse[float]"),
    *("datetime64[ns]", "timedelta64[ns]", "longdouble", "Decimal", "mixed"),
]
SPOILED = ["no"] * 12 + ["still", "nan", "inf", "huge", "tiny", "far", "awake"]
COLUMNS = [None] * 4 + ["letters", "twice", "mixed", "levels", "dates", "missing"]


def numbers(draw, n_rows, n_columns):
    """Draw a frame of some dtype, with what spoils it now and then."""
    seed = draw(st.integers(0, 99))
    values = np.random.default_rng(seed).normal(size=(n_rows, n_columns)) * 9
    spoiled = draw(st.sampled_from(SPOILED))
    if spoiled == "still":
        values[:] = 1.1
    elif spoiled == "awake":
        values[: -max(n_rows // 4, 1)] = 3
    elif spoiled in ("tiny", "far"):
        values = values * 1e-310 if spoiled == "tiny" else values + 1e12
    elif values.size and spoiled != "no":
        worst = {"nan": np.nan, "inf": -np.inf, "huge": 1e200}[spoiled]
        values.flat[draw(st.integers(0, values.size - 1))] = worst
    frame = pd.DataFrame(values)
    dtype = draw(st.sampled_from(["float64"] * 12 + DTYPES))
    if dtype == "float64":
        return frame
    whole = frame.replace([np.inf, -np.inf, 1e200], np.nan).fillna(0).clip(-9, 9)
    whole = whole.round()
    if dtype == "Decimal":
        return whole.map(Decimal).astype(object)
    if dtype == "mixed":
        mixed = frame.astype(object)
        if mixed.size:
            mixed.iloc[0, 0] = draw(st.sampled_from(["a", None, pd.NA, [1], 1j]))
        return mixed
    if dtype in ("float32", "float16", "longdouble", "Float64", "Sparse[float]"):
        with np.errstate(over="ignore"):
            return frame.astype(dtype)
    if dtype in ("bool", "boolean"):
        return (whole > 0).astype(dtype)
    return (whole.abs() if dtype == "uint8" else whole).astype("int64").astype(dtype)


def name_columns(frame, how):
    """Return a frame with columns named as some users name them."""
    n = frame.shape[1]
    names = {
        None: list(range(n)),
        "letters": list("abcdefgh")[:n],
        "twice": ["a"] * n,
        "mixed": ["a", 1, (2, "b"), None, *range(9)][:n],
        "levels": pd.MultiIndex.from_product([["x"], range(n)]),
        "dates": pd.date_range("2024", periods=n),
        "missing": [np.nan, *range(n - 1)],
    }
    return frame.set_axis(names[how], axis=1) if n else frame


# Times ----------------------------------------------------------------------------

FREQUENCIES = ["h", "D", "15min", "MS", "ME", "B", "W", "QS", "YS", "2h", "bh", "BMS"]
ZONES = [None] * 3 + ["UTC", "Europe/Berlin", "+03:30"]
PERIODS = ["D", "h", "M", "Q", "Y", "2M", "W"]


def dates(draw, n):
    freq = draw(st.sampled_from(FREQUENCIES))
    index = pd.date_range("2024-03-01", periods=n, freq=freq)
    zone = draw(st.sampled_from(ZONES))
    if zone is not None:
        index = pd.date_range("2024-03-01", periods=n, freq=freq, tz=zone)
    if draw(st.booleans()):
        index = index.as_unit(draw(st.sampled_from(["s", "ms", "us", "ns"])))
    return pd.DatetimeIndex(index, freq=None) if draw(st.booleans()) else index


ORDINARY_TIMES = {
    "range": lambda draw, n: pd.RangeIndex(n),
    "later range": lambda draw, n: pd.RangeIndex(draw(st.integers(-50, 50)), n + 50)[
        :n
    ],
    "integers": lambda draw, n: pd.Index(np.arange(n) + 7, dtype="int64"),
    "dates": dates,
    "periods": lambda draw, n: pd.period_range(
        "2024-01", periods=n, freq=draw(st.sampled_from(PERIODS))
    ),
}
ODD_TIMES = {
    "every other": lambda draw, n: pd.RangeIndex(0, 2 * n, 2),
    "backwards": lambda draw, n: pd.RangeIndex(n, 0, -1),
    "small integers": lambda draw, n: pd.Index(np.arange(n), dtype="int8"),
    "unsigned": lambda draw, n: pd.Index(np.arange(n), dtype="uint64"),
    "nullable": lambda draw, n: pd.Index(np.arange(n), dtype="Int64"),
    "at the end": lambda draw, n: pd.Index(np.arange(n) + (2**63 - 1 - n)),
    "floats": lambda draw, n: pd.Index(np.arange(n) / 2, dtype="float64"),
    "booleans": lambda draw, n: pd.Index(np.arange(n) % 2 == 0, dtype="bool"),
    "text": lambda draw, n: pd.Index([f"2024-01-{i:02}" for i in range(n)]),
    "python dates": lambda draw, n: pd.Index(
        [datetime.date(2024, 1, 1) + datetime.timedelta(i) for i in range(n)],
        dtype=object,
    ),
    "objects": lambda draw, n: pd.Index(range(n), dtype=object),
    "spans": lambda draw, n: pd.timedelta_range("0h", periods=n, freq="h"),
    "categories": lambda draw, n: pd.CategoricalIndex(range(n)),
    "intervals": lambda draw, n: pd.interval_range(0, periods=n),
    "the last dates": lambda draw, n: pd.DatetimeIndex(
        pd.Timestamp("2262-04-11").as_unit("ns")
        - pd.to_timedelta(np.arange(n)[::-1], "D")
    ),
    "irregular": lambda draw, n: pd.DatetimeIndex(
        pd.Timestamp("2024") + pd.to_timedelta(np.arange(n) ** 2, "s")
    ),
}
ALL_TIMES = ORDINARY_TIMES | ODD_TIMES
DAMAGE = ["no"] * 8 + ["gap", "twice", "unordered", "without", "one", "name"]


def times(draw, n):
    """Draw an index, with what damages it now and then."""
    kinds = draw(st.sampled_from([ORDINARY_TIMES, ORDINARY_TIMES, ALL_TIMES]))
    index = kinds[draw(st.sampled_from(sorted(kinds)))](draw, n)
    damage = draw(st.sampled_from(DAMAGE))
    at = draw(st.integers(1, n - 1)) if n > 1 else 0
    if n < 2 or damage == "no":
        return index
    if damage == "gap" and n > 3:
        longer = index[: n - 1].append(index[n - 1 :])
        return longer[np.r_[0:at, at - 1 : n - 1]] if at % 2 else longer
    if damage == "twice":
        return index[np.r_[0:at, at - 1, at + 1 : n]]
    if damage == "unordered":
        return index[np.r_[at:n, 0:at]]
    if damage == "without" and isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        return index.where(np.arange(n) != at)
    if damage == "one":
        return index[np.zeros(n, dtype=int)]
    if damage == "name":
        return index.rename(draw(st.sampled_from(["time", 0, ("a", "b")])))
    return index


# Containers -----------------------------------------------------------------------


@st.composite
def frames(draw, columns=None):
    """Draw one series as a frame."""
    n = draw(st.integers(0, 40))
    if columns is None:
        frame = numbers(draw, n, draw(st.integers(0, 3)) or 1)
        frame = name_columns(frame, draw(st.sampled_from(COLUMNS)))
    else:
        frame = numbers(draw, n, len(columns)).set_axis(columns, axis=1)
    index = times(draw, n)
    if draw(st.integers(0, 3)) == 0 and n > 5:  # a gap
        keep = np.arange(n) != draw(st.integers(1, n - 2))
        return frame[keep].set_axis(index[keep])
    return frame.set_axis(index)


def as_series(draw, frame):
    return frame.iloc[:, 0] if frame.shape[1] else pd.Series(dtype=float)


def as_panel(draw, frame):
    names = draw(
        st.sampled_from(
            [["a", "b"], [0, 1], ["a", None], ["a", "a"], [1.5, np.nan], ["a", 1]]
        )
    )
    other = frame[: draw(st.integers(0, len(frame)))] if draw(st.booleans()) else frame
    keys = pd.Index(names, dtype=object)
    panel = pd.concat([frame, other], keys=keys, names=["name", "time"])
    return panel.sort_index() if draw(st.booleans()) and names == ["a", "b"] else panel


def as_hierarchy(draw, frame):
    panel = pd.concat([frame, frame], keys=["a", "b"], names=["name", "time"])
    return pd.concat([panel, panel], keys=["x", "y"], names=["region", "name", "time"])


def as_long_table(draw, frame):
    table = as_panel(draw, frame).reset_index()
    return table


def as_numpy_panel(draw, frame):
    return np.stack([frame.to_numpy().T] * draw(st.integers(1, 3)))


ORDINARY_CONTAINERS = {
    "Series": as_series,
    "DataFrame": lambda draw, frame: frame,
    "vector": lambda draw, frame: as_series(draw, frame).to_numpy(),
    "array": lambda draw, frame: frame.to_numpy(),
    "panel": as_panel,
}
ODD_CONTAINERS = {
    "list of frames": lambda draw, frame: [frame, frame[1:]],
    "other columns": lambda draw, frame: [frame, frame.add_prefix("x")],
    "no frames": lambda draw, frame: [],
    "list of Series": lambda draw, frame: [as_series(draw, frame)] * 2,
    "list of numbers": lambda draw, frame: as_series(draw, frame).tolist(),
    "tuple": lambda draw, frame: tuple(as_series(draw, frame)),
    "dict": lambda draw, frame: dict(frame.items()),
    "numpy panel": as_numpy_panel,
    "four axes": lambda draw, frame: frame.to_numpy()[None, None],
    "number": lambda draw, frame: 3.0,
    "text": lambda draw, frame: "series",
    "hierarchy": as_hierarchy,
    "long table": as_long_table,
    "nested": lambda draw, frame: pd.DataFrame(
        {"a": [as_series(draw, frame).reset_index(drop=True)] * 2}
    ),
    "Index": lambda draw, frame: frame.index,
    "list of arrays": lambda draw, frame: [frame.to_numpy()] * 2,
    "list of None": lambda draw, frame: [None, frame],
    "with dates as column": lambda draw, frame: frame.reset_index(),
}
ALL_CONTAINERS = ORDINARY_CONTAINERS | ODD_CONTAINERS


@st.composite
def data(draw, columns=None):
    """Draw a series or a panel in some container."""
    frame = draw(frames(columns))
    kinds = draw(
        st.sampled_from([ORDINARY_CONTAINERS, ORDINARY_CONTAINERS, ALL_CONTAINERS])
    )
    return kinds[draw(st.sampled_from(sorted(kinds)))](draw, frame)


# Horizons and levels --------------------------------------------------------------

STEPS = [
    *(1, 2, 3, 0, -1, 5, 99, 10**6, 2**31, 2**62, 2**63, 10**30, 1.0, 1.5, True),
    *(np.int64(1), np.float64(2), np.nan, np.inf, "1", "a", "2024", None, 1j),
    *(pd.Timestamp("2024-04-01"), pd.Timestamp("2024-03-02 17:00", tz="UTC")),
    *(pd.Timestamp("1700"), pd.Timestamp("2261"), pd.NaT, pd.NA, Decimal(1)),
    *(datetime.date(2024, 4, 1), datetime.datetime(2024, 3, 2, 17)),
    *(np.datetime64("2024-03-02T17"), np.datetime64("2024-04"), np.datetime64("NaT")),
    *(pd.Timedelta("1h"), pd.Timedelta("30min"), datetime.timedelta(hours=1)),
    *(np.timedelta64(1, "h"), np.timedelta64("NaT"), pd.Timedelta("-1h")),
    *(pd.Period("2024-03"), pd.Period("2024-03-02 17:00", "h")),
    *(pd.offsets.Hour(1), pd.offsets.MonthBegin(), pd.offsets.BDay(2), pd.DateOffset()),
]
WHOLE_HORIZONS = [
    *(range(1, 3), range(0), range(1, 100), slice(1, 3), [], (), {}, {1, 2}, {1: 2}),
    *(np.array([]), np.array(1), np.array([[1, 2]]), np.array([1.0, 2.0])),
    *(np.array([1, 2], dtype=object), np.array(["1"]), np.array([True])),
    *(np.array([1, 2], dtype="uint8"), np.array([1, 2], dtype="int8")),
    *(pd.Index([1, 2]), pd.Index([1, 2], dtype="Int64"), pd.Series([1, 2])),
    *(pd.RangeIndex(1, 3), pd.Index([]), pd.Index(["a"]), pd.MultiIndex.from_tuples),
    pd.MultiIndex.from_tuples([(1, 2)]),
    *(pd.date_range("2024-03-02 17:00", periods=2, freq="h"), pd.DatetimeIndex([])),
    pd.date_range("2024-03-02 17:00", periods=2, freq="h", tz="Asia/Tokyo"),
    pd.date_range("2024-04-01", periods=2, freq="MS"),
    *(pd.DatetimeIndex([pd.NaT]), pd.TimedeltaIndex([]), pd.PeriodIndex([], freq="M")),
    *(pd.PeriodIndex([pd.NaT], freq="M"), pd.TimedeltaIndex([pd.NaT])),
    pd.period_range("2024-03-02 17:00", periods=2, freq="h"),
    *(pd.timedelta_range("1h", periods=2), pd.Index([1, 1]), [2, 1], [1, 1]),
    *(pd.DataFrame({"a": [1]}), object(), int, ForecastingHorizon([1, 2])),
    ForecastingHorizon([40, 41], is_relative=False),
    ForecastingHorizon([1, 2], is_relative=False),
    ForecastingHorizon([-1, 0, 1]),
    ForecastingHorizon(pd.date_range("2024-03-02 17:00", periods=2, freq="h")),
    ForecastingHorizon(pd.period_range("2024-03", periods=2, freq="M"), freq="M"),
    ForecastingHorizon(pd.timedelta_range("1h", periods=2, freq="h")),
]


def horizons():
    """Draw a horizon, or something else."""
    steps = st.sampled_from(STEPS)
    return st.one_of(
        st.integers(1, 2),
        st.lists(st.integers(1, 3), max_size=3),
        steps,
        st.lists(steps, min_size=1, max_size=2),
        st.sampled_from(WHOLE_HORIZONS),
        st.lists(st.integers(-3, 6), max_size=3).map(np.array),
        st.none(),
    )


LEVELS = [
    *(0.5, 0.9, 0, 1, -0.1, 1.5, 90, np.nan, np.inf, "0.9", None, True, 1j, 1e-9),
    *([0.5, 0.9], [], (0.5,), [0.5, 0.5], [None], [[0.5]], np.array([0.5]), {}),
    *(np.array(0.5), np.array([[0.5]]), pd.Series([0.5]), Decimal("0.5"), {0.5}),
    *(np.float32(0.9), 1 - 1e-12, pd.NA, object()),
]
levels = st.sampled_from(LEVELS)

# Arrays of windows ----------------------------------------------------------------


@st.composite
def arrays(draw):
    """Draw windows, targets, or something else."""
    n = draw(st.integers(0, 12))
    shape = draw(
        st.sampled_from([(n, 6), (n, 8), (n, 4), (n,), (n, 4, 2), (n, 2, 2), (n, 3, 1)])
    )
    if draw(st.integers(0, 5)) == 0:
        shape = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    frame = numbers(draw, int(np.prod(shape)), 1)
    array = frame.to_numpy().reshape(shape)
    how = draw(st.sampled_from(["array"] * 5 + ["list", "frame", "other"]))
    if how == "list":
        return array.tolist()
    if how == "frame" and array.ndim == 2:
        table = pd.DataFrame(array).astype(frame.dtypes.iloc[0])
        return name_columns(table, draw(st.sampled_from([None, "letters", "mixed"])))
    if how == "other":
        return draw(
            st.sampled_from(
                [None, "a", 3.0, {}, [[1.0], [1.0, 2.0]], object(), [None] * 4, [[]]]
            )
        )
    return array


# What may come of it --------------------------------------------------------------


def complaint(error, started):
    """Return what is wrong with an error; None for one that was raised on purpose."""
    frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
    file = frame.f_code.co_filename
    where = f"{type(error).__name__} at {file}:{line}: {error}"
    if isinstance(error, NEVER):
        return f"of a kind that says nothing: {where}"
    if not any(file.startswith(package) for package in PACKAGES):
        return f"from within: {where}"
    if not linecache.getline(file, line).strip().startswith("raise"):
        return f"not on purpose: {where}"
    return f"after training had begun: {where}" if started else None


def taken_or_refused(act, training):
    """Return what a call returns, or None if it refuses what it is given; else fail."""
    training.clear()
    try:
        return act()
    except Exception as error:
        wrong = complaint(error, bool(training))
        if wrong is None:
            return None
        pytest.fail(wrong, pytrace=False)
