"""
SAMformer on ETTh1, beside a linear map and a naive forecast
============================================================

How much does attention between channels add, and how much does any training? The
three forecasters see the same hours of the load and oil temperature of an electricity
transformer, and are measured on the same windows.

This example reads ETTh1 through :func:`skts.datasets.load_ett`, which downloads it.
Contexts and epochs are far fewer than
in the :doc:`measured results </results>`, to take seconds.

.. only:: without_ett

    .. figure:: /_static/etth1.png

        The last picture of this page, kept from where the data were at hand; here they
        were not when the documentation was built.
"""

# %%
# Eight months to train on, the last fifth of which chooses the epoch, and two to test.
import matplotlib.pyplot as plt
import numpy as np

from skts.datasets import load_ett
from skts.forecasting import SAMformerForecaster
from skts.model_selection import make_windows
from skts.plotting import (
    plot_error_by_step,
    plot_fan,
    plot_forecast,
    plot_learning_curves,
)

y = load_ett("ETTh1")[: 10 * 720]
train, test = y[: 8 * 720], y[8 * 720 :]

# %%
# ``attention="none"`` leaves the head alone: one linear map from the window to the
# horizon, with the same normalisation. Without attention there is nothing sharp to
# avoid, so ``rho=0``, which is plain Adam. By default a forecaster mixes its network
# with linear maps solved in closed form; ``linear_maps=None`` leaves these out, so that
# the networks are compared.
common = {"lr": 1e-3, "batch_size": 256, "max_epochs": 10, "random_state": 0}
common["linear_maps"] = None
samformer = SAMformerForecaster(336, 96, **common).fit(train)
linear = SAMformerForecaster(336, 96, attention="none", rho=0.0, **common).fit(train)
plot_learning_curves(samformer).set_title("Errors of SAMformer by epoch")

# %%
# ``backtest`` forecasts every window of the test part in one pass. The naive forecast
# repeats the last day.
results = {"SAMformer": samformer.backtest(test), "linear": linear.backtest(test)}
ax = None
for name, result in results.items():
    ax = plot_error_by_step(result, label=name, ax=ax)
    print(f"{name:<10} {result.overall['standardised_mae']:.3f}")

days, truths = make_windows(y[len(train) - 24 :], context_length=24, horizon=96)
errors = np.abs(np.tile(days, (1, 4, 1)) - truths) / samformer.scale_
ax.set_title("Errors by steps ahead")
ax.plot(np.arange(1, 97), errors.mean((0, 2)), "0.5", label="the last day")
ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
print(f"{'last day':<10} {errors.mean():.3f}")

# %%
# The trained models stay below the naive forecast at every step. What attention adds to
# the linear map is small beside that: most of what can be known of these channels lies
# in their own past.

# %%
# Four days of the oil temperature, with intervals from the errors on the rows held out.
steps = np.arange(1, 97)
ax = plot_forecast(
    samformer.predict(steps),
    train[-168:],
    intervals=samformer.predict_interval(steps, coverage=[0.5, 0.9]),
    truth=test[:96],
    variable="OT",
    unit="°C",
)
ax.set_title("Four days of the oil temperature")

# %%
# What comes without any setting but the horizon: linear maps, and a network if it earns
# a weight (here ``max_epochs=0`` leaves it out, to take a second). Two weeks of the
# test part, two days at a time.
usual = SAMformerForecaster(horizon=48, max_epochs=0).fit(train)
axes = plot_fan(usual, test[: 14 * 24], variable=["OT", "HUFL"])
for ax, title in zip(axes, ["oil temperature (°C)", "load (HUFL)"], strict=True):
    ax.set_ylabel("")
    ax.set_title(title, fontsize="medium", loc="left")
print(usual.backtest(test, sp=24))
plt.show()
# sphinx_gallery_thumbnail_path = '_static/etth1.png'
