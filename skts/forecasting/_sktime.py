"""What is private to sktime and needed here, in one place.

Read in sktime 1.2.0: ``_format_moving_cutoff_predictions`` joins the forecasts of
``update_predict``, and ``check_fh`` makes a ForecastingHorizon of what users pass.
"""

from sktime.forecasting.base._base import _format_moving_cutoff_predictions
from sktime.utils.validation.forecasting import check_fh

join_moving_cutoffs = _format_moving_cutoff_predictions
coerce_fh = check_fh
