"""What other networks than ours have in common when they are compared with them."""

from skts.forecasting._base import TorchForecaster


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
