"""Moments that are kept, and grow exactly as rows come in."""

from collections.abc import Sequence

import torch
from torch import Tensor

from skts.data import Stretch
from skts.linear._missing import MissingTargets
from skts.linear._moments import Moments, in_double, row_moments

# So many rows of a series wait to be summed together.
MAX_WAITING = 4096


class GrowingMoments:
    """Moments that are kept and to which new rows are added, with no forgetting.

    A row costs its own size when it comes. The windows it completes are summed when
    moments are next asked for, together with all others that wait.

    Parameters
    ----------
    moments : Moments
        Moments so far; they are copied to the CPU, where any machine reads them.
    tails : sequence of Tensor of shape (C, n)
        The last rows of each series, which new ones follow without a gap: what
        `last_rows` gives.
    per_channel : bool
        Keep a matrix per channel. Otherwise only their sum is known, which is all that
        maps shared by the channels need.

    Attributes
    ----------
    n_windows, n_channels, width : int
        Windows of all series; channels; rows of a window.
    """

    kept = None  # what is solved from them changes with every row
    missing: MissingTargets | None = None

    def __init__(
        self, moments: Moments, tails: Sequence[Tensor], per_channel: bool
    ) -> None:
        self.width = moments.width
        self.n_channels = moments.n_channels
        self.per_channel = per_channel
        self._n_windows = moments.n_windows
        self._matrices = (
            torch.stack([moments.channel(c).cpu() for c in range(moments.n_channels)])
            if per_channel
            else moments.total()[None].cpu().clone()
        )
        self._waiting = [_Waiting(tail[:, -self._reach :]) for tail in tails]

    @property
    def n_windows(self) -> int:
        """Windows of all series."""
        self._settle_all()
        return self._n_windows

    @property
    def n_series(self) -> int:
        """Series that rows may come of."""
        return len(self._waiting)

    @property
    def _reach(self) -> int:
        """Rows that a window may have before its newest one."""
        return self.width - 1

    @staticmethod
    def n_bytes(n_channels: int, width: int, per_channel: bool) -> int:
        """Return the memory that moments of this size take."""
        return 8 * width**2 * (n_channels if per_channel else 1)

    def extend(self, rows: Tensor, series: int = 0, *, after_gap: bool = False) -> None:
        """Add rows ``(C, n)`` to the end of a series, in its units.

        Parameters
        ----------
        rows : Tensor of shape (C, n)
            New rows. Windows with a missing value are left out.
        series : int, default=0
            Position of the series among those of a panel.
        after_gap : bool, default=False
            The rows do not follow the last ones: no window holds both.
        """
        if after_gap:
            self._settle(self._waiting[series])
            self._waiting[series] = _Waiting(rows[:, :0])
        self._waiting[series].append(rows)
        if self._waiting[series].n_rows >= MAX_WAITING + self._reach:
            self._settle(self._waiting[series])

    def channel(self, channel: int) -> Tensor:
        """Return the matrix ``(W, W)`` of one channel, in float64."""
        if not self.per_channel:
            raise ValueError(
                "per_channel=False keeps only the sum of the channels' moments, from "
                "which no map per channel can be solved. Use per_channel=True."
            )
        self._settle_all()
        return self._matrices[channel]

    def total(self) -> Tensor:
        """Return the sum ``(W, W)`` of all channels' matrices, in float64."""
        self._settle_all()
        return self._matrices.sum(0)

    def _settle_all(self) -> None:
        for waiting in self._waiting:
            self._settle(waiting)

    def _settle(self, waiting: "_Waiting") -> None:
        """Sum the windows that wait, and keep the rows that later ones begin with."""
        rows = waiting.take_all_but_last(self._reach)
        n_new = rows.shape[1] - self._reach
        if n_new <= 0:
            return
        windows = rows.unfold(1, self.width, 1)  # (C, n_new, W), a view
        starts = windows.isfinite().all(2).all(0).nonzero()[:, 0]
        self._n_windows += len(starts)
        for channel, row in enumerate(rows):
            moments = row_moments(row, starts, self.width)
            self._matrices[channel if self.per_channel else 0] += moments


class _Waiting:
    """Rows of a series that are not summed yet, after those that windows begin with."""

    def __init__(self, tail: Tensor) -> None:
        self.n_rows = 0
        self._parts: list[Tensor] = []
        self.append(tail)

    def append(self, rows: Tensor) -> None:
        """Take a copy of rows ``(C, n)``, on the CPU."""
        self._parts.append(in_double(rows.cpu()).clone())
        self.n_rows += rows.shape[1]

    def take_all_but_last(self, n: int) -> Tensor:
        """Return all rows, of which only the last `n` go on waiting."""
        rows = torch.cat(self._parts, dim=1)
        kept = rows[:, max(0, self.n_rows - n) :].clone()
        self._parts, self.n_rows = [kept], kept.shape[1]
        return rows


def last_rows(series: Tensor, stretches: Sequence[Stretch], width: int) -> Tensor:
    """Return the last rows ``(C, n)`` of a series that a new window may begin with.

    Parameters
    ----------
    series : Tensor of shape (C, T)
        The series.
    stretches : sequence of (int, int)
        First row and row after the last of each stretch without a gap.
    width : int
        Rows of a window.
    """
    begin, end = stretches[-1]
    return series[:, max(begin, end - width + 1) : end]
