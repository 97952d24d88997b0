"""What a fit on series learns: one plain object, and what can be done with it."""

from skts.fitted._backtest import Backtest
from skts.fitted._beyond import check_enough, check_within, errors_to
from skts.fitted._conformal import (
    INTERVAL_METHODS,
    absolute_errors,
    check_levels,
    window_spread,
)
from skts.fitted._effects import without_effects
from skts.fitted._errors import error_means
from skts.fitted._held_out import MAX_WINDOWS, HeldOutErrors, measure_held_out
from skts.fitted._held_out_rows import keep_rows
from skts.fitted._layout import (
    Layout,
    Sizes,
    choose_sizes,
    lay_out,
)
from skts.fitted._maps import held_out_windows, settle_maps
from skts.fitted._model import (
    Forecast,
    SeriesModel,
    make_series_model,
)
from skts.fitted._naive import keep_training_rows, mean_change
from skts.fitted._onnx import export_onnx
from skts.fitted._rolling import (
    Rolling,
    RollingByName,
    backtest,
    cut_rolling,
    forecast_from,
    forecast_one_step,
    forecast_rolling,
    rolling_error,
    rolling_in_units,
)
from skts.fitted._update import join_rows, take_effects, update_model

__all__ = [
    "INTERVAL_METHODS",
    "MAX_WINDOWS",
    "Backtest",
    "Forecast",
    "HeldOutErrors",
    "Layout",
    "Rolling",
    "RollingByName",
    "SeriesModel",
    "Sizes",
    "absolute_errors",
    "backtest",
    "check_enough",
    "check_levels",
    "check_within",
    "choose_sizes",
    "cut_rolling",
    "error_means",
    "errors_to",
    "export_onnx",
    "forecast_from",
    "forecast_one_step",
    "forecast_rolling",
    "held_out_windows",
    "join_rows",
    "keep_rows",
    "keep_training_rows",
    "lay_out",
    "make_series_model",
    "mean_change",
    "measure_held_out",
    "rolling_error",
    "rolling_in_units",
    "settle_maps",
    "take_effects",
    "update_model",
    "window_spread",
    "without_effects",
]
