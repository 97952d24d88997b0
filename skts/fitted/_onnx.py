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

from skts.fitted._conformal import window_spread
from skts.fitted._model import SeriesModel
from skts.models import Mixture
from skts.series import Units


class DataToForecast(nn.Module):
    """Forecast windows of data ``(n, L, C)`` as data ``(n, H, C)``, in double.

    With half widths of intervals, their lower and upper ends come after the forecast,
    each ``(n, A, H, C)``.

    Parameters
    ----------
    mixture : Mixture
        What forecasts standardised windows.
    units : sequence of Units
        Units of each series.
    half_widths : Tensor of shape (n_series, A, H, C), default=None
        How far intervals of some coverages reach to either side.
    adaptive : bool, default=False
        Whether that is in units of the spread of each window.
    """

    offset: Tensor
    factor: Tensor
    still: Tensor
    scale_seen: Tensor
    half_widths: Tensor | None

    def __init__(
        self,
        mixture: Mixture,
        units: Sequence[Units],
        half_widths: Tensor | None = None,
        *,
        adaptive: bool = False,
    ) -> None:
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
        self.register_buffer("half_widths", half_widths)
        self.adaptive = adaptive
        for name in ("offset", "factor", "still", "scale_seen"):
            rows = np.stack([getattr(one, name) for one in units])[:, None]
            self.register_buffer(name, torch.from_numpy(rows))  # (series, 1, C)
        self.some_are_still = bool(self.still.any())

    def forward(self, context: Tensor, series: Tensor | None = None) -> Any:
        """Forecast windows; `series` tells the position of the series of each."""
        at = slice(None) if series is None else series
        offset, factor = self.offset[at], self.factor[at]
        standardised = ((context - offset) / factor).float().transpose(1, 2)
        forecast = self._forecast(standardised)  # (n, C, H)
        if self.some_are_still:  # as in Mixture.forecast
            unmoved = (standardised == standardised[..., :1]).all(-1)
            at_rest = (self.still[at][:, 0] & unmoved)[..., None]
            forecast = torch.where(at_rest, standardised[..., -1:], forecast)
        values = forecast.transpose(1, 2).double() * factor + offset
        if self.half_widths is None:
            return values
        widths = self.half_widths[at]
        if self.adaptive:
            spread = window_spread(standardised, self.scale_seen[at][:, 0])
            widths = widths * spread.transpose(1, 2)[:, None]
        return values, values[:, None] - widths, values[:, None] + widths

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


def export_onnx(
    model: SeriesModel, path: str | PathLike[str], coverages: Sequence[float] = ()
) -> None:
    """Write a model to an ONNX file; see ``to_onnx`` of the forecasters.

    With `coverages`, intervals are in it, of a model that has errors held out.

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
    widths = _half_widths(model, coverages) if coverages else None
    adaptive = model.held_out is not None and model.held_out.method == "adaptive"
    module = DataToForecast(mixture, units, widths, adaptive=adaptive).eval()
    size = (2, model.context_length, len(model.columns))
    inputs = {"context": torch.zeros(size, dtype=torch.float64)}
    outputs = ["forecast"]
    facts = {"channels": list(model.columns)}
    if coverages:
        outputs += ["lower", "upper"]
        facts["coverages"] = list(coverages)
    if None not in model.known:
        inputs["series"] = torch.zeros(2, dtype=torch.int64)
        facts["series"] = list(model.known)
    program = _in_silence(module, inputs, outputs)
    for name, names in facts.items():
        program.model.metadata_props[name] = json.dumps(names, default=str)
    program.save(fspath(path), external_data=False)


def _half_widths(model: SeriesModel, coverages: Sequence[float]) -> Tensor:
    """Return half widths as they stand now, of each series, ``(n_series, A, H, C)``."""
    held_out = model.held_out
    assert held_out is not None, "checked before"
    held_out.warn(model.known, coverages)
    widths = []
    for name, known in model.known.items():
        unit = known.units.of_errors
        if held_out.method != "adaptive":  # then it comes with each window
            unit = unit * known.units.scale_seen
        widths.append(held_out.of(name).half_widths(coverages).swapaxes(-1, -2) * unit)
    return torch.from_numpy(np.stack(widths))


def _in_silence(
    module: nn.Module, inputs: dict[str, Tensor], outputs: list[str]
) -> Any:
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
                output_names=outputs,
                dynamic_shapes={name: {0: n_windows} for name in inputs},
                dynamo=True,
                verbose=False,
            )
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
