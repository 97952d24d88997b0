"""A loss over many samples, differentiated a few samples at a time.

Autograd keeps what the backward pass needs of all samples until the forward pass is
over. For a network whose intermediate results are much larger than its input, that is
gigabytes that have left every cache when they are needed. Samples that do not see each
other can go forwards and backwards part by part instead, with the same result.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def loss_in_parts(
    compute_loss: Callable[..., Tensor],
    parts: Iterable[tuple[Tensor, ...]],
    weights: Sequence[Tensor],
    shared: Sequence[Tensor] = (),
) -> Tensor:
    """Return the sum of ``compute_loss(part, *shared)``, gradient included.

    Parameters
    ----------
    compute_loss : callable
        Maps a part and the shared tensors to a scalar loss.
    parts : iterable of tuple of Tensor
        Parts of a batch. They get no gradient.
    weights : sequence of Tensor
        Leaves of the graph that get a gradient, a first derivative only.
    shared : sequence of Tensor, default=()
        What is computed from weights once for all parts, and differentiated once.
    """
    return _InParts.apply(compute_loss, parts, len(shared), *shared, *weights)  # type: ignore[no-untyped-call]


class _InParts(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        compute_loss: Callable[..., Tensor],
        parts: Iterable[tuple[Tensor, ...]],
        n_shared: int,
        *inputs: Tensor,
    ) -> Tensor:
        leaves = [x.detach().requires_grad_() for x in inputs[:n_shared]]
        sources = [*leaves, *inputs[n_shared:]]
        gradients: list[Tensor | None] = [None] * len(sources)
        losses = []
        for part in parts:
            with torch.enable_grad():
                loss = compute_loss(part, *leaves)
            new = torch.autograd.grad(loss, sources, allow_unused=True)
            gradients = [_add(*pair) for pair in zip(gradients, new, strict=True)]
            losses.append(loss.detach())
        ctx.gradients = gradients
        return torch.stack(losses).sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scaled = [g if g is None else g * gradient for g in ctx.gradients]
        return None, None, None, *scaled


def _add(total: Tensor | None, new: Tensor | None) -> Tensor | None:
    if total is None or new is None:
        return new if total is None else total
    return total + new  # not in place: autograd may hand out one tensor twice
