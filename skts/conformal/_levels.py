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
# Channels and steps that are moved at a time, so that a processor keeps them at hand.
BLOCK = 1024


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
        """Move after one truth after the other, in place.

        Parameters
        ----------
        ranks : ndarray of shape (n, C, H)
            The lowest level that would not have held each truth; NaN moves nothing.
        """
        n_knots, n_rates, *shape = self.levels.shape
        size = int(np.prod(shape))
        levels, weights, ranks = (
            self.levels.reshape(n_knots, n_rates, size),
            self.weights.reshape(n_knots, n_rates, size),
            ranks.reshape(len(ranks), size),
        )
        for first in range(0, size, BLOCK):
            here = np.s_[..., first : first + BLOCK]
            levels[here], weights[here] = _moved(
                levels[here].copy(), weights[here].copy(), ranks[here]
            )

    def mean(self) -> np.ndarray:
        """Return the level of each knot over all rates, ``(n_knots, C, H)``."""
        return np.maximum.accumulate((self.weights * self.levels).sum(axis=1))


def _moved(
    levels: np.ndarray, weights: np.ndarray, ranks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return levels and weights ``(n_knots, n_rates, B)`` after ranks ``(n, B)``.

    Those given may be changed.
    """
    coverage, rates = np.reshape(KNOTS, (-1, 1, 1)), np.reshape(RATES, (-1, 1))
    missed, held = rates * (1 - (1 - coverage)), rates * (0 - (1 - coverage))
    # Slopes of the pinball loss, above a level and below.
    above, below = -LEARNING / (1 - coverage), LEARNING / coverage
    for rank in ranks:
        known = ~np.isnan(rank)
        if not known.any():
            continue
        gaps = rank - levels
        moved = np.where(gaps >= 0, missed, held)
        moved += levels
        np.clip(moved, 0, 1, out=moved)
        weighted = np.minimum(above * gaps, below * gaps)
        np.exp(weighted, out=weighted)
        weighted *= weights
        weighted *= (1 - SHARED) / weighted.sum(axis=1, keepdims=True)
        weighted += SHARED / len(RATES)
        if known.all():
            levels, weights = moved, weighted
        else:
            np.copyto(levels, moved, where=known)
            np.copyto(weights, weighted, where=known)
    return levels, weights


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
