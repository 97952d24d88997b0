"""Large weights in pieces, for optimisers that step all weights at once on a GPU.

What works on many tensors at once there cuts them into blocks of 65536 numbers and
gives each block to one processor. A network of some small weights then keeps a few
processors busy and the others waiting; in pieces its weights keep more of them busy.
"""

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.optim import Optimizer

# Numbers in a piece at least, and pieces of a weight at most: some dozens of tensors
# are stepped at once, more of them in several goes.
LEAST, MOST = 4096, 32


class InPieces(Optimizer):
    """Let another optimiser step weights in pieces, with the same result.

    Parameters
    ----------
    weights : sequence of Tensor
        Weights, whose memory the pieces share.
    make : callable
        Makes the optimiser of some pieces. It works on single numbers, or, like SAM, on
        all of them.
    """

    def __init__(
        self, weights: Sequence[Tensor], make: Callable[[list[Tensor]], Optimizer]
    ) -> None:
        self.weights = list(weights)
        self.pieces = [
            [piece.requires_grad_() for piece in _cut(weight.detach())]
            for weight in self.weights
        ]
        self.base = make([piece for pieces in self.pieces for piece in pieces])
        super().__init__(self.base.param_groups, {})
        self.param_groups = self.base.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for weight in self.weights:
            weight.grad = None
        super().zero_grad()

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Take one step and return the loss that `closure` returned first."""

        def compute() -> Tensor:
            loss = closure()
            for weight, pieces in zip(self.weights, self.pieces, strict=True):
                gradient = weight.grad
                for i, part in enumerate([] if gradient is None else _cut(gradient)):
                    pieces[i].grad = part
            return loss

        return self.base.step(compute)  # type: ignore[arg-type, return-value]


def _cut(tensor: Tensor) -> list[Tensor]:
    """Return consecutive pieces of the numbers of a tensor."""
    flat = tensor.reshape(-1)
    size = max(LEAST, -(-len(flat) // MOST))
    return [flat[first : first + size] for first in range(0, len(flat), size)]
