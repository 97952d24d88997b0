"""How large errors to come are: all that intervals of every coverage say together.

An interval reaches as far as one of the errors seen, the same one for all coverages up
to some. So those errors, each with what it adds to the coverage, and with either sign
as often, are the distribution that the intervals are of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

# Coverages are sums and quotients; 0.55 is a little more than 55 hundredths.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class ErrorSizes:
    """Sets of sizes of absolute errors, each of them for one channel and step.

    Attributes
    ----------
    sizes : ndarray of shape (n_sets, K)
        Those of a set, rising.
    coverages : ndarray of shape (n_sets, K)
        The largest coverage that an interval of this size has, rising to 1.
    """

    sizes: np.ndarray
    coverages: np.ndarray

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the sets of all parts, one after the other."""
        most = max(part.sizes.shape[1] for part in parts)
        sizes, coverages = [], []
        for part in parts:  # what is repeated adds nothing
            wider = (0, 0), (0, most - part.sizes.shape[1])
            sizes.append(np.pad(part.sizes, wider, mode="edge"))
            coverages.append(np.pad(part.coverages, wider, mode="edge"))
        return cls(np.concatenate(sizes), np.concatenate(coverages))

    def at(self, sets: np.ndarray, coverages: np.ndarray) -> np.ndarray:
        """Return the sizes that intervals of some coverages have, in some sets."""
        at = _count(self.coverages, sets, coverages - ROUNDING, below=True)
        return self.sizes[sets, np.minimum(at, self.sizes.shape[1] - 1)]

    def share_up_to(self, sets: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return the shares of errors that are of some sizes or smaller."""
        return self._share(sets, _count(self.sizes, sets, sizes))

    def share_below(self, sets: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return the shares of errors that are smaller than some sizes."""
        return self._share(sets, _count(self.sizes, sets, sizes, below=True))

    def mean_at_least(self, sets: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Return the means of errors of which those below some sizes count as these."""
        n_within = _count(self.sizes, sets, sizes)
        parts = np.cumsum(self._masses() * self.sizes, axis=1)
        within = np.where(n_within > 0, parts[sets, np.maximum(n_within, 1) - 1], 0)
        return sizes * self._share(sets, n_within) + parts[sets, -1] - within

    def mean_squares(self) -> np.ndarray:
        """Return the mean squared error of each set."""
        return (self._masses() * self.sizes.astype(np.float64) ** 2).sum(axis=1)

    def mean_gaps(self) -> np.ndarray:
        """Return how far two errors of either sign are apart, the mean of each set."""
        before = np.pad(self.coverages, ((0, 0), (1, 0)))[:, :-1]
        return ((1 - before**2) * np.diff(self.sizes, axis=1, prepend=0)).sum(axis=1)

    def _masses(self) -> np.ndarray:
        return np.diff(self.coverages, axis=1, prepend=0)

    def _share(self, sets: np.ndarray, n_within: np.ndarray) -> np.ndarray:
        shares = self.coverages[sets, np.maximum(n_within, 1) - 1]
        return np.where(n_within > 0, shares, 0)


def _count(
    table: np.ndarray, sets: np.ndarray, values: np.ndarray, *, below: bool = False
) -> np.ndarray:
    """Return how many numbers of rising rows of a table are at most some values.

    Or below them. It is a binary search in all rows at once.
    """
    values = np.asarray(values)
    first = np.zeros(values.shape, dtype=int)
    last = np.full(values.shape, table.shape[1])
    for _ in range(table.shape[1].bit_length()):
        middle = np.minimum((first + last) // 2, table.shape[1] - 1)
        number = table[sets, middle]
        after = (number < values) if below else (number <= values)
        after &= first < last
        first, last = np.where(after, middle + 1, first), np.where(after, last, middle)
    return first
