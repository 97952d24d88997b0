"""TSMixer (Chen et al., TMLR 2023), which the SAMformer paper compares with.

Blocks mix time points, then channels, each around a residual connection. As in the
authors' code, normalisation is over windows, for each channel and time point; unlike
there, RevIN has no learned gain and shift of its own.
"""

from torch import Tensor, nn
from torch.nn.functional import batch_norm
from torch.optim import Optimizer

from skts.benchmarks._peer import PeerForecaster
from skts.nn import WindowNetwork
from skts.training import SAM


class WindowNorm(nn.BatchNorm1d):
    """Batch normalisation of windows ``(B, C, L)``, each value by itself."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if self.training and len(x) == 1:  # the last batch; it has no spread
            known = self.running_mean, self.running_var, self.weight, self.bias
            return batch_norm(x.flatten(1), *known, eps=self.eps).view_as(x)
        return super().forward(x.flatten(1)).view_as(x)


class MixerBlock(nn.Module):
    """Mix time points, then channels: ``(B, C, L)`` to ``(B, C, L)``."""

    def __init__(
        self, n_channels: int, context_length: int, hidden_size: int, dropout: float
    ) -> None:
        super().__init__()
        self.over_time = nn.Sequential(
            WindowNorm(n_channels * context_length),
            nn.Linear(context_length, context_length),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.norm = WindowNorm(n_channels * context_length)
        self.over_channels = nn.Sequential(
            nn.Linear(n_channels, hidden_size),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_size, n_channels),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Mix."""
        x = x + self.over_time(x)
        return x + self.over_channels(self.norm(x).transpose(1, 2)).transpose(1, 2)


class TSMixer(WindowNetwork):
    """Mixer blocks and a linear map over time, between RevIN and its inverse."""

    def __init__(
        self,
        n_channels: int,
        context_length: int,
        prediction_length: int,
        *,
        hidden_size: int,
        n_blocks: int,
        dropout: float,
    ) -> None:
        super().__init__(use_revin=True)
        block = n_channels, context_length, hidden_size, dropout
        self.blocks = nn.Sequential(*(MixerBlock(*block) for _ in range(n_blocks)))
        self.head = nn.Linear(context_length, prediction_length)

    def forward_normalised(self, normalised: Tensor, *_: Tensor) -> Tensor:
        """Forecast a window ``(B, C, L)`` as ``(B, C, H)``."""
        return self.head(self.blocks(normalised))


class TSMixerForecaster(PeerForecaster):
    """Forecast with TSMixer, trained with SAM or, at ``rho=0``, without.

    The defaults are those of the SAMformer paper's code on the ETT sets.
    """

    use_revin = True
    lr_schedule = "cosine"

    def __init__(
        self,
        context_length: int = 512,
        horizon: int | None = None,
        *,
        hidden_size: int = 64,
        n_blocks: int = 2,
        dropout: float = 0.9,
        rho: float = 0.0,
        max_epochs: int = 300,
        batch_size: int = 32,
        lr: float = 1e-3,
        validation_fraction: float = 0.25,
        patience: int = 5,
        random_state: int | None = None,
    ) -> None:
        self.hidden_size = hidden_size
        self.n_blocks = n_blocks
        self.dropout = dropout
        self.rho = rho
        super().__init__(
            context_length,
            horizon,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            validation_fraction=validation_fraction,
            patience=patience,
            random_state=random_state,
        )

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> TSMixer:
        return TSMixer(
            n_channels,
            context_length,
            prediction_length,
            hidden_size=self.hidden_size,
            n_blocks=self.n_blocks,
            dropout=self.dropout,
        )

    def _wrap_optimizer(self, optimizer: Optimizer) -> Optimizer:
        return SAM(optimizer, self.rho) if self.rho else optimizer
