"""What the forecasting benchmark compares: forecasters with named settings."""

from typing import Any, NamedTuple

from skts.benchmarks._dlinear import DLinearForecaster
from skts.benchmarks._patchtst import PatchTSTForecaster
from skts.benchmarks._presets import preset_parameters
from skts.benchmarks._tsmixer import TSMixerForecaster
from skts.forecasting import LSINetForecaster, SAMformerForecaster, TorchForecaster


class Setting(NamedTuple):
    """A forecaster, its context, and what differs from its defaults."""

    forecaster: type[TorchForecaster]
    context_length: int
    changes: dict[str, Any]
    preset: str | None = None  # published parameters; `changes` go before them
    published: str | None = None  # what papers call it


def _samformer(
    published: str | None = None, preset: str | None = None, **changes: Any
) -> Setting:
    return Setting(SAMformerForecaster, 512, changes, preset, published)


def _sigma_reparam(**changes: Any) -> Setting:
    # The defaults start the head at zero, which has no spectral norm.
    changes |= {"sigma_reparam": True, "head_init": "glorot"}
    return _samformer(None, "samformer", **changes)


SETTINGS: dict[str, Setting] = {
    "samformer": _samformer("SAMformer"),
    "samformer-no-sam": _samformer("Transformer", rho=0.0),
    "samformer-paper": _samformer("SAMformer", "samformer", head_init="glorot"),
    "transformer-paper": _samformer(
        "Transformer", "samformer", head_init="glorot", rho=0.0
    ),
    "identity": _samformer("Identity attention", attention="identity"),
    "random": _samformer(attention="random", rho=0.0),
    "temporal": _samformer("Temporal attention", attention="temporal", rho=0.0),
    "sigma-reparam": _sigma_reparam(rho=0.0),
    "sigma-reparam-sam": _sigma_reparam(),
    "linear": _samformer(attention="none", rho=0.0),
    "linear-sam": _samformer(attention="none"),
    "tsmixer": Setting(TSMixerForecaster, 512, {"rho": 0.0}, "tsmixer", "TSMixer"),
    "tsmixer-sam": Setting(TSMixerForecaster, 512, {}, "tsmixer", "TSMixer+SAM"),
    "lsinet": Setting(LSINetForecaster, 384, {}),
    "lsinet-8-epochs": Setting(LSINetForecaster, 384, {"max_epochs": 8}),
    "lsinet-no-penalty": Setting(LSINetForecaster, 384, {"sparsity_interval": 0}),
    "lsinet-paper": Setting(LSINetForecaster, 384, {}, "lsinet"),
    "dlinear": Setting(DLinearForecaster, 384, {}),
    "dlinear-lr-5e-4": Setting(DLinearForecaster, 384, {"lr": 5e-4}),
    "dlinear-lr-5e-3": Setting(DLinearForecaster, 384, {"lr": 5e-3}),
    "dlinear-paper": Setting(DLinearForecaster, 384, {}, "dlinear"),
    "patchtst": Setting(PatchTSTForecaster, 336, {}),
}


def make_forecaster(
    dataset: str, horizon: int, setting: str, validation_fraction: float = 0.25
) -> TorchForecaster:
    """Return the forecaster of a named setting, without a seed."""
    forecaster, context_length, changes, preset, _ = SETTINGS[setting]
    parameters = {"context_length": context_length, "horizon": horizon}
    if preset is not None:
        parameters |= preset_parameters(dataset, horizon, preset)
    return forecaster(validation_fraction=validation_fraction, **parameters | changes)
