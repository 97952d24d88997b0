"""Intervals around forecasts, without training anything anew."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from skts.data import spread_out
from skts.forecasting._conformal import (
    MAX_WINDOWS,
    absolute_errors,
    check_levels,
    half_width,
    warn_if_too_few,
    window_spread,
)
from skts.forecasting._known import Forecast, KnownSeries
from skts.forecasting._training_data import Part
from skts.training import fair_share_of_threads


class Intervals:
    """Mixin, left of the sktime base class, of forecasters with held-out windows."""

    _errors: np.ndarray | None  # of the held-out windows, sorted, (n_windows, C, H)

    def _calibrate(self: Any, parts: list[Part]) -> None:
        """Keep the errors of held-out windows; without any there are no intervals.

        Those of all series of a panel stand side by side, in standardised units.
        """
        self._errors = None
        held_out = [part for part in parts if len(part.valid)]
        self.set_tags(**{"capability:pred_int": bool(held_out)})
        if held_out:
            n_each = max(1, MAX_WINDOWS // len(held_out))
            with fair_share_of_threads():
                errors = [self._held_out_errors(part, n_each) for part in held_out]
            self._errors = np.sort(np.concatenate(errors), axis=0)

    def _held_out_errors(self: Any, part: Part, n_windows: int) -> np.ndarray:
        windows = part.valid
        return absolute_errors(
            partial(self._forecast_windows, still=part.known.still),
            replace(windows, starts=spread_out(windows.starts, n_windows)),
            partial(self._spread, known=part.known),
        )

    def _spread(self: Any, context: Tensor, known: KnownSeries) -> Tensor:
        """Return what the errors of each window are measured in."""
        if self.interval_method == "conformal":
            return context.new_ones(len(context), 1, 1)
        unit = context.new_tensor(known.scale / known.factor)
        return window_spread(context, unit)

    # Public methods -----------------------------------------------------------------

    def predict_interval(self, fh=None, X=None, coverage=0.90):
        """Forecast intervals that shall hold the truth as often as asked.

        They reach as far to both sides of the forecast as most errors did on the
        windows held out in ``fit`` (split conformal prediction), for each channel and
        step by itself. ``update`` leaves those errors as they are.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : None, default=None
            Ignored, as in all methods.
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
            If `coverage` is not within (0, 1), or holds a value twice.

        Warns
        -----
        UserWarning
            If there are fewer held-out windows than `coverage` needs, so that the
            largest error seen is taken.

        Notes
        -----
        The coverage asked for is reached, on average, where the windows to come are
        like those held out. The best epoch was chosen on those, so errors are seen a
        little too small; a shift of the level makes them too small as well.

        Examples
        --------
        >>> import numpy as np
        >>> from skts.forecasting import SAMformerForecaster
        >>> y = np.sin(np.arange(200.0))
        >>> model = SAMformerForecaster(8, horizon=4, max_epochs=2).fit(y)
        >>> model.predict_interval(fh=[1, 2], coverage=[0.5, 0.9]).shape
        (2, 4)
        """
        self._check_held_out("prediction intervals")
        coverage = check_levels("coverage", coverage)
        return super().predict_interval(fh, X, coverage)

    def predict_quantiles(self, fh=None, X=None, alpha=None):
        """Forecast quantiles: the ends of the intervals of ``predict_interval``.

        Quantiles `alpha` and 1 - `alpha` are the ends of the interval that holds what
        lies between them, so they are equally far from the forecast, the median.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : None, default=None
            Ignored, as in all methods.
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

    def predict_var(self, fh=None, X=None, cov=False):
        """Forecast variances: the mean squared errors of the windows held out.

        Parameters
        ----------
        fh : forecasting horizon, default=None
            Steps to forecast; None for those passed to ``fit``.
        X : None, default=None
            Ignored, as in all methods.
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

    def _check_held_out(self: Any, what: str) -> None:
        if not self.get_tag("capability:pred_int"):
            raise NotImplementedError(
                f"There are no {what}: they come from the errors of held-out windows, "
                f"and this {type(self).__name__} has none (validation_fraction="
                f"{self.validation_fraction}). Fit with validation_fraction=0.2 or the "
                "like, on a series of which such a part holds a window's targets."
            )

    # What sktime calls --------------------------------------------------------------

    def _predict_quantiles(self: Any, fh, X, alpha) -> pd.DataFrame:
        # The interval between two quantiles leaves out as much on either side.
        coverages = [abs(2 * level - 1) for level in alpha]
        warn_if_too_few(self._errors, coverages)
        widths = np.stack([half_width(self._errors, c) for c in coverages])
        widths *= np.sign(np.array(alpha) - 0.5)[:, None, None]  # (A, C, H)

        def quantiles(forecast: Forecast) -> np.ndarray:
            ends = forecast.values + self._in_units_of_data(widths, forecast)
            return ends.transpose(1, 2, 0).reshape(len(forecast.values), -1)

        columns = self._get_columns("predict_quantiles", alpha=alpha)
        return self._join_frames(fh, quantiles, columns)

    def _predict_var(self: Any, fh, X=None, cov=False) -> pd.DataFrame:
        deviation = np.sqrt((self._errors**2).mean(axis=0, dtype=np.float64))
        return self._join_frames(
            fh,
            lambda forecast: self._in_units_of_data(deviation, forecast) ** 2,
            self._get_columns("predict_var"),
        )

    def _in_units_of_data(
        self: Any, errors: np.ndarray, forecast: Forecast
    ) -> np.ndarray:
        """Return errors ``(..., C, H)`` as they are at a forecast, ``(..., n, C)``."""
        known = forecast.known
        spread = self._spread(forecast.context[None], known)[0].cpu().numpy()  # (C, 1)
        scaled = errors[..., forecast.steps - 1] * spread * known.factor[:, None]
        return np.swapaxes(scaled, -1, -2)
