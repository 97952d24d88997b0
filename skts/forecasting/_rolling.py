"""Forecasts of many windows of a series, and what they are worth."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to

from skts._validation import check_bool, check_int
from skts.fitted import (
    Backtest,
    RollingByName,
    backtest,
    cut_rolling,
    forecast_one_step,
    forecast_rolling,
    rolling_error,
    rolling_in_units,
)
from skts.forecasting._given import read_series
from skts.forecasting._horizon import coerce_horizon
from skts.forecasting._intervals import IntervalForecaster
from skts.forecasting._moving_cutoff import find_cutoffs
from skts.forecasting._sktime import join_moving_cutoffs, percentage_error
from skts.series import (
    SeriesByName,
    as_frame,
    check_columns,
    check_library,
    check_values,
    join_panel,
    split_panel,
)
from skts.training import as_usual

Series = pd.Series | pd.DataFrame | np.ndarray


class RollingForecaster(IntervalForecaster):
    """A forecaster of every window of rows that come with their truth."""

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
