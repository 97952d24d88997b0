"""What other networks than ours have in common when they are compared with them."""

from skts.forecasting import TorchForecaster


class PeerForecaster(TorchForecaster):
    """A forecaster with parameters only for what the comparison varies."""

    standardize = True
    weight_decay = 0.0
    update_epochs = 1
    interval_method = "conformal"
    initial_weights = None
    device = "auto"
    precision = "float32"
    compile = False
    verbose = 0

    def __init__(
        self,
        context_length,
        horizon=None,
        *,
        max_epochs=100,
        batch_size=32,
        lr=1e-4,
        validation_fraction=0.25,
        patience=10,
        random_state=None,
    ):
        self.context_length = context_length
        self.horizon = horizon
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        super().__init__()
