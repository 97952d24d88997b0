"""Holds a network in training to the maps: what it adds to them on validation."""

from collections.abc import Iterator

from torch import Tensor

from skts.data import Rows, Windows
from skts.linear import (
    LEAST_GAIN,
    Choice,
    Moments,
    NetworkProducts,
    NetworkShare,
)
from skts.nn import WindowNetwork

# Training ends half-way where the last two mixtures took away a twentieth at most of
# what is asked of a network, unless its own error still falls by a tenth per epoch.
NOTHING = LEAST_GAIN / 20
FAST = 0.1


class HeldToMaps:
    """Validation errors of a network mixed with linear maps, epoch by epoch.

    Parameters
    ----------
    learned : Moments
        Moments of the training windows, that the maps are solved from.
    choice : Choice
        The maps, chosen on the validation windows.
    valid : Windows or Rows
        The validation windows.
    network_context : int
        Rows that the network sees, the last ones of a window.

    Attributes
    ----------
    error : float
        The validation error of the maps alone.
    shares : list of NetworkShare
        What the network was worth after each epoch.
    """

    def __init__(
        self,
        learned: Moments,
        choice: Choice,
        valid: Windows | Rows,
        network_context: int,
    ) -> None:
        self.choice = choice
        self.error = choice.error
        self.shares: list[NetworkShare] = []
        self._products = NetworkProducts(learned, choice)
        self._valid = valid
        self._network_context = network_context

    def measure(self, network: WindowNetwork) -> float:
        """Return the validation error of the mixture with a network as it stands."""
        extended = self._products.extended(self._forecasts(network))
        self.shares.append(self.choice.with_network(extended))
        return self.shares[-1].error

    def share_at(self, epoch: int) -> NetworkShare:
        """Return what the network was worth after an epoch, 0 for the maps alone."""
        if epoch:
            return self.shares[epoch - 1]
        return NetworkShare(self.choice.members, 0.0, self.error, float("nan"), 0.0)

    def is_in_vain(self, n_epochs: int) -> bool:
        """Return whether to stop half-way through `n_epochs`, with nothing in sight."""
        if len(self.shares) < 2 or len(self.shares) != -(-n_epochs // 2):
            return False
        before, now = self.shares[-2:]
        falls = now.network_error < (1 - FAST) * before.network_error
        return max(before.gain, now.gain) < NOTHING and not falls

    def _forecasts(
        self, network: WindowNetwork
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        for context, target, *root in self._valid.in_order():
            forecast = network(context[..., -self._network_context :])
            if root:  # products of errors are then weighted
                yield context * root[0], target * root[0], forecast * root[0]
            else:
                yield context, target, forecast
