"""What the forecasting benchmark compares: forecasters with named settings."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from skts.benchmarks._dlinear import DLinearForecaster
from skts.benchmarks._patchtst import PatchTSTForecaster
from skts.benchmarks._presets import preset_parameters
from skts.benchmarks._tsmixer import TSMixerForecaster
from skts.forecasting import LSINetForecaster, SAMformerForecaster, TorchForecaster


class Setting(NamedTuple):
    """A forecaster, its context, and what differs from its defaults."""

    forecaster: Callable[..., TorchForecaster]
    context_length: int | None
    changes: dict[str, Any]
    preset: str | None = None  # published parameters; `changes` go before them
    published: str | None = None  # what papers call it
    training: Mapping[str, Any] = {}  # the others go before it


# The networks alone, trained for as long as it takes, as their authors do.
_LONG: dict[str, Any] = {"linear_maps": None, "windows_per_epoch": None}
_LONG_SAMFORMER = _LONG | {
    "batch_size": 32,
    "lr": 1e-4,
    "lr_schedule": "cosine",
    "max_epochs": 300,
    "patience": 5,
}
_LONG_LSINET = _LONG | {
    "hidden_size": 128,
    "dropout": 0.3,
    "batch_size": 128,
    "lr": 1e-4,
    "lr_schedule": "decay",
    "max_epochs": 30,
    "patience": 10,
}


def _samformer(
    published: str | None = None, preset: str | None = None, **changes: Any
) -> Setting:
    return Setting(
        SAMformerForecaster, 512, changes, preset, published, _LONG_SAMFORMER
    )


def _lsinet(preset: str | None = None, **changes: Any) -> Setting:
    return Setting(LSINetForecaster, 384, changes, preset, training=_LONG_LSINET)


# The defaults mix a network with linear maps, and the papers' protocol learns nothing
# from the rows held out; all other settings train a network alone.
_MIXED = {"refit_maps": False}


def _sigma_reparam(**changes: Any) -> Setting:
    # The defaults start the head at zero, which has no spectral norm.
    changes |= {"sigma_reparam": True, "head_init": "glorot"}
    return _samformer(None, "samformer", **changes)


SETTINGS: dict[str, Setting] = {
    "samformer": Setting(SAMformerForecaster, None, _MIXED, None, "SAMformer"),
    "lsinet": Setting(LSINetForecaster, None, _MIXED),
    "lsinet-128": Setting(LSINetForecaster, None, _MIXED | {"hidden_size": 128}),
    "maps": Setting(SAMformerForecaster, None, _MIXED | {"max_epochs": 0}),
    "samformer-alone": _samformer("SAMformer"),
    "samformer-alone-short": Setting(SAMformerForecaster, 512, {"linear_maps": None}),
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
    "lsinet-alone": _lsinet(),
    "lsinet-alone-128": Setting(
        LSINetForecaster, 384, {"linear_maps": None, "hidden_size": 128}
    ),
    "lsinet-8-epochs": _lsinet(max_epochs=8),
    "lsinet-no-penalty": _lsinet(sparsity_interval=0),
    "lsinet-paper": _lsinet("lsinet"),
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
    forecaster, context_length, changes, preset, _, training = SETTINGS[setting]
    parameters = {"context_length": context_length, "horizon": horizon, **training}
    if preset is not None:
        parameters |= preset_parameters(dataset, horizon, preset)
    return forecaster(validation_fraction=validation_fraction, **parameters | changes)
