"""What a fit on series learns, as one plain object, and the forecasts it makes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skts.data import Rows, Windows
from skts.fitted._held_out import HeldOutErrors
from skts.fitted._layout import Layout
from skts.models import TrainedNetwork
from skts.nn import WindowNetwork
from skts.series import KnownSeries

# Windows of the recent past that an update may learn from again.
REPLAY_WINDOWS = 1000


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series, and what it was made from.

    Attributes
    ----------
    known : KnownSeries
        The series.
    context : Tensor of shape (n_channels, context_length)
        Its last rows as the network saw them.
    values : ndarray of shape (prediction_length, n_channels)
        All steps of the forecast, in the units of the data.
    """

    known: KnownSeries
    context: Tensor
    values: np.ndarray


@dataclass(frozen=True)
class SeriesModel:
    """A trained network and the series that it knows.

    Attributes
    ----------
    trained : TrainedNetwork
        The network.
    context_length, prediction_length : int
        Rows ``L`` it sees, and rows ``H`` after them that it forecasts.
    known : dict of KnownSeries
        Series by name; a series that is no part of a panel has the name None.
    level_names : list
        Names of the index levels of the data.
    naive_errors : ndarray of shape (L, n_channels) or None
        Errors of seasonal naive forecasts of the training part, by period; None for a
        panel.
    held_out : HeldOutErrors or None
        Errors of the windows held out, if there were any.
    """

    trained: TrainedNetwork
    context_length: int
    prediction_length: int
    known: dict[Hashable, KnownSeries]
    level_names: Sequence[Hashable]
    naive_errors: np.ndarray | None = None
    held_out: HeldOutErrors | None = None

    @property
    def network(self) -> WindowNetwork:
        """The trained network."""
        return self.trained.network

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.trained.device

    @property
    def n_kept(self) -> int:
        """Rows of a series that the next forecast or the next update may need."""
        return self.context_length + self.prediction_length - 1 + REPLAY_WINDOWS

    @property
    def latest(self) -> KnownSeries:
        """The series that ends last."""
        return max(self.known.values(), key=lambda one: one.recent.index[-1])

    @property
    def columns(self) -> Any:
        """The names of the channels."""
        return next(iter(self.known.values())).recent.columns

    def windows(
        self, series: Tensor, starts: np.ndarray, prediction_length: int
    ) -> Windows:
        """Return windows of standardised rows ``(C, T)``."""
        on_device = torch.from_numpy(starts).to(series.device)
        return Windows(series, on_device, self.context_length, prediction_length)

    def forecast(self, context: Tensor, known: KnownSeries) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` of a series as ``(B, C, H)``."""
        still = torch.from_numpy(known.units.still).to(context.device)
        return self.trained.forecast(context, still)

    def forecast_each(self) -> dict[Hashable, Forecast]:
        """Forecast all series known, each from its own end."""
        known = list(self.known.values())
        contexts = torch.stack(
            [one.units.standardise(one.last(self.context_length)) for one in known]
        )
        still = torch.from_numpy(np.stack([one.units.still for one in known]))
        rows = Rows(contexts.to(self.device), still.to(self.device))
        forecasts = self.trained.forecast_rows(rows).numpy()
        return {
            name: Forecast(one, context, one.units.restore(values))
            for (name, one), context, values in zip(
                self.known.items(), contexts, forecasts, strict=True
            )
        }

    def to(self, device: torch.device) -> None:
        """Move the network."""
        self.network.to(device)


def make_series_model(
    trained: TrainedNetwork,
    layout: Layout,
    level_names: Sequence[Hashable],
    naive_errors: np.ndarray | None,
) -> SeriesModel:
    """Return a model that knows the series it was trained on, by their last rows."""
    windows = layout.train
    sizes = windows.context_length, windows.prediction_length
    model = SeriesModel(trained, *sizes, layout.known, level_names, naive_errors)
    return replace(
        model,
        known={
            name: one.keep(one.recent, model.n_kept)
            for name, one in model.known.items()
        },
    )
