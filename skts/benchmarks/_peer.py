"""What other networks than ours have in common when they are compared with them."""

from skts.forecasting import TorchForecaster


class PeerForecaster(TorchForecaster):
    """A forecaster with parameters only for what the comparison varies."""

    sp = None
    linear_maps = None
    refit_maps = False
    standardize = True
    weight_decay = 0.0
    windows_per_epoch = None
    max_time = None
    update_epochs = 1
    interval_method = "conformal"
    initial_weights = None
    device = "auto"
    precision = "float32"
    compile = False
    verbose = 0

    def __init__(
        self,
        context_length: int,
        horizon: int | None = None,
        *,
        max_epochs: int = 100,
        batch_size: int = 32,
        lr: float = 1e-4,
        validation_fraction: float = 0.25,
        patience: int = 10,
        random_state: int | None = None,
    ) -> None:
        self.context_length = context_length
        self.horizon = horizon
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        super().__init__()
