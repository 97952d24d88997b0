"""What the clusterer takes for series: their forms, channels and lengths."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from sktime.datatypes import convert_to
from torch import Tensor

from skts.nn import standardise_each
from skts.series import check_names

Panel = ArrayLike | pd.DataFrame | Sequence[pd.DataFrame]


def is_panel(X: Any) -> bool:
    """Tell sktime's panels from the tables and lists of scikit-learn."""
    if isinstance(X, np.ndarray):
        return X.ndim == 3
    if isinstance(X, pd.DataFrame):
        nested = X.size and isinstance(X.iloc[0, 0], pd.Series | np.ndarray)
        return isinstance(X.index, pd.MultiIndex) or bool(nested)
    return isinstance(X, list) and any(isinstance(x, pd.DataFrame) for x in X)


def channel_names(X: Any) -> list[Hashable] | None:
    """Return the names of a panel's channels, None where they are numbers at most."""
    if isinstance(X, list) and X and isinstance(X[0], pd.DataFrame):
        X = X[0]
    elif not is_panel(X):
        return None  # the columns of a table are time points
    if not isinstance(X, pd.DataFrame) or isinstance(X.columns, pd.RangeIndex):
        return None
    return list(X.columns)


def check_channels(given: list[Hashable] | None, wanted: list[Hashable] | None) -> None:
    """Raise unless channels have the names seen in ``fit``, in their order.

    A single channel may have another name, and what has no names is taken as it comes.
    """
    if given is None or wanted is None or len(given) != len(wanted):
        return  # another number of channels is told with the length
    check_names(given, wanted, "X", "channels")


def resample(X: Any, length: int) -> NDArray[np.float64]:
    """Bring each series of a panel to `length` points, by straight lines.

    First and last point stay where they are; a series of one point becomes constant.
    """
    panel = []
    for one in convert_to(X, "df-list", as_scitype="Panel"):
        channels = one.to_numpy(dtype=np.float64).T  # (C, points)
        old, new = np.linspace(0, 1, channels.shape[1]), np.linspace(0, 1, length)
        panel.append([np.interp(new, old, channel) for channel in channels])
    return np.array(panel)


def series_tensor(X: NDArray[Any], standardize: bool, device: torch.device) -> Tensor:
    """Return series as the features are made from, ``(N, C, L)``.

    Raises
    ------
    ValueError
        If a value is not finite, or does not fit single precision.
    """
    X = np.array(X, dtype=np.float64)  # torch wants it writable
    if not np.isfinite(X).all():
        raise ValueError(
            f"X must be finite, got {np.sum(~np.isfinite(X))} infinite value(s). "
            "Correct them, or put NaN where a point is unknown."
        )
    series = torch.from_numpy(X)
    if standardize:
        series = standardise_each(series)
    series = series.to(torch.float32)
    if not series.isfinite().all():
        raise ValueError(
            f"X must fit single precision, got values up to {np.abs(X).max():.3g}. "
            "Use standardize=True, or divide them by a common factor."
        )
    return series.to(device)
