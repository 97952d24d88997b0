"""
One network for a panel of series
=================================

Thirty home appliances, each with a short history of the power that it takes. One
network learns from all of them at once, each in its own units; beside it stands a
network for each appliance alone. Then an appliance comes that ``fit`` never saw.
"""

# %%
# The data ship with sktime. What we know of each appliance are 300 points in time; the
# 24 that follow are to be forecast.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.datasets import load_acsf1

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast

X, _ = load_acsf1(split="train", return_type="numpy3D")
frames = {
    f"appliance {number}": pd.DataFrame({"power": power[:324]})
    for number, power in enumerate(X[:31, 0])
}
unseen = frames.pop("appliance 30")
known = pd.concat({n: y[:300] for n, y in frames.items()}, names=["name", "time"])
truth = pd.concat({n: y[300:] for n, y in frames.items()}, names=["name", "time"])

# %%
# ``fit`` takes the panel as it is: an index with the name of a series before its time.
# ``scale_`` has a row for each.
# Networks are compared here, so the linear maps that they are mixed with by default are
# left out.
settings = {"lr": 1e-3, "max_epochs": 10, "linear_maps": None, "random_state": 0}
steps = np.arange(1, 25)
together = SAMformerForecaster(96, 24, **settings).fit(known)
print(together.scale_.describe().round(2))

# %%
# A network for each appliance, with the same settings.
alone = pd.concat(
    {
        name: SAMformerForecaster(96, 24, **settings).fit(y[:300]).predict(steps)
        for name, y in frames.items()
    },
    names=["name", "time"],
)

# %%
# Mean squared errors in units of each appliance's variance, one dot per appliance.
# Below the line the one network is better.
variance = known.groupby("name")["power"].var()


def error(forecast):
    """Return the error of each appliance's forecast."""
    return ((forecast - truth) ** 2)["power"].groupby("name").mean() / variance


errors = pd.DataFrame(
    {"alone": error(alone), "together": error(together.predict(steps))}
)
last = known.groupby("name").last().reindex(truth.index, level="name")
print(errors.assign(last_value=error(last)).median().round(3).to_string())
figure, ax = plt.subplots(figsize=(4.5, 4), layout="constrained")
ax.set_title("Errors of thirty appliances")
ax.loglog(errors["alone"], errors["together"], "o", alpha=0.7)
ends = [errors.min().min(), errors.max().max()]
ax.loglog(ends, ends, color="0.6", linestyle=":")
ax.set(xlabel="error of one network each", ylabel="error of one network for all")
plt.show()

# %%
# The appliance that ``fit`` never saw becomes known by its history; nothing is trained.
history = pd.concat({"appliance 30": unseen[:300]}, names=["name", "time"])
together.update(history, update_params=False)
ax = plot_forecast(
    together.predict(steps).loc["appliance 30"],
    unseen[200:300],
    intervals=together.predict_interval(steps).loc["appliance 30"],
    truth=unseen[300:],
)
ax.set_title("an appliance not seen in fit")
plt.show()
