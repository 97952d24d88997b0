"""Intervals from the errors on held-out windows: split conformal prediction.

Of n held-out windows and one to come, in any order equally probable, the absolute
error of the last is at most the k-th smallest of the others with probability
k / (n + 1). So ``k = ceil((n + 1) * coverage)`` gives an interval that covers at least
as often as asked (Lei et al., "Distribution-Free Predictive Inference for Regression",
JASA 2018). Each channel and step has its own errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Self

import numpy as np


@dataclass(frozen=True)
class RankedErrors:
    """Absolute errors of windows, all of which count the same.

    Attributes
    ----------
    errors : ndarray of shape (n_windows, C, H)
        Sorted, for each channel and step by itself; NaN, at the end, where unknown.
    """

    errors: np.ndarray

    @classmethod
    def of(cls, errors: np.ndarray) -> Self:
        """Return errors ``(n_windows, C, H)`` in any order as ranked ones."""
        return cls(np.sort(errors, axis=0))

    def counts(self) -> np.ndarray:
        """Return the least number of errors at any step of each channel, ``(C,)``."""
        return count(self.errors).min(axis=-1)

    def half_widths(self, coverages: Sequence[float]) -> np.ndarray:
        """Return how far intervals reach to either side, ``(A, C, H)``."""
        levels = np.reshape(coverages, (-1, 1, 1))
        return half_widths(self.errors, levels)

    def standard_deviation(self) -> np.ndarray:
        """Return the root of the mean squared error, ``(C, H)``."""
        return root_mean_square(self.errors)


def half_widths(errors: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the errors that shares of the errors to come stay within, ``(A, C, H)``.

    The largest of them where there are too few. A channel that has none, as it never
    moved, has the width 0.

    Parameters
    ----------
    errors : ndarray of shape (n, C, H)
        Sorted along the first axis, with those that are NaN at the end.
    levels : ndarray of shape (A, C, H), or one that is stretched to it
        The shares.
    """
    n_errors = count(errors)
    # 0.55 * 100 is a little more than 55.
    ranks = np.ceil(((n_errors + 1) * levels).round(9)).astype(int)
    at = np.clip(ranks, 1, np.maximum(n_errors, 1)) - 1
    widths = np.take_along_axis(errors, at, axis=0)
    return np.where((ranks > 0) & (n_errors > 0), widths, 0)


def count(errors: np.ndarray) -> np.ndarray:
    """Return how many errors ``(n, C, H)`` are known, ``(C, H)``."""
    return np.sum(~np.isnan(errors), axis=0)


def root_mean_square(errors: np.ndarray) -> np.ndarray:
    """Return that of errors ``(n, C, H)``, ``(C, H)``."""
    squares = np.nansum(errors.astype(np.float64) ** 2, axis=0)
    return np.sqrt(squares / np.maximum(count(errors), 1))


def windows_needed(coverage: float) -> int:
    """Return the least number of windows that intervals of this coverage need."""
    return ceil(round(coverage / (1 - coverage), 9))
