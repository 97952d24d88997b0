"""Naive forecasts as maps: what ridge maps are shrunk towards, and members of their own.

Each is a map ``(l, H)`` of the context less its mean, so the window's mean is all
zeros. Axes: ``l`` rows of a context, ``H`` steps of a forecast.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Naive(NamedTuple):
    """A naive forecast.

    Parameters
    ----------
    name : {"mean", "last", "seasonal"}
        The mean of the context, its last value, or the value at the same position of
        the last season.
    period : int, default=1
        Rows of a season.
    """

    name: str
    period: int = 1

    def weights(self, context: int, horizon: int) -> Tensor:
        """Return the map ``(l, H)`` in float64."""
        weights = torch.zeros(context, horizon, dtype=torch.float64)
        if self.name != "mean":
            steps = torch.arange(horizon)
            weights[context - self.period + steps % self.period, steps] = 1
        return weights

    @property
    def shortest_context(self) -> int:
        """Rows this forecast needs."""
        return 1 if self.name == "mean" else self.period


def naive_forecasts(context: int, periods: Sequence[int]) -> list[Naive]:
    """Return the naive forecasts a context allows, the simplest first."""
    seasonal = [Naive("seasonal", p) for p in periods if 1 < p <= context]
    return [Naive("mean"), Naive("last"), *seasonal]
