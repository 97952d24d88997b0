"""One series as a frame of finite numbers, with the columns seen before."""

import warnings
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

LARGEST = 1e150
# Containers of these are no data of ours; sktime converts some of them in `fit` alone.
OTHER_LIBRARIES = {"dask", "gluonts", "modin", "polars", "pyarrow", "pyspark", "xarray"}


def check_library(y: Any, name: str = "y") -> None:
    """Raise for containers of libraries that the estimators do not read."""
    library = type(y).__module__.partition(".")[0]
    if library in OTHER_LIBRARIES:
        raise TypeError(
            f"{name} must be data of pandas or numpy, got a {type(y).__name__} of "
            f"{library}. Convert it, with its times as the index: for instance "
            f"{name}.to_pandas().set_index('time')."
        )


def as_frame(
    Y: Any, name: str = "Y", columns: Sequence[Any] | None = None
) -> pd.DataFrame:
    """Return one series as a frame; `columns` name those of an array as wide."""
    check_library(Y, name)
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
    return pd.DataFrame(values, columns=list(columns or ()) if named else None)


def check_values(y: Any, name: str = "y", *, may_miss: bool = False) -> None:
    """Raise unless the values of a series are finite numbers.

    With `may_miss`, NaN stands for missing values. What is no data at all is left to
    sktime's own checks.
    """
    check_library(y, name)
    if isinstance(y, list):
        if not y:
            raise ValueError(f"{name} must hold at least one series, got [].")
        _check_same_columns(y, name)
        for number, one in enumerate(y):
            check_values(one, f"instance {number} of {name}", may_miss=may_miss)
        return
    if isinstance(y, np.ndarray):
        if y.ndim not in (1, 2, 3):
            raise ValueError(
                f"{name} must be an array of shape (n_timepoints, n_channels), or "
                f"(n_instances, n_channels, n_timepoints), got shape {y.shape}."
            )
        # A panel of sktime has the axes (instances, channels, time).
        y = pd.DataFrame(y if y.ndim < 3 else y.swapaxes(1, 2).reshape(-1, y.shape[1]))
    if isinstance(y, pd.Series):
        y = y.to_frame()
    if not isinstance(y, pd.DataFrame):
        return
    if is_nested(y):
        for instance, row in zip(y.index, y.to_numpy(), strict=True):
            for cell in row:
                if isinstance(cell, pd.Series):
                    of = f"instance {instance!r} of {name}"
                    check_values(cell, of, may_miss=may_miss)
        return
    if not len(y):
        raise ValueError(
            f"{name} has 0 time points, which is too few to learn or forecast from. "
            "Give a longer series."
        )
    _check_numeric(y, name)
    values = y.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.isinf(values) if may_miss else ~np.isfinite(values)
    if bad.any():
        _raise_not_finite(y, values, bad, name, may_miss=may_miss)
    check_size(values, name)


def is_nested(y: Any) -> bool:
    """Tell whether a frame is a panel whose cells are series."""
    if not isinstance(y, pd.DataFrame):
        return False
    cells = y.iloc[:1].to_numpy().ravel()
    return any(isinstance(cell, pd.Series) for cell in cells)


def check_size(values: np.ndarray, name: str) -> None:
    """Raise if numbers are too large to be squared."""
    largest = float(np.fmax.reduce(np.abs(values), axis=None, initial=0))
    if largest > LARGEST:
        raise ValueError(
            f"{name} must hold numbers up to {LARGEST:g}, whose squares are numbers, "
            f"too, got {largest:g}. Divide it by a constant."
        )


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
            + _how_to_index(y, name)
        )


def _how_to_index(y: pd.DataFrame, name: str) -> str:
    """Return the way out for a table whose times, or series' names, are columns."""
    n_columns = y.shape[1]
    times = [i for i in range(n_columns) if _holds_dates(y.iloc[:, i])]
    if not times or not y.columns.is_unique:
        return (
            "Drop or encode categorical columns; convert numbers in disguise with "
            f"{name}.astype(float)."
        )
    time = y.columns[times[0]]
    names = [y.columns[i] for i in _find_names(y, times[0])]
    index = [*names, time] if names else time
    return (
        f"Its times are in the column {time!r}; they belong in the index:\n"
        f"{name}[{time!r}] = pd.to_datetime({name}[{time!r}])\n"
        f"{name} = {name}.set_index({index!r}).sort_index()"
    )


def _find_names(y: pd.DataFrame, time: int) -> list[int]:
    """Return which columns of a table name its series, if times come more than once."""
    if not y.iloc[:, time].duplicated().any():
        return []
    # As text: pandas finds no duplicates of lists; and columns may have no name.
    cells = y.astype(str).set_axis(range(y.shape[1]), axis=1)
    others = [i for i in range(y.shape[1]) if i != time]
    names = [i for i in others if not cells.duplicated([i, time]).any()]
    if names:  # numbers that are all different would do as well
        return [min(names, key=lambda i: cells[i].nunique())]
    texts = [i for i in others if not pd.api.types.is_numeric_dtype(y.dtypes.iloc[i])]
    return [] if cells.duplicated([*texts, time]).any() else texts


def _holds_dates(column: pd.Series) -> bool:
    if isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(
        column
    ):
        return True
    if pd.api.types.is_numeric_dtype(column):
        return False
    first = column.dropna().head().astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas guesses the format of each
        dates = pd.to_datetime(first, errors="coerce")
    return len(first) > 0 and bool(dates.notna().all())


def _raise_not_finite(
    y: pd.DataFrame, values: np.ndarray, bad: np.ndarray, name: str, *, may_miss: bool
) -> None:
    row, column = np.argwhere(bad)[0]
    kind = "NaN" if np.isnan(values[row, column]) else "infinite"
    kinds, way_out = "infinite", "Correct them, or put NaN where the value is unknown."
    if not may_miss:
        kinds = "NaN or infinite"
        way_out = (
            'Fill them in first, for instance with sktime\'s Imputer(method="linear").'
        )
    raise ValueError(
        f"{name} must be finite, got {bad.sum()} {kinds} value(s); the first is "
        f"{kind}, in column {y.columns[column]!r} at {y.index[row]!r}. {way_out}"
    )


def check_columns(y: pd.Series | pd.DataFrame, fitted: pd.DataFrame, name: str) -> None:
    """Raise unless `y` has the channels seen in ``fit``, in their order."""
    given = [y.name] if isinstance(y, pd.Series) else list(y.columns)
    check_names(given, list(fitted.columns), name)


def check_names(
    given: Sequence[Hashable],
    wanted: Sequence[Hashable],
    name: str,
    what: str = "columns",
) -> None:
    """Raise unless columns have the names seen in ``fit``, in their order.

    A single one may have another name.
    """
    if len(wanted) == len(given) and (len(given) == 1 or given == wanted):
        return
    missing = [column for column in wanted if column not in given]
    unknown = [column for column in given if column not in wanted]
    how = "in another order"
    if missing or unknown:
        how = f"missing {missing}, not seen in fit {unknown}"
    raise ValueError(
        f"{name} must have the {what} seen in fit, in the same order: {wanted}; got "
        f"{given} ({how}). Use {name}[{wanted}], or rename its columns."
    )
