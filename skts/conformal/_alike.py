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

import numpy as np

from skts.conformal._sizes import ErrorSizes

# The share of errors that one step is measured by beside others in a band: made the
# narrowest bands on validation parts, of shares and of means of several kinds.
MOST = 0.8


@dataclass(frozen=True)
class AlikeErrors:
    """Absolute errors of windows, all of which count the same.

    Attributes
    ----------
    errors : ndarray of shape (n_windows, C, H)
        Those of each window; NaN where unknown.
    """

    errors: np.ndarray

    def counts(self) -> np.ndarray:
        """Return the least number of errors at any step of each channel, ``(C,)``."""
        return count(self.errors).min(axis=-1)

    def half_widths(self, coverages: Sequence[float]) -> np.ndarray:
        """Return how far intervals reach to either side, ``(A, C, H)``."""
        return half_widths(self.errors, np.reshape(coverages, (-1, 1, 1)))

    def band_half_widths(
        self, coverages: Sequence[float], steps: np.ndarray
    ) -> np.ndarray:
        """Return how far bands over some steps reach to either side, ``(A, C, S)``.

        `steps` are positions among the steps.
        """
        errors, levels = self.errors[..., steps], np.reshape(coverages, (-1, 1, 1))
        unit, intervals = usual_size(errors), half_widths(errors, levels)
        return band_half_widths(worst_of_path(errors, unit), unit, levels, intervals)

    def sizes(self) -> ErrorSizes:
        """Return the sizes that intervals have, a set for each channel and step."""
        sizes, ranks = ranked(self.errors)
        return as_sets(sizes, ranks)


def half_widths(errors: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the errors that shares of the errors to come stay within, ``(A, C, H)``.

    The largest of them where there are too few. A channel that has none, as it never
    moved, has the width 0.

    Parameters
    ----------
    errors : ndarray of shape (..., n, C, H)
        Those that are NaN do not count.
    levels : ndarray of shape (..., A, C, H), or one that is stretched to it
        The shares.
    """
    ordered = np.sort(errors, axis=-3)  # NaN last
    n_errors = np.asarray(errors.shape[-3])
    if np.isnan(ordered[..., -1, :, :]).any():
        n_errors = count(ordered)[..., None, :, :]
    # 0.55 * 100 is a little more than 55.
    ranks = np.ceil(((n_errors + 1) * levels).round(9)).astype(int)
    at = np.clip(ranks, 1, np.maximum(n_errors, 1)) - 1
    widths = np.take_along_axis(ordered, at, axis=-3)
    return np.where((ranks > 0) & (n_errors > 0), widths, 0)


def usual_size(errors: np.ndarray) -> np.ndarray:
    """Return what most errors ``(n, C, S)`` are within, ``(C, S)``: never 0."""
    (size,) = half_widths(errors, np.reshape(MOST, (1, 1, 1)))
    return np.where(size > 0, size, 1)


def worst_of_path(errors: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Return how far off paths are at their worst step, ``(n, C, 1)``.

    Parameters
    ----------
    errors : ndarray of shape (n, C, S)
        Those of the steps of each path. Those that are NaN do not count.
    unit : ndarray of shape (C, S)
        What the errors of each step are like.
    """
    return np.fmax.reduce(errors / unit, axis=-1, keepdims=True)


def band_half_widths(
    worst: np.ndarray, unit: np.ndarray, levels: np.ndarray, intervals: np.ndarray
) -> np.ndarray:
    """Return what shares of the paths to come stay within at all steps, ``(A, C, S)``.

    One factor, a rank of the worst of each path, makes the whole band. It is nowhere
    narrower than the interval of a step.

    Parameters
    ----------
    worst : ndarray of shape (..., n, C, 1)
        What ``worst_of_path`` tells.
    unit : ndarray of shape (C, S)
        What it is in units of.
    levels : ndarray of shape (..., A, C, S), or one that is stretched to it
        The shares of each step, of which the mean is taken.
    intervals : ndarray of shape (..., A, C, S)
        Half widths of the intervals of each step.
    """
    factor = half_widths(worst, levels.mean(axis=-1, keepdims=True))
    return np.maximum(factor * unit, intervals)


def count(errors: np.ndarray) -> np.ndarray:
    """Return how many errors ``(..., n, C, H)`` are known, ``(..., C, H)``."""
    return count_true(~np.isnan(errors), axis=-3)


def count_true(mask: np.ndarray, axis: int) -> np.ndarray:
    """Return ``np.count_nonzero``, which takes several times as long along an axis."""
    smallest = np.min_scalar_type(mask.shape[axis])
    return mask.view(np.uint8).sum(axis=axis, dtype=smallest).astype(int)


def ranked(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the errors of each rank from 0, and the largest levels that have it.

    Both are ``(n + 1, C, H)``: ``half_widths`` of all levels, from 0 to 1.
    """
    n_errors, ranks = count(errors), np.arange(len(errors) + 1)[:, None, None]
    largest = half_widths(errors, np.ones((1, 1, 1)))
    sizes = np.concatenate([np.zeros_like(largest), np.sort(errors, axis=0)])
    sizes = np.where(ranks <= n_errors, sizes, largest)
    return sizes, np.where(ranks < n_errors, ranks / (n_errors + 1), 1)


def as_sets(sizes: np.ndarray, coverages: np.ndarray) -> ErrorSizes:
    """Return sizes and coverages ``(K, C, H)``, a set for each channel and step."""
    return ErrorSizes(*(each.reshape(len(each), -1).T for each in (sizes, coverages)))


def windows_needed(coverage: float) -> int:
    """Return the least number of windows that intervals of this coverage need."""
    return ceil(round(coverage / (1 - coverage), 9))
