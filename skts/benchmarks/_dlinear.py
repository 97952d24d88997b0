"""DLinear (Zeng et al., AAAI 2023) as sktime has it, trained as our models are.

A moving average splits the window into trend and rest; each has a linear map. What a
larger network is worth, it has to show against this.
"""

from sktime.networks.ltsf.models.linear import LTSFDLinearNetwork
from torch import Tensor

from skts.benchmarks._peer import PeerForecaster
from skts.nn import WindowNetwork


class DLinear(WindowNetwork):
    """sktime's network with our axes, without a normalisation of windows."""

    def __init__(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> None:
        super().__init__(use_revin=False)
        self.inner = LTSFDLinearNetwork(
            context_length, prediction_length, n_channels
        )._build()

    def forward_normalised(self, normalised: Tensor, *_: Tensor) -> Tensor:
        """Forecast a window ``(B, C, L)`` as ``(B, C, H)``."""
        return self.inner(normalised.transpose(1, 2)).transpose(1, 2)


class DLinearForecaster(PeerForecaster):
    """Forecast with two linear maps, shared by all channels.

    The learning rate is that of {1e-4, 5e-4, 5e-3} with the lowest validation error on
    ETTh1 at horizon 96.
    """

    use_revin = False
    lr_schedule = "constant"

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> DLinear:
        return DLinear(n_channels, context_length, prediction_length)
