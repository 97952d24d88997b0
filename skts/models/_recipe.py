"""How an estimator's network is built and trained: its parameters as plain data."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.optim import Optimizer

from skts.nn import WindowNetwork
from skts.training import Adam, Flat


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained.

    Attributes
    ----------
    build : callable
        Makes a network of channels, context length and prediction length.
    wrap_optimizer : callable
        Makes an optimiser of one, such as SAM around Adam, or returns it.

    The others are parameters as the estimators document them.
    """

    build: Callable[[int, int, int], WindowNetwork]
    wrap_optimizer: Callable[[Optimizer], Optimizer]
    batch_size: int
    max_epochs: int
    max_time: float | None
    windows_per_epoch: int | None
    lr: float
    lr_schedule: str
    weight_decay: float
    patience: int | None
    precision: str
    compile: bool
    verbose: int

    def make_optimizer(self, network: WindowNetwork) -> Optimizer:
        """Return the optimiser of a network's weights."""
        weights: list[Tensor] = [w for w in network.parameters() if w.requires_grad]
        fused = weights[0].device.type in ("cpu", "cuda")

        def make(weights: list[Tensor]) -> Optimizer:
            decay = self.weight_decay
            adam = Adam(weights, lr=self.lr, weight_decay=decay, fused=fused)
            return self.wrap_optimizer(adam)

        writes = network.by_hand() is not None
        return Flat(weights, make, keeps_gradients=writes)
