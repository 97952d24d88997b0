"""All weights of a network in one tensor, and their gradients in another.

An optimiser that is given the weights of a small network spends its time on going from
one to the next. In one tensor a step, a norm or a copy of all weights is one operation.

On a GPU, what works on whole tensors cuts them into blocks of 65536 numbers and gives
each block to one processor. A small network would keep one or two of them busy: there
the tensor is stepped in pieces, all at once.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from skts.training._optimizers import Uncompiled

# Weights start at multiples of this many numbers, where memory is read fastest.
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
    """

    def __init__(
        self, weights: Sequence[Tensor], make: Callable[[list[Tensor]], Optimizer]
    ) -> None:
        self.weights = list(weights)
        sizes = [-(-w.numel() // ALIGNMENT) * ALIGNMENT for w in self.weights]
        values = self.weights[0].detach().new_zeros(sum(sizes))
        gradient = torch.zeros_like(values)
        parts, self._gradients = (
            [
                part[: weight.numel()].view_as(weight)
                for weight, part in zip(self.weights, flat.split(sizes), strict=True)
            ]
            for flat in (values, gradient)
        )
        for weight, part in zip(self.weights, parts, strict=True):
            part.copy_(weight.detach())
            weight.data = part
        pieces = _cut(values)
        for piece, part in zip(pieces, _cut(gradient), strict=True):
            piece.requires_grad_().grad = part
        self.base = make(pieces)
        super().__init__(self.base.param_groups, {})
        self.param_groups = self.base.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the weights."""
        for weight in self.weights:
            weight.grad = None

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Take one step and return the loss that `closure` returned first."""

        def compute() -> Tensor:
            loss = closure()
            new = [
                torch.zeros_like(weight) if weight.grad is None else weight.grad
                for weight in self.weights
            ]
            torch._foreach_copy_(self._gradients, new)
            return loss

        return self.base.step(compute)  # type: ignore[arg-type, return-value]


def _cut(tensor: Tensor) -> list[Tensor]:
    """Return consecutive pieces of a flat tensor, on a CPU the whole of it."""
    on_gpu = tensor.device.type == "cuda"
    size = max(LEAST, -(-len(tensor) // MOST)) if on_gpu else len(tensor)
    return list(tensor.split(size))
