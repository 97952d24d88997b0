"""What is private to sktime and needed here, in one place.

Read in sktime 1.2.0: ``_format_moving_cutoff_predictions`` joins the forecasts of
``update_predict``, and ``check_fh`` makes a ForecastingHorizon of what users pass.
"""

from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from sktime.performance_metrics.forecasting import mean_absolute_percentage_error
from sktime.utils.validation.forecasting import check_fh

join_moving_cutoffs = _format_moving_cutoff_predictions
coerce_fh = check_fh


def percentage_error(y: pd.Series | pd.DataFrame, forecast: Any) -> float:
    """Return sktime's score of a forecast, by the values of `y` that are known.

    That is the mean over channels of each one's mean absolute percentage error.
    """
    truths, forecasts = pd.DataFrame(y), pd.DataFrame(forecast)
    errors = []
    for channel in range(truths.shape[1]):
        known = truths.iloc[:, channel].notna().to_numpy()
        if known.any():
            pair = (each.iloc[known, channel] for each in (truths, forecasts))
            errors.append(mean_absolute_percentage_error(*pair, symmetric=False))
    if not errors:
        raise ValueError(
            "y must hold a value to score forecasts by, but all are missing. Give "
            "rows in which some are known."
        )
    return float(np.mean(errors))
