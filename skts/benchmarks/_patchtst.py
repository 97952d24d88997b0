"""PatchTST (Nie et al., ICLR 2023) as Hugging Face has it, trained as our models are.

A transformer over patches of one channel at a time. Needs the extra ``peers``.
"""

from torch import Tensor

from skts.benchmarks._peer import PeerForecaster
from skts.nn import WindowNetwork


class PatchTST(WindowNetwork):
    """The library's network with our axes; RevIN is ours, without gain and shift."""

    def __init__(
        self,
        n_channels: int,
        context_length: int,
        prediction_length: int,
        *,
        hidden_size: int,
        dropout: float,
    ) -> None:
        super().__init__(use_revin=True)
        try:
            from transformers import PatchTSTConfig, PatchTSTForPrediction
        except ImportError as error:
            raise ImportError(
                "The setting 'patchtst' needs transformers, which is not installed: "
                'pip install "skts[peers]".'
            ) from error
        config = PatchTSTConfig(
            num_input_channels=n_channels,
            context_length=context_length,
            prediction_length=prediction_length,
            patch_length=16,
            patch_stride=8,
            d_model=hidden_size,
            ffn_dim=8 * hidden_size,
            num_attention_heads=4,
            num_hidden_layers=3,
            ff_dropout=dropout,
            path_dropout=dropout,
            pre_norm=False,
            positional_encoding_type="random",
            pooling_type=None,
            scaling=None,
        )
        self.inner = PatchTSTForPrediction(config)

    def forward_normalised(self, normalised: Tensor, *_: Tensor) -> Tensor:
        """Forecast a window ``(B, C, L)`` as ``(B, C, H)``."""
        outputs = self.inner(past_values=normalised.transpose(1, 2))
        return outputs.prediction_outputs.transpose(1, 2)


class PatchTSTForecaster(PeerForecaster):
    """Forecast with PatchTST.

    Sizes, dropout and learning rate are those of its authors' script for ETTh1. Unlike
    there, the learning rate does not change, training stops after 10 epochs without a
    lower error, and the last patch is not padded (the library leaves the remainder
    out).
    """

    use_revin = True
    lr_schedule = "constant"

    def __init__(
        self,
        context_length: int = 336,
        horizon: int | None = None,
        *,
        hidden_size: int = 16,
        dropout: float = 0.3,
        max_epochs: int = 100,
        batch_size: int = 128,
        lr: float = 1e-4,
        validation_fraction: float = 0.25,
        patience: int = 10,
        random_state: int | None = None,
    ) -> None:
        self.hidden_size = hidden_size
        self.dropout = dropout
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
    ) -> PatchTST:
        return PatchTST(
            n_channels,
            context_length,
            prediction_length,
            hidden_size=self.hidden_size,
            dropout=self.dropout,
        )
