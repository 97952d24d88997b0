"""Errors of seasonal naive forecasts in the training part, of any period."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from skts.data import Stretch
from skts.fitted._layout import Layout
from skts.series import KnownSeries

# Numbers that are kept, of all series together: 64 MB.
MAX_VALUES = 2**24


@dataclass(frozen=True)
class TrainingRows:
    """The rows of the training part; of very many, the last ones of each series.

    Which period is wanted is known after the fit.

    Attributes
    ----------
    rows : dict of ndarray of shape (n_channels, n_rows)
        Standardised rows of each series, NaN where a value is missing.
    stretches : dict of list of (int, int)
        First row and row after the last of each stretch of them without a gap.
    """

    rows: dict[Hashable, np.ndarray]
    stretches: dict[Hashable, list[Stretch]]

    @property
    def longest(self) -> int:
        """Rows of the longest series."""
        return max(rows.shape[1] for rows in self.rows.values())

    def naive_error(self, name: Hashable, known: KnownSeries, sp: int) -> np.ndarray:
        """Return the mean absolute error of repeating the last `sp` rows, ``(C,)``.

        It is in the units of the data, and NaN where there are no rows to tell.
        """
        if name not in self.rows:
            return np.full(len(known.units.factor), np.nan)
        error = mean_change(self.rows[name], self.stretches[name], sp)
        return error * known.units.factor


def keep_training_rows(layout: Layout) -> TrainingRows:
    """Return the training rows of a layout, up to a size in all."""
    n_channels = len(next(iter(layout.parts.values())).train.series)
    n_each = max(1, MAX_VALUES // (n_channels * len(layout.parts)))
    rows, stretches = {}, {}
    for name, part in layout.parts.items():
        end = part.n_train
        begin = max(0, end - n_each)
        first = part.first_row
        windows = part.train
        series = windows.series if windows.truth is None else windows.truth
        kept = series[:, first + begin : first + end]
        # A copy: a view would keep all rows of all series.
        rows[name] = kept.to("cpu", copy=True).numpy()
        stretches[name] = [
            (max(b, begin) - begin, min(e, end) - begin)
            for b, e in part.stretches
            if b < end and e > begin
        ]
    return TrainingRows(rows, stretches)


def mean_change(
    series: np.ndarray, stretches: Sequence[Stretch], period: int
) -> np.ndarray:
    """Return the mean absolute change over some rows of a series ``(C, T)``, ``(C,)``.

    That is the error of the seasonal naive forecast. Changes across a gap, and from or
    to a missing value, do not count.
    """
    total, n_changes = np.zeros(len(series)), np.zeros(len(series))
    for begin, end in stretches:
        rows = series[:, begin:end].astype(np.float64)
        changes = np.abs(rows[:, period:] - rows[:, :-period])
        total += np.nansum(changes, axis=1)
        n_changes += np.sum(~np.isnan(changes), axis=1)
    return np.divide(total, n_changes, np.full_like(total, np.nan), where=n_changes > 0)
