"""The forecasts of a forecaster from one row after the other of a test part."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster
from sktime.transformations.base import BaseTransformer
from sktime.transformations.series.difference import Differencer

from skts.series import SeriesByName, join_panel, split_panel

# Whether differences are undone from the rows seen last; not in sktime 1.2.
FOLLOWS = Differencer._update is not BaseTransformer._update


@dataclass(frozen=True)
class Origins:
    """Series, and the rows that they are forecast from.

    Attributes
    ----------
    series : dict of DataFrame
        Series by name; one that is no part of a panel has the name None.
    levels : list
        Names of the index levels of the data.
    n_train : dict of int
        Rows before the test part, of each series.
    starts : ndarray of shape (n_windows,)
        First row of each window, counted from the start of the test part.
    horizon : int
        Rows of a window.
    covariates : dict of DataFrame or None
        Covariates of each series at the times of its rows, if there are any.
    """

    series: SeriesByName
    levels: Sequence[Hashable]
    n_train: dict[Hashable, int]
    starts: np.ndarray
    horizon: int
    covariates: SeriesByName | None = None

    @property
    def steps(self) -> np.ndarray:
        """The steps that are forecast."""
        return np.arange(1, self.horizon + 1)

    def rows(self, begin: int | None, end: int) -> pd.DataFrame:
        """Return rows of all series, counted from the start of the test part.

        With `begin` None, from the first row on.
        """
        return self._rows_of(self.series, begin, end)

    def covariate_rows(self, begin: int | None, end: int) -> pd.DataFrame | None:
        """Return the covariates of the same rows."""
        if self.covariates is None:
            return None
        return self._rows_of(self.covariates, begin, end)

    def _rows_of(
        self, series: SeriesByName, begin: int | None, end: int
    ) -> pd.DataFrame:
        parts = {
            name: series[name][None if begin is None else n + begin : n + end]
            for name, n in self.n_train.items()
        }
        return join_panel(parts, self.levels)

    def train(self, name: Hashable) -> np.ndarray:
        """Return the values of the rows of a series before the test part."""
        rows = self.series[name][: self.n_train[name]]
        return rows.to_numpy(dtype=np.float64)

    def targets(self, name: Hashable) -> np.ndarray:
        """Return what came in the windows of a series, ``(n_windows, H, C)``."""
        values = self.series[name].to_numpy(dtype=np.float64)
        which = self.n_train[name] + self.starts[:, None] + self.steps - 1
        return values[which]


@dataclass
class Rolled:
    """What a forecaster said of all windows, and how long it took.

    Attributes
    ----------
    forecasts : dict of ndarray of shape (n_windows, H, C)
        Forecasts of each series.
    lower, upper : dict of ndarray of shape (n_windows, H, C) or None
        Ends of the intervals, if there are any.
    fit_seconds, forecast_seconds : float
        Seconds of a fit, and of the forecast of a window, on average.
    n_fits : int
        How often it was fitted.
    """

    forecasts: dict[Hashable, np.ndarray]
    lower: dict[Hashable, np.ndarray] | None
    upper: dict[Hashable, np.ndarray] | None
    fit_seconds: float
    forecast_seconds: float
    n_fits: int


def roll(
    forecaster: BaseForecaster, origins: Origins, coverage: float, *, refit: bool
) -> Rolled:
    """Fit a clone to the rows before the test part, and forecast from each start.

    With `refit`, a new clone is fitted to all rows before each start; otherwise the
    first one is told of them, and learns no more.
    """
    fits, waits, n_seen = [], [], 0
    points: list[pd.DataFrame] = []
    ends: list[pd.DataFrame] = []
    for start in map(int, origins.starts):
        if refit or not points:
            rows = origins.rows(None, start)
            seen = origins.covariate_rows(None, start)
            began = perf_counter()
            fitted = forecaster.clone().fit(rows, X=seen, fh=origins.steps)
            fits.append(perf_counter() - began)
            began = perf_counter()
        else:
            rows = origins.rows(n_seen, start)
            seen = origins.covariate_rows(n_seen, start)
            began = perf_counter()
            fitted.update(rows, X=seen, update_params=False)
        ahead = origins.covariate_rows(start, start + origins.horizon)
        points.append(fitted.predict(origins.steps, X=ahead))
        waits.append(perf_counter() - began)
        if fitted.get_tag("capability:pred_int"):
            interval = fitted.predict_interval(
                origins.steps, X=ahead, coverage=coverage
            )
            ends.append(interval)
        n_seen = start
    lower = upper = None
    if len(ends) == len(points):
        lower, upper = (
            _stacked([_side(end, side) for end in ends]) for side in ("lower", "upper")
        )
    return Rolled(
        _stacked(points),
        lower,
        upper,
        float(np.mean(fits)),
        float(np.mean(waits)),
        len(fits),
    )


def _side(intervals: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the lower or the upper ends of intervals, a column per channel."""
    return intervals.loc[:, intervals.columns.get_level_values(-1) == side]


def _stacked(frames: list[pd.DataFrame]) -> dict[Hashable, np.ndarray]:
    """Return the values of frames, one for each window, by series."""
    split = [split_panel(frame) for frame in frames]
    return {
        name: np.stack([parts[name].to_numpy(dtype=np.float64) for parts in split])
        for name in split[0]
    }


def keeps_up(forecaster: BaseForecaster) -> bool:
    """Tell whether a forecaster goes on from new rows without learning from them.

    Those of this package do, also in pipelines, unless these put differences back.
    """
    parts = [forecaster, *forecaster.get_params().values()]
    if not FOLLOWS and any(isinstance(part, Differencer) for part in parts):
        return False
    last = [p for p in parts if isinstance(p, BaseForecaster) and _is_simple(p)]
    return all(hasattr(part, "predict_rolling") for part in last)


def _is_simple(forecaster: BaseForecaster) -> bool:
    inner: list[Any] = list(forecaster.get_params().values())
    return not any(isinstance(part, BaseForecaster) for part in inner)


def roll_naive(origins: Origins, sp: int, coverage: float) -> Rolled:
    """Repeat the last `sp` rows; intervals are as wide as its errors in training."""
    began = perf_counter()
    widths = {
        n: _widths(origins.train(n), origins, sp, coverage) for n in origins.series
    }
    fit_seconds = perf_counter() - began
    began = perf_counter()
    ahead = (origins.steps - 1) % sp - sp
    forecasts = {
        name: y.to_numpy(dtype=np.float64)[
            origins.n_train[name] + origins.starts[:, None] + ahead
        ]
        for name, y in origins.series.items()
    }
    seconds = (perf_counter() - began) / len(origins.starts)
    lower = {name: values - widths[name] for name, values in forecasts.items()}
    upper = {name: values + widths[name] for name, values in forecasts.items()}
    return Rolled(forecasts, lower, upper, fit_seconds, seconds, 1)


def _widths(
    train: np.ndarray, origins: Origins, sp: int, coverage: float
) -> np.ndarray:
    """Return the error that so many in training stay within, ``(H, C)``."""
    widths: list[np.ndarray] = []
    for season in range(1, -(-origins.horizon // sp) + 1):
        lag = season * sp
        errors = np.sort(np.abs(train[lag:] - train[:-lag]), axis=0)
        if not len(errors):  # rows for shorter lags alone
            widths.append(widths[-1])
            continue
        rank = int(np.ceil(round((len(errors) + 1) * coverage, 9)))
        widths.append(errors[min(rank, len(errors)) - 1])
    return np.repeat(np.stack(widths), sp, axis=0)[: origins.horizon]
