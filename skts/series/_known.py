"""What is kept of a series: its units, its step, and its last rows."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from torch import Tensor

from skts.series._missing import check_known, fill_causally
from skts.series._times import Frequency, times_after, with_frequency
from skts.series._units import Units, measure_deviation, measure_units


@dataclass(frozen=True)
class KnownSeries:
    """A series as a forecaster knows it.

    Attributes
    ----------
    recent : DataFrame of shape (n_timepoints, n_channels)
        The last rows, with NaN where a value is missing.
    frequency : DateOffset or None
        Step of the index, for dates.
    units : Units
        What its channels are measured in.
    deviation : ndarray of shape (n_channels,)
        Standard deviation of all rows it was learned from, held out or not, which
        scores are in; NaN for a channel that never moved.
    period : int
        Rows of the season that fills missing values; 1 for none.
    """

    recent: pd.DataFrame
    frequency: Frequency | None
    units: Units
    deviation: np.ndarray
    period: int = 1

    def keep(self, rows: pd.DataFrame, n_rows: int) -> Self:
        """Return the series with its last rows taken from some, and no others kept."""
        # A copy: a view would keep all rows in memory, and change with them.
        return replace(self, recent=rows[-n_rows:].copy())

    def last(self, n_rows: int) -> np.ndarray:
        """Return the values of the last rows, with what is missing filled."""
        return self.fill(self.recent.to_numpy(dtype=np.float64))[-n_rows:]

    def fill(self, values: np.ndarray) -> np.ndarray:
        """Return rows ``(T, C)`` with what is missing filled by what came before."""
        return fill_causally(values, self.units.center, self.period)

    def standardise(self, values: np.ndarray) -> Tensor:
        """Return rows ``(T, C)``, filled, as a network sees them, ``(C, T)``."""
        return self.units.standardise(self.fill(values))

    @property
    def cutoff(self) -> pd.Index:
        """The last time known, as an index that knows its frequency."""
        return with_frequency(self.recent.index[-1:], self.frequency)

    def times_after(self, steps: np.ndarray) -> pd.Index:
        """Return the times some steps after the last row known."""
        return times_after(self.recent.index, steps, self.frequency)

    def is_followed_by(self, index: pd.Index) -> bool:
        """Tell whether some times begin one step after the last row known."""
        return bool(len(index)) and self.times_after(np.array([1]))[0] == index[0]

    def join(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return the rows known so far and new ones, which replace those they meet."""
        old, index = self.recent, self.recent.index
        name: Any = index.name
        y = y.set_axis(old.columns, axis=1)  # one channel may have another name
        if y.index[0] > index[-1]:
            return pd.concat([old, y]).rename_axis(index=name)
        both = pd.concat([old[~index.isin(y.index)], y])
        return both.sort_index().rename_axis(index=name)


def meet_series(
    rows: pd.DataFrame,
    frequency: Frequency | None,
    standardize: bool,
    name: str,
    period: int,
) -> KnownSeries:
    """Return a series of which no row is known yet, in the units of some rows.

    Raises
    ------
    ValueError
        If a channel has no value in them.
    """
    values = rows.to_numpy(dtype=np.float64)
    check_known(values, list(rows.columns), name)
    units = measure_units(values, standardize)
    deviation = measure_deviation(values)
    return KnownSeries(rows[:0], frequency, units, deviation, period)
