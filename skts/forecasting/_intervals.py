"""How far forecasts may be off: intervals, bands, variances, distributions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skts.fitted import (
    Forecast,
    HeldOutErrors,
    SeriesModel,
    check_enough,
    check_levels,
    check_within,
    errors_to,
)
from skts.forecasting._forecasts import PointForecaster
from skts.forecasting._proba import as_distribution, check_skpro, has_skpro
from skts.training import as_usual

if TYPE_CHECKING:
    from skts.forecasting._distribution import ForecastDistribution


class IntervalForecaster(PointForecaster):
    """A forecaster that knows the errors of windows held out in ``fit``."""

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
        if self.get_tag("capability:pred_int"):
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

    def _has_implementation_of(self, method: str) -> bool:
        """Tell sktime's pipelines not to count on distributions without skpro."""
        if method == "_predict_proba" and not has_skpro():
            return False
        return bool(super()._has_implementation_of(method))

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
