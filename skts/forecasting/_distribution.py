"""Forecasts as distributions of skpro. Imported only where skpro is installed."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from skpro.distributions.base import BaseDistribution

from skts.conformal import ErrorSizes


class ForecastDistribution(BaseDistribution):
    """Forecasts, and the errors of held-out windows with either sign as often.

    Its quantiles are those of ``predict_quantiles`` and its mean is the forecast. There
    is one distribution for each row and column.

    Parameters
    ----------
    forecast : ndarray of shape (n_rows, n_columns)
        The middle of each distribution.
    unit : ndarray of shape (n_rows, n_columns)
        What errors are in units of.
    sets : ndarray of shape (n_rows, n_columns)
        Which of the sets of errors it has.
    errors : ErrorSizes
        The sets of absolute errors.
    index, columns : Index or None, default=None
        The names of rows and columns; None for one distribution alone.

    Notes
    -----
    Where the cdf takes a probability as a step, all between two errors are quantiles.
    Above the forecast the smaller one is taken, and below it its mirror image, as
    intervals do.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.conformal import ErrorSizes
    >>> from skts.forecasting._distribution import ForecastDistribution
    >>> errors = ErrorSizes(np.array([[1.0, 3.0]]), np.array([[0.8, 1.0]]))
    >>> distribution = ForecastDistribution(10.0, 2.0, 0, errors)
    >>> [float(distribution.ppf(p)) for p in (0.05, 0.2, 0.5, 0.9)]
    [4.0, 8.0, 10.0, 12.0]
    >>> round(float(distribution.cdf(8.5)), 2)
    0.5
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "capabilities:approx": [],
        "capabilities:exact": ["mean", "var", "energy", "cdf", "ppf", "pmf", "log_pmf"],
        "distr:measuretype": "discrete",
        "distr:paramtype": "nonparametric",
    }

    def __init__(
        self,
        forecast: Any,
        unit: Any,
        sets: Any,
        errors: ErrorSizes,
        index: Any = None,
        columns: Any = None,
    ) -> None:
        self.forecast = forecast
        self.unit = unit
        self.sets = sets
        self.errors = errors
        super().__init__(index=index, columns=columns)

    def _subset_param(
        self, val: Any, rowidx: Any, colidx: Any, coerce_scalar: bool = False
    ) -> Any:
        if isinstance(val, ErrorSizes):
            return val
        return super()._subset_param(val, rowidx, colidx, coerce_scalar)

    @property
    def _sets(self) -> np.ndarray:
        return np.asarray(self.sets, dtype=int)  # skpro makes numbers of them

    def quantile(self, alpha: float | list[float]) -> pd.DataFrame:
        """Return quantiles, with columns as ``predict_quantiles`` has.

        skpro's own takes no columns of two levels.

        Parameters
        ----------
        alpha : float or list of float
            Probabilities.

        Returns
        -------
        quantiles : DataFrame
            A row per row, and columns of two levels: column and probability.
        """
        if not self.ndim:
            return super().quantile(alpha)
        asked = alpha if isinstance(alpha, list) else [alpha]
        values = [self._ppf(np.full(self.shape, each)) for each in asked]
        columns = pd.MultiIndex.from_product([self.columns, asked])
        joined = np.stack(values, axis=-1).reshape(len(self), -1)
        return pd.DataFrame(joined, self.index, columns)

    def _ppf(self, p: np.ndarray) -> np.ndarray:
        size = self.errors.at(self._sets, np.abs(2 * p - 1))
        quantile = self.forecast + np.sign(p - 0.5) * size * self.unit
        return np.where((p >= 0) & (p <= 1), quantile, np.nan)

    def _cdf(self, x: np.ndarray) -> np.ndarray:
        smallest, largest = self._sizes_of(x)
        above = (1 + self.errors.share_up_to(self._sets, largest)) / 2
        below = (1 - self.errors.share_below(self._sets, smallest)) / 2
        return np.where(np.isnan(x), np.nan, np.where(x < self.forecast, below, above))

    def _pmf(self, x: np.ndarray) -> np.ndarray:
        smallest, largest = self._sizes_of(x)
        both = self.errors.share_up_to(self._sets, largest)
        both = both - self.errors.share_below(self._sets, smallest)
        mass = np.where(smallest > 0, both / 2, both)
        return np.where(np.isnan(x), np.nan, mass)

    def _log_pmf(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(self._pmf(x))

    def _sizes_of(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and largest sizes that rounding may make of `x`."""
        away, small = np.abs(x - self.forecast), 4 * np.finfo(float).eps
        rounding = small * np.abs(self.forecast)
        with np.errstate(divide="ignore", invalid="ignore"):
            smallest = np.clip(away * (1 - small) - rounding, 0, None) / self.unit
            largest = (away * (1 + small) + rounding) / self.unit
        # Where there is no unit, all there is is the forecast.
        smallest = np.where(smallest >= 0, smallest, 0)
        return smallest, np.where(largest >= 0, largest, np.inf)

    def _mean(self) -> np.ndarray:
        return np.asarray(self.forecast)

    def _var(self) -> np.ndarray:
        return self.errors.mean_squares()[self._sets] * np.square(self.unit)

    def _energy_self(self) -> np.ndarray:
        return self._sum(self.errors.mean_gaps()[self._sets] * self.unit)

    def _energy_x(self, x: np.ndarray) -> np.ndarray:
        away = np.abs(x - self.forecast)
        unit = np.where(np.asarray(self.unit) > 0, self.unit, 1)
        # Of an error and its mirror image, one is as far off as the larger of both.
        mean = self.errors.mean_at_least(self._sets, away / unit) * unit
        return self._sum(np.where(np.asarray(self.unit) > 0, mean, away))

    def _sample(self, n_samples: int | None = None) -> Any:
        shape = (1 if n_samples is None else n_samples, *self.shape)
        # The global generator, as skpro's own distributions use: its seed repeats them.
        samples = self._ppf(np.random.uniform(size=shape))  # noqa: NPY002
        if not self.ndim:
            return samples[0] if n_samples is None else pd.DataFrame(samples)
        frames = [pd.DataFrame(each, self.index, self.columns) for each in samples]
        if n_samples is None:
            return frames[0]
        return pd.concat(frames, keys=range(n_samples))

    def _sum(self, energy: np.ndarray) -> np.ndarray:
        return energy.sum(axis=1, keepdims=True) if self.ndim else energy

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameters for the checks of skpro."""
        sizes = np.array([[0.0, 1, 3, 4], [0, 2, 2, 5]])
        errors = ErrorSizes(sizes, np.array([[0.1, 0.25, 0.5, 1], [0, 0.5, 0.75, 1]]))
        frame = {
            "forecast": np.array([[0.0, 10], [-3, 2], [5, 1e6]]),
            "unit": np.array([[1, 2], [0, 0.5], [1, 1e-3]]),
            "sets": np.array([[0, 1], [1, 1], [0, 0]]),
            "index": pd.RangeIndex(3),
            "columns": pd.Index(["a", "b"]),
        }
        alone = {"forecast": 1.5, "unit": 2.0, "sets": 1}
        return [frame | {"errors": errors}, alone | {"errors": errors}]
