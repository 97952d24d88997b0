"""
Which patches talk? LSINet's connections on a periodic series
=============================================================

LSINet cuts the past into patches and learns, once for all windows, which patch listens
to which. The penalty of its loss switches most connections off. Here we look at what is
left on a series whose period we know.
"""

# %%
# An hourly series with a daily cycle, a weaker weekly one, and noise.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import LSINetForecaster
from skts.plotting import plot_connections, plot_forecast

hours = np.arange(1500)
values = np.sin(2 * np.pi * hours / 24) ** 3 + 0.5 * np.sin(2 * np.pi * hours / 168)
values += np.random.default_rng(0).normal(0, 0.2, len(hours))
index = pd.date_range("2024-01-01", periods=len(hours), freq="h", name="time")
y = pd.Series(values, index, name="load")

# %%
# A context of four days in patches of six hours, one every three hours. This page is
# about the network, so the linear maps that it is mixed with by default are left out.
model = LSINetForecaster(
    96,
    horizon=24,
    linear_maps=None,
    patch_length=6,
    stride=3,
    hidden_size=32,
    n_heads=4,
    head_size=8,
    sparsity=0.85,
    lr=2e-3,
    max_epochs=10,
    random_state=0,
).fit(y[:-24])
steps = range(1, 25)
ax = plot_forecast(
    model.predict(steps),
    y[-120:-24],
    intervals=model.predict_interval(steps, coverage=0.9),
    truth=y[-24:],
)
ax.set_title("One day forecast, with its 90 % band")

# %%
# Each head has connections of its own. A dark cell means that the patch of the row
# listens to that of the column; both axes are the steps before the forecast.
figure, axes = plt.subplots(
    2, 2, figsize=(7, 7.4), sharex=True, sharey=True, layout="constrained"
)
for head, ax in enumerate(axes.flat):
    plot_connections(model, head=head, ax=ax)
    ax.label_outer()

# %%
# Columns stand out: a few patches are heard by nearly all others, and nearly nobody
# hears the rest. Lines one day off the diagonal, which the daily cycle might suggest,
# there are none: the linear layers around the connections see the cycle already.

# %%
# The share of connections in use, over the epochs. At first no connection has a
# probability above one half, so none is used; the penalty, which first counts in the
# epoch after the third (``sparsity_interval=3``), lifts the most probable ones and
# presses the others down, towards ``1 - sparsity``.
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(
    [record["epoch"] for record in model.history_],
    [record["density"] for record in model.history_],
    marker=".",
)
ax.set_title("Connections in use, by epoch")
ax.axhline(1 - model.sparsity, color="0.5", linestyle=":", label="1 - sparsity")
ax.set(xlabel="epoch", ylabel="share of connections in use")
ax.legend(frameon=False)
plt.show()
