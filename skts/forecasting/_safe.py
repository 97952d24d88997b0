"""What a file that is safe to open holds of a forecaster, and a forecaster of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from skts.models import InitialWeights, start_from, weights_of

if TYPE_CHECKING:
    from skts.forecasting import TorchForecaster

# What a callback of scikit-learn is made of is its own affair.
LEFT_OUT = {"_skl_callbacks"}
KINDS = "feature_kind"


def take_apart(forecaster: "TorchForecaster") -> dict[str, Any]:
    """Return parameters, weights and all else that a fitted forecaster knows."""
    parameters = forecaster.get_params(deep=False)
    model = forecaster._model.as_solved()
    network = model.solved.network
    bare = replace(model, solved=replace(model.solved, network=None))
    made_again = forecaster._attributes(forecaster._model)
    not_state = {*parameters, *made_again, *LEFT_OUT}
    state = {n: value for n, value in vars(forecaster).items() if n not in not_state}
    for name in ("_y_metadata", "_X_metadata"):
        if name in state:  # sktime's kinds of columns, which only a fit asks for
            state[name] = {k: v for k, v in state[name].items() if k != KINDS}
    weights = None if network is None else weights_of(network)
    return {
        "parameters": parameters,
        "state": state,
        "model": bare,
        "weights": weights,
    }


def put_together(forecaster: "TorchForecaster", content: dict[str, Any]) -> None:
    """Make a forecaster with the parameters of `content` what it was."""
    forecaster.__dict__.update(content["state"])
    model = content["model"]
    mixture = model.solved
    if content["weights"] is not None:
        with torch.random.fork_rng(devices=[]):  # its first weights are not kept
            network = forecaster._build_network(
                len(model.columns), mixture.network_context, model.prediction_length
            )
        start_from(network, InitialWeights("the file", content["weights"]))
        mixture = replace(mixture, network=network.eval())
    forecaster._keep(replace(model, solved=mixture))
