"""The errors of windows held out, and the intervals they make."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from torch import Tensor

from skts.data import Windows, spread_out
from skts.fitted._conformal import (
    MAX_WINDOWS,
    absolute_errors,
    count_errors,
    half_width,
    warn_if_too_few,
    window_spread,
)
from skts.linear import LinearMixture
from skts.series import KnownSeries

# Forecasts standardised windows of a series.
ForecastWindows = Callable[[Tensor, KnownSeries], Tensor]


class HeldOut(NamedTuple):
    """Windows of a series, and what forecasts them without having learned from them."""

    name: Hashable
    known: KnownSeries
    windows: Windows
    forecast: ForecastWindows
    maps: LinearMixture | None


@dataclass(frozen=True)
class HeldOutErrors:
    """Absolute errors of the windows held out, in standardised units.

    Attributes
    ----------
    errors : ndarray of shape (n_windows, C, H)
        Sorted, for each channel and step by itself. Those of all series of a panel
        stand side by side; those of a channel that never moved are NaN: they would make
        the intervals of the others too narrow. Those of missing values are NaN, too.
    method : {"conformal", "adaptive"}
        Whether they are as they are, or in units of the spread of their window.
    """

    errors: np.ndarray
    method: str

    def half_widths(self, coverages: Sequence[float]) -> np.ndarray:
        """Return how far intervals reach to either side, ``(A, C, H)``.

        Warns if there are too few errors for a coverage.
        """
        warn_if_too_few(self.errors, coverages)
        return np.stack([half_width(self.errors, c) for c in coverages])

    def standard_deviation(self) -> np.ndarray:
        """Return the root of the mean squared error, ``(C, H)``."""
        squares = np.nansum(self.errors.astype(np.float64) ** 2, axis=0)
        return np.sqrt(squares / np.maximum(count_errors(self.errors), 1))

    def in_units_of_data(
        self, errors: np.ndarray, context: Tensor, known: KnownSeries
    ) -> np.ndarray:
        """Return errors ``(..., C, H)`` after a context ``(C, L)``, ``(..., H, C)``.

        Those of a channel that never moved are 0.
        """
        spread = _spread(self.method, context[None], known)[0].cpu().numpy()  # (C, 1)
        unit = np.where(known.units.still, 0, known.units.factor)[:, None]
        return np.swapaxes(errors * spread * unit, -1, -2)


def measure_held_out(held_out: list[HeldOut], method: str) -> HeldOutErrors | None:
    """Return the errors of windows held out; None if there are none."""
    held_out = [part for part in held_out if len(part.windows)]
    if not held_out:
        return None
    moving = [part for part in held_out if not part.known.units.still.all()]
    n_each = max(1, MAX_WINDOWS // max(len(moving), 1))
    errors = [errors_of(part, method, n_each) for part in moving or held_out[:1]]
    return HeldOutErrors(np.sort(np.concatenate(errors), axis=0), method)


def errors_of(part: HeldOut, method: str, n_windows: int | None = None) -> np.ndarray:
    """Return errors of so many of the windows, or of all, ``(n, C, H)``."""
    _, known, windows, forecast, _ = part
    if n_windows is not None:
        windows = replace(windows, starts=spread_out(windows.starts, n_windows))
    errors = absolute_errors(
        lambda context: forecast(context, known),
        windows,
        lambda context: _spread(method, context, known),
    )
    errors[:, known.units.still] = np.nan
    return errors


def _spread(method: str, context: Tensor, known: KnownSeries) -> Tensor:
    """Return what the errors of each window are measured in."""
    if method == "conformal":
        return context.new_ones(len(context), 1, 1)
    unit = context.new_tensor(known.units.scale / known.units.factor)
    return window_spread(context, unit)
