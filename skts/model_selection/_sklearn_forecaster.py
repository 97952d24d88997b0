"""Any sktime forecaster as scikit-learn's searches want it."""

import pickle
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
from sktime.transformations.series.difference import Differencer

from skts._validation import check_int
from skts.data import cut_windows
from skts.model_selection._roll import FOLLOWS
from skts.model_selection._scorer import rolling_scorer
from skts.series import (
    as_frame,
    check_columns,
    check_order,
    check_values,
    find_frequency,
    in_score_units,
    measure_deviation,
    with_frequency,
)

Series = pd.Series | pd.DataFrame | np.ndarray


class SklearnForecaster(BaseEstimator):
    """Wrap any sktime forecaster for scikit-learn's searches.

    Pipelines and baselines of sktime lack what ``GridSearchCV`` looks for. Wrapped,
    they are searched, cloned and scored like the forecasters of this package, and
    against them: all forecast the same windows, and errors are in the same units.

    Parameters
    ----------
    forecaster : sktime forecaster
        What to fit a clone of. Its parameters are reached as ``forecaster__<name>``.
    horizon : int
        Steps to forecast at once. A forecaster with a parameter `horizon` of its own
        must have the same, or None.

    Attributes
    ----------
    forecaster_ : sktime forecaster
        The fitted clone.
    score_scale_ : ndarray of shape (n_channels,)
        Standard deviation of each channel in the rows given to ``fit``: the units of
        ``score``, as for the forecasters of this package. NaN for a channel that never
        moved, which scores leave out.

    See Also
    --------
    rolling_scorer : Other metrics, and a `stride` to save time.

    Notes
    -----
    The forecasters of this package forecast all windows in one pass. Any other one is
    updated with the rows of each window and asked again, without a refit; in sktime
    that takes from ten milliseconds to a second per window and channel. Search with
    ``scoring=rolling_scorer(stride=horizon)`` where test parts are long.

    sktime's ``Differencer`` does not follow updates, so what it puts back is not the
    level of the rows seen last. Pipelines with one are not taken.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from sktime.forecasting.naive import NaiveForecaster
    >>> from skts.model_selection import SklearnForecaster, rolling_scorer
    >>> wave = np.tile([0.0, 1.0, 5.0, 2.0], 8)
    >>> search = GridSearchCV(
    ...     SklearnForecaster(NaiveForecaster(), horizon=4),
    ...     {"forecaster__sp": [1, 4]},
    ...     scoring=rolling_scorer(stride=4),
    ...     cv=TimeSeriesSplit(2, test_size=4),
    ...     error_score="raise",
    ... )
    >>> search.fit(wave).best_params_
    {'forecaster__sp': 4}
    """

    def __init__(self, forecaster: BaseForecaster, horizon: int) -> None:
        self.forecaster = forecaster
        self.horizon = horizon

    def fit(self, Y: Series, y: None = None) -> Self:
        """Fit a clone of the forecaster to a series.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Series to learn from. The forecaster is given a frame in any case.
        y : None, default=None
            Ignored, as scikit-learn wants it.

        Returns
        -------
        self : SklearnForecaster
            The fitted estimator.

        Raises
        ------
        TypeError
            If `forecaster` is no sktime forecaster, or `Y` no single series.
        ValueError
            If `Y` is not finite, or its times are out of order; if `horizon` is below 1
            or not that of the forecaster; if the forecaster has a ``Differencer``.
        """
        check_int("horizon", self.horizon, 1)
        self._check_forecaster()
        frame = as_frame(Y)
        check_values(frame, "Y", may_miss=self._may_miss)
        check_order(frame.index, "Y")
        frequency = find_frequency(frame.index)
        last = frame.iloc[-1:].set_axis(with_frequency(frame.index[-1:], frequency))
        self.forecaster_ = self.forecaster.clone().fit(frame, fh=self._steps())
        self.score_scale_ = measure_deviation(frame.to_numpy(dtype=np.float64))
        self._last = last
        return self

    @property
    def _may_miss(self) -> bool:
        """Whether the forecaster takes missing values."""
        return bool(self.forecaster.get_tag("capability:missing_values"))

    def _check_forecaster(self) -> None:
        if not isinstance(self.forecaster, BaseForecaster):
            raise TypeError(
                f"forecaster must be an sktime forecaster, got {self.forecaster!r}. "
                "sktime's make_reduction turns a regressor into one."
            )
        own = getattr(self.forecaster, "horizon", None)
        if own not in (None, self.horizon):
            raise ValueError(
                f"horizon must be that of the forecaster, got horizon={self.horizon} "
                f"and one with horizon={own}. Leave that of the forecaster out."
            )
        parts = self.forecaster.get_params().values()
        if any(isinstance(part, Differencer) for part in parts) and not FOLLOWS:
            raise ValueError(
                f"forecaster must follow updates, got {self.forecaster!r}: sktime's "
                "Differencer keeps the rows of fit, and would put later forecasts on "
                "an old level. Leave it out, or search with sktime's "
                'ForecastingGridSearchCV(strategy="refit").'
            )

    def predict(self, fh: Any = None) -> pd.DataFrame:
        """Forecast the steps after the rows seen in ``fit``.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast, as the forecaster takes them; None for 1 to `horizon`.

        Returns
        -------
        forecast : DataFrame of shape (n_steps, n_channels)
            Forecast in the units of the data.
        """
        check_is_fitted(self)
        return self.forecaster_.predict(self._steps() if fh is None else fh)

    def _steps(self) -> np.ndarray:
        # sktime's forecasters take None for what they were asked last.
        return np.arange(1, self.horizon + 1)

    def predict_rolling(
        self, Y: Series, stride: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Forecast every window whose targets lie in a series, without a refit.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Rows that follow those seen in ``fit``, without a gap. An array is taken to
            follow.
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
            If `Y` does not follow, is shorter than `horizon`, is not finite, or has
            other columns than in ``fit``; if `stride` is below 1.
        """
        check_is_fitted(self)
        check_int("stride", stride, 1)
        frame = self._following(Y)
        if hasattr(self.forecaster_, "predict_rolling"):
            return self.forecaster_.predict_rolling(frame, stride)
        starts = np.arange(0, len(frame) - self.horizon + 1, stride)
        forecasts = self._forecast_one_by_one(frame, starts)
        values = frame.to_numpy(dtype=np.float64)
        return forecasts, cut_windows(values, starts, self.horizon)

    def _rolling_in_units(
        self, Y: Series, stride: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return truths and forecasts of the series for ``rolling_scorer``."""
        forecasts, truths = self.predict_rolling(Y, stride)
        unit = self.score_scale_
        return [(in_score_units(truths, unit), in_score_units(forecasts, unit))]

    def _following(self, Y: Series) -> pd.DataFrame:
        """Check rows and return them with the times that come next."""
        frame = as_frame(Y, "Y", list(self._last.columns))
        check_columns(frame, self._last, "Y")
        check_values(frame, "Y", may_miss=self._may_miss)
        if len(frame) < self.horizon:
            raise ValueError(
                f"Y has {len(frame)} time points, but horizon={self.horizon} needs at "
                f"least {self.horizon}. Give a longer series."
            )
        steps = ForecastingHorizon(np.arange(1, len(frame) + 1))
        times = steps.to_absolute_index(self._last.index)
        if not isinstance(Y, np.ndarray) and not frame.index.equals(times):
            raise ValueError(
                f"Y must follow the rows seen in fit without a gap, from {times[0]!r} "
                f"to {times[-1]!r}, got {len(frame)} rows from {frame.index[0]!r} to "
                f"{frame.index[-1]!r}. In a search, use TimeSeriesSplit without a gap."
            )
        return frame.set_axis(times).set_axis(self._last.columns, axis=1)

    def _forecast_one_by_one(
        self, frame: pd.DataFrame, starts: np.ndarray
    ) -> np.ndarray:
        """Let a copy of the forecaster see the rows before each start, and ask it."""
        # Not deepcopy: sktime keeps one forecaster per channel in a frame, and a deep
        # copy of a frame shares its objects.
        forecaster = pickle.loads(pickle.dumps(self.forecaster_))
        forecasts, n_seen = [], 0
        for start in starts:
            if start > n_seen:
                forecaster.update(frame.iloc[n_seen:start], update_params=False)
            forecasts.append(
                forecaster.predict(self._steps()).to_numpy(dtype=np.float64)
            )
            n_seen = start
        return np.stack(forecasts)

    def score(self, Y: Series, y: None = None) -> float:
        """Return minus the mean squared error over all rolling windows.

        Errors are measured in `score_scale_`, so that higher is better and forecasters
        can be compared. Every step of the series is an origin; ``rolling_scorer`` can
        leave some out.

        Parameters
        ----------
        Y : Series, DataFrame or ndarray of shape (n_timepoints, n_channels)
            Rows to forecast, which follow those seen in ``fit``.
        y : None, default=None
            Ignored, as scikit-learn wants it.

        Returns
        -------
        score : float
            The score.
        """
        return float(rolling_scorer("mse")(self, Y))
