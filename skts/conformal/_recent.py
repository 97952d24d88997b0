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

from skts.conformal._alike import (
    AlikeErrors,
    as_sets,
    band_half_widths,
    count,
    count_true,
    half_widths,
    ranked,
    usual_size,
    worst_of_path,
)
from skts.conformal._levels import BLOCK, Levels, coverages_of, interpolate
from skts.conformal._sizes import ErrorSizes

# Windows kept, and kept for each horizon where there are plenty.
N_KEPT = 1000
PER_HORIZON = 8
# Windows kept until one counts half, chosen on validation parts: 20 horizons.
HALF_LIFE = 160
# Fewer errors than this are no ground to move levels on.
FEWEST = 20
# Windows that the levels follow before they are first asked for.
N_FIRST = 250
# Windows of which each is looked at by itself, not all with one age after the other.
FEW = 8
# Errors looked at in one go.
MOST_AT_ONCE = 2**18


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
    unit : ndarray of shape (C, H)
        What those held out in a fit were like at each step.
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
    unit: np.ndarray
    spacing: int
    levels_before: Levels
    n_pending: int
    n_skipped: int = 0

    @classmethod
    def of(cls, errors: np.ndarray, spacing: int) -> Self:
        """Return the errors ``(n, C, H)`` of windows some windows apart."""
        errors, before = errors[-N_KEPT:], Levels.at_start(*errors.shape[1:])
        unit, n_first = usual_size(errors), min(len(errors), N_FIRST)
        return cls(errors, unit, spacing, before, n_first)

    @property
    def lag(self) -> int:
        """Windows kept between one and the last that is complete at its beginning."""
        return -(-self.errors.shape[-1] // self.spacing)

    @cached_property
    def levels(self) -> Levels:
        """The levels after all errors."""
        levels = self.levels_before.copy()
        n_errors = len(self.errors)
        pending = range(n_errors - self.n_pending, n_errors)
        levels.move(ranks_among_earlier(self.errors, pending, self.lag))
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
        return half_widths(self._now(), levels)

    def band_half_widths(
        self, coverages: Sequence[float], steps: np.ndarray
    ) -> np.ndarray:
        """Return how far bands over some steps reach to either side, ``(A, C, S)``.

        `steps` are positions among the steps.
        """
        levels = interpolate(self.levels.mean(), np.asarray(coverages))
        levels, unit = levels[..., steps], self.unit[..., steps]
        errors = self._now()[..., steps]
        worst, intervals = worst_of_path(errors, unit), half_widths(errors, levels)
        return band_half_widths(worst, unit, levels, intervals)

    def sizes(self) -> ErrorSizes:
        """Return the sizes that intervals have, a set for each channel and step."""
        sizes, levels = ranked(self._now())
        return as_sets(sizes, coverages_of(self.levels.mean(), levels))

    def counts(self) -> np.ndarray:
        """Return the least number of errors looked at in each channel, ``(C,)``."""
        return count(self._now()).min(axis=-1)

    def at_rest(self) -> AlikeErrors:
        """Return all errors as ones that count the same."""
        return AlikeErrors(self.errors[-N_KEPT:])

    def _now(self) -> np.ndarray:
        return looked_at(self.errors, np.array(len(self.errors)))


def ranks_among_earlier(errors: np.ndarray, at: range, lag: int) -> np.ndarray:
    """Return the lowest levels that would not have held some errors, ``(n, C, H)``.

    NaN where too few came before; those of the last windows were not known yet.
    """
    flat = errors.reshape(len(errors), -1)
    ranks = np.empty((len(at), flat.shape[1]))
    for first in range(0, flat.shape[1], BLOCK):
        here = slice(first, first + BLOCK)
        ranks[:, here] = _ranks(np.ascontiguousarray(flat[:, here]), at, lag)
    return ranks.reshape(len(at), *errors.shape[1:])


def _ranks(errors: np.ndarray, at: range, lag: int) -> np.ndarray:
    """Return the same of errors ``(n, B)``, few enough that a processor has them."""
    came = errors[at.start : at.stop]
    if len(at) < FEW:
        seen = looked_at(errors, np.arange(at.start, at.stop) - lag + 1)
        n_below = count_true(seen < came[:, None], axis=1)
        n_above = count_true(seen >= came[:, None], axis=1)
    else:
        counts = np.zeros((2, *came.shape), dtype=np.min_scalar_type(len(AGES)))
        for back in (AGES + lag).tolist():
            first = max(0, back - at.start)  # the first that has one so far back
            seen = errors[at.start + first - back : max(0, at.stop - back)]
            counts[0, first:] += (seen < came[first:]).view(np.uint8)
            counts[1, first:] += (seen >= came[first:]).view(np.uint8)
        n_below, n_above = counts.astype(int)
    n_seen = n_below + n_above
    rank = np.where(n_above > 0, n_below / (n_seen + 1), 1)
    return np.where((n_seen < FEWEST) | np.isnan(came), np.nan, rank)


def looked_at(errors: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return what counts of the errors before some, NaN where there are none."""
    n_ages = np.searchsorted(AGES, ends.max(initial=1))  # some may be older than all
    at = np.expand_dims(ends, -1) - 1 - AGES[: max(1, n_ages)]
    seen = errors[np.maximum(at, 0)]
    seen[at < 0] = np.nan
    return seen


def blocks(n: int, errors: np.ndarray) -> list[slice]:
    """Return slices of n times to look at errors, few enough for memory."""
    n_each = max(1, MOST_AT_ONCE // (len(AGES) * errors[0].size))
    return [slice(first, first + n_each) for first in range(0, n, n_each)]
