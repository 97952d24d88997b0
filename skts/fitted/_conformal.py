"""Intervals from the errors on held-out windows: split conformal prediction.

Of n held-out windows and one to come, in any order equally probable, the absolute
error of the last is at most the k-th smallest of the others with probability
k / (n + 1). So ``k = ceil((n + 1) * coverage)`` gives an interval that covers at least
as often as asked (Lei et al., "Distribution-Free Predictive Inference for Regression",
JASA 2018). Each channel and step has its own errors.
"""

import warnings
from collections.abc import Callable, Sequence
from math import ceil
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skts.data import Windows

INTERVAL_METHODS = ("conformal", "adaptive")
# Neighbouring windows tell almost the same; this many serve a coverage of 99.9 %.
MAX_WINDOWS = 1000
# A window at rest must not make all others' errors look endless beside its own.
SMALLEST_SPREAD = 0.01


@torch.no_grad()
def absolute_errors(
    forecast: Callable[[Tensor], Tensor],
    windows: Windows,
    spread: Callable[[Tensor], Tensor],
) -> np.ndarray:
    """Return absolute errors over the spread of their window, ``(n, C, H)``."""
    parts = [
        (forecast(context) - target).abs_().div_(spread(context))
        for context, target in windows.in_order()
    ]
    return torch.cat(parts).cpu().numpy()


def window_spread(context: Tensor, unit: Tensor) -> Tensor:
    """Return the standard deviation of each channel in its window, ``(B, C, 1)``.

    `unit` is that of the training part; a hundredth of it is the least.
    """
    spread = context.std(dim=-1, correction=0, keepdim=True)
    return torch.maximum(spread, SMALLEST_SPREAD * unit[:, None])


def half_width(errors: np.ndarray, coverage: float) -> np.ndarray:
    """Return the error that `coverage` of the errors to come stay within, ``(C, H)``.

    The largest of ``errors``, sorted ``(n, C, H)``, where there are too few of them.
    Those that are NaN, at the end, are of missing values, or of series in which the
    channel never moved; where there is no other, the width is 0.
    """
    n_windows = count_errors(errors)  # (C, H)
    # 0.55 * 100 is a little more than 55.
    rank = np.ceil(((n_windows + 1) * coverage).round(9)).astype(int)
    last = np.maximum(np.minimum(rank, n_windows), 1) - 1
    widths = np.take_along_axis(errors, last[None], axis=0)[0]  # (C, H)
    return np.where((rank > 0) & (n_windows > 0), widths, 0)


def count_errors(errors: np.ndarray) -> np.ndarray:
    """Return how many errors ``(n, C, H)`` each channel and step has, ``(C, H)``."""
    return np.sum(~np.isnan(errors), axis=0)


def windows_needed(coverage: float) -> int:
    """Return the least number of windows that intervals of this coverage need."""
    return ceil(round(coverage / (1 - coverage), 9))


def warn_if_too_few(errors: np.ndarray, coverages: Sequence[float]) -> None:
    """Warn if the largest error must stand for one that has not been seen."""
    needed = windows_needed(max(coverages))
    counts = count_errors(errors)
    n_windows = min(counts[counts > 0], default=needed)
    if n_windows < needed:
        warnings.warn(
            f"A coverage of {max(coverages):g} needs the errors of at least {needed} "
            f"validation windows, but there are {n_windows}: the largest one is "
            "taken, which may cover less often. Give fit a longer series; with "
            "linear_maps=None a larger validation_fraction holds out more, too.",
            stacklevel=2,
        )


def check_levels(name: str, value: Any) -> list[float]:
    """Return one or several probabilities as a list; raise if one is not."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value.item()
    levels = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    rule = f"{name} must be a number > 0 and < 1, or a list of different ones"
    for level in levels:
        if isinstance(level, bool) or not isinstance(level, Real):
            raise TypeError(f"{rule}, got {value!r}.")
        share = float(level)
        if not 0 < share < 1:
            way_out = f" Give {share / 100:g}." if 1 < share < 100 else ""
            raise ValueError(f"{rule}, got {level}.{way_out}")
    if not levels or len(set(levels)) < len(levels):
        raise ValueError(f"{rule}, got {value!r}.")
    return [float(level) for level in levels]
