"""What a forecaster keeps of a series: its units, and its last rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from skts.forecasting._series import find_frequency


class KnownSeries:
    """A series as a forecaster knows it.

    Parameters
    ----------
    y : DataFrame of shape (n_timepoints, n_channels)
        All rows so far.
    n_train : int
        Rows, the first ones, that the units are taken from.
    standardize : bool
        Whether data are brought to these units.

    Attributes
    ----------
    center, scale : ndarray of shape (n_channels,)
        Mean and standard deviation; a channel that never moved has the scale 1.
    offset, factor : ndarray of shape (n_channels,)
        What data are really standardised by.
    still : ndarray of shape (n_channels,)
        Whether a channel never moved.
    frequency : DateOffset or None
        Step of the index.
    recent : DataFrame
        The last rows.
    """

    def __init__(self, y: pd.DataFrame, n_train: int, standardize: bool) -> None:
        values = y[:n_train].to_numpy(dtype=np.float64)
        scaler = StandardScaler().fit(values)
        self.center, self.scale = scaler.mean_, scaler.scale_
        self.still = np.ptp(values, axis=0) == 0
        # A channel that never moved is measured from where it stands in any case: what
        # is forecast for it then loses no digits in single precision.
        self.offset = np.where(standardize | self.still, self.center, 0.0)
        self.factor = self.scale if standardize else np.ones_like(self.scale)
        self.frequency = find_frequency(y.index)
        self.recent = y

    def standardise(self, values: np.ndarray) -> Tensor:
        """Return rows of data as a network sees them, ``(C, T)``."""
        standardised = ((values - self.offset) / self.factor).T
        return torch.from_numpy(standardised.astype(np.float32, order="C"))

    def restore(self, forecasts: np.ndarray) -> np.ndarray:
        """Return standardised forecasts ``(..., C, H)`` as data, ``(..., H, C)``."""
        restored = np.swapaxes(forecasts, -1, -2).astype(np.float64)
        restored *= self.factor
        restored += self.offset
        return restored

    def keep(self, rows: pd.DataFrame, n_rows: int) -> None:
        """Take the last rows for those known, and keep no others in memory."""
        self.recent = rows[-n_rows:].copy()  # nor what may change outside

    def last(self, n_rows: int) -> np.ndarray:
        """Return the values of the last rows."""
        return self.recent[-n_rows:].to_numpy(dtype=np.float64)

    @property
    def cutoff(self) -> pd.Index:
        """The last time known, as an index that knows its frequency."""
        return with_frequency(self.recent.index[-1:], self.frequency)

    def join(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return the rows known so far and new ones, which replace those they meet."""
        old, index = self.recent, self.recent.index
        y = y.set_axis(old.columns, axis=1)  # one channel may have another name
        if y.index[0] > index[-1]:
            return pd.concat([old, y]).rename_axis(index=index.name)
        both = pd.concat([old[~index.isin(y.index)], y])
        return both.sort_index().rename_axis(index=index.name)


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series, and what it was made from.

    Attributes
    ----------
    known : KnownSeries
        The series.
    context : Tensor of shape (n_channels, context_length)
        Its last rows as the network saw them.
    steps : ndarray of shape (n_steps,)
        Steps ahead, from 1.
    times : Index
        Their times.
    values : ndarray of shape (n_steps, n_channels)
        The forecast in the units of the data.
    """

    known: KnownSeries
    context: Tensor
    steps: np.ndarray
    times: pd.Index
    values: np.ndarray


def with_frequency(
    index: pd.Index, frequency: pd.offsets.BaseOffset | None
) -> pd.Index:
    """Return one time that knows its frequency, if it is a date."""
    if isinstance(index, pd.DatetimeIndex) and index.freq != frequency:
        index = index.copy()
        index.freq = frequency
    return index
