"""All weights of a network in one tensor, and their gradients in another.

An optimiser that is given the weights of a small network spends its time on going from
one to the next. In one tensor a step, a norm or a copy of all weights is one operation.

On a GPU, what works on whole tensors cuts them into blocks of 65536 numbers and gives
each block to one processor. A small network would keep one or two of them busy: there
the tensor is stepped in pieces, all at once.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import torch
from torch import Tensor
from torch.optim import Optimizer

from skts.training._optimizers import Uncompiled

# Weights of one width start at a multiple of this many numbers, where memory is read
# fastest. They lie one behind the other, so that a network may take them as one.
ALIGNMENT = 64
# Numbers in a piece at least, and pieces at most: some dozens of tensors are stepped at
# once, more of them in several goes.
LEAST, MOST = 4096, 32


class Flat(Uncompiled):
    """Let another optimiser step weights as one tensor, with the same result.

    The weights stay what and where they are in their network, but their memory is that
    of the tensor from now on. A weight without a gradient has one of zeros.

    Parameters
    ----------
    weights : sequence of Tensor
        Weights of one type on one device.
    make : callable
        Makes the optimiser, given a list of tensors. It works on single numbers, or,
        like SAM, on all of them.
    keeps_gradients : bool, default=False
        Whether weights keep their gradients, which become zeros before each loss,
        rather than lose them. That is faster for a loss that overwrites gradients, and
        slower for autograd, which adds to one after the other.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        make: Callable[[list[Tensor]], Optimizer],
        *,
        keeps_gradients: bool = False,
    ) -> None:
        self.weights = sorted(weights, key=_width)
        self.keeps_gradients = keeps_gradients
        starts, end = [], 0
        for _, alike in groupby(self.weights, key=_width):
            end = -(-end // ALIGNMENT) * ALIGNMENT
            for weight in alike:
                starts.append(end)
                end += weight.numel()
        values = self.weights[0].detach().new_zeros(end)
        self._gradient = torch.zeros_like(values)
        parts, self._gradients = (
            [
                flat[start : start + weight.numel()].view_as(weight)
                for weight, start in zip(self.weights, starts, strict=True)
            ]
            for flat in (values, self._gradient)
        )
        for weight, part in zip(self.weights, parts, strict=True):
            part.copy_(weight.detach())
            weight.data = part
        if keeps_gradients:
            for weight, part in zip(self.weights, self._gradients, strict=True):
                weight.grad = part
        pieces = _cut(values)
        for piece, part in zip(pieces, _cut(self._gradient), strict=True):
            piece.requires_grad_().grad = part
        self.base = make(pieces)
        super().__init__(self.base.param_groups, {})
        self.param_groups = self.base.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the weights."""
        if self.keeps_gradients:
            self._gradient.zero_()
            return
        for weight in self.weights:
            weight.grad = None

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Take one step and return the loss that `closure` returned first."""

        def compute() -> Tensor:
            loss = closure()
            if not self.keeps_gradients:
                new = [
                    torch.zeros_like(weight) if weight.grad is None else weight.grad
                    for weight in self.weights
                ]
                torch._foreach_copy_(self._gradients, new)
            return loss

        return self.base.step(compute)  # type: ignore[arg-type, return-value]


def _width(weight: Tensor) -> tuple[int, ...]:
    """Return the shape of a weight's rows, those of a bias being numbers."""
    return tuple(weight.shape[1:])


def _cut(tensor: Tensor) -> list[Tensor]:
    """Return consecutive pieces of a flat tensor, on a CPU the whole of it."""
    on_gpu = tensor.device.type == "cuda"
    size = max(LEAST, -(-len(tensor) // MOST)) if on_gpu else len(tensor)
    return list(tensor.split(size))
