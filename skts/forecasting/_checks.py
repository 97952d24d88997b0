"""What a forecaster is given: series, covariates and steps ahead, checked."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skts._sklearn_door import SklearnDoor
from skts._validation import check_int, check_option
from skts.fitted import INTERVAL_METHODS, SeriesModel
from skts.forecasting._horizon import coerce_horizon, count_steps_ahead
from skts.models import WindowModel, read_weights
from skts.series import (
    KnownSeries,
    as_covariates,
    check_columns,
    check_covariates,
    check_index,
    check_library,
    check_order,
    check_times,
    check_values,
    describe,
    for_each,
    is_nested,
    split_panel,
    with_frequency,
)


class CheckedForecaster(SklearnDoor, WindowModel, BaseForecaster):
    """A forecaster that refuses what it cannot use, before sktime converts it.

    The order of the base classes matters: `SklearnDoor` and `WindowModel` override
    methods of sktime's base class.
    """

    context_length: int | None
    horizon: int | None
    sp: int | None
    update_epochs: int
    interval_method: str
    initial_weights: str | None

    _fh: ForecastingHorizon | None
    _model: SeriesModel

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

    @property
    def _seen(self) -> pd.DataFrame:
        """The last rows of a series seen in ``fit``, as an example of all."""
        return next(iter(self._model.known.values())).recent

    def _known_ends(self) -> dict[tuple[Any, Any], KnownSeries]:
        """Return the series known, one for each end and step that they have."""
        return {end_of(known): known for known in self._model.known.values()}

    def _steps(self, fh: ForecastingHorizon, known: KnownSeries) -> np.ndarray:
        """Return `fh` as steps after the end of a series."""
        return count_steps_ahead(fh, known.recent.index, known.frequency)

    def _n_steps_to(self, fh: ForecastingHorizon) -> int:
        """Return how many steps are forecast: those of a window, or more for `fh`."""
        ends = self._known_ends().values()
        furthest = max(int(self._steps(fh, known).max()) for known in ends)
        return max(furthest, self._model.prediction_length)

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


def end_of(known: KnownSeries) -> tuple[Any, Any]:
    """Return the last time of a series and its step, which tell the times to come."""
    return known.recent.index[-1], known.frequency
