"""
Linear maps, a network, and what each is worth
==============================================

A forecaster solves linear maps in closed form, trains its network beside them, and
mixes the two by weights that the rows held out choose. Two gauges on a river show when
the network gets a say, and when the maps are better left alone.
"""

# %%
# Hourly levels, with a weak daily cycle and rain now and then. What passes the upper
# gauge arrives at the lower one six hours later.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_learning_curves, plot_linear_map, plot_mixture

generator = np.random.default_rng(0)
hours = np.arange(3000)
rain = generator.exponential(1.0, len(hours)) * (generator.random(len(hours)) < 0.08)
runoff = np.convolve(rain, 0.8 ** np.arange(24))[: len(hours)]
upper = 2 + 0.2 * np.sin(2 * np.pi * hours / 24) + runoff
lower = 1 + 0.8 * np.roll(upper, 6)
levels = np.stack([upper, lower], axis=1)
levels += generator.normal(0, 0.05, levels.shape)
index = pd.date_range("2024-01-01", periods=len(hours), freq="h", name="time")
y = pd.DataFrame(levels, index, columns=["upper", "lower"])
train, test = y[:2700], y[2700:]

# %%
# A map sees the past of its own channel alone. The network's attention looks at both
# gauges, so it knows of a flood before the lower one does. In ``members_``, the last
# column is the error of each member alone on the rows held out.
settings = {"lr": 1e-2, "rho": 0.1, "batch_size": 128, "max_epochs": 15}
model = SAMformerForecaster(48, 6, **settings, random_state=0).fit(train)
table = model.members_[["kind", "context", "naive", "weight", "valid_loss"]]
print(table[table["weight"] > 0.005].round(3).to_string(index=False))

# %%
# Epoch 0 of the learning curves is the maps alone. The curve of the mixture starts
# there, and falls as soon as the network has something to add. It may stay a little
# above the network alone: the maps are pulled towards equal weights, which is safer on
# rows to come than to believe the rows held out in everything.
plot_learning_curves(model).set_title("Maps alone at epoch 0, then with a network")

# %%
# What each part forecasts, from an hour at which a flood has passed the upper gauge:
# the maps let the level fall back, the network knows what comes.
flood = int(np.argmax((test["upper"] - test["lower"]).to_numpy()[: len(test) - 6])) + 1
model.update(test[:flood], update_params=False)
steps = np.arange(1, 7)
ax = plot_mixture(
    model,
    steps,
    y[: 2700 + flood][-36:],
    truth=test[flood : flood + 6],
    variable="lower",
    unit="m",
)
ax.set_title("What each part says of the coming flood")

# %%
# The linear maps as the one that they make together: the weight of each past hour in
# the forecast of the lower gauge.
plot_linear_map(model, channel="lower")

# %%
# The upper gauge alone tells nothing that a line does not. There the network gets no
# weight, and forecasts are those of the maps. A search over ``rho`` would find equal
# scores: ``members_`` says why.
alone = SAMformerForecaster(48, 6, **settings, random_state=0).fit(train[["upper"]])
print(f"\nnetwork's weight: {model.network_weight_:.2f} with both gauges, ", end="")
print(f"{alone.network_weight_:.2f} with the upper one alone")
plt.show()
