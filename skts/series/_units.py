"""The units that a network sees channels in: standardised, and put back."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

# Numbers that are converted at a time: windows are often views, which overlap, of a
# series that is far smaller than they are.
CHUNK = 2**20
# The squares of what a network sees, and sums of them, must be numbers in float32.
FARTHEST = 1e17


@dataclass(frozen=True)
class Units:
    """What channels are measured in.

    Attributes
    ----------
    center, scale : ndarray of shape (n_channels,)
        Mean and standard deviation; a channel that never moved has the scale 1.
    still : ndarray of shape (n_channels,)
        Whether a channel never moved.
    offset, factor : ndarray of shape (n_channels,)
        What data are really standardised by.
    """

    center: np.ndarray
    scale: np.ndarray
    still: np.ndarray
    offset: np.ndarray
    factor: np.ndarray

    @property
    def scale_seen(self) -> np.ndarray:
        """The standard deviation as a network sees it."""
        return self.scale / self.factor

    @property
    def of_errors(self) -> np.ndarray:
        """What errors that a network sees are measured in; 0 for what never moved."""
        return np.where(self.still, 0, self.factor)

    def standardise(self, values: np.ndarray) -> Tensor:
        """Return data ``(..., T, C)`` as a network sees them, ``(..., C, T)``.

        Raises
        ------
        ValueError
            If numbers are so far from those in training that networks cannot count
            with them.
        """
        standardised = np.empty(values.swapaxes(-1, -2).shape, dtype=np.float32)
        for rows in _chunks(values):
            part = (values[rows] - self.offset) / self.factor
            farthest = max(part.max(initial=0), -part.min(initial=0))
            if farthest > FARTHEST:
                raise ValueError(
                    f"Values must lie within {FARTHEST:g} units of where the training "
                    f"part lies, in standard deviations or as they come, got one "
                    f"{farthest:.3g} away. Is it a typing error, or in other units?"
                )
            # Rows are series of time points, or windows of them.
            where = (..., rows) if values.ndim == 2 else rows
            standardised[where] = part.swapaxes(-1, -2)
        return torch.from_numpy(standardised)

    def restore(self, forecasts: np.ndarray) -> np.ndarray:
        """Return standardised forecasts ``(..., C, H)`` as data, ``(..., H, C)``."""
        restored = np.swapaxes(forecasts, -1, -2).astype(np.float64)
        restored *= self.factor
        restored += self.offset
        return restored


def measure_units(
    values: np.ndarray, standardize: bool, weights: np.ndarray | None = None
) -> Units:
    """Return the units of rows ``(T, C)`` or windows ``(n, T, C)``.

    Parameters
    ----------
    values : ndarray
        Data to take them from. NaN does not count; each channel has another value.
    standardize : bool
        Whether data are brought to these units. A channel that never moved is measured
        from where it stands in any case: what is forecast for it then loses no digits
        in single precision.
    weights : ndarray of shape (n,), default=None
        What windows count; None for all the same.
    """
    n_channels = values.shape[-1]
    scaler = StandardScaler()
    lowest, highest = np.full(n_channels, np.inf), np.full(n_channels, -np.inf)
    for rows in _chunks(values):
        part = np.asarray(values[rows], dtype=np.float64).reshape(-1, n_channels)
        weight = None
        if weights is not None:
            weight = np.repeat(weights[rows], len(part) // len(weights[rows]))
        scaler.partial_fit(part, sample_weight=weight)
        lowest = np.fmin(lowest, np.fmin.reduce(part))
        highest = np.fmax(highest, np.fmax.reduce(part))
    still = lowest == highest
    center, scale = scaler.mean_, scaler.scale_
    return Units(
        center,
        scale,
        still,
        offset=np.where(standardize | still, center, 0.0),
        factor=scale if standardize else np.ones_like(scale),
    )


def measure_deviation(values: np.ndarray) -> np.ndarray:
    """Return the standard deviation of rows ``(T, C)``; NaN where nothing moves."""
    units = measure_units(values, standardize=True)
    return np.where(units.still, np.nan, units.scale)


def score_units(deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which channels count in a score, and their units, from deviations.

    They are those that moved; where none did, all of them, in the units of the data.
    """
    moved = ~np.isnan(deviation)
    if not moved.any():
        return ~moved, np.ones_like(deviation)
    return moved, deviation[moved]


def in_score_units(values: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Return windows ``(n, H, C)`` as rows of the channels that count in a score."""
    counts, unit = score_units(deviation)
    return values[..., counts].reshape(-1, len(unit)) / unit


def _chunks(values: np.ndarray) -> Iterator[slice]:
    n_each = max(1, CHUNK // values[0].size)
    return (slice(first, first + n_each) for first in range(0, len(values), n_each))
