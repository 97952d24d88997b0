"""Recent errors count more, and levels follow what they miss.

Errors of one window after the other are weighted by age (Barber et al., "Conformal
Prediction beyond Exchangeability", Annals of Statistics 2023). Weights are 0 or 1 here:
of windows one half-life back, every other one is looked at, and so on, so that ranks
are counts. Neighbouring windows tell almost the same, so some are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from skts.conformal._levels import Levels, interpolate
from skts.conformal._ranked import RankedErrors, count, half_widths, root_mean_square

# Windows kept, and kept for each horizon where there are plenty.
N_KEPT = 1000
PER_HORIZON = 8
# Windows kept until one counts half, chosen on validation parts: 20 horizons.
HALF_LIFE = 160
# Fewer errors than this are no ground to move levels on.
FEWEST = 20
# Windows that the levels follow before they are first asked for.
N_FIRST = 250


def _ages() -> np.ndarray:
    """Return the ages, in windows kept, that are looked at."""
    density = np.cumsum(0.5 ** (np.arange(N_KEPT) / HALF_LIFE)) - 0.5
    return np.flatnonzero(np.diff(np.ceil(density), prepend=0))


AGES = _ages()


@dataclass(frozen=True)
class RecentErrors:
    """Absolute errors of windows, the oldest first, and the levels that follow them.

    Attributes
    ----------
    errors : ndarray of shape (n, C, H)
        Those of the windows kept; NaN where unknown.
    spacing : int
        Windows from one that is kept to the next.
    levels_before : Levels
        Levels after all errors but the last `n_pending`.
    n_pending : int
        Errors that levels have not followed yet: they do when they are asked for.
    n_skipped : int
        Windows that came after the last one kept.
    """

    errors: np.ndarray
    spacing: int
    levels_before: Levels
    n_pending: int
    n_skipped: int = 0

    @classmethod
    def of(cls, errors: np.ndarray, spacing: int) -> Self:
        """Return the errors ``(n, C, H)`` of windows some windows apart."""
        before = Levels.at_start(*errors.shape[1:])
        return cls(errors[-N_KEPT:], spacing, before, min(len(errors), N_FIRST))

    @property
    def lag(self) -> int:
        """Windows kept between one and the last that is complete at its beginning."""
        return -(-self.errors.shape[-1] // self.spacing)

    @cached_property
    def levels(self) -> Levels:
        """The levels after all errors."""
        levels = self.levels_before.copy()
        for at in range(len(self.errors) - self.n_pending, len(self.errors)):
            levels.move(self._ranks(self.errors, at))
        return levels

    def which_to_keep(self, n_windows: int) -> np.ndarray:
        """Return which of the next windows are to be kept."""
        return np.arange(self.spacing - 1 - self.n_skipped, n_windows, self.spacing)

    def followed_by(self, errors: np.ndarray, n_windows: int) -> Self:
        """Return the errors with those kept of the next windows.

        Parameters
        ----------
        errors : ndarray of shape (n, C, H)
            Errors of the windows that ``which_to_keep`` tells.
        n_windows : int
            How many there were.
        """
        n_skipped = (self.n_skipped + n_windows) % self.spacing
        asked_before = "levels" in vars(self)
        many = self.n_pending + len(errors) > N_KEPT
        settled = self._settled() if asked_before or many else self
        if not len(errors):
            return replace(settled, n_skipped=n_skipped)
        errors = errors.astype(self.errors.dtype, copy=False)
        return replace(
            settled,
            errors=np.concatenate([settled.errors, errors]),
            n_pending=settled.n_pending + len(errors),
            n_skipped=n_skipped,
        )

    def _settled(self) -> Self:
        # The oldest age is looked at from windows that are the lag away.
        errors = self.errors[-N_KEPT - self.lag :]
        return replace(self, errors=errors, levels_before=self.levels, n_pending=0)

    def half_widths(self, coverages: Sequence[float]) -> np.ndarray:
        """Return how far intervals reach to either side, ``(A, C, H)``."""
        levels = interpolate(self.levels.mean(), np.asarray(coverages))
        return half_widths(np.sort(self._now(), axis=0), levels)

    def standard_deviation(self) -> np.ndarray:
        """Return the root of the mean squared error, ``(C, H)``."""
        return root_mean_square(self._now())

    def counts(self) -> np.ndarray:
        """Return the least number of errors looked at in each channel, ``(C,)``."""
        return count(self._now()).min(axis=-1)

    def at_rest(self) -> RankedErrors:
        """Return all errors as ones that count the same."""
        return RankedErrors.of(self.errors[-N_KEPT:])

    def _now(self) -> np.ndarray:
        return self._looked_at(self.errors, len(self.errors))

    def half_widths_along(
        self, errors: np.ndarray, coverages: Sequence[float]
    ) -> np.ndarray:
        """Return half widths now, and after each window kept, ``(n + 1, A, C, H)``.

        They are those that ``followed_by`` would lead to, one window after the other.

        Parameters
        ----------
        errors : ndarray of shape (n, C, H)
            Errors of the windows that ``which_to_keep`` tells.
        coverages : sequence of float
            The shares to hold.
        """
        levels, asked = self.levels.copy(), np.asarray(coverages)
        joined = np.concatenate([self.errors, errors.astype(self.errors.dtype)])
        shape = len(errors) + 1, len(asked), *errors.shape[1:]
        widths = np.empty(shape, dtype=self.errors.dtype)
        for number, at in enumerate(range(len(self.errors), len(joined) + 1)):
            in_order = np.sort(self._looked_at(joined, at), axis=0)
            widths[number] = half_widths(in_order, interpolate(levels.mean(), asked))
            if at < len(joined):
                levels.move(self._ranks(joined, at))
        return widths

    def _ranks(self, errors: np.ndarray, at: int) -> np.ndarray:
        """Return the lowest level that would not have held an error, ``(C, H)``."""
        seen, error = self._looked_at(errors, at - self.lag + 1), errors[at]
        if not len(seen):
            return np.full(error.shape, np.nan)
        n_seen = count(seen)
        n_below = np.sum(seen < error, axis=0)
        ranks = np.where(n_below < n_seen, n_below / (n_seen + 1), 1.0)
        return np.where((n_seen < FEWEST) | np.isnan(error), np.nan, ranks)

    @staticmethod
    def _looked_at(errors: np.ndarray, end: int) -> np.ndarray:
        """Return what counts of the errors before one of them."""
        at = end - 1 - AGES
        return errors[at[at >= 0]]
