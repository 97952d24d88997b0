"""
One fair comparison of any forecasters
======================================

Is a forecaster better than a naive forecast, or than one of another library? All must
see the same rows, forecast the same windows, and be measured in one unit. ``compare``
does that for any sktime forecasters, pipelines among them, and always beside a seasonal
naive forecast.
"""

# %%
# Passengers of airlines, by the month, for twelve years. The numbers grow, and so do
# their seasons, so a pipeline that takes logarithms may help.
import warnings

import matplotlib.pyplot as plt
from sktime.datasets import load_airline
from sktime.forecasting.naive import NaiveForecaster
from sktime.transformations.series.boxcox import LogTransformer

from skts.forecasting import SAMformerForecaster
from skts.model_selection import compare
from skts.plotting import plot_comparison

y = load_airline()

# %%
# The last third is forecast a year at a time, from every third month on. Ours are
# fitted once and go on from new rows; the others are fitted again for each window, as
# sktime's ``evaluate`` does: most of them do not take new rows in otherwise.
with warnings.catch_warnings(record=True):  # sktime's, of its own future
    table = compare(
        {
            "SAMformer": SAMformerForecaster(),
            "SAMformer on logarithms": LogTransformer() * SAMformerForecaster(),
            "line through first and last": NaiveForecaster("drift"),
            "mean of the last year": NaiveForecaster("mean", window_length=12),
        },
        y,
        horizon=12,
        test_size=48,
        stride=3,
    )
print(table[["mse", "mae", "mase", "rmsse", "fit_seconds"]].round(2).to_string())
print("{n_windows} windows, season of {sp} rows".format(**table.attrs))

# %%
# Errors are in standard deviations of the rows before the test part, and MASE and RMSSE
# relative to the error of the seasonal naive forecast there. The best comes first. The
# dashed line is the seasonal naive forecast, the numbers are seconds of a fit.
plot_comparison(table, "mse").set_title("Five forecasters of air passengers")
plt.show()

# %%
# Intervals of 90 % should hold nine truths of ten, and be as narrow as they can.
print(table[["coverage", "width"]].dropna().round(2))
