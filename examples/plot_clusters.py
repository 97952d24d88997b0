"""
Clusters of long series and their prototypes
============================================

Outlines of leaves, unrolled into series of 427 points (OSULeaf, which comes with
sktime). LoSTer encodes each outline together with its spectrum and clusters the codes;
its centres, decoded, are outlines again, to be looked at.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sktime.datasets import load_osuleaf

from skts.clustering import LoSTerClusterer
from skts.plotting import plot_cluster, plot_embedding

X, species = load_osuleaf(split="train", return_type="numpy3D")
n_species = len(np.unique(species))
print(f"{len(X)} leaves of {n_species} species, {X.shape[2]} points each")

# %%
# Small settings, to take seconds; the defaults are larger.
model = LoSTerClusterer(
    n_species, hidden_size=64, pretrain_epochs=30, max_epochs=30, random_state=0
).fit(X)

# %%
# Each cluster with its prototype. An outline may start anywhere on the leaf, so members
# of a cluster can be alike and still shifted. What they share then is in the spectrum,
# and the prototype is flatter than any of them.
figure, axes = plt.subplots(
    2, 3, figsize=(9, 5), sharex=True, sharey=True, layout="constrained"
)
for cluster, ax in enumerate(axes.flat):
    plot_cluster(model, X, cluster, ax=ax)
    ax.get_legend().remove()
    ax.label_outer()

# %%
# The codes, seen from the side where they spread most.
plot_embedding(model, X)

# %%
# How well do clusters agree with species, which no clusterer saw? The adjusted Rand
# index is 1 for the same partition and 0 for chance. k-means on the raw outlines, a
# hundred times faster, is what to try first.
plain = KMeans(n_species, n_init=10, random_state=0).fit_predict(X[:, 0])
print(f"LoSTer  {adjusted_rand_score(species, model.labels_):.2f}")
print(f"k-means {adjusted_rand_score(species, plain):.2f}")
plt.show()
