"""
Tuning on a budget
==================

Where do ten minutes of tuning go? First to the linear maps, which take seconds and need
none. Then to the question whether a network adds anything. Only then to a search, over
the one or two parameters that matter, with ``max_epochs`` as the budget.
"""

# %%
# Two gauges of a river, hour by hour: what passes the upper one arrives at the lower
# one six hours later. The last part is for the test, and no choice below looks at it.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_search

generator = np.random.default_rng(0)
hours = np.arange(4000)
rain = generator.exponential(1.0, len(hours)) * (generator.random(len(hours)) < 0.08)
runoff = np.convolve(rain, 0.8 ** np.arange(24))[: len(hours)]
upper = 2 + 0.2 * np.sin(2 * np.pi * hours / 24) + runoff
levels = np.stack([upper, 1 + 0.8 * np.roll(upper, 6)], axis=1)
levels += generator.normal(0, 0.05, levels.shape)
index = pd.date_range("2024-01-01", periods=len(hours), freq="h", name="time")
y = pd.DataFrame(levels, index, columns=["upper", "lower"])
train, test = y[:3700], y[3700:]

# %%
# Seconds: the maps alone.
common = {"context_length": 48, "horizon": 6, "random_state": 0}
network = common | {"lr": 1e-2, "batch_size": 128, "max_epochs": 10}
maps = SAMformerForecaster(**common, max_epochs=0).fit(train)

# %%
# Does a network help, as it comes? Record 0 of ``history_`` is the maps by themselves,
# the others are the mixture after each epoch, on rows held out of the training part. A
# weight of 0 says no: with its usual ``rho``, it finds nothing that the maps lack.
first = SAMformerForecaster(**network).fit(train)
losses = [record["valid_loss"] for record in first.history_]
print(f"held-out error: maps {losses[0]:.4f}, with a network {min(losses):.4f}")
print(f"its weight in the forecast: {first.network_weight_:.2f}")

# %%
# But the upper gauge must tell something of the lower one, so a search is worth its
# time: over ``rho`` alone, with two folds and few epochs. Each value costs as much as
# the fit above, times the folds. ``n_jobs`` spreads the fits over cores.
search = GridSearchCV(
    SAMformerForecaster(**network),
    {"rho": [0.0, 0.1, 0.7]},
    cv=TimeSeriesSplit(2, test_size=200),
    error_score="raise",
).fit(train)
plot_search(search, "rho").set_title("Error of each fold by rho")
print(search.best_params_, f"weight {search.best_estimator_.network_weight_:.2f}")

# %%
# What it came to, on rows that no choice has seen, beside the last value once more.
naive = (test.diff(6)[6:] ** 2).mean() / train.std() ** 2
print(f"naive, six hours ahead      {naive.mean():.3f}")
for name, model in [("maps", maps), ("mixture", first), ("searched", search)]:
    print(f"{name:<27} {-model.score(test):.3f}")
plt.show()
