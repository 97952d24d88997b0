"""How many rows a season of a series has, as far as its index and values tell."""

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from skts.series._times import Frequency

# Seasons that people live by, in seconds, and in months.
DAY, WEEK, HOUR = 86400, 7 * 86400, 3600
# An autocorrelation of the changes that is more than chance: this, and three standard
# errors of what noise has.
LEAST_CORRELATION = 0.3
# A shorter season with so large a share of the best correlation takes its place: the
# multiples of a season are seasons, too.
NEARLY_BEST = 0.9


def find_periods(
    index: pd.Index, frequency: Frequency | None, values: np.ndarray
) -> tuple[int, ...]:
    """Return the rows of a season, the most important first.

    Parameters
    ----------
    index : Index
        Times of the series.
    frequency : DateOffset or None
        Step of dates.
    values : ndarray of shape (n_timepoints, n_channels)
        The series. It is asked only where the index tells nothing.

    Returns
    -------
    tuple of int
        Empty where no season is known or seen.
    """
    if isinstance(index, pd.PeriodIndex):
        frequency = index.freq
    known = _periods_of_calendar(frequency)
    return known if known is not None else _periods_seen(values)


def _periods_of_calendar(frequency: Frequency | None) -> tuple[int, ...] | None:
    """Return the seasons of a step of the calendar; None where it has none."""
    if frequency is None:
        return None
    per_year = {
        **dict.fromkeys(("ME", "MS", "M", "BME", "BMS"), 12),
        **dict.fromkeys(("QE", "QS", "Q", "BQE", "BQS"), 4),
        **dict.fromkeys(("SME", "SMS"), 24),
        "W": 52,
        "B": 5,
    }
    if type(frequency) is pd.DateOffset:
        return _seasons_in_months(frequency)
    name = str(getattr(frequency, "rule_code", "")).split("-")[0]
    if name in per_year:
        whole, rest = divmod(per_year[name], int(frequency.n))
        return (whole,) if not rest and whole > 1 else ()
    if isinstance(frequency, pd.offsets.Day):
        seconds = float(DAY * int(frequency.n))
    elif isinstance(frequency, pd.offsets.Tick):
        seconds = pd.Timedelta(frequency).total_seconds()
    else:
        return ()
    seasons = [DAY, WEEK] if seconds >= 60 else [HOUR, DAY]
    if seconds < 1:
        return None
    return tuple(int(s / seconds) for s in seasons if s % seconds == 0 and s > seconds)


def _seasons_in_months(frequency: pd.DateOffset) -> tuple[int, ...]:
    """Return the steps of a year, where a step is a number of months and no more."""
    months = frequency.n * frequency.kwds.get("months", 0)
    if set(frequency.kwds) != {"months"} or months >= 12 or 12 % months:
        return ()
    return (12 // months,)


def _periods_seen(values: np.ndarray) -> tuple[int, ...]:
    """Return the lags at which the changes of a series are most like each other."""
    filled = pd.DataFrame(values, dtype=np.float64).ffill().bfill()
    changes = np.diff(filled.to_numpy(), axis=0)
    n = len(changes)
    if n < 8:
        return ()
    changes = changes - changes.mean(axis=0)
    spectrum = np.fft.rfft(changes, 2 * n, axis=0)
    together = np.fft.irfft(np.abs(spectrum) ** 2, axis=0)[: n // 2]
    moving = together[0] > 0
    if not moving.any():
        return ()
    # Long lags have fewer products: each sum in units of how many it has.
    share = (n - np.arange(len(together))) / n
    correlation = (together[:, moving] / together[0, moving]).mean(axis=1) / share
    correlation = correlation[: n // 3 + 1]
    chance = 3 / np.sqrt(n - np.arange(len(correlation)))
    peaks, _ = find_peaks(correlation, height=np.maximum(chance, LEAST_CORRELATION))
    peaks = peaks[peaks > 1]
    if not len(peaks):
        return ()
    nearly_best = correlation[peaks] >= NEARLY_BEST * correlation[peaks].max()
    return (int(peaks[nearly_best][0]),)
