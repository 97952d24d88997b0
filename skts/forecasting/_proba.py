"""Forecasts as distributions of skpro, which need not be installed."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pandas as pd

from skts.conformal import ErrorSizes

if TYPE_CHECKING:
    from skts.forecasting._distribution import ForecastDistribution


class NeedsSkproError(ImportError, NotImplementedError):
    """What is missing can be installed; until then, sktime finds it not implemented."""


def has_skpro() -> bool:
    """Return whether skpro is installed."""
    return find_spec("skpro") is not None


def check_skpro() -> None:
    """Raise an error if skpro is not installed."""
    if not has_skpro():
        raise NeedsSkproError(
            "predict_proba gives distributions of skpro, which is not installed: "
            'pip install "skts[proba]". predict_quantiles needs nothing.'
        )


def as_distribution(
    parts: pd.DataFrame, columns: pd.Index, errors: ErrorSizes
) -> "ForecastDistribution":
    """Return distributions of forecasts.

    Parameters
    ----------
    parts : DataFrame of shape (n_rows, 3 * n_columns)
        Forecasts of all columns, then units, then sets of errors.
    columns : Index of shape (n_columns,)
        What is forecast.
    errors : ErrorSizes
        The sets.
    """
    from skts.forecasting._distribution import ForecastDistribution

    shape = len(parts), 3, len(columns)
    forecast, unit, sets = parts.to_numpy().reshape(shape).swapaxes(0, 1)
    return ForecastDistribution(forecast, unit, sets, errors, parts.index, columns)
