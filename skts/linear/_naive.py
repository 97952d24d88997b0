"""Naive forecasts as maps: what others are shrunk towards, and members themselves.

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
    name : {"mean", "last", "seasonal", "change", "profile"}
        "mean" of the context; its "last" value; "seasonal", the value at the same
        position of the last season; "change", the last value and what the series
        changed by in the season before; "profile", the mean of the last season and how
        the same positions of all seasons in the context deviated from theirs.
    period : int, default=1
        Rows of a season.
    """

    name: str
    period: int = 1

    def weights(self, context: int, horizon: int) -> Tensor:
        """Return the map ``(l, H)`` in float64."""
        weights = torch.zeros(context, horizon, dtype=torch.float64)
        if self.name == "mean":
            return weights
        steps = torch.arange(horizon)
        position = context - self.period + steps % self.period
        n_seasons = context // self.period if self.name == "profile" else 1
        for season in range(n_seasons):
            weights[position - season * self.period, steps] = 1 / n_seasons
        if self.name == "change":
            weights[-1] += 1
            weights[-1 - self.period] -= 1
        if self.name == "profile":
            weights[-self.period :] += 1 / self.period
            rows = n_seasons * self.period
            weights[-rows:] -= 1 / rows
        return weights

    def fits(self, context: int) -> bool:
        """Return whether a context holds the rows this forecast looks at."""
        seasons = {"change": self.period + 1, "profile": 2 * self.period}
        return context >= seasons.get(self.name, self.period)


MEAN = Naive("mean")


def naive_forecasts(context: int, periods: Sequence[int]) -> list[Naive]:
    """Return the naive forecasts that a context allows, the simplest first."""
    names = "seasonal", "change", "profile"
    seasonal = [Naive(name, p) for p in periods if p > 1 for name in names]
    every = [MEAN, Naive("last"), *seasonal]
    return [naive for naive in every if naive.fits(context)]
