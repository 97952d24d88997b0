"""Covariates as pandas holds them: finite numbers, at the times that are asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from skts.series._frame import (
    as_frame,
    check_library,
    check_names,
    check_values,
)
from skts.series._order import check_index, check_order, describe_times
from skts.series._panel import split_panel


def as_covariates(
    X: Any, times: pd.Index | None, columns: Sequence[Any] | None = None
) -> Any:
    """Return covariates as a frame of floats.

    `times` and `columns` are those of an array's rows and columns. What is no table is
    left to sktime, which refuses it.

    Raises
    ------
    TypeError, ValueError
        If they are not finite numbers in order.
    """
    check_library(X, "X")
    if isinstance(X, np.ndarray):
        X = _with_times(as_frame(X, "X", columns), times)
    if isinstance(X, pd.Series):
        X = X.to_frame()
    if not isinstance(X, pd.DataFrame):
        return X
    if not X.shape[1] or not X.columns.is_unique:
        raise ValueError(
            "X must have columns, each with a name of its own, got "
            f"{list(X.columns)}. Leave X out, or rename its columns."
        )
    check_values(X, "X")
    check_index(X.index, "X")
    for name, rows in split_panel(X).items():
        check_order(rows.index, _describe(name), "X")
    return X.astype(np.float64)


def _with_times(X: pd.DataFrame, times: pd.Index | None) -> pd.DataFrame:
    if times is None:
        raise TypeError(
            "X must be a DataFrame whose index says where its rows belong, like that "
            "of y, got an array."
        )
    if len(X) != len(times):
        raise ValueError(
            f"X must have a row for each row of y, got {len(X)} and {len(times)}. "
            "Give it an index like that of y if it has other rows."
        )
    return X.set_axis(times)


def check_covariates(X: pd.DataFrame, columns: pd.Index) -> None:
    """Raise unless covariates have the columns seen in ``fit``, in their order."""
    check_names(list(X.columns), list(columns), "X")


def rows_at(
    X: pd.DataFrame, times: pd.Index, name: Any = None, why: str = "each row of y"
) -> pd.DataFrame:
    """Return covariates at some times.

    Raises
    ------
    ValueError
        If there are none at one of them.
    """
    given, wanted = describe_times(X.index), describe_times(times)
    if given != wanted:
        raise TypeError(
            f"{_describe(name)} must be indexed by {wanted}, like y, got {given}."
        )
    missing = times[~times.isin(X.index)]
    if len(missing):
        raise ValueError(
            f"{_describe(name)} must have a row for {why}, got none for "
            f"{len(missing)} of {len(times)}: {_listed(missing)}. Add them; what is "
            "not known must be forecast, or left out of X in fit."
        )
    return X.loc[times]


def for_each(X: pd.DataFrame, names: Sequence[Any], levels: Sequence[Any]) -> Any:
    """Return covariates of one index as those of each series of a panel."""
    if isinstance(X.index, pd.MultiIndex) or None in names:
        return X
    return pd.concat(dict.fromkeys(names, X), names=list(levels))


def _describe(name: Any) -> str:
    return "X" if name is None else f"X of instance {name!r}"


def _listed(times: pd.Index) -> str:
    more = ", ..." if len(times) > 3 else ""
    return ", ".join(map(str, times[:3])) + more
