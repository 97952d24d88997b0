"""Forecasts of all windows of a series in one pass, and what is measured on them."""

from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from torch import Tensor

from skts._validation import check_bool, check_int
from skts.data import cut_windows, window_starts
from skts.forecasting._backtest import (
    Backtest,
    error_means,
    long_frame,
    metric_tables,
    seasonal_errors,
)
from skts.forecasting._known import KnownSeries
from skts.forecasting._moving_cutoff import cutoff_rows, frames_by_cutoff
from skts.forecasting._series import (
    as_frame,
    check_columns,
    check_order,
    check_values,
    contiguous_stretches,
)
from skts.forecasting._training_data import Part
from skts.models import channel_errors
from skts.training import fair_share_of_threads


class RollingForecasts:
    """Mixin, left of the sktime base class, of forecasters that know one series."""

    @property
    def _only(self: Any) -> KnownSeries:
        """The series seen in ``fit``, if it was one."""
        if None not in self._known:
            raise NotImplementedError(
                f"This {type(self).__name__} was fitted on a panel of "
                f"{len(self._known)} series, and windows are those of one series. Use "
                "predict, or sktime's evaluate; or pretrain on the panel and fit on "
                "the series."
            )
        return self._known[None]

    def _to_frame(self: Any, Y: Any, name: str = "Y") -> pd.DataFrame:
        """Check a series given after ``fit`` and return it as a frame."""
        self.check_is_fitted()
        seen = self._only.recent
        frame = as_frame(Y, name, seen.columns)
        check_columns(frame, seen, name)
        check_values(frame, name)
        check_order(frame.index, name)
        return frame

    def _forecast(self: Any, context: Tensor) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` of the series seen in ``fit``."""
        return self._forecast_windows(context, self._only.still)

    # Windows ------------------------------------------------------------------------

    def predict_windows(self, Y, stride=1):
        """Forecast from every window of a series in one batched pass.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``. Its first ``context_length`` rows
            are only looked at; nothing is taken from the data seen in ``fit``. Windows
            that would cross a gap in the index are left out.
        stride : int, default=1
            Rows from one window to the next.

        Returns
        -------
        forecasts : ndarray of shape (n_windows, horizon, n_channels)
            Forecasts in the units of the data.
        truths : ndarray of shape (n_windows, horizon, n_channels)
            What came, in the same units: a read-only view of the data where it has no
            gap.

        Raises
        ------
        ValueError
            If `Y` is shorter than ``context_length`` + ``horizon``, is not finite, or
            has other columns than in ``fit``; if `stride` is below 1.
        """
        return self._forecast_all(*self._cut(Y, stride=stride))

    def predict_rolling(self, Y, stride=1):
        """Forecast every window whose targets lie in a series, in one batched pass.

        These are the forecasts that ``score`` measures: unlike those of
        ``predict_windows``, the first ones look back into the rows seen in ``fit``.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``. If it starts one step after the
            last row seen, or is an array, the first windows look back into the rows
            seen; otherwise its own first ``context_length`` rows are only looked at.
            Windows that would cross a gap in the index are left out.
        stride : int, default=1
            Rows from one window to the next.

        Returns
        -------
        forecasts : ndarray of shape (n_windows, horizon, n_channels)
            Forecasts in the units of the data.
        truths : ndarray of shape (n_windows, horizon, n_channels)
            What came, in the same units.

        Raises
        ------
        ValueError
            If `Y` holds no window, is not finite, or has other columns than in
            ``fit``; if `stride` is below 1.
        """
        return self._forecast_all(*self._cut(Y, stride=stride, look_back=True))

    def backtest(self, Y, stride=1, *, sp=1, return_forecasts=False):
        """Measure the forecasts of every window whose targets lie in a series.

        The windows are those of ``predict_rolling``, forecast in one pass and summed up
        as they come: however long the series, forecasts are held a batch at a time.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series with the channels seen in ``fit``. If it starts one step after the
            last row seen, or is an array, the first windows look back into the rows
            seen; otherwise its own first ``context_length`` rows are only looked at.
            Windows that would cross a gap in the index are left out.
        stride : int, default=1
            Rows from one window to the next.
        sp : int, default=1
            Seasonal period of the naive forecast that ``mase`` compares with, in rows,
            at most ``context_length``; 1 repeats the last value.
        return_forecasts : bool, default=False
            Whether the result holds every forecast beside its truth, in rows of a long
            frame. Takes memory: a row per window, step and variable.

        Returns
        -------
        result : Backtest
            Frozen record of ``n_windows``, the Series ``overall``, the DataFrames
            ``by_step`` and ``by_variable``, and ``forecasts``: None, or a DataFrame
            with the columns ``cutoff``, ``step``, ``variable``, ``forecast`` and
            ``truth``. The metrics are ``mse`` and ``mae`` in the units of the data,
            ``mase``, and ``standardised_mse`` and ``standardised_mae`` in standard
            deviations of the training part. ``mase`` is the absolute error in units of
            the naive forecast's in the training part, and NaN for a variable that never
            moved there; means leave it out.

        Raises
        ------
        ValueError
            If `Y` holds no window, is not finite, or has other columns than in
            ``fit``; if `stride` is below 1, or `sp` outside 1..context_length.

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
        values, starts = self._cut(Y, stride=stride, look_back=True)
        self._check_period(sp)
        known = self._only
        series = known.standardise(values).to(self.device_)
        windows = self._windows(series, starts, self._prediction_length)
        kept: list[np.ndarray] | None = [] if return_forecasts else None
        variables = known.recent.columns.to_flat_index()  # names may be tuples
        with fair_share_of_threads():
            squared, absolute = error_means(self._forecast, windows, kept)
        tables = metric_tables(
            squared * known.factor[:, None] ** 2,
            absolute * known.factor[:, None],
            known.scale,
            self._naive_errors[sp - 1],
            variables,
        )
        forecasts = None
        if kept is not None:
            forecasts = long_frame(
                self._index_of_rows(Y, len(values))[starts + self.context_length - 1],
                known.restore(np.concatenate(kept)),
                self._truths(values, starts),
                variables,
            )
        return Backtest(len(starts), *tables, forecasts)

    def _check_period(self, sp: int) -> None:
        check_int("sp", sp, 1)
        if sp > self.context_length:
            raise ValueError(
                f"sp must be <= context_length={self.context_length}, got {sp}: errors "
                "of the naive forecast are kept for periods of up to a context. Fit "
                f"with context_length={sp} or more."
            )

    def _index_of_rows(self, Y: Any, n_rows: int) -> pd.Index:
        """Return the times of the rows that `_cut` gives for `Y`."""
        if isinstance(Y, np.ndarray):
            steps = ForecastingHorizon(np.arange(1, len(Y) + 1))
            times = steps.to_absolute_index(self._only.cutoff)
        else:
            times = Y.index
        n_known = n_rows - len(Y)
        if not n_known:
            return times
        seen = self._only.recent.index[-n_known:]
        return seen.append(times).rename(seen.name)

    def _cut(
        self, Y: Any, name: str = "Y", *, stride: int = 1, look_back: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return rows and the first row of each window to forecast from them.

        With `look_back`, the rows seen come before those of `Y`, if it follows them.
        """
        frame = self._to_frame(Y, name)
        check_int("stride", stride, 1)
        values = frame.to_numpy(dtype=np.float64)
        stretches = contiguous_stretches(frame.index, self._only.frequency)
        longest = max(end - begin for begin, end in stretches)
        n_known = 0
        if look_back and (
            isinstance(Y, np.ndarray) or self._next_time() in frame.index[:1]
        ):
            n_known = self.context_length
            values = np.concatenate([self._only.last(n_known), values])
            stretches = [(begin + n_known, end + n_known) for begin, end in stretches]
            stretches[0] = (0, stretches[0][1])
        width = self.context_length + self._prediction_length
        starts = window_starts(stretches, width)[::stride]
        if not len(starts):
            needs = f"horizon={self._prediction_length} needs"
            if not n_known:
                needs = (
                    f"context_length={self.context_length} and "
                    f"horizon={self._prediction_length} need"
                )
            raise ValueError(
                f"{name} has {longest} time points without a gap at most, but {needs} "
                f"at least {width - n_known}. Give a longer series."
            )
        return values, starts

    def _forecast_all(
        self, values: np.ndarray, starts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return forecasts and truths of all windows, each ``(n_windows, H, C)``."""
        return self._forecast_from(values, starts), self._truths(values, starts)

    def _truths(self, values: np.ndarray, starts: np.ndarray) -> np.ndarray:
        targets = values[self.context_length :]
        return cut_windows(targets, starts, self._prediction_length)

    def _forecast_from(self, values: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Forecast from the contexts that start at some rows, ``(n_windows, H, C)``."""
        series = self._only.standardise(values).to(self.device_)
        contexts = self._windows(series, starts, 0)
        with fair_share_of_threads():
            parts = [self._forecast(c).cpu().numpy() for c, _ in contexts.in_order()]
        return self._only.restore(np.concatenate(parts))

    # What sktime's update_predict calls -----------------------------------------------

    def _predict_moving_cutoff(
        self, y, cv, X=None, update_params=True, reset_forecaster=True
    ):
        """Forecast from all cutoffs in one pass where nothing is learned in between.

        This serves ``update_predict``. Whatever is not plainly one series that goes on
        where the rows known end is left to sktime, which goes step by step.
        """
        fh, rows = cv.get_fh(), None
        if not update_params and None in self._known and fh.is_relative:
            known = self._only.join(y)
            rows = self._cutoff_rows(y, known, cv)
        if rows is None:
            return super()._predict_moving_cutoff(
                y, cv, X, update_params, reset_forecaster
            )
        moved = deepcopy(self) if reset_forecaster else self
        moved.update(y.loc[: known.index[rows[-1]]], update_params=False)
        steps = moved._steps(moved._check_fh(fh), moved.cutoff)
        forecasts = self._forecast_from(
            known.to_numpy(dtype=np.float64), rows - self.context_length + 1
        )
        frames, cutoffs = frames_by_cutoff(
            forecasts[:, steps - 1], steps, rows, known, self._only.frequency
        )
        converted = [
            convert_to(
                frame,
                self._y_metadata["mtype"],
                store=self._converter_store_y,
                store_behaviour="freeze",
            )
            for frame in frames
        ]
        return _format_moving_cutoff_predictions(converted, cutoffs)

    def _cutoff_rows(
        self, y: pd.DataFrame, known: pd.DataFrame, cv: Any
    ) -> np.ndarray | None:
        """Return the rows of `known` to forecast from; None if others count, too."""
        if len(contiguous_stretches(known.index, self._only.frequency)) > 1:
            return None
        rows = cutoff_rows(cv.split(y), y.index, known.index)
        # Old rows come after a cutoff before the last of them.
        if rows is None or known.index[rows[0]] < self._only.recent.index[-1]:
            return None
        return rows

    def _measure_naive(self: Any, part: Part) -> None:
        """Keep errors of seasonal naive forecasts of the training part, ``(L, C)``.

        Which period is wanted is known later, and the series is not kept until then.
        """
        train = part.train.series[:, : part.n_train]
        with fair_share_of_threads():
            errors = seasonal_errors(train, part.stretches, self.context_length)
        self._naive_errors = errors.cpu().numpy() * part.known.factor

    # Score --------------------------------------------------------------------------

    def score(self, y, X=None, fh=None):
        """Score forecasts of a series: higher is better, unless `fh` is given.

        With `fh` this is sktime's score, the mean absolute percentage error of
        ``predict(fh)``, for which lower is better. Without it, as scikit-learn's
        searches call it, it is minus the mean squared error over all rolling windows
        whose targets lie in `y`, with each channel measured in standard deviations of
        the training part, whatever `standardize` says.

        Parameters
        ----------
        y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series to forecast. If it starts one step after the last row seen, or is an
            array, the first windows look back into the rows seen; otherwise its own
            first ``context_length`` rows are only looked at.
        X : None, default=None
            Ignored, as in all methods.
        fh : forecasting horizon, default=None
            Steps to score as sktime does.

        Returns
        -------
        score : float
            The score.

        Raises
        ------
        ValueError
            If `y` holds no window, is not finite, or has other columns than in ``fit``.
        """
        if fh is not None:
            if isinstance(y, pd.DataFrame):
                check_columns(y, self._seen, "y")
            return super().score(y, X=X, fh=fh)
        values, starts = self._cut(y, "y", look_back=True)
        known = self._only
        series = known.standardise(values).to(self.device_)
        windows = self._windows(series, starts, self._prediction_length)
        with fair_share_of_threads():
            errors = channel_errors(self._forecast, windows).cpu().numpy()
        return -float(np.mean(errors * (known.factor / known.scale) ** 2))

    def _next_time(self) -> Any:
        return ForecastingHorizon([1]).to_absolute_index(self.cutoff)[0]
