"""Windows of a series as views: the series lives once, a batch is one gather."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from skts.data._rows import pick, slices

Stretch = tuple[int, int]
Starts = TypeVar("Starts", np.ndarray, Tensor)


@dataclass(frozen=True)
class Windows:
    """Windows of `context_length` + `prediction_length` rows of one resident series.

    Parameters
    ----------
    series : Tensor of shape (C, T)
        The whole series, on the device it is used on.
    starts : Tensor of shape (n_windows,)
        First row of each window, on the same device.
    context_length, prediction_length : int
        Rows ``L`` a network sees, and rows ``H`` after them that it forecasts.
    truth : Tensor of shape (C, T) or None, default=None
        The series as targets see it, NaN where a value is missing, which the series
        itself has filled. None where none is.
    """

    series: Tensor
    starts: Tensor
    context_length: int
    prediction_length: int
    truth: Tensor | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def device(self) -> torch.device:
        """Where the series is."""
        return self.series.device

    def take(self, which: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Return contexts ``(B, C, L)`` and targets ``(B, C, H)`` of some windows.

        Targets are NaN where they are missing.
        """
        width = self.context_length + self.prediction_length
        views = self.series.unfold(-1, width, 1).transpose(0, 1)  # (T - W + 1, C, W)
        starts = pick(self.starts, which)
        windows = pick(views, starts)
        context = windows[..., : self.context_length]
        if self.truth is None:
            return context, windows[..., self.context_length :]
        truths = self.truth.unfold(-1, self.prediction_length, 1).transpose(0, 1)
        return context, pick(truths, starts + self.context_length)

    def in_order(self, max_values: int = 2**22) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield contexts and targets in time order, `max_values` numbers at a time."""
        width = self.context_length + self.prediction_length
        size = width * len(self.series)
        return map(self.take, slices(len(self), size, max_values))


def window_starts(
    stretches: Sequence[Stretch], width: int, first_target: int = 0, context: int = 0
) -> np.ndarray:
    """Return the first rows of all windows of `width` rows that stay in a stretch.

    Parameters
    ----------
    stretches : sequence of (int, int)
        First row and row after the last of each stretch without a gap.
    width : int
        Rows of a window.
    first_target : int, default=0
        No window's rows after its first `context` ones start before this row.
    context : int, default=0
        Rows of a window that may lie before `first_target`.
    """
    return np.concatenate(
        [np.empty(0, dtype=np.int64)]
        + [
            np.arange(max(begin, first_target - context), end - width + 1)
            for begin, end in stretches
        ]
    )


def cut_windows(values: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Return the windows of some rows, ``(n_windows, width, C)``.

    Parameters
    ----------
    values : ndarray of shape (T, C)
        Rows.
    starts : ndarray of shape (n_windows,)
        First row of each window, at least one.
    width : int
        Rows of a window.

    Returns
    -------
    ndarray
        A read-only view where the starts are evenly spaced, otherwise a copy.
    """
    windows = np.lib.stride_tricks.sliding_window_view(values, width, axis=0)
    steps = np.unique(np.diff(starts))
    if len(steps) > 1:
        return windows[starts].transpose(0, 2, 1)
    step = steps[0] if len(steps) else 1
    return windows[starts[0] : starts[-1] + 1 : step].transpose(0, 2, 1)


def spread_out(starts: Starts, n_wanted: int) -> Starts:
    """Return `starts`, or, if there are more than wanted, so many from all along."""
    if len(starts) <= n_wanted:
        return starts
    return starts[np.linspace(0, len(starts) - 1, n_wanted).round().astype(int)]


def split_chronologically(
    stretches: Sequence[Stretch],
    boundary: int,
    context_length: int,
    prediction_length: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the starts of training and of validation windows.

    Training windows lie before row `boundary`, validation targets at or after it;
    validation contexts may reach back into the training part.
    """
    width = context_length + prediction_length
    before = [(begin, min(end, boundary)) for begin, end in stretches]
    train = window_starts(before, width)
    valid = window_starts(stretches, width, boundary, context_length)
    return train, valid


def join_windows(parts: Sequence[Windows]) -> Windows:
    """Return windows of the same tensor as one."""
    return replace(parts[0], starts=torch.cat([part.starts for part in parts]))
