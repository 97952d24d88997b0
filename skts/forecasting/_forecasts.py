"""Forecasts, whole and in parts, as frames of the steps asked for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skts.fitted import Forecast, SeriesModel
from skts.forecasting._checks import end_of
from skts.forecasting._learning import LearningForecaster
from skts.series import join_panel, split_panel
from skts.training import as_usual


class PointForecaster(LearningForecaster):
    """A forecaster that turns forecasts of all steps into frames of some."""

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
        at = {name: counted[end_of(known)] for name, known in self._model.known.items()}
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


def _at_steps(forecast: Forecast, steps: np.ndarray) -> np.ndarray:
    return forecast.values[steps - 1]
