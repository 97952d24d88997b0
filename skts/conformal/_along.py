"""Widths that follow, window after window, without keeping those of all of them."""

from collections.abc import Sequence

import numpy as np

from skts.conformal._alike import band_half_widths, half_widths, worst_of_path
from skts.conformal._levels import interpolate
from skts.conformal._recent import (
    RecentErrors,
    blocks,
    looked_at,
    ranks_among_earlier,
)


class WidthsAlong:
    """Half widths after one new window kept and the other, in their order.

    They are those that ``RecentErrors.followed_by`` would lead to; the bands are those
    over all steps.

    Parameters
    ----------
    recent : RecentErrors
        Errors before.
    errors : ndarray of shape (n, C, H)
        Errors of the windows that its ``which_to_keep`` tells.
    coverages : sequence of float
        The shares to hold.
    """

    def __init__(
        self, recent: RecentErrors, errors: np.ndarray, coverages: Sequence[float]
    ) -> None:
        new = errors.astype(recent.errors.dtype, copy=False)
        self._errors = np.concatenate([recent.errors, new])
        self._worst = worst_of_path(self._errors, recent.unit)
        self._unit, self._lag = recent.unit, recent.lag
        self._levels = recent.levels.copy()
        self._n_before = self._n_followed = len(recent.errors)
        self._coverages = np.asarray(coverages)

    def after(self, n_come: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return half widths after some windows, each ``(len(n_come), A, C, H)``.

        Parameters
        ----------
        n_come : ndarray of int
            How many of the windows have come: never fewer than before, in earlier
            calls, too.
        """
        different, at = np.unique(n_come, return_inverse=True)
        shape = 2, len(different), len(self._coverages), *self._errors.shape[1:]
        intervals, bands = np.empty(shape, dtype=self._errors.dtype)
        levels = self._follow(self._n_before + different)
        for here in blocks(len(different), self._errors):
            until = self._n_before + different[here]
            seen, worst = (looked_at(e, until) for e in (self._errors, self._worst))
            intervals[here] = half_widths(seen, levels[here])
            bands[here] = band_half_widths(
                worst, self._unit, levels[here], intervals[here]
            )
        return intervals[at], bands[at]

    def _follow(self, until: np.ndarray) -> np.ndarray:
        """Return the levels after some errors, ``(len(until), A, C, H)``."""
        new, means = range(self._n_followed, until[-1]), []
        ranks = ranks_among_earlier(self._errors, new, self._lag)
        for end in until:
            self._levels.move(ranks[self._n_followed - new.start : end - new.start])
            self._n_followed = end
            means.append(interpolate(self._levels.mean(), self._coverages))
        return np.stack(means)
