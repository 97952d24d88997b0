"""
Clusters of sensors
===================

Two hundred meters, an hourly reading each for a week, and nobody has written down what
hangs on which. Machines of one kind do the same things, but each starts when it likes.
Points are missing, too.
"""

# %%
# Four kinds of load: heating that comes and goes, a fridge, an office, a pump. Each has
# an own beginning and size. Every tenth meter has lost some hours.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from skts.clustering import LoSTerClusterer
from skts.plotting import plot_clusters

rng = np.random.default_rng(0)
hours = np.arange(7 * 24)


def read_meter(kind):
    """Return a week of a machine of some kind, from an own beginning on."""
    now = hours + rng.integers(24)
    load = {
        "heating": 1 + np.sin(2 * np.pi * now / 24),
        "fridge": np.where(now % 6 < 3, 1.5, 0.5),
        "office": 2.0 * ((now % 24 < 9) & (now // 24 % 7 < 5)),
        "pump": 3.0 * (now % 12 < 2),
    }[kind]
    return rng.lognormal(1, 0.5) * (load + 0.4 * rng.standard_normal(len(hours)))


kinds = rng.choice(["heating", "fridge", "office", "pump"], 240)
X = np.stack([read_meter(kind) for kind in kinds])[:, None]  # meters, channels, hours
for meter in range(0, len(X), 10):
    begin = rng.integers(len(hours) - 12)
    X[meter, 0, begin : begin + 12] = np.nan
known, new = X[:200], X[200:]

# %%
# Missing points are bridged, and each meter is measured in its own mean and spread.
model = LoSTerClusterer(4, random_state=0).fit(known)

# %%
# Each cluster with its prototype, before the bands that hold half and nine tenths of
# its meters.
plot_clusters(model, known)

# %%
# Do clusters find the kinds? The adjusted Rand index is 1 for the same partition and 0
# for chance. k-means compares hour by hour and so takes an own beginning for another
# shape. The forty meters of later get a cluster from the network, without a new fit.
filled = np.nan_to_num(model.prepare(known)[:, 0])
plain = KMeans(4, n_init=10, random_state=0).fit_predict(filled)
for name, truth, labels in [
    ("k-means", kinds[:200], plain),
    ("LoSTer", kinds[:200], model.labels_),
    ("LoSTer, later meters", kinds[200:], model.predict(new)),
]:
    print(f"{name:<21} {adjusted_rand_score(truth, labels):.2f}")
plt.show()
