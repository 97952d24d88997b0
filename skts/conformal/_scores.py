"""How often intervals hold the truth, how wide they are, and what that is worth."""

from collections.abc import Sequence

import numpy as np

from skts.conformal._alike import count_true


class IntervalScores:
    """Sums over windows, by coverage, channel and step; and what each window held.

    Parameters
    ----------
    coverages : sequence of float
        The shares of the truths that intervals shall hold.
    """

    def __init__(self, coverages: Sequence[float]) -> None:
        self._missing = 1 - np.reshape(coverages, (-1, 1, 1))
        self._sums = np.zeros(())  # of held, half widths and errors beyond them
        self._counts = np.zeros(())
        self._held: list[np.ndarray] = []

    def add(self, errors: np.ndarray, widths: np.ndarray) -> None:
        """Add windows.

        Parameters
        ----------
        errors : ndarray of shape (n, C, H)
            Absolute errors; those that are NaN do not count.
        widths : ndarray of shape (n, A, C, H) or (A, C, H)
            How far the intervals reached to either side.
        """
        known = ~np.isnan(errors)
        sums, n_held = [], []
        for one in np.moveaxis(widths, -3, 0):
            beyond = errors - one
            held = beyond <= 0  # not where it is NaN
            width = np.broadcast_to(one, errors.shape)
            if not known.all():
                width = np.where(known, width, 0)
            np.fmax(beyond, 0, out=beyond)
            parts = (each.sum(axis=0, dtype=np.float64) for each in (width, beyond))
            sums.append([count_true(held, axis=0), *parts])
            n_held.append(np.count_nonzero(held, axis=(-2, -1)))
        self._sums = self._sums + np.stack(sums, axis=1)
        self._counts = self._counts + count_true(known, axis=0)
        n_known = np.count_nonzero(known, axis=(-2, -1))
        with np.errstate(invalid="ignore"):
            self._held.append(np.stack(n_held, axis=1) / n_known[:, None])

    def held_by_window(self) -> np.ndarray:
        """Return what was held of each window, ``(A, n)``: NaN of one not known."""
        return np.concatenate(self._held).T

    def means(self) -> dict[str, np.ndarray]:
        """Return each measure, ``(A, C, H)``: NaN where nothing was known.

        ``pinball_loss`` is the mean of both ends, as quantiles.
        """
        with np.errstate(invalid="ignore"):
            held, half_width, beyond = self._sums / self._counts
        # Gneiting and Raftery, JASA 2007
        score = 2 * (half_width + beyond / self._missing)
        return {
            "held": held,
            "width": 2 * half_width,
            "interval_score": score,
            # An interval is scored by the pinball losses of its ends, up to a factor.
            "pinball_loss": score * self._missing / 4,
        }


class BandScores:
    """Sums over windows of what bands over all steps hold, by coverage and channel."""

    def __init__(self) -> None:
        self._sums = {"held": np.zeros(()), "width": np.zeros(())}
        self._counts = np.zeros(())

    def add(self, errors: np.ndarray, widths: np.ndarray) -> None:
        """Add windows.

        Parameters
        ----------
        errors : ndarray of shape (n, C, H)
            Absolute errors; those that are NaN do not count, and what is known of a
            path is what is held.
        widths : ndarray of shape (n, A, C, H) or (A, C, H)
            How far the bands reached to either side.
        """
        beyond = np.fmax.reduce(errors[:, None] - widths, axis=-1)  # (n, A, C)
        known = ~np.isnan(beyond)
        width = 2 * widths.mean(axis=-1) + np.zeros_like(beyond)
        for name, values in (("held", beyond <= 0), ("width", width)):
            total = np.where(known, values, 0).sum(axis=0, dtype=np.float64)
            self._sums[name] = self._sums[name] + total
        self._counts = self._counts + known.sum(axis=0)

    def means(self) -> dict[str, np.ndarray]:
        """Return each measure, ``(A, C)``: NaN where nothing was known."""
        with np.errstate(invalid="ignore"):
            return {name: total / self._counts for name, total in self._sums.items()}
