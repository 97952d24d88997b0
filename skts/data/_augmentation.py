"""Second views of series: sign flips, shuffled segments and warped time.

As LoSTer's authors augment (Gumbel k-means on long series, 2024), for all series at
once. Their time warp may run backwards; this one never does.

Axes: ``N`` series, ``C`` channels, ``L`` time points. What happens to a series happens
to all its channels.
"""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from torch import Tensor

MAX_SEGMENTS = 4
N_KNOTS = 6
KNOT_SPREAD = 0.2


def augment(series: Tensor, names: Sequence[str], generator: torch.Generator) -> Tensor:
    """Return an augmented copy of series ``(N, C, L)``.

    Parameters
    ----------
    series : Tensor of shape (N, C, L)
        Series to augment.
    names : sequence of str
        Augmentations to apply, in this order, each a key of `AUGMENTATIONS`.
    generator : torch.Generator
        Generator on the CPU that all draws come from.
    """
    for name in names:
        series = AUGMENTATIONS[name](series, generator)
    return series


def flip(series: Tensor, generator: torch.Generator) -> Tensor:
    """Change the sign of each series with probability one half."""
    signs = 2 * _integers(2, len(series), generator) - 1
    return series * signs.to(series)[:, None, None]


def permute(series: Tensor, generator: torch.Generator) -> Tensor:
    """Cut each series into 1 to 4 segments of near-equal length and shuffle them."""
    n_series, _, length = series.shape
    n_segments = _integers(MAX_SEGMENTS, n_series, generator)[:, None] + 1
    # As numpy.array_split: the first segments are one longer where it does not divide.
    short = torch.div(length, n_segments, rounding_mode="floor")
    n_long = length - short * n_segments
    time = torch.arange(length, device="cpu")
    after_long = n_long + (time - n_long * (short + 1)) // short.clamp(min=1)
    segment = torch.where(
        time < n_long * (short + 1), time // (short + 1), after_long
    )  # (N, L)
    rank = _uniform((n_series, MAX_SEGMENTS), generator).argsort(dim=1)
    order = rank.gather(1, segment).argsort(dim=1, stable=True).to(series.device)
    return series.gather(2, order[:, None].expand_as(series))


def time_warp(series: Tensor, generator: torch.Generator) -> Tensor:
    """Let time pass now faster, now slower, from the first point to the last.

    The logarithm of its speed is a cubic spline through 6 knots drawn from N(0, 0.2).
    """
    n_series, _, length = series.shape
    if length < 3:
        return series
    time = np.arange(length)
    basis = CubicSpline(np.linspace(0, length - 1, N_KNOTS), np.eye(N_KNOTS))(time)
    knots = KNOT_SPREAD * torch.randn(
        n_series, N_KNOTS, generator=generator, dtype=torch.float64, device="cpu"
    )
    speed = torch.exp(knots @ torch.from_numpy(basis).T)  # (N, L)
    path = torch.zeros_like(speed)
    path[:, 1:] = torch.cumulative_trapezoid(speed, dim=1)
    path *= (length - 1) / path[:, -1:]
    # Point i now lies at path[i]; read the series off at whole times.
    whole = torch.arange(length, dtype=path.dtype, device="cpu").expand(n_series, -1)
    right = torch.searchsorted(path, whole.contiguous()).clamp(1, length - 1)
    before, after = path.gather(1, right - 1), path.gather(1, right)
    weight = ((whole - before) / (after - before)).clamp(0, 1)
    weight = weight.to(series)[:, None]
    right = right.to(series.device)[:, None].expand_as(series)
    return torch.lerp(series.gather(2, right - 1), series.gather(2, right), weight)


AUGMENTATIONS = {"flip": flip, "permute": permute, "time_warp": time_warp}


def _integers(high: int, count: int, generator: torch.Generator) -> Tensor:
    return torch.randint(high, (count,), generator=generator, device="cpu")


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device="cpu")
