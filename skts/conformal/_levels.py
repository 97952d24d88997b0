"""Levels that follow: up when intervals missed, down when they held.

Adaptive conformal inference (Gibbs and Candes, NeurIPS 2021) moves the level that
intervals are taken at by a rate after each truth. Which rate is best depends on how
fast things change, so several go on side by side, weighted by how well each one has
done lately (Gibbs and Candes, JMLR 2024, algorithm 1, with its losses in units of
``c * (1 - c)``). Chosen on the validation parts of ETTh1, ETTh2 and ETTm1.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

# The coverages whose levels are followed; those between them are interpolated.
KNOTS = (0.5, 0.8, 0.9, 0.95, 0.99)
RATES = (0.0, 0.001, 0.004, 0.016)
# How fast weights follow losses, and the share that is dealt out anew each time.
LEARNING = 0.05
SHARED = 0.005


@dataclass(frozen=True)
class Levels:
    """Levels of each knot and rate, for each channel and step.

    Attributes
    ----------
    levels, weights : ndarray of shape (n_knots, n_rates, C, H)
        A level for each rate, and what it counts.
    """

    levels: np.ndarray
    weights: np.ndarray

    @classmethod
    def at_start(cls, n_channels: int, n_steps: int) -> Self:
        """Return levels that are the coverages asked for."""
        shape = len(KNOTS), len(RATES), n_channels, n_steps
        levels = np.broadcast_to(np.reshape(KNOTS, (-1, 1, 1, 1)), shape)
        return cls(levels.copy(), np.full(shape, 1 / len(RATES)))

    def copy(self) -> Self:
        """Return levels that may be moved while these stay."""
        return replace(self, levels=self.levels.copy(), weights=self.weights.copy())

    def move(self, ranks: np.ndarray) -> None:
        """Move after a truth, in place.

        Parameters
        ----------
        ranks : ndarray of shape (C, H)
            The lowest level that would not have held the truth; NaN moves nothing.
        """
        levels, weights = self.levels, self.weights
        coverage = np.reshape(KNOTS, (-1, 1, 1, 1))
        missed = ranks >= levels
        losses = (ranks - levels) * (coverage - 1 + missed)  # pinball
        moved = weights * np.exp(-LEARNING / (coverage * (1 - coverage)) * losses)
        moved *= (1 - SHARED) / moved.sum(axis=1, keepdims=True)
        moved += SHARED / len(RATES)
        known = ~np.isnan(ranks)
        np.copyto(weights, moved, where=known)
        steps = np.reshape(RATES, (-1, 1, 1)) * (missed - (1 - coverage))
        np.copyto(levels, np.clip(levels + steps, 0, 1), where=known)

    def mean(self) -> np.ndarray:
        """Return the level of each knot over all rates, ``(n_knots, C, H)``."""
        return np.maximum.accumulate((self.weights * self.levels).sum(axis=1))


def interpolate(means: np.ndarray, coverages: np.ndarray) -> np.ndarray:
    """Return the levels ``(A, C, H)`` of any coverages, rising with them.

    Parameters
    ----------
    means : ndarray of shape (n_knots, C, H)
        Those of the knots.
    coverages : ndarray of shape (A,)
        Numbers from 0 to 1.
    """
    knots, means = _from_0_to_1(means)
    above = np.clip(np.searchsorted(knots, coverages), 1, len(knots) - 1)
    share = (coverages - knots[above - 1]) / (knots[above] - knots[above - 1])
    share = share[:, None, None]
    return (1 - share) * means[above - 1] + share * means[above]


def coverages_of(means: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the largest coverages that have some levels: ``interpolate`` undone.

    Parameters
    ----------
    means : ndarray of shape (n_knots, C, H)
        Those of the knots.
    levels : ndarray of shape (K, C, H)
        Numbers from 0 to 1.
    """
    knots, means = _from_0_to_1(means)
    above = np.minimum((levels >= means[:, None]).sum(axis=0), len(knots) - 1)
    low, high = (np.take_along_axis(means, at, axis=0) for at in (above - 1, above))
    rise = high - low
    share = np.divide(levels - low, rise, out=np.ones(levels.shape), where=rise > 0)
    return knots[above - 1] + share * (knots[above] - knots[above - 1])


def _from_0_to_1(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return knots, and their means, with the levels 0 and 1 at both ends."""
    ends = np.zeros_like(means[:1])
    return np.array([0.0, *KNOTS, 1.0]), np.concatenate([ends, means, ends + 1])
