"""What the forecasters share: sktime's interface around what a fit learns."""

from collections.abc import Callable, Hashable, Sequence
from copy import deepcopy
from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skts._sklearn_door import SklearnDoor
from skts._validation import check_bool, check_int, check_option, warn_caller
from skts.fitted import (
    INTERVAL_METHODS,
    Backtest,
    Forecast,
    HeldOutErrors,
    Layout,
    RollingByName,
    SeriesModel,
    backtest,
    check_enough,
    check_levels,
    check_within,
    choose_sizes,
    cut_rolling,
    errors_to,
    export_onnx,
    forecast_one_step,
    forecast_rolling,
    held_out_windows,
    join_rows,
    keep_rows,
    keep_training_rows,
    lay_out,
    make_series_model,
    measure_held_out,
    rolling_error,
    rolling_in_units,
    settle_maps,
    take_effects,
    update_model,
    without_effects,
)
from skts.forecasting._given import read_series
from skts.forecasting._horizon import (
    coerce_horizon,
    count_steps_ahead,
    largest_step,
)
from skts.forecasting._moving_cutoff import find_cutoffs
from skts.forecasting._proba import as_distribution, check_skpro
from skts.forecasting._sktime import join_moving_cutoffs, percentage_error
from skts.linear import FEW_WINDOWS, map_contexts
from skts.models import (
    ChosenMaps,
    InitialWeights,
    Mixture,
    WindowModel,
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
    as_covariates,
    as_frame,
    check_columns,
    check_covariates,
    check_index,
    check_library,
    check_order,
    check_times,
    check_values,
    describe,
    find_frequency,
    find_periods,
    for_each,
    is_nested,
    join_panel,
    split_panel,
    with_frequency,
)
from skts.training import as_usual, draw_seed, faster_threads, resolve_device

if TYPE_CHECKING:
    from skts.forecasting._distribution import ForecastDistribution

Series = pd.Series | pd.DataFrame | np.ndarray


class TorchForecaster(SklearnDoor, WindowModel, BaseForecaster):
    """Base of the forecasters: one network that maps a context window to a horizon.

    Subclasses store their parameters and say what their network is, as `WindowModel`
    asks. This class checks data, lets a `SeriesModel` be made of them, keeps it, and
    translates what it answers.

    The order of the base classes matters: `SklearnDoor` and `WindowModel` override
    methods of sktime's base class.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "maintainers": ["skts developers"],
        "python_dependencies": ["torch>=2.4"],
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:pretrain": True,
        "capability:update": True,
        "capability:unequal_length": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": True,
        "X-y-must-have-same-index": False,
    }
    # The last rows are kept by ourselves; sktime would keep the whole series.
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}

    _usual_context: ClassVar[int] = 512  # rows a network sees where there are as many

    context_length: int | None
    horizon: int | None
    sp: int | None
    update_epochs: int
    interval_method: str
    initial_weights: str | None

    _fh: ForecastingHorizon | None
    _model: SeriesModel

    context_length_: int
    channel_names_: list[Hashable]
    center_: np.ndarray | pd.DataFrame
    scale_: np.ndarray | pd.DataFrame
    score_scale_: np.ndarray | pd.DataFrame

    def __init__(self) -> None:
        super().__init__()
        self._y = self._X = None
        if self.horizon is not None:
            self.set_tags(**{"requires-fh-in-fit": False})
        if self.validation_fraction == 0:
            self.set_tags(**{"capability:pred_int": False})

    # Checks -------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        check_int("context_length", self.context_length, 2, optional=True)
        check_int("sp", self.sp, 1, optional=True)
        check_int("horizon", self.horizon, 1, optional=True)
        check_int("update_epochs", self.update_epochs, 1)
        check_option("interval_method", self.interval_method, INTERVAL_METHODS)
        if self.initial_weights is not None:
            read_weights(self.initial_weights)
        super()._check_parameters()

    def _check_X_y(self, X: Any = None, y: Any = None, **kwargs: Any) -> Any:
        """Check data before sktime converts them: its errors say less."""
        X = self._read_covariates(X, y)
        if y is not None:
            check_library(y)
            if not isinstance(y, pd.Series | pd.DataFrame) and self.is_fitted:
                raise TypeError(
                    f"update needs a Series or DataFrame, got {type(y).__name__}: "
                    "arrays and lists carry no time, so it is unknown where their rows "
                    f"belong. Give it an index that goes on after {self.cutoff[0]!r}."
                )
            check_values(y, may_miss=True)
            if isinstance(y, pd.Series | pd.DataFrame) and not is_nested(y):
                self._check_index(y)
        return super()._check_X_y(X=X, y=y, **kwargs)

    def _read_covariates(self, X: Any, y: Any = None) -> Any:
        """Check covariates, of rows of `y` or of steps to come, and return a frame."""
        if self.is_fitted:
            self._check_that_covariates_go_on(X)
        if X is None:
            return None
        if isinstance(X, list) or np.ndim(X) == 3 or is_nested(X):
            X = convert_to(X, "pd-multiindex", as_scitype="Panel")
        times = getattr(y, "index", None)
        if y is None and None in self._model.known:
            times = self._only.times_after(np.arange(1, len(X) + 1))
        seen = self._model.covariates if self.is_fitted else None
        columns = None if seen is None else list(seen.columns)
        X = as_covariates(X, pd.RangeIndex(len(X)) if times is None else times, columns)
        if seen is not None and isinstance(X, pd.DataFrame):
            check_covariates(X, seen.columns)
            X = X.set_axis(seen.columns, axis=1)  # one may have another name
            if y is None:
                return for_each(X, list(self._model.known), self._model.level_names)
        if isinstance(y, pd.DataFrame) and isinstance(y.index, pd.MultiIndex):
            return for_each(X, list(split_panel(y)), y.index.names)
        return X

    def _check_that_covariates_go_on(self, X: Any) -> None:
        seen = self._model.covariates
        if seen is None and X is not None:
            raise ValueError(
                f"This {type(self).__name__} was fitted without X, and knows of no "
                "effect it could have. Leave X out, or give fit its rows, too."
            )
        if seen is not None and X is None:
            raise ValueError(
                f"X is missing: this {type(self).__name__} was fitted with covariates, "
                f"{list(seen.columns)}, and needs them for all rows and steps to come. "
                "Give X, or fit without."
            )

    def _check_index(self, y: pd.Series | pd.DataFrame) -> None:
        check_index(y.index)
        for name, rows in split_panel(y).items():
            check_order(rows.index, describe(name), "y")
        if not self.is_fitted:
            return
        n_levels = len(self._model.level_names)
        if y.index.nlevels != n_levels:
            raise TypeError(
                f"y must have an index of {n_levels} level(s), like the data seen in "
                f"fit, got {y.index.nlevels}. Rows of one series go to a forecaster "
                "fitted on one series, a panel to one fitted on a panel."
            )
        check_columns(y, self._seen, "y")
        check_times(y.index, self._seen.index)

    def _check_fh(self, fh: Any, pred_int: bool = False) -> ForecastingHorizon | None:
        """Return the horizon, and keep it, as sktime's own does.

        sktime's own counts steps by pandas' periods, which lose hours when clocks
        change.
        """
        if fh is None:
            self._check_that_fh_is_known()
            self._check_that_fh_is_to_come()
            return self._fh
        fh = coerce_horizon(fh)
        if self.is_fitted:
            if self.horizon is None and not self._asked_in_fit(fh):
                raise ValueError(
                    "A different forecasting horizon has been passed than in fit: "
                    f"{type(self).__name__} was made without horizon, so the fh of fit "
                    f"is what it forecasts, got {fh.to_pandas()!r}. Construct it with "
                    "horizon=<steps forecast at once> to ask for any fh."
                )
            for known in self._known_ends().values():
                self._steps(fh, known)
        self._fh = fh
        return fh

    def _check_that_fh_is_known(self) -> None:
        if self.horizon is None and not self.is_fitted:
            raise ValueError(
                "The forecasting horizon is unknown: pass fh to fit, or construct "
                f"{type(self).__name__} with horizon=<largest step>."
            )
        if self.is_fitted and self.horizon is not None and not self._fh:
            raise ValueError(
                "predict needs fh, since none was passed to fit. It may hold any "
                f"steps ahead, for instance fh=range(1, {self.horizon + 1})."
            )

    def _check_that_fh_is_to_come(self) -> None:
        """Raise if times kept from ``fit`` have passed by now."""
        if not self.is_fitted or self._fh is None or self._fh.is_relative:
            return
        for known in self._known_ends().values():
            try:
                self._steps(self._fh, known)
            except NotImplementedError as error:
                raise NotImplementedError(
                    f"fh was given as times before, and rows up to "
                    f"{known.recent.index[-1]} are known by now, so that some of them "
                    "have passed. Pass fh again, as steps ahead like fh=[1, 2]."
                ) from error

    def _asked_in_fit(self, fh: ForecastingHorizon) -> bool:
        asked = self._fh
        return asked is not None and np.array_equal(fh.to_pandas(), asked.to_pandas())

    def _set_cutoff_from_y(self, y: pd.DataFrame) -> None:
        """Take the latest time; sktime's own forgets the frequency, and takes long."""
        if not len(y):
            return
        times = {name: rows.index for name, rows in split_panel(y).items()}
        name, last = max(times.items(), key=lambda item: item[1][-1])
        known = self._model.known.get(name) if self.is_fitted else None
        frequency = known.frequency if known else getattr(last, "freq", None)
        self._cutoff = with_frequency(last[-1:], frequency)

    # Fit ----------------------------------------------------------------------------

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

    @property
    def _seen(self) -> pd.DataFrame:
        """The last rows of a series seen in ``fit``, as an example of all."""
        return next(iter(self._model.known.values())).recent

    # Weights from elsewhere ---------------------------------------------------------

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

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and reset to the state after construction.

        Parameters
        ----------
        **params : dict
            New values by the names of the parameters.

        Returns
        -------
        self : forecaster
            Not fitted.

        Warns
        -----
        UserWarning
            If what ``pretrain`` taught is lost.
        """
        if params and hasattr(self, "pretrained_weights_"):
            warn_caller(
                "set_params resets a forecaster, and with it what pretrain taught: "
                "call save_weights before, and construct it with initial_weights, "
                "which set_params and searches keep.",
            )
        return super().set_params(**params)

    def __copy__(self) -> Self:
        # A fit or an update replaces what it learns, but sets tags in place.
        state = dict(vars(self))
        for name in ("_tags_dynamic", "_config_dynamic"):
            state[name] = dict(state.get(name, {}))
        copy = object.__new__(type(self))
        copy.__dict__.update(state)
        return copy

    def __sklearn_clone__(self) -> Self:
        # scikit-learn's own clone would lose what was pretrained without a word.
        copy = self.clone()
        if hasattr(self, "_skl_callbacks"):
            copy._skl_callbacks = self._skl_callbacks
        return copy

    def save_weights(self, path: str | PathLike[str]) -> None:
        """Save the weights alone, for `initial_weights` of another forecaster.

        Parameters
        ----------
        path : str or Path
            File to write. Unlike that of ``save``, reading it runs no code.

        Raises
        ------
        NotFittedError
            If neither ``fit`` nor ``pretrain`` has been called.
        """
        if self.is_fitted or not hasattr(self, "pretrained_weights_"):
            self.check_is_fitted()
            torch.save(weights_of(self._trained_network("weights to save")), path)
        else:
            torch.save(self.pretrained_weights_, path)

    def _take_apart(self) -> dict[str, Any]:
        model = self._model.as_solved()
        return self._apart(replace(model, solved=model.solved.bare), model.solved)

    @as_usual()
    def _put_together(self, content: dict[str, Any]) -> None:
        model = content["model"]
        sizes = len(model.columns), model.prediction_length
        solved = self._with_network(model.solved, content, *sizes)
        self._keep(replace(model, solved=solved))

    def to_onnx(
        self,
        path: str | PathLike[str],
        coverage: float | Sequence[float] | None = None,
    ) -> None:
        """Write what forecasts windows to an ONNX file, which needs no torch to run.

        Linear maps, network and units are all in it. It takes ``context``, float64 of
        shape (n_windows, ``context_length_``, n_channels), and gives ``forecast``, of
        shape (n_windows, horizon, n_channels), both in the units of the data: for the
        same windows, what ``predict_windows`` gives. The guide shows how to serve it.

        Parameters
        ----------
        path : str or Path
            File to write.
        coverage : float or list of float, default=None
            Shares of the truths that prediction intervals shall hold; None writes no
            intervals. The file then gives ``lower`` and ``upper``, too, the ends of
            those of ``predict_interval``, each of shape (n_windows, n_coverages,
            horizon, n_channels), with the coverages in the order given, also if there
            is one. Their widths are those of now: they follow no new rows, whatever
            `interval_method` is. Those of ``"adaptive"`` go by each window.

        Raises
        ------
        ImportError
            If onnx or onnxscript are not installed; ``pip install 'skts[onnx]'``.
        NotFittedError
            If ``fit`` has not been called.
        NotImplementedError
            If it was fitted with covariates; if there is `coverage`, and nothing was
            held out in ``fit``.
        ValueError
            If `coverage` is not within (0, 1), or holds a value twice.

        Warns
        -----
        UserWarning
            With `coverage`, as ``predict_interval``.

        Notes
        -----
        The metadata of the file hold the names of the ``channels`` as JSON, and the
        ``coverages``. A panel has a second input, ``series``, int64 of shape
        (n_windows,): the position of each window's series among the names in the
        metadata, also called ``series``.
        """
        self.check_is_fitted("to_onnx")
        coverages = [] if coverage is None else self._coverages(coverage)
        export_onnx(self._model, path, coverages)

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

    # Predict ------------------------------------------------------------------------

    @as_usual()
    def _predict(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        return self._join_frames(fh, X, _at_steps, self._seen.columns)

    def _join_frames(
        self,
        fh: ForecastingHorizon,
        X: pd.DataFrame | None,
        values_of: Callable[[Forecast, np.ndarray], np.ndarray],
        columns: pd.Index,
        model: SeriesModel | None = None,
    ) -> pd.DataFrame:
        """Return a frame of what is made of each series' forecast at some steps.

        The forecasts are those of `model`, by default the one kept.
        """
        counted = {}
        for end, known in self._known_ends().items():
            ahead = self._steps(fh, known)
            counted[end] = ahead, known.times_after(ahead)
        at = {name: counted[_end(known)] for name, known in self._model.known.items()}
        forecasts = (model or self._model).forecast_each(
            self._n_steps_to(fh),
            {name: steps for name, (steps, _) in at.items()},
            None if X is None else split_panel(X),
        )
        frames = {}
        for name, forecast in forecasts.items():
            steps, times = at[name]
            frames[name] = pd.DataFrame(values_of(forecast, steps), times, columns)
        return join_panel(frames, self._model.level_names)

    @as_usual()
    def predict_parts(self, fh: Any = None, X: Any = None) -> pd.DataFrame:
        """Forecast what the linear maps and the network would say by themselves.

        The forecast of ``predict``, here the mixture, is their mean with the network's
        weight, ``network_weight_``. A network has a forecast here though its weight be
        0, so that one sees what it would have said.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``. Each part
            comes with their effects.

        Returns
        -------
        parts : DataFrame
            A row per step, and columns of two levels: variable, and ``"maps"``,
            ``"network"`` or ``"mixture"``. A part that the forecaster does not have is
            left out.

        Examples
        --------
        >>> from sktime.datasets import load_airline
        >>> from skts.forecasting import SAMformerForecaster
        >>> model = SAMformerForecaster(horizon=12).fit(load_airline())
        >>> list(model.predict_parts([1, 2]).columns.get_level_values(1))
        ['maps', 'mixture']
        """
        self.check_is_fitted("predict_parts")
        X, horizon = self._read_covariates(X), self._check_fh(fh)
        assert horizon is not None, "checked with fh"
        variables = self._get_columns("predict_var")
        parts = {
            name: self._join_frames(horizon, X, _at_steps, variables, model)
            for name, model in self._model.parts().items()
        }
        joined = pd.concat(parts, axis=1).swaplevel(axis=1)
        order = [(variable, name) for variable in variables for name in parts]
        return joined[order].rename_axis(columns=["variable", "part"])

    @as_usual()
    def predict_effects(self, fh: Any = None, X: Any = None) -> pd.DataFrame:
        """Forecast, split into what each covariate adds and what there is without.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, as for ``predict``. None for a forecaster
            fitted without them, which has a base alone.

        Returns
        -------
        effects : DataFrame
            A row per step, and columns of two levels: variable, and ``"base"`` or the
            name of a covariate. The columns of a variable sum to the forecast of
            ``predict``. Covariates at their mean in the training part add nothing.

        Raises
        ------
        ValueError
            If `X` lacks a step or a column.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from skts.forecasting import SAMformerForecaster
        >>> X = pd.DataFrame({"holiday": np.arange(200) % 9 == 0}, dtype=float)
        >>> y = np.sin(np.arange(200.0)) + 2 * X["holiday"]
        >>> model = SAMformerForecaster(horizon=4).fit(y[:180], X[:180])
        >>> model.coef_.round(2).loc[("holiday", 0)].item()
        2.0
        >>> effects = model.predict_effects([1, 2], X[180:])
        >>> list(effects.columns.get_level_values(1))
        ['base', 'holiday']
        """
        self.check_is_fitted("predict_effects")
        X, horizon = self._read_covariates(X), self._check_fh(fh)
        assert horizon is not None, "checked with fh"
        covariates = self._model.covariates
        named = [] if covariates is None else list(covariates.columns)
        columns = pd.MultiIndex.from_product(
            [self._get_columns("predict_var"), ["base", *named]],
            names=["variable", "part"],
        )

        def split(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
            base = forecast.values - forecast.effects.sum(axis=-1)
            parts = np.concatenate([base[..., None], forecast.effects], axis=-1)
            return parts[steps - 1].reshape(len(steps), -1)

        return self._join_frames(horizon, X, split, columns)

    def _known_ends(self) -> dict[tuple[Any, Any], KnownSeries]:
        """Return the series known, one for each end and step that they have."""
        return {_end(known): known for known in self._model.known.values()}

    def _steps(self, fh: ForecastingHorizon, known: KnownSeries) -> np.ndarray:
        """Return `fh` as steps after the end of a series."""
        return count_steps_ahead(fh, known.recent.index, known.frequency)

    def _n_steps_to(self, fh: ForecastingHorizon) -> int:
        """Return how many steps are forecast: those of a window, or more for `fh`."""
        ends = self._known_ends().values()
        furthest = max(int(self._steps(fh, known).max()) for known in ends)
        return max(furthest, self._model.prediction_length)

    # Intervals ----------------------------------------------------------------------

    def predict_interval(
        self, fh: Any = None, X: Any = None, coverage: float | Sequence[float] = 0.90
    ) -> pd.DataFrame:
        """Forecast intervals that shall hold the truth as often as asked.

        They reach as far to both sides of the forecast as most errors did (split
        conformal prediction), for each channel and step by itself: on the windows held
        out in ``fit`` and, as `interval_method` is ``"following"``, on those that
        ``update`` has completed since, with or without `update_params` and whether or
        not anything was forecast. Recent errors count more, and levels rise where
        intervals missed and fall where they held more than asked.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``.
        coverage : float or list of float, default=0.9
            Share of the truths to come that each interval shall hold. Larger values
            give wider intervals.

        Returns
        -------
        intervals : DataFrame
            A row per step, and columns of three levels: variable, coverage, and
            ``"lower"`` or ``"upper"``.

        Raises
        ------
        NotImplementedError
            If nothing was held out in ``fit``.
        ValueError
            If `coverage` is not within (0, 1), or holds a value twice; if `fh` goes
            beyond `horizon`, and too few held-out windows have so many rows after them.

        Warns
        -----
        UserWarning
            If there are fewer windows than `coverage` needs, so that the largest error
            seen is taken; if intervals do not follow, and the last quarter of the
            held-out windows lay outside those of the others too often.

        Notes
        -----
        The coverage asked for is reached, on average, where the windows to come are
        like those held out. The best epoch was chosen on those, so errors are seen a
        little too small; a shift of the level makes them too small as well, until
        ``update`` has brought the errors after it.

        Examples
        --------
        >>> import numpy as np
        >>> from skts.forecasting import SAMformerForecaster
        >>> y = np.sin(np.arange(200.0))
        >>> model = SAMformerForecaster(8, horizon=4, max_epochs=2).fit(y)
        >>> model.predict_interval(fh=[1, 2], coverage=[0.5, 0.9]).shape
        (2, 4)
        """
        return super().predict_interval(fh, X, self._coverages(coverage))

    def predict_quantiles(
        self,
        fh: Any = None,
        X: Any = None,
        alpha: float | Sequence[float] | None = None,
    ) -> pd.DataFrame:
        """Forecast quantiles: the ends of the intervals of ``predict_interval``.

        Quantiles `alpha` and 1 - `alpha` are the ends of the interval that holds what
        lies between them, so they are equally far from the forecast, the median.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``.
        alpha : float or list of float, default=None
            Probabilities; None for 0.05 and 0.95.

        Returns
        -------
        quantiles : DataFrame
            A row per step, and columns of two levels: variable and probability.

        Raises
        ------
        NotImplementedError
            If nothing was held out in ``fit``.
        ValueError
            If `alpha` is not within (0, 1), or holds a value twice.

        Warns
        -----
        UserWarning
            As ``predict_interval``.
        """
        self._check_held_out("quantile predictions")
        if alpha is not None:
            alpha = check_levels("alpha", alpha)
        return super().predict_quantiles(fh, X, alpha)

    def predict_proba(
        self, fh: Any = None, X: Any = None, marginal: bool = True
    ) -> "ForecastDistribution":
        """Forecast distributions: those whose quantiles ``predict_quantiles`` gives.

        Each step and variable has a distribution of its own: the forecast plus the
        errors that intervals are made of, with either sign as often. Its mean and
        median are the forecast of ``predict``, its variance that of ``predict_var``.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``.
        marginal : bool, default=True
            Has to be True: there is no joint distribution of steps.

        Returns
        -------
        distribution : skpro distribution
            With the rows and columns of ``predict``, and ``quantile``, ``cdf``,
            ``sample``, ``mean``, ``var`` and ``energy``, of which sktime makes the
            CRPS. It is discrete, as the errors seen are, so its density is 0. Samples
            of steps do not depend on each other.

        Raises
        ------
        ImportError
            If skpro is not installed.
        NotImplementedError
            If nothing was held out in ``fit``, or `marginal` is False.
        ValueError
            If `fh` goes beyond `horizon`, and too few held-out windows have so many
            rows after them for an interval of 90 %.

        Warns
        -----
        UserWarning
            As ``predict_interval`` with a coverage of 0.9.

        Examples
        --------
        >>> import numpy as np
        >>> from skts.forecasting import SAMformerForecaster
        >>> y = np.sin(np.arange(200.0)) + np.random.default_rng(0).normal(size=200)
        >>> model = SAMformerForecaster(8, horizon=4, max_epochs=0).fit(y)
        >>> distribution = model.predict_proba(fh=[1, 2])
        >>> distribution.quantile([0.1, 0.9]).shape
        (2, 2)
        """
        check_skpro()
        self._check_held_out("probabilistic predictions")
        if not marginal:
            raise NotImplementedError(
                "marginal must be True: there are distributions of single steps, and "
                "none of several together. predict_band holds all steps at once."
            )
        return super().predict_proba(fh, X, marginal)

    def predict_var(
        self, fh: Any = None, X: Any = None, cov: bool = False
    ) -> pd.DataFrame:
        """Forecast variances: those of the errors that intervals are made of.

        Of n errors that count the same, the mean square with the largest taken twice,
        as intervals do: one of those to come may be as large. It is the variance of the
        distribution that ``predict_quantiles`` has the quantiles of.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``.
        cov : bool, default=False
            Ignored, as in sktime: there are no covariances.

        Returns
        -------
        variances : DataFrame
            A row per step and a column per variable.

        Raises
        ------
        NotImplementedError
            If nothing was held out in ``fit``.
        """
        self._check_held_out("variance predictions")
        return super().predict_var(fh, X, cov)

    @as_usual()
    def predict_band(
        self, fh: Any = None, X: Any = None, coverage: float | Sequence[float] = 0.90
    ) -> pd.DataFrame:
        """Forecast bands that shall hold the whole path of a variable, at all steps.

        An interval of ``predict_interval`` holds the truth of one step; of 24 steps,
        some truth lies outside its own far more often. A band holds those of all steps
        of `fh` together, as often as asked: a path is as far off as its worst step, in
        units of what is usual there, and the band reaches as far as most paths were.
        It is nowhere narrower than the intervals, and follows as they do.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to hold together; None for those passed to ``fit``. Fewer steps have
            a narrower band.
        X : DataFrame, Series or ndarray, default=None
            Covariates of the steps to come, if there were some in ``fit``.
        coverage : float or list of float, default=0.9
            Share of the paths to come that each band shall hold. Larger values give
            wider bands.

        Returns
        -------
        bands : DataFrame
            A row per step, and columns of three levels as ``predict_interval`` has:
            variable, coverage, and ``"lower"`` or ``"upper"``. Their names are
            ``"variable"``, ``"band"`` and ``"end"``. Each variable has its own band:
            paths of several are held together less often.

        Raises
        ------
        NotImplementedError
            If nothing was held out in ``fit``.
        ValueError
            If `coverage` is not within (0, 1), or holds a value twice; if `fh` goes
            beyond `horizon`.

        Warns
        -----
        UserWarning
            As ``predict_interval``.

        Examples
        --------
        >>> import numpy as np
        >>> from skts.forecasting import SAMformerForecaster
        >>> y = np.sin(np.arange(200.0)) + np.random.default_rng(0).normal(size=200)
        >>> model = SAMformerForecaster(8, horizon=4, max_epochs=0).fit(y)
        >>> band = model.predict_band(fh=[1, 2, 3, 4], coverage=0.8)
        >>> interval = model.predict_interval(fh=[1, 2, 3, 4], coverage=0.8)
        >>> bool((band[(0, 0.8, "upper")] > interval[(0, 0.8, "upper")]).all())
        True
        """
        self._check_held_out("bands")
        coverage = check_levels("coverage", coverage)
        X, horizon = self._read_covariates(X), self._check_fh(fh)
        assert horizon is not None, "checked with fh"
        check_within(self._n_steps_to(horizon), self._model.prediction_length)
        held_out = self._errors_to(horizon)
        held_out.warn(self._model.known, coverage)

        def ends(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
            at = steps - 1
            width = held_out.band_half_widths(
                forecast.name, forecast.known, forecast.context, coverage, at
            )
            both = forecast.values[at] + np.stack([-width, width])  # (2, A, steps, C)
            return both.transpose(2, 3, 1, 0).reshape(len(steps), -1)

        columns = self._get_columns("predict_interval", coverage=coverage)
        columns = columns.set_names(["variable", "band", "end"])  # for pictures
        return self._join_frames(horizon, X, ends, columns)

    def _coverages(self, coverage: float | Sequence[float]) -> list[float]:
        """Return coverages of intervals, which there are."""
        self._check_held_out("prediction intervals")
        return check_levels("coverage", coverage)

    def _check_held_out(self, what: str) -> None:
        self.check_is_fitted()
        # sktime keeps one forecaster for each series where X is a hierarchy.
        model: SeriesModel | None = getattr(self, "_model", None)
        missing = model is not None and model.held_out is None
        if missing or not self.get_tag("capability:pred_int"):
            raise NotImplementedError(
                f"There are no {what}: they come from the errors of held-out windows, "
                f"and this {type(self).__name__} has none (validation_fraction="
                f"{self.validation_fraction}). Fit with validation_fraction=0.2 or the "
                "like, on a series of which such a part holds a window's targets."
            )

    def _errors_to(
        self, fh: ForecastingHorizon, coverages: Sequence[float] = ()
    ) -> HeldOutErrors:
        """Return the errors of windows held out, up to the last step of `fh`."""
        errors = errors_to(self._model, self._n_steps_to(fh))
        check_enough(errors, self._model.prediction_length, coverages)
        return errors

    @as_usual()
    def _predict_quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: list[float]
    ) -> pd.DataFrame:
        # The interval between two quantiles leaves out as much on either side.
        coverages = [abs(2 * level - 1) for level in alpha]
        sides = np.sign(np.array(alpha) - 0.5)[:, None, None]
        held_out = self._errors_to(fh, coverages)
        held_out.warn(self._model.known, coverages)

        def quantiles(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
            widths = held_out.half_widths(
                forecast.name, forecast.known, forecast.context, coverages
            )[:, steps - 1]  # (A, steps, C)
            ends = forecast.values[steps - 1] + sides * widths
            return ends.transpose(1, 2, 0).reshape(len(steps), -1)

        columns = self._get_columns("predict_quantiles", alpha=alpha)
        return self._join_frames(fh, X, quantiles, columns)

    @as_usual()
    def _predict_var(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None = None, cov: bool = False
    ) -> pd.DataFrame:
        held_out = self._errors_to(fh)
        sizes, sets = held_out.sizes(self._model.known)
        squares = sizes.mean_squares()

        def variance(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
            unit = held_out.unit(forecast.known, forecast.context)
            return squares[sets[forecast.name][steps - 1]] * unit**2

        return self._join_frames(fh, X, variance, self._get_columns("predict_var"))

    @as_usual()
    def _predict_proba(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, marginal: bool = True
    ) -> "ForecastDistribution":
        usual = [0.9]
        held_out = self._errors_to(fh, usual)
        held_out.warn(self._model.known, usual)
        sizes, sets = held_out.sizes(self._model.known)

        def parts(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
            values = forecast.values[steps - 1]
            unit = held_out.unit(forecast.known, forecast.context)
            each = [values, unit + 0 * values, sets[forecast.name][steps - 1]]
            return np.stack(each, axis=1).reshape(len(steps), -1)

        columns = self._get_columns("predict_var")
        three = pd.RangeIndex(3 * len(columns))
        return as_distribution(self._join_frames(fh, X, parts, three), columns, sizes)

    # Rolling windows ----------------------------------------------------------------

    @property
    def _only(self) -> KnownSeries:
        """The series seen in ``fit``, if it was one."""
        self.check_is_fitted()
        known = self._model.known
        if None not in known:
            raise NotImplementedError(
                f"This {type(self).__name__} was fitted on a panel of "
                f"{len(known)} series, and this is for one series. Use predict, or "
                "pretrain on the panel and fit on the series."
            )
        return known[None]

    def _cut(
        self,
        Y: Any,
        name: str = "Y",
        X: Any = None,
        *,
        stride: int = 1,
        look_back: bool = False,
    ) -> RollingByName:
        """Return windows of one series, or of those of a panel, and of covariates.

        With `look_back`, the rows seen come before those of `Y`, if it follows them.
        """
        self.check_is_fitted()
        check_int("stride", stride, 1)
        series = read_series(self._model, Y, name)
        X = None if X is Y else X  # as a fit without covariates is monitored
        return cut_rolling(
            self._model,
            series,
            name,
            stride=stride,
            look_back=look_back,
            standardize=self.standardize,
            X=self._covariates_of(series, X),
        )

    def _covariates_of(self, series: SeriesByName, X: Any) -> SeriesByName | None:
        """Return the covariates of series given after ``fit``, by name."""
        if X is None:
            self._check_that_covariates_go_on(None)
            return None
        rows = join_panel(series, self._model.level_names)
        return split_panel(self._read_covariates(X, rows))

    @as_usual()
    def predict_windows(
        self, Y: Series, stride: int = 1, X: Series | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Forecast from every window of a series in one batched pass.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``; after a fit on a panel, a panel.
            The first ``context_length`` rows of a series are only looked at; nothing is
            taken from the data seen in ``fit``. Windows that would cross a gap in the
            index are left out.
        stride : int, default=1
            Rows from one window to the next.
        X : DataFrame, Series or ndarray, default=None
            Covariates of all rows of `Y`, if there were some in ``fit``.

        Returns
        -------
        forecasts : ndarray of shape (n_windows, horizon, n_channels)
            Forecasts in the units of the data; of a panel, those of one series after
            those of another, in the order of `Y`.
        truths : ndarray of shape (n_windows, horizon, n_channels)
            What came, in the same units: a read-only view of the data where it is one
            series without a gap.

        Raises
        ------
        ValueError
            If `Y` is shorter than ``context_length`` + ``horizon``, is infinite, or
            has other columns than in ``fit``; if `stride` is below 1.
        """
        windows = self._cut(Y, X=X, stride=stride)
        return forecast_rolling(self._model, windows)

    @as_usual()
    def predict_rolling(
        self, Y: Series, stride: int = 1, X: Series | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Forecast every window whose targets lie in a series, in one batched pass.

        These are the forecasts that ``score`` measures: unlike those of
        ``predict_windows``, the first ones look back into the rows seen in ``fit``.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``; after a fit on a panel, a panel.
            If a series starts one step after the last row seen of it, or is an array,
            its first windows look back into the rows seen; otherwise its own first
            ``context_length`` rows are only looked at. Windows that would cross a gap
            in the index are left out. A series of a panel that was not seen in ``fit``
            has the units of the rows before its first target.
        stride : int, default=1
            Rows from one window to the next.
        X : DataFrame, Series or ndarray, default=None
            Covariates of all rows of `Y`, if there were some in ``fit``.

        Returns
        -------
        forecasts : ndarray of shape (n_windows, horizon, n_channels)
            Forecasts in the units of the data; of a panel, those of one series after
            those of another, in the order of `Y`.
        truths : ndarray of shape (n_windows, horizon, n_channels)
            What came, in the same units.

        Raises
        ------
        ValueError
            If `Y` holds no window, is infinite, or has other columns than in
            ``fit``; if `stride` is below 1.
        """
        windows = self._cut(Y, X=X, stride=stride, look_back=True)
        return forecast_rolling(self._model, windows)

    @as_usual()
    def predict_one_step(self, Y: Series, X: Series | None = None) -> pd.DataFrame:
        """Forecast each row of a series from the rows before it, one step ahead.

        These are forecasts "in sample" where `Y` holds the rows given to ``fit``, and
        ``Y - predict_one_step(Y)`` are the residuals. Rows without a whole context
        before them, in `Y`, have no forecast.

        Parameters
        ----------
        Y : Series, DataFrame, panel or ndarray of shape (n_timepoints, n_channels)
            Rows with the channels seen in ``fit``, a panel if that was fitted.
        X : DataFrame, Series or ndarray, default=None
            Covariates of all rows of `Y`, if there were some in ``fit``.

        Returns
        -------
        forecasts : DataFrame
            A row for each row of `Y` that has ``context_length_`` rows before it
            without a gap, at the same time; of a series too short for that, none.

        Raises
        ------
        ValueError
            If `Y` is infinite, or has other columns than in ``fit``.

        Examples
        --------
        >>> from sktime.datasets import load_airline
        >>> from skts.forecasting import SAMformerForecaster
        >>> y = load_airline().to_frame()
        >>> model = SAMformerForecaster(24, horizon=12).fit(y)
        >>> residuals = y - model.predict_one_step(y)
        >>> len(y), len(residuals.dropna())
        (144, 120)
        """
        self.check_is_fitted()
        series = read_series(self._model, Y, "Y")
        frames = forecast_one_step(
            self._model, series, self.standardize, self._covariates_of(series, X)
        )
        return join_panel(frames, self._model.level_names)

    @as_usual()
    def backtest(
        self,
        Y: Series,
        stride: int = 1,
        *,
        sp: int = 1,
        coverage: float | Sequence[float] | None = None,
        return_forecasts: bool = False,
        X: Series | None = None,
    ) -> Backtest:
        """Measure the forecasts of every window whose targets lie in a series.

        The windows are those of ``predict_rolling``, forecast in one pass and summed up
        as they come: however long the series, forecasts are held a batch at a time.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``; after a fit on a panel, a panel.
            If a series starts one step after the last row seen of it, or is an array,
            its first windows look back into the rows seen; otherwise its own first
            ``context_length`` rows are only looked at. Windows that would cross a gap
            in the index are left out. A series of a panel that was not seen in ``fit``
            has the units of the rows before its first target.
        stride : int, default=1
            Rows from one window to the next.
        sp : int, default=1
            Seasonal period of the naive forecast that ``mase`` compares with, in rows;
            1 repeats the last value.
        coverage : float or list of float, default=None
            Shares of the truths that prediction intervals shall hold, to try these in
            the same pass; None tries none.
        return_forecasts : bool, default=False
            Whether the result holds every forecast beside its truth, in rows of a long
            frame. Takes memory: a row per window, step and variable.
        X : DataFrame, Series or ndarray, default=None
            Covariates of all rows of `Y`, if there were some in ``fit``.

        Returns
        -------
        result : Backtest
            Frozen record of ``n_windows``, the Series ``overall``, the DataFrames
            ``by_step`` and ``by_variable``, for a panel ``by_series``, otherwise None,
            and ``forecasts``: None, or a DataFrame with the columns ``cutoff``,
            ``step``, ``variable``, ``forecast`` and ``truth``, after the names of the
            series of a panel. With `coverage`, ``intervals`` is a DataFrame with the
            columns ``form``, ``coverage``, ``variable``, ``step``, ``held``, ``width``,
            ``interval_score`` and ``pinball_loss``: with ``interval_method=
            "following"``, of the form ``"conformal"``, intervals that stay as they are
            now, and of ``"following"``, as if ``update`` had been called without
            learning at each cutoff. ``bands`` has ``form``, ``coverage``, ``variable``,
            the share of whole paths ``held`` by the bands of ``predict_band`` over the
            horizon, and their ``width``; ``held_by_window`` has ``form``, ``coverage``,
            ``cutoff`` and the share of that window's truths ``held``. The metrics are
            ``mse`` and ``mae`` in the units of the data, ``mase``, and
            ``standardised_mse`` and ``standardised_mae`` in standard deviations of the
            training part. ``mase`` is the absolute error in units of the naive
            forecast's in the training part, and NaN for a variable that never moved
            there, and for a series not seen in ``fit``; means leave it out. Of a panel,
            the tables are means over series: each counts the same, however many windows
            it has.

        Raises
        ------
        ValueError
            If `Y` holds no window, is infinite, or has other columns than in
            ``fit``; if `stride` or `sp` is below 1, or `sp` is not below the number of
            training rows.

        Warns
        -----
        UserWarning
            If some series of a panel are too short for a window; they are left out.

        Examples
        --------
        >>> from sktime.datasets import load_longley
        >>> from skts.forecasting import SAMformerForecaster
        >>> _, y = load_longley()
        >>> model = SAMformerForecaster(4, 2, max_epochs=2, validation_fraction=0)
        >>> result = model.fit(y[:10]).backtest(y[10:])
        >>> result.n_windows, result.by_step.shape, result.by_variable.shape
        (5, (2, 5), (5, 5))
        """
        check_bool("return_forecasts", return_forecasts)
        coverages = [] if coverage is None else self._coverages(coverage)
        windows = self._cut(Y, X=X, stride=stride, look_back=True)
        self._check_period(sp)
        return backtest(
            self._model, windows, sp, coverages, return_forecasts=return_forecasts
        )

    def _check_period(self, sp: int) -> None:
        check_int("sp", sp, 1)
        n_rows = self._model.training_rows.longest
        if sp >= n_rows:
            raise ValueError(
                f"sp must be < {n_rows}, the rows of the training part, in which the "
                f"naive forecast is measured, got {sp}. Fit with more rows."
            )

    @as_usual()
    def score(self, y: Series, X: Any = None, fh: Any = None) -> float:
        """Score forecasts of a series: higher is better, unless `fh` is given.

        With `fh` this is sktime's score, the mean absolute percentage error of
        ``predict(fh)``, for which lower is better. Without it, as scikit-learn's
        searches call it, it is minus the mean squared error over all rolling windows
        whose targets lie in `y`, with each channel measured in standard deviations of
        all rows given to ``fit``, whatever `standardize` and `validation_fraction` say:
        so all forecasters have the same unit. Of a panel it is the mean over series:
        each counts the same, however many windows it has.

        Parameters
        ----------
        y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series to forecast; after a fit on a panel, a panel. If a series starts one
            step after the last row seen of it, or is an array, its first windows look
            back into the rows seen; otherwise its own first ``context_length`` rows are
            only looked at.
        X : DataFrame, Series or ndarray, default=None
            Covariates of all rows of `y`, if there were some in ``fit``.
        fh : forecasting horizon, default=None
            Steps to score as sktime does.

        Returns
        -------
        score : float
            The score.

        Raises
        ------
        ValueError
            If `y` holds no window, is infinite, or has other columns than in ``fit``.

        Warns
        -----
        UserWarning
            If some series of a panel are too short for a window; they are left out.
        """
        check_library(y)
        if fh is not None:
            if not isinstance(y, pd.Series | pd.DataFrame):
                y = as_frame(y, "y", list(self._seen.columns))
            check_columns(y, self._seen, "y")
            check_values(y, "y", may_miss=True)
            if np.any(pd.isna(y)):
                return percentage_error(y, self.predict(fh, X))
            return super().score(y, X=X, fh=fh)
        windows = self._cut(y, "y", X, look_back=True)
        return -rolling_error(self._model, windows)

    @as_usual()
    def _rolling_in_units(
        self, Y: Any, stride: int, X: Any = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return truths and forecasts of each series for ``rolling_scorer``."""
        windows = self._cut(Y, X=X, stride=stride, look_back=True)
        return rolling_in_units(self._model, windows)

    @as_usual()
    def _predict_moving_cutoff(
        self,
        y: pd.DataFrame,
        cv: Any,
        X: pd.DataFrame | None = None,
        update_params: bool = True,
        reset_forecaster: bool = True,
    ) -> Any:
        """Forecast from all cutoffs in one pass where nothing is learned in between.

        This serves ``update_predict``. Whatever is not plainly one series that goes on
        where the rows known end is left to sktime, which goes step by step.
        """
        fh, moving = cv.get_fh(), None
        plain = X is None and None in self._model.known and fh.is_relative
        if not update_params and plain:
            moving = find_cutoffs(self._only, y, cv)
        if moving is None:
            return super()._predict_moving_cutoff(
                y, cv, X, update_params, reset_forecaster
            )
        moved = deepcopy(self) if reset_forecaster else self
        moved.update(y.loc[: moving.last_time], update_params=False)
        steps = moved._steps(coerce_horizon(fh), moved._only)
        frames = moving.forecast(self._model, steps)
        converted = [
            convert_to(
                frame,
                self._y_metadata["mtype"],
                store=self._converter_store_y,
                store_behaviour="freeze",
            )
            for frame in frames
        ]
        return join_moving_cutoffs(converted, moving.cutoffs)

    # Update -------------------------------------------------------------------------

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


def _end(known: KnownSeries) -> tuple[Any, Any]:
    """Return the last time of a series and its step, which tell the times to come."""
    return known.recent.index[-1], known.frequency


def _at_steps(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
    return forecast.values[steps - 1]


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
    rows = {n: pd.DataFrame([u], columns=model.columns) for n, u in units.items()}
    return join_panel(rows, model.level_names[:-1]).droplevel(-1)
