"""Missing values: NaN in a series is data, and a context is filled by what came before.

A value that is missing is taken for one between the last known value of its channel and
that of the last season, the nearer to the former the shorter ago it was known. Nothing
that came later has a say, so that a forecast sees in training what it will see.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skts._validation import warn_caller

# After this share of a season, what fills is half way from the last value to the
# season before: on the ETT sets nearly the best mean of both, whatever the gap.
HALF_WAY = 1 / 12


def fill_causally(values: np.ndarray, center: np.ndarray, period: int) -> np.ndarray:
    """Return rows ``(T, C)`` without missing values.

    Parameters
    ----------
    values : ndarray of shape (T, C)
        Rows, with NaN where a value is missing.
    center : ndarray of shape (C,)
        What stands for values before the first one known.
    period : int
        Rows of a season; 1 where there is none, and the last value known is all.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    rows = np.arange(len(values))[:, None]
    last_known = np.maximum.accumulate(np.where(missing, -1, rows))
    last = np.take_along_axis(values, last_known.clip(min=0), 0)
    filled = np.where(last_known < 0, center, last)
    if 1 < period < len(values):
        season = _same_position(values, period)
        nearness = 0.5 ** ((rows - last_known) / (HALF_WAY * period))
        between = season + nearness * (filled - season)
        filled = np.where(np.isnan(season), filled, between)
    return np.where(missing, filled, values)


def _same_position(values: np.ndarray, period: int) -> np.ndarray:
    """Return the last value known at the same position of a season; NaN if none is."""
    n_rows, n_channels = values.shape
    rest = np.full((-n_rows % period, n_channels), np.nan)
    seasons = np.concatenate([values, rest]).reshape(-1, period, n_channels)
    number = np.arange(len(seasons))[:, None, None]
    last = np.maximum.accumulate(np.where(np.isnan(seasons), -1, number))
    found = np.take_along_axis(seasons, last.clip(min=0), 0)
    return found.reshape(-1, n_channels)[:n_rows]


def check_known(values: np.ndarray, columns: Sequence[Any], name: str) -> None:
    """Raise if a channel of some rows ``(T, C)`` has no value at all.

    `name` says which rows they are.
    """
    empty = np.isnan(values).all(axis=0)
    if empty.any():
        names = [column for column, none in zip(columns, empty, strict=True) if none]
        raise ValueError(
            f"{name} must hold at least one value of each channel, but all "
            f"{len(values)} of {names} are missing. Leave the channel out, or give "
            "rows in which it is known."
        )


def warn_of_missing(n_left_out: int, n_windows: int, share: float) -> None:
    """Warn if windows are left out because too much of them is missing."""
    if n_left_out:
        warn_caller(
            f"{n_left_out} of {n_windows} windows of y are left out: more than "
            f"{share:.0%} of the values that they look at are missing.",
        )
