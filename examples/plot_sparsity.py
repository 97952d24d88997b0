"""
Does sparsity cost accuracy?
============================

``sparsity`` is the share of the connections between patches that LSINet's penalty
switches off. We search over it, on a series with several periods, and look at errors
and at the connections that remain. ``linear_maps=None`` leaves the network alone: the
linear maps that it is mixed with by default know nothing of ``sparsity``, and where
they have all the weight, every value has the same score.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.forecasting import LSINetForecaster
from skts.plotting import plot_connections, plot_search

time = np.arange(900)[:, None]
waves = np.sin(2 * np.pi * time / np.array([12, 20, 31]))
Y = waves @ [[1.0, 0.5], [0.5, 1.0], [0.5, 0.5]]
Y += np.random.default_rng(0).normal(0, 0.3, Y.shape)

model = LSINetForecaster(
    64,
    horizon=16,
    linear_maps=None,
    hidden_size=16,
    n_heads=2,
    head_size=8,
    sparsity_interval=1,
    lr=3e-3,
    max_epochs=8,
    random_state=0,
)
search = GridSearchCV(
    model,
    {"sparsity": [0.0, 0.5, 0.85, 0.95]},
    cv=TimeSeriesSplit(2, test_size=120),
    error_score="raise",
).fit(Y)
ax = plot_search(search, "sparsity")
ax.set_ylim(0, 0.16)
ax.set_title("Error of each fold by sparsity")

# %%
# The error hardly depends on how many connections are left, so most of them can go: the
# paper's claim in small, on a series that linear maps of patches forecast well.
dense, sparse = (clone(model).set_params(sparsity=s).fit(Y) for s in (0.0, 0.95))
figure, axes = plt.subplots(1, 2, figsize=(7.5, 3.8), sharey=True, layout="constrained")
for fitted, ax in zip((dense, sparse), axes, strict=True):
    plot_connections(fitted, ax=ax)
    ax.set_title(f"sparsity {fitted.sparsity}: {fitted.density_[0, 0]:.0%} in use")
plt.show()
