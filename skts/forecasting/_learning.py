"""What a forecaster learns: in fit, before it and after it."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skts._validation import warn_caller
from skts.fitted import (
    Layout,
    SeriesModel,
    choose_sizes,
    held_out_windows,
    join_rows,
    keep_rows,
    keep_training_rows,
    lay_out,
    make_series_model,
    measure_held_out,
    settle_maps,
    take_effects,
    update_model,
    without_effects,
)
from skts.forecasting._checks import CheckedForecaster
from skts.forecasting._horizon import coerce_horizon, count_steps_ahead, largest_step
from skts.linear import FEW_WINDOWS, map_contexts
from skts.models import (
    ChosenMaps,
    InitialWeights,
    Mixture,
    choose_maps,
    pretrain,
    read_weights,
    recipe_of,
    weights_of,
)
from skts.nn import WindowNetwork
from skts.series import (
    Frequency,
    KnownSeries,
    SeriesByName,
    check_library,
    describe,
    find_frequency,
    find_periods,
    join_panel,
    series_index,
    split_panel,
)
from skts.training import as_usual, draw_seed, faster_threads, resolve_device


class LearningForecaster(CheckedForecaster):
    """A forecaster that lets a `SeriesModel` be made of series, and keeps it."""

    _usual_context: ClassVar[int] = 512  # rows a network sees where there are as many

    context_length_: int
    channel_names_: list[Hashable]
    center_: np.ndarray | pd.DataFrame
    scale_: np.ndarray | pd.DataFrame
    score_scale_: np.ndarray | pd.DataFrame

    # Fit --------------------------------------------------------------------------

    @as_usual()
    @faster_threads()
    def _fit(
        self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon | None
    ) -> Self:
        self._check_parameters()
        series = split_panel(y)
        frequencies = _find_frequencies(series)
        horizon = self._resolve_horizon(fh, series, frequencies)
        periods = self._find_periods(series, frequencies)
        layout = self._lay_out(series, frequencies, horizon, periods)
        initial = self._where_to_start()
        with_maps = self.linear_maps is not None
        wants_network = initial is not None and self.max_epochs > 0
        if with_maps and wants_network and len(layout.valid or ()) < FEW_WINDOWS:
            # Few windows leave no network, but weights from elsewhere want one.
            with_maps = False
            layout = self._lay_out(
                series, frequencies, horizon, periods, with_maps=False
            )
        layout.warn_of_left_out()
        training_rows = keep_training_rows(layout)
        if X is not None:
            layout = without_effects(layout, split_panel(X), periods)
        chosen = self._choose_maps(layout, periods) if with_maps else None
        if chosen is not None and chosen.is_naive:
            _warn_of_naive_forecast(series, chosen)

        def make_model(mixture: Mixture) -> SeriesModel:
            return make_series_model(
                mixture, layout, list(y.index.names), training_rows
            )

        def finish(mixture: Mixture) -> None:
            model = make_model(mixture)
            if self.validation_fraction > 0:
                windows = held_out_windows(model, layout, chosen)
                held_out = measure_held_out(windows, self.interval_method)
                model = replace(
                    model, held_out=held_out, held_out_rows=keep_rows(windows)
                )
            if chosen is not None:
                model = settle_maps(model, layout, chosen, self.refit_maps)
            self.set_tags(**{"capability:pred_int": model.held_out is not None})
            self._keep(model)

        self._fit_mixture(
            chosen,
            layout.train,
            layout.valid,
            # Monitors of scikit-learn give a scorer both of these, or do not score.
            y,
            y if X is None else X,
            lambda mixture: self._attributes(make_model(mixture)),
            finish,
            initial,
        )
        return self

    def _find_periods(
        self, series: SeriesByName, frequencies: dict[Hashable, Frequency | None]
    ) -> tuple[int, ...]:
        """Return the seasons that linear maps look for."""
        if self.sp is not None:
            return (self.sp,)
        longest = max(series, key=lambda name: len(series[name]))
        rows = series[longest]
        values = rows.to_numpy(dtype=np.float64)
        return find_periods(rows.index, frequencies[longest], values)

    def _choose_maps(self, layout: Layout, periods: tuple[int, ...]) -> ChosenMaps:
        """Return linear maps, which are wanted."""
        assert self.linear_maps is not None, "asked before"
        longest = layout.sizes.map_context
        horizon = layout.sizes.prediction_length
        contexts = map_contexts(longest, horizon, periods)
        return choose_maps(layout.for_maps, contexts, periods, self.linear_maps)

    def _lay_out(
        self,
        series: SeriesByName,
        frequencies: dict[Hashable, Frequency | None],
        prediction_length: int,
        periods: tuple[int, ...] = (),
        *,
        with_maps: bool = True,
    ) -> Layout:
        sizes = choose_sizes(
            series,
            frequencies,
            self.context_length,
            self._usual_context,
            prediction_length,
            periods,
            self.validation_fraction,
            with_maps=with_maps and self.linear_maps is not None,
        )
        return lay_out(
            series,
            frequencies,
            sizes,
            self.validation_fraction,
            self.standardize,
            resolve_device(self.device),
            periods[0] if periods else 1,
        )

    def _resolve_horizon(
        self,
        fh: ForecastingHorizon | None,
        series: SeriesByName,
        frequencies: dict[Hashable, Frequency | None],
    ) -> int:
        """Return the number of steps the network forecasts at once."""
        limit = self.horizon or getattr(self, "pretrained_horizon_", None)
        if fh is None:
            assert limit is not None, "checked with fh"
            return limit
        ends = {(series[n].index[-1], frequencies[n]): n for n in series}
        steps = np.concatenate(
            [
                count_steps_ahead(fh, series[n].index, frequencies[n])
                for n in ends.values()
            ]
        )
        return limit or int(steps.max())

    def _keep(self, model: SeriesModel) -> None:
        """Keep what a fit learned, as fitted attributes."""
        self._model = model
        self._cutoff = model.latest.cutoff
        self._keep_mixture(model.solved)
        self.context_length_ = model.context_length
        self.channel_names_ = list(model.columns)
        self.center_ = _by_series(model, lambda known: known.units.center)
        self.scale_ = _by_series(model, lambda known: known.units.scale)
        self.score_scale_ = _by_series(model, lambda known: known.deviation)

    @property
    def coef_(self) -> pd.DataFrame:
        """What a unit of each covariate adds to each channel, in units of the data.

        A row for each covariate and lag, and a column for each channel. Lag 1 is the
        effect one row after the covariate's, -1 that one row before. A panel has such
        rows for each series.
        """
        self.check_is_fitted()
        model = self._model
        if model.covariates is None:
            raise AttributeError("There are no coefficients: fit was given no X.")
        tables = {
            name: model.covariates.coefficients(name).set_axis(model.columns, axis=1)
            for name in model.known
        }
        return join_panel(tables, [*model.level_names[:-1], "covariate", "lag"])

    # Weights from elsewhere -------------------------------------------------------

    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Self:
        """Learn weights from a panel, for ``fit`` to go on from.

        All series of the panel train one network, each standardised by its own training
        part. A later ``fit`` starts from these weights and learns its own scale, and a
        further ``pretrain`` goes on with another panel. Clones keep the weights;
        ``set_params`` and sktime's tuners lose them: give those a file, see
        `initial_weights`.

        Parameters
        ----------
        y : DataFrame with a MultiIndex, or another panel or hierarchy of sktime
            Series to learn from, with the channels of the series to come.
        X : DataFrame with such a MultiIndex, or with the times alone, default=None
            Covariates. Weights are learned from what their effects leave; the effects
            themselves are learned by ``fit``.
        fh : forecasting horizon, default=None
            Steps ahead; the largest is the horizon of the network. None takes
            `horizon`, or that of the pretraining before.

        Returns
        -------
        self : forecaster
            With ``pretrained_weights_``, ``pretrained_horizon_`` and
            ``pretrained_history_``. It is not fitted yet.

        Raises
        ------
        TypeError
            If `y` is one series.
        ValueError
            If a series is too short, infinite or lacks a channel; if no horizon is
            known.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from skts.forecasting import SAMformerForecaster
        >>> wave = pd.DataFrame({"wave": np.sin(np.arange(40.0))})
        >>> panel = pd.concat({"a": wave, "b": 2 * wave}, names=["name", "time"])
        >>> model = SAMformerForecaster(8, horizon=2, max_epochs=2).pretrain(panel)
        >>> model.fit(wave[:20]).predict(fh=[1, 2]).shape
        (2, 1)
        """
        check_library(y)
        return super().pretrain(y, X, None if fh is None else coerce_horizon(fh))

    @as_usual()
    @faster_threads()
    def _pretrain(
        self,
        y: pd.DataFrame,
        X: pd.DataFrame | None = None,
        fh: ForecastingHorizon | None = None,
    ) -> Self:
        self._check_parameters()
        series = split_panel(y)
        known = self.horizon or getattr(self, "pretrained_horizon_", None)
        horizon = largest_step(fh, known, type(self).__name__)
        frequencies = _find_frequencies(series)
        layout = self._lay_out(series, frequencies, horizon, with_maps=False)
        layout.warn_of_left_out()
        if X is not None:
            layout = without_effects(layout, split_panel(X), ())
        if self.max_epochs == 0:
            raise ValueError(
                "max_epochs must be >= 1 in pretrain, got 0: weights of a network are "
                "learned, and linear maps alone have none."
            )
        trained = pretrain(
            recipe_of(self),
            layout.train,
            layout.valid,
            draw_seed(self.random_state),
            self._where_to_start(),
        )
        self.pretrained_weights_ = weights_of(trained.network)
        self.pretrained_horizon_ = horizon
        self.pretrained_history_ = trained.history
        return self

    def _trained_network(self, what: str) -> WindowNetwork:
        """Return the network; raise if the linear maps are alone."""
        if self.network_ is None:
            raise ValueError(
                f"There are no {what}: no network was trained, since the linear maps "
                "were chosen on too few windows to tell what it adds, or "
                "max_epochs=0, or training was stopped before an epoch had ended. "
                "linear_maps=None trains it alone."
            )
        return self.network_

    def _where_to_start(self) -> InitialWeights | None:
        """Return what a new network starts from, and where that comes from."""
        if hasattr(self, "pretrained_weights_"):
            return InitialWeights("pretrain", self.pretrained_weights_)
        if self.initial_weights is None:
            return None
        source = f"initial_weights={self.initial_weights!r}"
        return InitialWeights(source, read_weights(self.initial_weights))

    # Update -----------------------------------------------------------------------

    def _update_y_X(
        self, y: pd.DataFrame, X: Any = None, enforce_index_type: Any = None
    ) -> None:
        """Refuse new rows that cannot be forecast from, before anything changes."""
        if self.is_fitted:
            self._check_index(y)  # now that sktime has made a frame of any panel
            join_rows(self._model, split_panel(y))
        super()._update_y_X(y, X, enforce_index_type)

    @as_usual()
    @faster_threads()
    def _update(
        self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True
    ) -> Self:
        recipe, seed = None, 0
        if update_params:
            recipe = replace(recipe_of(self), max_epochs=self.update_epochs)
            seed = draw_seed(self.random_state)
        try:
            model, series = self._model, split_panel(y)
            if X is not None:
                model, series = take_effects(
                    model, series, split_panel(X), self.standardize
                )
            model = update_model(
                model,
                join_rows(model, series),
                self.standardize,
                recipe,
                seed,
            )
        except BaseException:  # sktime has moved the cutoff already
            self._cutoff = self._model.latest.cutoff
            raise
        self._keep(model)
        return self


def _find_frequencies(series: SeriesByName) -> dict[Hashable, Frequency | None]:
    """Return the step of each series; raise if one of them has none."""
    return {n: find_frequency(rows.index, describe(n)) for n, rows in series.items()}


def _warn_of_naive_forecast(series: SeriesByName, chosen: ChosenMaps) -> None:
    n_rows = min(map(len, series.values()))
    is_panel = len(series) > 1
    of = " of the shortest series" if is_panel else ""
    longer = "without such short series" if is_panel else "a longer series"
    forecasts = {
        "mean": "the mean of the context",
        "last": "the last value",
        "seasonal": "the season before",
    }
    best = max(chosen.members, key=lambda member: member.weight).naive.name
    if chosen.windows.context_length == 1:
        best = "last"
    warn_caller(
        f"y is too short for anything but a naive forecast: {n_rows} time points{of} "
        f"and horizon={chosen.windows.prediction_length} leave "
        f"{min(map(len, chosen.windows.every))} window(s) to learn from. The forecast "
        f"is {forecasts.get(best, best)}. Updates do not change that: use a shorter "
        f"context_length or horizon, or fit {longer}.",
    )


def _by_series(
    model: SeriesModel, unit_of: Callable[[KnownSeries], np.ndarray]
) -> np.ndarray | pd.DataFrame:
    """Return units ``(C,)`` as they are, or with a row for each series."""
    units = {name: unit_of(known) for name, known in model.known.items()}
    if None in units:
        return units[None]
    names = series_index(list(units), model.level_names[:-1])
    return pd.DataFrame(np.stack(list(units.values())), names, model.columns)
