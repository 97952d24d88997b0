"""Stop when the validation loss stays up, and go back to the best weights."""

import math

from torch import Tensor, nn


class EarlyStopping:
    """Remember the best weights in memory and say when patience has run out.

    Parameters
    ----------
    patience : int or None
        Epochs without a new lowest loss after which training stops; None never stops
        and still remembers the best weights.
    least_loss : float, default=inf
        A loss that epochs must go below to be better than none, the epoch 0.

    Attributes
    ----------
    best_epoch : int
        Epoch of the lowest loss so far, counted from 1; 0 before the first.
    """

    def __init__(self, patience: int | None, least_loss: float = math.inf) -> None:
        self.patience = patience
        self.best_epoch = 0
        self._best_loss = least_loss
        self._best_weights: dict[str, Tensor] = {}

    def should_stop(self, epoch: int, loss: float, network: nn.Module) -> bool:
        """Take note of an epoch's loss; return True when training should stop."""
        if loss < self._best_loss:
            self.best_epoch = epoch
            self._best_loss = loss
            state = network.state_dict()
            self._best_weights = {name: value.clone() for name, value in state.items()}
        return self.patience is not None and epoch - self.best_epoch >= self.patience

    def restore(self, network: nn.Module) -> None:
        """Give `network` the weights of the best epoch, if there was one."""
        if self._best_weights:
            network.load_state_dict(self._best_weights)
