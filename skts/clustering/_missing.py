"""Missing points of series to be clustered are filled by straight lines."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.datatypes import convert_to

# Of the points of a channel, at most this share may be missing.
MOST_MISSING = 0.75


def fill_points(X: Any) -> Any:
    """Return a panel whose missing points lie between the known ones beside them.

    Before the first known point of a channel, and after its last, that one stands. A
    panel without missing points is returned as it is.

    Raises
    ------
    ValueError
        If more than three quarters of the points of a channel of a series are missing.
    """
    if isinstance(X, np.ndarray):
        missing = np.isnan(X).any(axis=(1, 2))
        if not missing.any():
            return X
        filled = np.array(X, dtype=np.float64)
        for number in np.flatnonzero(missing).tolist():
            filled[number] = _fill(filled[number], number)
        return filled
    is_long = isinstance(X, pd.DataFrame) and X.index.nlevels > 1
    if is_long and not X.isna().any(axis=None):
        return X  # without a conversion, which takes longer than what comes next
    panel = convert_to(X, "df-list", as_scitype="Panel")
    if not any(one.isna().any(axis=None) for one in panel):
        return X
    names = _names(X, len(panel))
    return [
        pd.DataFrame(_fill(one.to_numpy(np.float64).T, name).T, one.index, one.columns)
        for name, one in zip(names, panel, strict=True)
    ]


def _names(X: Any, n_series: int) -> Sequence[Hashable]:
    if not isinstance(X, pd.DataFrame):
        return range(n_series)
    index: Any = X.index  # pandas-stubs know no level by its number
    return list(index.droplevel(-1).unique() if index.nlevels > 1 else index)


def _fill(channels: NDArray[np.float64], name: Hashable) -> NDArray[np.float64]:
    """Return the channels ``(C, L)`` of one series without missing points."""
    points = np.arange(channels.shape[1])
    known = ~np.isnan(channels)
    share = 1 - known.mean(axis=1)
    if share.max() > MOST_MISSING:
        raise ValueError(
            f"Series of X must have at most {MOST_MISSING:.0%} of their points "
            f"missing, as NaN, but of series {name!r} it is {share.max():.0%}. Leave "
            "it out."
        )
    return np.stack(
        [
            np.interp(points, points[there], values[there])
            for values, there in zip(channels, known, strict=True)
        ]
    )
