"""What the forecasters share: everything but the network and its optimiser."""

import warnings
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from sktime.datatypes import convert_to
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from torch import Tensor

from skts._callbacks import FitTask
from skts._sklearn_door import SklearnDoor
from skts._validation import check_bool, check_int, check_option
from skts.data import (
    Stretch,
    Windows,
    cut_windows,
    split_chronologically,
    window_starts,
)
from skts.forecasting._backtest import (
    Backtest,
    error_means,
    long_frame,
    metric_tables,
    seasonal_errors,
)
from skts.forecasting._conformal import INTERVAL_METHODS, thin_out
from skts.forecasting._intervals import Intervals
from skts.forecasting._moving_cutoff import cutoff_rows, frames_by_cutoff
from skts.forecasting._series import (
    as_frame,
    check_columns,
    check_last_stretch,
    check_length,
    check_order,
    check_times,
    check_values,
    contiguous_stretches,
    find_frequency,
)
from skts.models import WindowModel, channel_errors
from skts.training import draw_seed, fair_share_of_threads, resolve_device, seeded

# Fine-tuning starts from a good place; the full rate would lead away from it.
UPDATE_LR_FACTOR = 0.1


class TorchForecaster(SklearnDoor, WindowModel, Intervals, BaseForecaster):
    """Base of the forecasters: one network that maps a context window to a horizon.

    Subclasses store their parameters and say what their network is, as `WindowModel`
    asks.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "maintainers": ["skts developers"],
        "python_dependencies": ["torch>=2.4"],
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:exogenous": False,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
        "capability:update": True,
        "capability:unequal_length": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": True,
        "X-y-must-have-same-index": False,
    }
    # The last rows are kept by ourselves; sktime would keep the whole series.
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}

    def __init__(self) -> None:
        super().__init__()
        self._y = self._X = None
        if self.horizon is not None:
            self.set_tags(**{"requires-fh-in-fit": False})
        if self.validation_fraction == 0:
            self.set_tags(**{"capability:pred_int": False})

    # Checks -------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        check_int("context_length", self.context_length, 2)
        check_int("horizon", self.horizon, 1, optional=True)
        check_int("update_epochs", self.update_epochs, 1)
        check_option("interval_method", self.interval_method, INTERVAL_METHODS)
        super()._check_parameters()

    def _check_X_y(self, X=None, y=None, **kwargs):
        """Check a series before sktime converts it: its errors say less."""
        if y is not None:
            if isinstance(y, np.ndarray) and self.is_fitted:
                raise TypeError(
                    "update needs a Series or DataFrame, got an array: arrays carry "
                    "no time, so it is unknown where their rows belong. Give it an "
                    f"index that goes on after {self.cutoff[0]!r}."
                )
            check_values(y)
            if isinstance(y, pd.Series | pd.DataFrame):
                if not isinstance(y.index, pd.MultiIndex):
                    check_order(y.index)
                    find_frequency(y.index)
                if hasattr(self, "network_"):
                    check_columns(y, self._recent, "y")
                    check_times(y, self._recent)
        return super()._check_X_y(X=X, y=y, **kwargs)

    def _check_fh(self, fh, pred_int=False):
        if isinstance(fh, pd.Series | pd.DataFrame) or getattr(fh, "ndim", 1) > 1:
            raise TypeError(
                f"fh must hold steps ahead, got data of shape {np.shape(fh)}: the "
                "predict(X) of a scikit-learn Pipeline cannot say how far to forecast. "
                "Use sktime's pipeline, StandardScaler() * forecaster, whose predict "
                "takes fh, or a window regressor of skts.regression, whose predict "
                "takes X."
            )
        if fh is None and self.horizon is None and not self.is_fitted:
            raise ValueError(
                "The forecasting horizon is unknown: pass fh to fit, or construct "
                f"{type(self).__name__} with horizon=<largest step>."
            )
        if fh is None and self.horizon is not None and self.is_fitted and not self._fh:
            raise ValueError(
                "predict needs fh, since none was passed to fit. It may hold any "
                f"steps from 1 to horizon={self.horizon}, for instance "
                f"fh=range(1, {self.horizon + 1})."
            )
        return super()._check_fh(fh, pred_int)

    def _set_cutoff_from_y(self, y):
        """Let the cutoff know its frequency, also after a series with gaps."""
        super()._set_cutoff_from_y(y)
        if isinstance(self._cutoff, pd.DatetimeIndex) and self._cutoff.freq is None:
            known = getattr(self, "_frequency", None) or find_frequency(y.index)
            self._cutoff = pd.DatetimeIndex(self._cutoff, freq=known)

    def _update_y_X(self, y, X=None, enforce_index_type=None):
        """Refuse new rows that cannot be forecast from, before anything changes."""
        if hasattr(self, "network_"):
            stretches = contiguous_stretches(self._join(y).index, self._frequency)
            check_last_stretch(
                stretches, self.context_length, "y, after the rows known so far,"
            )
        super()._update_y_X(y, X, enforce_index_type)

    # Fit ----------------------------------------------------------------------------

    def _fit(self, y, X, fh):
        self._check_parameters()
        prediction_length = self._resolve_horizon(fh)
        stretches = contiguous_stretches(y.index)
        check_length(stretches, self.context_length, prediction_length)
        device = resolve_device(self.device)
        values = y.to_numpy(dtype=np.float64)
        n_train, train, valid = self._split(len(y), stretches, prediction_length)
        scaler = StandardScaler().fit(values[:n_train])
        self._set_scale(scaler.mean_, scaler.scale_, np.ptp(values[:n_train], axis=0))

        self._prediction_length = prediction_length
        self._frequency = find_frequency(y.index)
        self._remember(y)

        series = self._to_tensor(values, device)
        self._fit_network(
            self._windows(series, train, prediction_length),
            self._windows(series, valid, prediction_length) if len(valid) else None,
            # The series is both what is learned from and what is forecast.
            y,
            y,
        )
        self._naive_errors = self._measure_naive(series[:, :n_train], stretches)
        some_valid = self._windows(series, thin_out(valid), prediction_length)
        self._calibrate(some_valid if len(valid) else None)
        return self

    def _resolve_horizon(self, fh: ForecastingHorizon | None) -> int:
        """Return the number of steps the network forecasts at once."""
        if fh is None:
            return self.horizon
        largest = int(self._steps(fh).max())
        return self.horizon or largest

    def _steps(self, fh: ForecastingHorizon) -> np.ndarray:
        """Return `fh` as steps after the cutoff, each within the horizon."""
        steps = fh.to_relative(self.cutoff).to_numpy()
        limit = getattr(self, "_prediction_length", self.horizon)
        if limit is not None and steps.max() > limit:
            raise ValueError(
                f"fh must lie within 1..horizon, got a step of {steps.max()} with "
                f"horizon={limit}. Fit with horizon={steps.max()} or more."
            )
        return steps

    def _split(
        self, n_rows: int, stretches: list[Stretch], prediction_length: int
    ) -> tuple[int, np.ndarray, np.ndarray]:
        """Return the number of training rows, and training and validation windows."""
        n_train = n_rows - round(self.validation_fraction * n_rows)
        train, valid = split_chronologically(
            stretches, n_train, self.context_length, prediction_length
        )
        if n_train < n_rows and not (len(train) and len(valid)):
            warnings.warn(
                f"y is too short for validation_fraction={self.validation_fraction}: "
                f"{n_train} rows to train on and {n_rows - n_train} to validate on "
                f"give {len(train)} and {len(valid)} windows with context_length="
                f"{self.context_length} and horizon={prediction_length}. Training on "
                "all rows, for max_epochs, without validation; validation_fraction=0 "
                "does so without this warning.",
                stacklevel=2,
            )
            n_train = n_rows
        if n_train == n_rows:
            width = self.context_length + prediction_length
            train, valid = window_starts(stretches, width), np.empty(0, dtype=np.int64)
        return n_train, train, valid

    def _measure_naive(self, train: Tensor, stretches: list[Stretch]) -> np.ndarray:
        """Return errors of seasonal naive forecasts of the training part, ``(L, C)``.

        Which period is wanted is known later, and the series is not kept until then.
        """
        with fair_share_of_threads():
            errors = seasonal_errors(train, stretches, self.context_length)
        return errors.cpu().numpy() * self._factor

    # From data to windows and back --------------------------------------------------

    def _set_scale(
        self, center: np.ndarray, scale: np.ndarray, spread: np.ndarray
    ) -> None:
        """Keep the units of the training part; a channel that never moved has unit 1.

        `_offset` and `_factor` are what data are really standardised by.
        """
        self.center_, self.scale_ = center, scale
        self._offset = center if self.standardize else np.zeros_like(center)
        self._factor = scale if self.standardize else np.ones_like(scale)
        self._still = spread == 0

    def _to_tensor(self, values: np.ndarray, device: torch.device) -> Tensor:
        """Return rows of data as the network sees them, ``(C, T)``."""
        standardised = ((values - self._offset) / self._factor).T
        return torch.from_numpy(standardised.astype(np.float32, order="C")).to(device)

    def _windows(
        self, series: Tensor, starts: np.ndarray, prediction_length: int
    ) -> Windows:
        return Windows(
            series,
            torch.from_numpy(starts).to(series.device),
            self.context_length,
            prediction_length,
        )

    def _remember(self, y: pd.DataFrame) -> None:
        """Keep the rows that the next forecast or the next update may need."""
        self._recent = y.iloc[-(self.context_length + self._prediction_length - 1) :]

    def _last_rows(self) -> np.ndarray:
        """Return the rows that the next forecast looks at, ``(L, C)``."""
        return self._recent.to_numpy(dtype=np.float64)[-self.context_length :]

    @torch.no_grad()
    def _forecast(self, context: Tensor) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` as ``(B, C, H)``."""
        forecast = self.network_(context)
        if not self._still.any():
            return forecast
        # What never moved, neither in training nor in the window, stays where it is.
        still = torch.from_numpy(self._still).to(context.device)
        still = still & (context == context[..., :1]).all(dim=-1)
        return torch.where(still[..., None], context[..., -1:], forecast)

    def _to_frame(self, Y: Any, name: str = "Y") -> pd.DataFrame:
        """Check a series given after ``fit`` and return it as a frame."""
        self.check_is_fitted()
        if not hasattr(self, "network_"):
            raise NotImplementedError(
                f"{name} cannot be used: this {type(self).__name__} was fitted on a "
                "panel, with one network per series. Use those in forecasters_."
            )
        frame = as_frame(Y, name, self._recent.columns)
        check_columns(frame, self._recent, name)
        check_values(frame, name)
        check_order(frame.index, name)
        return frame

    # Predict ------------------------------------------------------------------------

    def _predict(self, fh, X=None):
        steps = self._steps(fh)
        values = self._forecast_from(self._last_rows(), np.array([0]))[0, steps - 1]
        return pd.DataFrame(values, self._times(fh), self._recent.columns)

    def _times(self, fh: ForecastingHorizon) -> pd.Index:
        return fh.to_absolute_index(self.cutoff).rename(self._recent.index.name)

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
        windows = self._windows(
            self._to_tensor(values, self.device_), starts, self._prediction_length
        )
        kept: list[np.ndarray] | None = [] if return_forecasts else None
        with fair_share_of_threads():
            squared, absolute = error_means(self._forecast, windows, kept)
        tables = metric_tables(
            squared * self._factor[:, None] ** 2,
            absolute * self._factor[:, None],
            self.scale_,
            self._naive_errors[sp - 1],
            self._recent.columns,
        )
        forecasts = None
        if kept is not None:
            forecasts = long_frame(
                self._index_of_rows(Y, len(values))[starts + self.context_length - 1],
                self._in_units_of_data(kept),
                self._truths(values, starts),
                self._recent.columns,
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
            times = self._times(ForecastingHorizon(np.arange(1, len(Y) + 1)))
        else:
            times = Y.index
        n_known = n_rows - len(Y)
        return self._recent.index[-n_known:].append(times) if n_known else times

    def _cut(
        self, Y: Any, name: str = "Y", *, stride: int = 1, look_back: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return rows and the first row of each window to forecast from them.

        With `look_back`, the rows seen come before those of `Y`, if it follows them.
        """
        frame = self._to_frame(Y, name)
        check_int("stride", stride, 1)
        values = frame.to_numpy(dtype=np.float64)
        stretches = contiguous_stretches(frame.index)
        longest = max(end - begin for begin, end in stretches)
        n_known = 0
        if look_back and (
            isinstance(Y, np.ndarray) or self._next_time() in frame.index[:1]
        ):
            n_known = self.context_length
            values = np.concatenate([self._last_rows(), values])
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
        contexts = self._windows(self._to_tensor(values, self.device_), starts, 0)
        with fair_share_of_threads():
            parts = [self._forecast(c).cpu().numpy() for c, _ in contexts.in_order()]
        return self._in_units_of_data(parts)

    def _in_units_of_data(self, parts: list[np.ndarray]) -> np.ndarray:
        """Return batches of standardised forecasts ``(B, C, H)`` as one array."""
        forecasts = np.concatenate(parts).transpose(0, 2, 1).astype(np.float64)
        forecasts *= self._factor
        forecasts += self._offset
        return forecasts

    def _predict_moving_cutoff(
        self, y, cv, X=None, update_params=True, reset_forecaster=True
    ):
        """Forecast from all cutoffs in one pass where nothing is learned in between.

        This serves ``update_predict``. Whatever is not plainly one series that goes on
        where the rows known end is left to sktime, which goes step by step.
        """
        fh, rows = cv.get_fh(), None
        if not update_params and hasattr(self, "network_") and fh.is_relative:
            known = self._join(y)
            rows = self._cutoff_rows(y, known, cv)
        if rows is None:
            return super()._predict_moving_cutoff(
                y, cv, X, update_params, reset_forecaster
            )
        moved = deepcopy(self) if reset_forecaster else self
        moved.update(y.loc[: known.index[rows[-1]]], update_params=False)
        steps = moved._steps(moved._check_fh(fh))
        forecasts = self._forecast_from(
            known.to_numpy(dtype=np.float64), rows - self.context_length + 1
        )
        frames, cutoffs = frames_by_cutoff(
            forecasts[:, steps - 1], steps, rows, known, self._frequency
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
        if len(contiguous_stretches(known.index, self._frequency)) > 1:
            return None
        rows = cutoff_rows(cv.split(y), y.index, known.index)
        # Old rows come after a cutoff before the last of them.
        if rows is None or known.index[rows[0]] < self._recent.index[-1]:
            return None
        return rows

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
            if isinstance(y, pd.DataFrame) and hasattr(self, "network_"):
                check_columns(y, self._recent, "y")
            return super().score(y, X=X, fh=fh)
        values, starts = self._cut(y, "y", look_back=True)
        series = self._to_tensor(values, self.device_)
        windows = self._windows(series, starts, self._prediction_length)
        with fair_share_of_threads():
            errors = channel_errors(self._forecast, windows).cpu().numpy()
        return -float(np.mean(errors * (self._factor / self.scale_) ** 2))

    def _next_time(self) -> Any:
        return ForecastingHorizon([1]).to_absolute_index(self.cutoff)[0]

    # Update -------------------------------------------------------------------------

    def _update(self, y, X=None, update_params=True):
        known = self._join(y)
        if update_params:
            n_old = int((known.index <= self._recent.index[-1]).sum())
            try:
                self._fine_tune(known, n_old)
            except BaseException:  # sktime has moved the cutoff already
                self._set_cutoff_from_y(self._recent)
                raise
        self._remember(known)
        # New rows may all be old ones; the cutoff is the last row known.
        self._set_cutoff_from_y(known)
        return self

    def _join(self, y: pd.DataFrame) -> pd.DataFrame:
        """Return the rows known so far and new ones, which replace those they meet."""
        old = self._recent[~self._recent.index.isin(y.index)]
        new = y.set_axis(old.columns, axis=1)  # one channel may have another name
        return pd.concat([old, new]).sort_index().rename_axis(index=old.index.name)

    def _fine_tune(self, known: pd.DataFrame, n_old: int) -> None:
        """Train on for a few epochs on the windows that end in rows after `n_old`."""
        width = self.context_length + self._prediction_length
        stretches = contiguous_stretches(known.index, self._frequency)
        starts = window_starts(stretches, width)
        starts = starts[starts + width > n_old]
        if not len(starts):
            return
        series = self._to_tensor(known.to_numpy(dtype=np.float64), self.device_)
        network = deepcopy(self.network_)
        seed = draw_seed(self.random_state)
        with fair_share_of_threads(), seeded(seed, self.device_):
            self._train(
                network,
                self._windows(series, starts, self._prediction_length),
                None,
                seed,
                FitTask(),
                lr=self.lr * UPDATE_LR_FACTOR,
                lr_schedule="constant",
                max_epochs=self.update_epochs,
                compile=False,
            )
        self.network_ = network
