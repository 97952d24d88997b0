"""
Intervals, and how often they hold the truth
============================================

``predict_interval`` measures errors, first those on the rows held out in ``fit``, and
promises that the same share of errors to come will be as small. Here is how well that
holds for a series whose swings grow, and what following the truths does.
"""

# %%
# A daily cycle that doubles in two months, and noise in proportion to it.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast

generator = np.random.default_rng(4)
hours = np.arange(3400)
size = 2 ** (hours / 1600)
values = size * (np.sin(2 * np.pi * hours / 24) + generator.normal(0, 0.3, len(hours)))
index = pd.date_range("2024-01-01", periods=len(hours), freq="h", name="time")
y = pd.Series(values, index, name="load")
train, test = y[:2400], y[2400:]

# %%
# Three ways to go by errors: as they were when held out, a warning being that they have
# grown already; relative to the spread of the window that the forecast is made from; or
# following those that updates bring. The network is the same. (Linear maps, which a
# forecaster is mixed with by default, are left out to have one setting less.)
common = {"lr": 1e-3, "max_epochs": 8, "batch_size": 64, "random_state": 0}
common["linear_maps"] = None
models = {
    method: SAMformerForecaster(96, 24, interval_method=method, **common).fit(train)
    for method in ("conformal", "adaptive", "following")
}
steps = np.arange(1, 25)
figure, axes = plt.subplots(3, 1, figsize=(7, 8.5), sharex=True, layout="constrained")
for model, ax in zip(models.values(), axes, strict=True):
    plot_forecast(
        model.predict(steps),
        train[-96:],
        intervals=model.predict_interval(steps, coverage=[0.5, 0.9]),
        truth=test[:24],
        ax=ax,
    )
    ax.set_title(f'interval_method="{model.interval_method}"')
    ax.label_outer()

# %%
# An interval is about one step. That a whole day stays within all of its intervals is
# another question; ``predict_band`` answers that one.
model = models["following"]
band = model.predict_band(steps, coverage=0.9)["load"][0.9]
ax = plot_forecast(
    model.predict(steps),
    train[-48:],
    intervals=model.predict_interval(steps, coverage=0.9),
    truth=test[:24],
)
ax.plot(band.index, band, color="#0072B2", linestyle="--")
ax.lines[-1].set_label("90 % band")
ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)

tried = model.backtest(test, stride=24, coverage=0.9, return_forecasts=False)
paths = tried.bands.set_index("form")["held"]
print(f"bands held {paths['following']:.0%} of the days, from first to last hour")

# %%
# How many of the truths lie inside? We move through the test part day by day;
# ``update(..., update_params=False)`` moves the context on, learns nothing, and tells
# intervals that follow how far off the forecasts were.
levels = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]


def inside(model):
    """Return, per level, whether each truth of the test part lies in its interval."""
    held = []
    for day in range(0, len(test) - 24, 24):
        came = test[day : day + 24]
        intervals = model.predict_interval(steps, coverage=levels)["load"]
        lower = intervals.xs("lower", axis=1, level=1)
        upper = intervals.xs("upper", axis=1, level=1)
        held.append(lower.le(came, axis=0) & upper.ge(came, axis=0))
        model.update(came, update_params=False)
    return pd.concat(held)


held = {method: inside(model) for method, model in models.items()}
for method, truths in held.items():
    print(method, truths.mean().round(2).to_dict())

# %%
# Intervals of one width come from the calmer weeks held out in ``fit``, and hold ever
# less as the swings grow. Those relative to the spread of their window grow along, and
# hold about what they promise, as this noise is in proportion to the spread. Those that
# follow know nothing of spreads: they widen as errors do, whatever the reason.
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
figure.suptitle("Share of truths inside, by level and by week")
left.plot([0.45, 1], [0.45, 1], "0.7", linestyle=":", label="as promised")
for (method, truths), marker in zip(held.items(), "osd", strict=True):
    left.plot(levels, truths.mean(), marker=marker, label=method)
    weekly = truths[0.9].resample("7D").mean()
    right.plot(np.arange(1, len(weekly) + 1), weekly, marker=marker, label=method)
left.set(xlabel="coverage asked for", ylabel="share of truths inside")
right.axhline(0.9, color="0.7", linestyle=":")
right.set(xlabel="week", ylabel="share inside the 90 % intervals", ylim=(0, 1.03))
left.legend(frameon=False)
plt.show()
