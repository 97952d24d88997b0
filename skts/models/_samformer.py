"""SAMformer with its own parameters, trained by SAM."""

from torch.optim import Optimizer

from skts._validation import check_bool, check_int, check_option, check_real
from skts.models._base import WindowModel
from skts.nn import ATTENTIONS, HEAD_INITS, VALUE_PROJECTIONS, SAMformer
from skts.training import SAM


class SAMformerModel(WindowModel):
    """What the estimators around SAMformer share."""

    def _check_own_parameters(self) -> None:
        check_int("hidden_size", self.hidden_size, 1)
        check_int("n_heads", self.n_heads, 1)
        check_real("rho", self.rho, 0)
        check_bool("adaptive", self.adaptive)
        check_option("attention", self.attention, ATTENTIONS)
        check_option("value_projection", self.value_projection, VALUE_PROJECTIONS)
        check_option("head_init", self.head_init, HEAD_INITS)
        check_bool("sigma_reparam", self.sigma_reparam)
        if self.value_projection == "full" and self.n_heads > 1:
            raise ValueError(
                f"n_heads must be 1 with value_projection='full', got {self.n_heads}. "
                "Use value_projection='factorised'."
            )
        if self.sigma_reparam and self.head_init == "zeros":
            raise ValueError(
                "head_init must be 'glorot' with sigma_reparam=True, got 'zeros': a "
                "matrix of zeros has no spectral norm to divide by."
            )

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> SAMformer:
        return SAMformer(
            n_channels,
            context_length,
            prediction_length,
            hidden_size=self.hidden_size,
            n_heads=self.n_heads,
            attention=self.attention,
            value_projection=self.value_projection,
            head_init=self.head_init,
            sigma_reparam=self.sigma_reparam,
            use_revin=self.use_revin,
        )

    def _wrap_optimizer(self, optimizer: Optimizer) -> Optimizer:
        if self.rho == 0:
            return optimizer
        return SAM(optimizer, self.rho, adaptive=self.adaptive)
