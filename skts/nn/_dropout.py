"""Dropout whose masks are cheap on a CPU.

Torch draws 64 random bits per element there, one element after the other, which takes
longer than the matrix product before it. One byte per element is enough: it is compared
with a threshold, and kept for the backward pass in place of a mask of floats.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from skts._random import generator_for

CPU = torch.device("cpu")


def dropout(values: Tensor, p: float, training: bool) -> Tensor:
    """Zero `values` with probability `p` and rescale the rest, as torch does."""
    if not training or p == 0:
        return values
    if torch.compiler.is_compiling():
        return F.dropout(values, p)  # torch compiles no generators
    if values.device.type != "cpu":
        generator = generator_for(values.device)
        kept = torch.empty_like(values).bernoulli_(1 - p, generator=generator)
        return values * kept.div_(1 - p)
    return _ByteDropout.apply(values, p)  # type: ignore[no-untyped-call]


def draw_mask(mask: Tensor, p: float) -> Tensor:
    """Fill a tensor on the CPU with what `dropout` multiplies values by."""
    if p == 0:
        return mask.fill_(1)
    return _fill(mask, _random_bytes(mask.shape), _threshold(p), p)


class _ByteDropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, p: float) -> Tensor:
        ctx.drawn = _random_bytes(values.shape), _threshold(p), p
        return _fill(torch.empty_like(values), *ctx.drawn).mul_(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return _fill(torch.empty_like(gradient), *ctx.drawn).mul_(gradient), None


def _random_bytes(shape: torch.Size) -> Tensor:
    draws = torch.empty(-(-shape.numel() // 8), dtype=torch.int64, device="cpu")
    draws.random_(-(2**63), None, generator=generator_for(CPU))  # all 64 bits
    return draws.view(torch.int8)[: shape.numel()].view(shape)


def _threshold(p: float) -> int:
    """Return the least byte that keeps its value."""
    # Rounding at random keeps `p` exact, not a multiple of 1 / 256.
    share = torch.rand((), device="cpu", generator=generator_for(CPU)).item()
    return math.floor(256 * p + share) - 128


def _fill(mask: Tensor, drawn: Tensor, threshold: int, p: float) -> Tensor:
    """Fill a mask: 0 where dropped, elsewhere what makes up for it."""
    # Comparing into a float tensor skips the boolean one and its slow conversion.
    return torch.ge(drawn, threshold, out=mask).mul_(1 / (1 - p))
