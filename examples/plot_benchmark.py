"""
Comparing forecasters with sktime's ``ForecastingBenchmark``
============================================================

The forecasters are sktime forecasters, so its benchmark compares them with any other
one, on tasks of its own: a series, a way to split it and a metric.
"""

# %%
# Two short series that come with sktime: passengers of airlines by the month, and
# trapped lynxes by the year.
import warnings

import matplotlib.pyplot as plt
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.datasets import load_airline, load_lynx
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteScaledError
from sktime.split import ExpandingWindowSplitter

from skts.forecasting import LSINetForecaster, SAMformerForecaster

warnings.filterwarnings("ignore", category=FutureWarning)  # sktime's, of its own future

# %%
# On series so short, a forecaster as it comes trains no network: it solves linear maps
# in closed form, shrunk towards a naive forecast. To compare these with networks, we
# have networks without maps (``linear_maps=None``), with short contexts, a larger
# learning rate and all rows.
short = {"max_epochs": 25, "batch_size": 16, "lr": 5e-3, "validation_fraction": 0}
short["linear_maps"] = None
small = {
    "hidden_size": 16,
    "n_heads": 2,
    "head_size": 8,
    "patch_length": 6,
    "stride": 3,
}
benchmark = ForecastingBenchmark()
benchmark.add_estimator(NaiveForecaster(), "last value")
benchmark.add_estimator(NaiveForecaster(sp=12), "last year")
benchmark.add_estimator(SAMformerForecaster(), "linear maps")
benchmark.add_estimator(SAMformerForecaster(36, **short, random_state=0), "SAMformer")
benchmark.add_estimator(
    LSINetForecaster(36, **small, **short, random_state=0), "LSINet"
)
for name, load in {"airline": load_airline, "lynx": load_lynx}.items():
    split = ExpandingWindowSplitter(range(1, 13), initial_window=96, step_length=12)
    benchmark.add_task(load, split, [MeanAbsoluteScaledError()], name)
with warnings.catch_warnings(record=True):  # sktime lets some through
    results = benchmark.run(None)

# %%
# Mean absolute scaled error: below 1 is better than what the naive forecast of one step
# did in the training part. Means over the folds of each series.
column = "MeanAbsoluteScaledError_mean"
table = results.pivot(index="model_id", columns="validation_id", values=column)
print(table.round(2))

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.set_title("Errors of five forecasters on two short series")
table.plot.barh(ax=ax, color=["#0072B2", "#E69F00"], width=0.7)
ax.set(xlabel="mean absolute scaled error", ylabel="")
ax.legend(title="", loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
plt.show()
