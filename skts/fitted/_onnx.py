"""Export of what forecasts windows to ONNX, which other programs run without torch."""

import json
import logging
import warnings
from collections.abc import Sequence
from copy import deepcopy
from importlib.util import find_spec
from os import PathLike, fspath
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from skts.fitted._model import SeriesModel
from skts.models import Mixture
from skts.series import Units


class DataToForecast(nn.Module):
    """Forecast windows of data ``(n, L, C)`` as data ``(n, H, C)``, in double.

    Parameters
    ----------
    mixture : Mixture
        What forecasts standardised windows.
    units : sequence of Units
        Units of each series.
    """

    offset: Tensor
    factor: Tensor
    still: Tensor

    def __init__(self, mixture: Mixture, units: Sequence[Units]) -> None:
        super().__init__()
        self.network_context = mixture.network_context
        self.network_weight = mixture.network_weight
        uses_network = mixture.network is not None and mixture.network_weight > 0
        uses_maps = mixture.maps is not None and mixture.network_weight < 1
        self.network = mixture.network if uses_network else None
        self.maps = mixture.maps if uses_maps else None
        # What the weights alone decide is a constant of the file.
        shared = () if self.network is None else self.network.shared()
        self.n_shared = len(shared)
        for number, constant in enumerate(shared):
            self.register_buffer(f"shared_{number}", constant.detach())
        for name in ("offset", "factor", "still"):
            rows = np.stack([getattr(one, name) for one in units])[:, None]
            self.register_buffer(name, torch.from_numpy(rows))  # (series, 1, C)
        self.some_are_still = bool(self.still.any())

    def forward(self, context: Tensor, series: Tensor | None = None) -> Tensor:
        """Forecast windows; `series` tells the position of the series of each."""
        offset, factor, still = self.offset, self.factor, self.still
        if series is not None:
            offset, factor, still = offset[series], factor[series], still[series]
        standardised = ((context - offset) / factor).float().transpose(1, 2)
        forecast = self._forecast(standardised)  # (n, C, H)
        if self.some_are_still:  # as in Mixture.forecast
            unmoved = (standardised == standardised[..., :1]).all(-1)
            at_rest = (still[:, 0] & unmoved)[..., None]
            forecast = torch.where(at_rest, standardised[..., -1:], forecast)
        return forecast.transpose(1, 2).double() * factor + offset

    def _forecast(self, context: Tensor) -> Tensor:
        weight = self.network_weight
        if self.network is None:
            assert self.maps is not None, "weights have sum 1"
            return self.maps(context)
        seen = context[..., -self.network_context :]
        normalised, mean, scale = self.network.normalise(seen)
        shared = [self.get_buffer(f"shared_{n}") for n in range(self.n_shared)]
        own = self.network.forward_normalised(normalised, *shared) * scale + mean
        if self.maps is None:
            return own
        return (1 - weight) * self.maps(context) + weight * own


def export_onnx(model: SeriesModel, path: str | PathLike[str]) -> None:
    """Write a model to an ONNX file; see ``to_onnx`` of the forecasters.

    Raises
    ------
    ImportError
        If what torch needs to export is not installed.
    NotImplementedError
        If covariates add to the series.
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"to_onnx needs {' and '.join(missing)}, with which torch exports: "
            "pip install 'skts[onnx]'."
        )
    if getattr(model, "covariates", None) is not None:
        raise NotImplementedError(
            "to_onnx writes what forecasts a series from its own past, and this "
            "forecaster was fitted with covariates. Save it with save(path, 'safe'), "
            "or fit it without X."
        )
    mixture = deepcopy(model.mixture)  # the model itself stays on its device
    mixture.to(torch.device("cpu"))
    units = [known.units for known in model.known.values()]
    module = DataToForecast(mixture, units).eval()
    size = (2, model.context_length, len(model.columns))
    inputs = {"context": torch.zeros(size, dtype=torch.float64)}
    facts = {"channels": list(model.columns)}
    if None not in model.known:
        inputs["series"] = torch.zeros(2, dtype=torch.int64)
        facts["series"] = list(model.known)
    program = _in_silence(module, inputs)
    for name, names in facts.items():
        program.model.metadata_props[name] = json.dumps(names, default=str)
    program.save(fspath(path), external_data=False)


def _in_silence(module: nn.Module, inputs: dict[str, Tensor]) -> Any:
    """Return a module as ONNX, without what the exporter tells of itself."""
    n_windows = torch.export.Dim("n_windows")
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return torch.onnx.export(
                module,
                tuple(inputs.values()),
                input_names=list(inputs),
                output_names=["forecast"],
                dynamic_shapes={name: {0: n_windows} for name in inputs},
                dynamo=True,
                verbose=False,
            )
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
