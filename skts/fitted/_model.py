"""What a fit on series learns, as one plain object, and the forecasts it makes."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from skts.data import Rows, Windows, truth_of
from skts.fitted._covariates import Covariates, rows_of
from skts.fitted._held_out import HeldOutErrors
from skts.fitted._held_out_rows import HeldOutRows
from skts.fitted._layout import Layout, Sizes
from skts.fitted._naive import TrainingRows
from skts.models import FollowingMaps, Mixture
from skts.series import KnownSeries, SeriesByName

# Windows of the recent past that an update may learn from again.
REPLAY_WINDOWS = 1000


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series, and what it was made from.

    Attributes
    ----------
    name : Hashable
        The name of the series.
    known : KnownSeries
        The series.
    context : Tensor of shape (n_channels, context_length)
        Its last rows as the network saw them.
    values : ndarray of shape (n_steps, n_channels)
        All steps of the forecast, in the units of the data.
    effects : ndarray of shape (n_steps, n_channels, n_covariates)
        What each covariate has added to them.
    """

    name: Hashable
    known: KnownSeries
    context: Tensor
    values: np.ndarray
    effects: np.ndarray


@dataclass(frozen=True)
class SeriesModel:
    """What forecasts windows, and the series that it knows.

    Attributes
    ----------
    solved : Mixture
        A network, linear maps, or both, as the maps were last solved.
    sizes : Sizes
        Rows that are looked at, and rows after them that are forecast.
    known : dict of KnownSeries
        Series by name; a series that is no part of a panel has the name None.
    level_names : list
        Names of the index levels of the data.
    training_rows : TrainingRows
        What errors of naive forecasts are measured on.
    held_out : HeldOutErrors or None
        Errors of the windows held out, if there were any.
    held_out_rows : sequence of HeldOutRows
        Rows that they were held out in, to measure errors beyond the horizon.
    following : FollowingMaps or None
        What lets the linear maps follow new rows, if it is not too large.
    due : bool
        Whether the maps are to be solved again before the next forecast.
    covariates : Covariates or None
        What covariates add to the series, which are known without it.
    """

    solved: Mixture
    sizes: Sizes
    known: dict[Hashable, KnownSeries]
    level_names: Sequence[Hashable]
    training_rows: TrainingRows
    held_out: HeldOutErrors | None = None
    held_out_rows: Sequence[HeldOutRows] = ()
    following: FollowingMaps | None = None
    due: bool = False
    covariates: Covariates | None = None

    @cached_property
    def mixture(self) -> Mixture:
        """A network, linear maps, or both, that have learned from all rows they may."""
        if not self.due or self.following is None:
            return self.solved
        maps = self.following.solve().to(self.solved.device)
        return self.solved.with_maps(maps)

    def as_solved(self) -> Self:
        """Return the model without maps to solve, if a forecast has solved them."""
        if "mixture" not in vars(self):
            return self
        return replace(self, solved=self.mixture, due=False)

    def parts(self) -> dict[str, Self]:
        """Return models of maps and network, each alone if there, and of both."""
        parts = self.mixture.parts | {"mixture": self.mixture}
        return {
            name: replace(self, solved=part, due=False) for name, part in parts.items()
        }

    @property
    def context_length(self) -> int:
        """Rows ``L`` that a forecast looks at."""
        return self.sizes.looked_at

    @property
    def prediction_length(self) -> int:
        """Rows ``H`` after them that are forecast."""
        return self.sizes.prediction_length

    @property
    def device(self) -> torch.device:
        """Where it forecasts."""
        return self.solved.device

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

    def windows_of(
        self, known: KnownSeries, values: np.ndarray, starts: np.ndarray
    ) -> Windows:
        """Return windows of rows ``(T, C)`` of a series, in the units of the data."""
        series = known.standardise(values)
        truth = truth_of(series, values)
        windows = self.windows(series.to(self.device), starts, self.prediction_length)
        return (
            windows if truth is None else replace(windows, truth=truth.to(self.device))
        )

    def forecast(
        self, context: Tensor, known: KnownSeries, n_steps: int | None = None
    ) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` of a series as ``(B, C, H)``.

        With `n_steps`, that many steps: what is beyond H is forecast in blocks.
        """
        still = torch.from_numpy(known.units.still).to(context.device)
        return self.mixture.forecast(context, still, n_steps)

    def forecast_each(
        self,
        n_steps: int,
        steps: Mapping[Hashable, np.ndarray] | None = None,
        X: SeriesByName | None = None,
    ) -> dict[Hashable, Forecast]:
        """Forecast so many steps of all series known, each from its own end.

        Where covariates have effects, `X` holds them for the `steps` to come of each.
        """
        every, effects = self._ahead(n_steps, steps, X)
        known = list(every.values())
        contexts = torch.stack(
            [one.units.standardise(one.last(self.context_length)) for one in known]
        )
        still = torch.from_numpy(np.stack([one.units.still for one in known]))
        rows = Rows(contexts.to(self.device), still.to(self.device))
        forecasts = self.mixture.forecast_rows(rows, n_steps).numpy()
        return {
            name: Forecast(
                name,
                one,
                context,
                one.units.restore(values) + effects[name].sum(axis=-1),
                effects[name],
            )
            for (name, one), context, values in zip(
                every.items(), contexts, forecasts, strict=True
            )
        }

    def _ahead(
        self,
        n_steps: int,
        steps: Mapping[Hashable, np.ndarray] | None,
        X: SeriesByName | None,
    ) -> tuple[dict[Hashable, KnownSeries], dict[Hashable, np.ndarray]]:
        """Return the series known, and effects on the steps to come, ``(H, C, K)``."""
        if self.covariates is None:
            none = np.zeros((n_steps, len(self.columns), 0))
            return self.known, dict.fromkeys(self.known, none)
        assert steps is not None, "asked for with X"
        assert X is not None, "asked for where covariates have effects"
        known, effects = {}, {}
        for name, one in self.known.items():
            known[name], effects[name] = self.covariates.ahead(
                name, one, rows_of(X, name), steps[name], n_steps
            )
        return known, effects

    def to(self, device: torch.device) -> None:
        """Move what forecasts; what lets maps follow new rows stays on the CPU."""
        for mixture in (self.solved, vars(self).get("mixture")):
            if mixture is not None:
                mixture.to(device)
        for rows in self.held_out_rows:
            if rows.maps is not None:
                rows.maps.to(device)


def make_series_model(
    mixture: Mixture,
    layout: Layout,
    level_names: Sequence[Hashable],
    training_rows: TrainingRows,
) -> SeriesModel:
    """Return a model that knows the series it was trained on, by their last rows."""
    model = SeriesModel(mixture, layout.sizes, layout.known, level_names, training_rows)
    return replace(
        model,
        covariates=layout.covariates,
        known={
            name: one.keep(one.recent, model.n_kept)
            for name, one in model.known.items()
        },
    )
