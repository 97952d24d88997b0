"""Second moments of all windows of a series, without making one window.

With ``M[i, j]`` the sum over windows ``t`` of ``x[t + i] x[t + j]``, the first row is a
correlation of the series with itself, and each diagonal follows from it: one step down
swaps the first product of the sum for the one after its last,

``M[i + 1, j + 1] = M[i, j] + x[n + i] x[n + j] - x[i] x[j]``.

So all windows of width ``W`` in ``T`` rows cost ``T log T + W^2`` instead of ``T W^2``,
and nothing is ever summed over more than ``W`` steps, which keeps all digits.

Axes: ``C`` channels, ``W`` rows of a window, ``T`` rows of a series.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from skts.data import Windows
from skts.linear._kept import KeptMaps
from skts.linear._missing import MissingTargets

# Matrices of all channels are kept from one use to the next up to this size.
KEPT_BYTES = 2**29
# Up to so many numbers of neighbouring windows, their products are summed one by one:
# that is one matrix product, and the way along the diagonals many small steps.
FEW_VALUES = 2**18
# So many numbers of such windows are in memory at a time.
MAX_VALUES = 2**22


class Moments(Protocol):
    """What maps are solved from: a matrix per channel, made when asked for."""

    n_channels: int
    width: int
    missing: MissingTargets | None

    @property
    def kept(self) -> KeptMaps | None:
        """Maps solved from them; None where they grow."""

    @property
    def n_windows(self) -> int:
        """Windows of all series."""

    def channel(self, channel: int) -> Tensor:
        """Return the matrix ``(W, W)`` of one channel, in float64."""

    def total(self) -> Tensor:
        """Return the sum ``(W, W)`` of all channels' matrices, in float64."""


class WindowMoments:
    """Second moments of windows, made from their rows channel by channel.

    Parameters
    ----------
    windows : Windows or sequence of Windows
        Windows of one series, or of each series of a panel in units of its own. Their
        starts increase, and only rows in windows are looked at. Windows that are no
        part of a series are given as one, end to end, with starts a width apart.
    pilot : Tensor of shape (l, H) or None, default=None
        Raw map that forecasts missing targets; None takes what fills them for data.

    Attributes
    ----------
    n_windows, n_channels, width : int
        Windows of all series; channels; rows of a window.
    series : list of Windows
        The windows of each series.
    missing : MissingTargets or None
        The targets that are missing, and do not count.
    """

    def __init__(
        self, windows: Windows | Sequence[Windows], pilot: Tensor | None = None
    ) -> None:
        self.series = [windows] if isinstance(windows, Windows) else list(windows)
        first = self.series[0]
        self.width = first.context_length + first.prediction_length
        self.n_channels = len(first.series)
        self.n_windows = sum(len(each) for each in self.series)
        self.kept = KeptMaps()
        self.missing = None if pilot is None else MissingTargets(self.series, pilot)
        self._total: Tensor | None = None
        size = self.n_channels * self.width**2 * 8
        self._kept: dict[int, Tensor] | None = {} if size <= KEPT_BYTES else None

    def channel(self, channel: int) -> Tensor:
        """Return the matrix ``(W, W)`` of one channel, in float64."""
        if self._kept is None:
            return self._compute(channel)
        if channel not in self._kept:
            self._kept[channel] = self._compute(channel)
        return self._kept[channel]

    def total(self) -> Tensor:
        """Return the sum ``(W, W)`` of all channels' matrices, in float64."""
        if self._total is None:
            self._total = self.channel(0).clone()
            for channel in range(1, self.n_channels):
                self._total += self.channel(channel)
        return self._total

    def _compute(self, channel: int) -> Tensor:
        moments = sum_of_moments(
            (each.series[channel], each.starts, self.width) for each in self.series
        )
        if self.missing is not None:
            self.missing.fill(moments, channel)
        return moments


def sum_of_moments(parts: Iterable[tuple[Tensor, Tensor, int]]) -> Tensor:
    """Return the summed moments of windows, each part a row, starts and a width."""
    total: Tensor | None = None
    for row, starts, width in parts:
        moments = row_moments(in_double(row), starts, width)
        total = moments if total is None else total.add_(moments)
    assert total is not None
    return total


def row_moments(row: Tensor, starts: Tensor, width: int) -> Tensor:
    """Return the moments ``(W, W)`` of the windows of one row ``(T,)``."""
    if not len(starts):
        return row.new_zeros(width, width)
    total: Tensor | None = None
    scattered = []
    for run in runs(starts):
        if len(run) * width <= FEW_VALUES:
            scattered.append(run)
        else:
            begin, end = int(run[0]), int(run[-1])
            moments = run_moments(row[begin : end + width], width)
            total = moments if total is None else total.add_(moments)
    if total is None:
        total = row.new_zeros(width, width)
    if scattered:
        every = row.unfold(0, width, 1)
        size = max(1, MAX_VALUES // width)
        for some in torch.split(torch.cat(scattered), size):
            windows = every[some]
            total += windows.T @ windows
    return total


def run_moments(row: Tensor, width: int) -> Tensor:
    """Return the moments ``(W, W)`` of all windows of one row ``(T,)``."""
    n = len(row) - width + 1
    moments = row.new_empty(width, width)
    moments[0] = correlate(row[:n], row)[:width]
    first, after = row[:width], row[n:]
    # One tensor of scalars per side: indexing tensors one by one would cost as much.
    for i, (out, into) in enumerate(
        zip(first.tolist()[:-1], after.tolist(), strict=True)
    ):
        line = moments[i + 1, i + 1 :]
        torch.add(moments[i, i:-1], after[i:], alpha=into, out=line)
        line.sub_(first[i:-1], alpha=out)
    return moments.triu_().add_(moments.triu(1).T)


def correlate(short: Tensor, long: Tensor) -> Tensor:
    """Return ``sum over t of short[t] long[t + lag]`` for each lag, from 0 up."""
    size = next_fast_len(len(long), real=True)
    spectrum = torch.fft.rfft(short, size).conj() * torch.fft.rfft(long, size)
    correlation: Tensor = torch.fft.irfft(spectrum, size)
    return correlation


def runs(starts: Tensor) -> list[Tensor]:
    """Return the starts in runs without a gap."""
    breaks = (starts.diff() != 1).nonzero()[:, 0] + 1
    return list(starts.tensor_split(breaks.cpu()))


def in_double(rows: Tensor) -> Tensor:
    """Return rows in float64, on the CPU where their device has none."""
    return (rows.cpu() if rows.device.type == "mps" else rows).double()
