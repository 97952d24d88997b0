"""Targets that are missing, which shall count nowhere in sums over windows.

A map of least squares does not change when targets are added that it forecasts itself.
So missing targets are taken for what a pilot map forecasts, which was solved with what
fills contexts in their place: a second round of filling changed nothing that could be
measured. On held-out windows, products of residuals at them are taken off again, so
that errors are exactly those of the targets that are known.

Axes: ``C`` channels, ``W`` rows of a window, ``l`` rows of a context, ``H`` steps of a
forecast.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from skts.data import Windows


class _AtStep(NamedTuple):
    """Windows whose target of one step is missing in a channel."""

    step: int
    contexts: Tensor  # (n, L)
    filled: Tensor  # (n,)


class MissingTargets:
    """The missing targets of windows.

    Parameters
    ----------
    windows : sequence of Windows
        Windows of each series of a panel, or of one.
    pilot : Tensor of shape (l, H)
        Raw map of all channels, in float64, that forecasts what is missing.

    Attributes
    ----------
    n_missing : int
        How many there are, over all windows, channels and steps.
    """

    def __init__(self, windows: Sequence[Windows], pilot: Tensor) -> None:
        self._windows = [each for each in windows if each.truth is not None]
        self._pilot = pilot
        self.n_missing = sum(map(_count, self._windows))

    def fill(self, moments: Tensor, channel: int) -> None:
        """Swap what fills missing targets for their forecasts, in moments ``(W, W)``.

        Of products of targets with targets, only their squares are kept right: no map
        asks for others.
        """
        end = len(moments) - self._pilot.shape[1]
        for step, contexts, filled in self._of_channel(channel):
            forecast = self._forecast(contexts, step)
            change = contexts.T @ (forecast - filled)
            row = end + step
            moments[:end, row] += change
            moments[row, :end] += change
            moments[row, row] += forecast.square().sum() - filled.square().sum()

    def products(self, channel: int, maps: Sequence[Tensor]) -> Tensor:
        """Return the summed products ``(n, n)`` of residuals of raw maps ``(l, H)``."""
        total = self._pilot.new_zeros(len(maps), len(maps))
        for step, contexts, _ in self._of_channel(channel):
            length = contexts.shape[1]
            columns = [pad(A[:, step], (length - len(A), 0)) for A in maps]
            forecasts = contexts @ torch.stack(columns, dim=1)
            residuals = forecasts - self._forecast(contexts, step)[:, None]
            total += residuals.T @ residuals
        return total

    def _forecast(self, contexts: Tensor, step: int) -> Tensor:
        pilot = self._pilot[:, step]
        return contexts[:, -len(pilot) :] @ pilot

    def _of_channel(self, channel: int) -> Iterator[_AtStep]:
        for each in self._windows:
            assert each.truth is not None, "others were left out"
            device = self._pilot.device
            row = each.series[channel].to(device, torch.float64)
            missing = each.truth[channel].isnan().to(device)
            starts = each.starts.to(device)
            contexts = row.unfold(0, each.context_length, 1)
            for step in range(each.prediction_length):
                target = starts + each.context_length + step
                which = missing[target]
                if which.any():
                    yield _AtStep(step, contexts[starts[which]], row[target[which]])


def _count(windows: Windows) -> int:
    """Return the number of missing targets of all windows."""
    assert windows.truth is not None, "others were left out"
    before = pad(windows.truth.isnan().sum(dim=0).cumsum(dim=0), (1, 0))
    first = windows.starts + windows.context_length
    return int((before[first + windows.prediction_length] - before[first]).sum())
