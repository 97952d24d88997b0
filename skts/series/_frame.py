"""One series as a frame of finite numbers, with the columns seen before."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from skts.series._tables import how_to_read

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
            + how_to_read(y, name)
        )


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
