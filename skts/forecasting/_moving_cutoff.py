"""What sktime's ``update_predict`` asks for, made from one pass over all windows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skts.fitted import SeriesModel, forecast_from
from skts.series import Frequency, KnownSeries, contiguous_stretches, times_after

Splits = Iterable[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class MovingCutoff:
    """Cutoffs in a series without a gap.

    Attributes
    ----------
    rows : DataFrame
        Rows known before and new ones.
    at : ndarray of shape (n_cutoffs,)
        The row that is last at each cutoff.
    frequency : DateOffset or None
        Step of the index, for dates.
    """

    rows: pd.DataFrame
    at: np.ndarray
    frequency: Frequency | None

    @property
    def last_time(self) -> Any:
        """The latest cutoff."""
        return self.rows.index[self.at[-1]]

    @property
    def cutoffs(self) -> list[pd.Index]:
        """The times of the cutoffs, as sktime wants them."""
        return [self.rows.index[[row]] for row in self.at]

    def forecast(self, model: SeriesModel, steps: np.ndarray) -> list[pd.DataFrame]:
        """Return a frame of forecasts, some steps ahead, for each cutoff."""
        values = self.rows.to_numpy(dtype=np.float64)
        starts = self.at - model.context_length + 1
        known = model.known[None]
        forecasts = forecast_from(model, known, values, starts, int(steps.max()))
        # There is no gap, so one range of times holds those of all frames.
        n_times = int(self.at.max() - self.at[0] + steps.max())
        before = self.rows.index[: self.at[0] + 1]
        times = times_after(before, np.arange(1, n_times + 1), self.frequency)
        return [
            pd.DataFrame(
                forecast[steps - 1],
                times.take(row - self.at[0] + steps - 1),
                self.rows.columns,
            )
            for forecast, row in zip(forecasts, self.at, strict=True)
        ]


def find_cutoffs(known: KnownSeries, y: pd.DataFrame, cv: Any) -> MovingCutoff | None:
    """Return the cutoffs of a splitter; None if they are not to be had in one pass."""
    rows = known.join(y)
    if len(contiguous_stretches(rows.index, known.frequency)) > 1:
        return None
    at = _last_rows(cv.split(y), y.index, rows.index)
    # Old rows come after a cutoff before the last of them.
    if at is None or rows.index[at[0]] < known.recent.index[-1]:
        return None
    return MovingCutoff(rows, at, known.frequency)


def _last_rows(splits: Splits, y: pd.Index, known: pd.Index) -> np.ndarray | None:
    """Return the row of `known` that is last once each window of `y` has been seen.

    None if a window leaves rows out, so that what is known then is not all that lies
    before a cutoff.
    """
    last_rows, n_seen = [], 0
    for window, _ in splits:
        if not len(window) or window[0] > n_seen or (np.diff(window) != 1).any():
            return None
        n_seen = max(n_seen, int(window[-1]) + 1)
        last_rows.append(n_seen - 1)
    return known.get_indexer(y[last_rows]) if last_rows else None
