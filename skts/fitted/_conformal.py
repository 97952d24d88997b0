"""Errors of held-out windows, and what intervals are asked for."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skts.data import Windows

INTERVAL_METHODS = ("following", "conformal", "adaptive")
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

    `unit`, ``(C,)`` or ``(B, C)``, is that of the training part; a hundredth of it is
    the least.
    """
    spread = context.std(dim=-1, correction=0, keepdim=True)
    return torch.maximum(spread, SMALLEST_SPREAD * unit[..., None])


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
