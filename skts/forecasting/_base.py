"""What the forecasters share: everything but the network and its optimiser."""

from collections.abc import Hashable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
from torch import Tensor

from skts._sklearn_door import SklearnDoor
from skts._validation import check_int, check_option
from skts.data import Rows, Windows
from skts.forecasting._conformal import INTERVAL_METHODS
from skts.forecasting._intervals import Intervals
from skts.forecasting._known import Forecast, KnownSeries, with_frequency
from skts.forecasting._panel import SeriesByName, describe, join_panel, split_panel
from skts.forecasting._pretraining import Pretraining, read_weights
from skts.forecasting._rolling import RollingForecasts
from skts.forecasting._series import (
    check_columns,
    check_order,
    check_steps,
    check_times,
    check_values,
    find_frequency,
    steps_after,
)
from skts.forecasting._training_data import Part, all_windows, lay_out
from skts.forecasting._updating import Updating
from skts.models import WindowModel
from skts.training import fair_share_of_threads, resolve_device


class TorchForecaster(
    SklearnDoor,
    Pretraining,
    WindowModel,
    RollingForecasts,
    Intervals,
    Updating,
    BaseForecaster,
):
    """Base of the forecasters: one network that maps a context window to a horizon.

    Subclasses store their parameters and say what their network is, as `WindowModel`
    asks.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "maintainers": ["skts developers"],
        "python_dependencies": ["torch>=2.4"],
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:exogenous": False,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": False,
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
        if self.initial_weights is not None:
            read_weights(self.initial_weights)
        super()._check_parameters()

    def _check_X_y(self, X=None, y=None, **kwargs):
        """Check data before sktime converts them: its errors say less."""
        if y is not None:
            if not isinstance(y, pd.Series | pd.DataFrame) and self.is_fitted:
                raise TypeError(
                    f"update needs a Series or DataFrame, got {type(y).__name__}: "
                    "arrays and lists carry no time, so it is unknown where their rows "
                    f"belong. Give it an index that goes on after {self.cutoff[0]!r}."
                )
            check_values(y)
            if isinstance(y, pd.Series | pd.DataFrame):
                self._check_index(y)
        return super()._check_X_y(X=X, y=y, **kwargs)

    def _check_index(self, y: pd.Series | pd.DataFrame) -> None:
        for name, rows in split_panel(y).items():
            check_order(rows.index, describe(name))
            # Rows of a series that is known are held against it in `update`.
            if not self.is_fitted or name not in self._known:
                find_frequency(rows.index, describe(name))
        if not self.is_fitted:
            return
        n_levels = len(self._level_names)
        if y.index.nlevels != n_levels:
            raise TypeError(
                f"y must have an index of {n_levels} level(s), like the data seen in "
                f"fit, got {y.index.nlevels}. Rows of one series go to a forecaster "
                "fitted on one series, a panel to one fitted on a panel."
            )
        check_columns(y, self._seen, "y")
        check_times(y.index, self._seen.index)

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
        before = self._fh
        try:
            fh = super()._check_fh(fh, pred_int)
            knows = self.is_fitted and not self._is_vectorized  # and does not hand on
            if fh is not None and knows and (fh.is_relative or None in self._known):
                self._steps(fh, self._cutoff)
        except Exception:  # what is refused is not what `fh=None` means from then on
            self._fh = before
            raise
        return fh

    def _set_cutoff_from_y(self, y):
        """Take the latest time; sktime's own forgets the frequency, and takes long."""
        if not len(y):
            return
        times = {name: rows.index for name, rows in split_panel(y).items()}
        name, last = max(times.items(), key=lambda item: item[1][-1])
        known = self._known.get(name) if self.is_fitted else None
        frequency = known.frequency if known else find_frequency(last)
        self._cutoff = with_frequency(last[-1:], frequency)

    # Fit ----------------------------------------------------------------------------

    def _fit(self, y, X, fh):
        self._check_parameters()
        series = split_panel(y)
        self._prediction_length = self._resolve_horizon(fh, series)
        self._level_names = list(y.index.names)
        parts = self._lay_out(series, self._prediction_length)
        known = [part.known for part in parts]
        for one in known:
            one.keep(one.recent, self._n_kept)
        self._know(dict(zip(series, known, strict=True)))
        if None in self._known:
            self._measure_naive(*parts)
        self._fit_network(
            all_windows([part.train for part in parts]),
            all_windows([part.valid for part in parts]),
            # The data are both what is learned from and what is forecast.
            y,
            y,
        )
        self._calibrate(parts)
        return self

    def _lay_out(self, series: SeriesByName, prediction_length: int) -> list[Part]:
        return lay_out(
            series,
            self.context_length,
            prediction_length,
            self.validation_fraction,
            self.standardize,
            resolve_device(self.device),
        )

    def _resolve_horizon(
        self, fh: ForecastingHorizon | None, series: SeriesByName
    ) -> int:
        """Return the number of steps the network forecasts at once."""
        limit = self.horizon or getattr(self, "pretrained_horizon_", None)
        if fh is None:
            return limit
        ends = {rows.index[-1]: rows.index for rows in series.values()}
        if fh.is_relative:
            ends = dict([*ends.items()][:1])
        cutoffs = [
            with_frequency(index[-1:], find_frequency(index)) for index in ends.values()
        ]
        steps = np.concatenate([steps_after(c, fh) for c in cutoffs])
        check_steps(steps, limit or int(steps.max()))
        return limit or int(steps.max())

    def _know(self, known: dict[Hashable, KnownSeries]) -> None:
        """Keep what is known of each series."""
        self._known = known
        self._set_cutoff_from_known()
        self.center_ = self._units({n: one.center for n, one in known.items()})
        self.scale_ = self._units({n: one.scale for n, one in known.items()})

    def _set_cutoff_from_known(self) -> None:
        self._cutoff = max((one.cutoff for one in self._known.values()), key=_last_time)

    def _units(self, units: dict[Hashable, np.ndarray]) -> np.ndarray | pd.DataFrame:
        """Return units ``(C,)`` as they are, or with a row for each series."""
        if None in units:
            return units[None]
        rows = {
            n: pd.DataFrame([unit], columns=self._seen.columns)
            for n, unit in units.items()
        }
        return pd.concat(rows, names=self._level_names[:-1]).droplevel(-1)

    @property
    def _seen(self) -> pd.DataFrame:
        """The last rows of a series seen in ``fit``, as an example of all."""
        return next(iter(self._known.values())).recent

    def _windows(
        self, series: Tensor, starts: np.ndarray, prediction_length: int
    ) -> Windows:
        starts = torch.from_numpy(starts).to(series.device)
        return Windows(series, starts, self.context_length, prediction_length)

    # Predict ------------------------------------------------------------------------

    @torch.no_grad()
    def _forecast_windows(self, context: Tensor, still: np.ndarray) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` as ``(B, C, H)``.

        What never moved, neither in training (`still`) nor in the window, stays where
        it is.
        """
        forecast = self.network_(context)
        if not still.any():
            return forecast
        at_rest = torch.from_numpy(still).to(context.device)
        at_rest = at_rest & (context == context[..., :1]).all(dim=-1)
        return torch.where(at_rest[..., None], context[..., -1:], forecast)

    def _forecast_each(self, fh: ForecastingHorizon) -> dict[Hashable, Forecast]:
        """Forecast all series known, each from its own end."""
        known = list(self._known.values())
        contexts = torch.stack(
            [o.standardise(o.last(self.context_length)) for o in known]
        )
        still = np.stack([one.still for one in known])
        with fair_share_of_threads():
            batches = Rows(
                contexts.to(self.device_), torch.from_numpy(still)
            ).in_order()
            parts = [self._forecast_windows(c, s.numpy()).cpu() for c, s in batches]
        forecasts = torch.cat(parts).numpy()
        times: dict[tuple[Any, Any], tuple[np.ndarray, pd.Index]] = {}
        result = {}
        for name, context, forecast in zip(
            self._known, contexts, forecasts, strict=True
        ):
            one = self._known[name]
            end = one.recent.index[-1], one.frequency
            if end not in times:
                times[end] = self._steps_and_times(fh, one.cutoff)
            steps, index = times[end]
            values = one.restore(forecast)[steps - 1]
            result[name] = Forecast(one, context, steps, index, values)
        return result

    def _steps(self, fh: ForecastingHorizon, cutoff: pd.Index) -> np.ndarray:
        """Return `fh` as steps after the cutoff, each within the horizon."""
        steps = steps_after(cutoff, fh)
        check_steps(steps, self._prediction_length)
        return steps

    def _steps_and_times(
        self, fh: ForecastingHorizon, cutoff: pd.Index
    ) -> tuple[np.ndarray, pd.Index]:
        steps = self._steps(fh, cutoff)
        if fh.is_relative:  # steps of this series; sktime's know those of another one
            fh = ForecastingHorizon(steps)
        return steps, fh.to_absolute_index(cutoff).rename(self._level_names[-1])

    def _predict(self, fh, X=None):
        return self._join_frames(
            fh, lambda forecast: forecast.values, self._seen.columns
        )

    def _join_frames(self, fh, values_of, columns) -> pd.DataFrame:
        """Return a frame of what `values_of` makes of each series' forecast."""
        frames = {
            name: pd.DataFrame(values_of(forecast), forecast.times, columns)
            for name, forecast in self._forecast_each(fh).items()
        }
        return join_panel(frames, self._level_names)


def _last_time(index: pd.Index) -> Any:
    return index[-1]
