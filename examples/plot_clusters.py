"""
Clusters of long series and their prototypes
============================================

Outlines of leaves, unrolled into series of 427 points (OSULeaf, which comes with
sktime). LoSTer links each outline to those most like it, finds the clusters of these
links, and trains a network to remember them; its centres, decoded, are outlines again,
to be looked at.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sktime.datasets import load_osuleaf

from skts.clustering import LoSTerClusterer, compare_n_clusters
from skts.plotting import plot_clusters, plot_embedding, plot_n_clusters

X, species = load_osuleaf(split="train", return_type="numpy3D")
n_species = len(np.unique(species))
print(f"{len(X)} leaves of {n_species} species, {X.shape[2]} points each")

# %%
# How many clusters are there? A wide gap after an eigenvalue of the graph says that it
# falls apart so, a high silhouette that clusters are compact. Leaves of one species
# vary so much that neither speaks for six alone.
table = compare_n_clusters(LoSTerClusterer(random_state=0), X)
print(table.round(3))
plot_n_clusters(table).set_title("How many clusters are there?")

# %%
# The number of species is known here, so it is taken.
model = LoSTerClusterer(n_species, random_state=0).fit(X)

# %%
# Each cluster with its prototype, before the bands that hold half and nine tenths of
# its series. An outline may start anywhere on the leaf, so members of a cluster can be
# alike and still shifted. What they share then is in the spectra, and the prototype is
# flatter than any of them.
plot_clusters(model, X)
# sphinx_gallery_thumbnail_number = 2

# %%
# The codes, seen from the side where they spread most, and the prototypes beside them.
plot_embedding(model, X).set_title("Codes of leaves, and the prototypes")

# %%
# How well do clusters agree with species, which no clusterer saw? The adjusted Rand
# index is 1 for the same partition and 0 for chance. The network remembers: leaves that
# it has never seen get a cluster, too.
plain = KMeans(n_species, n_init=10, random_state=0).fit_predict(X[:, 0])
new, new_species = load_osuleaf(split="test", return_type="numpy3D")
print(f"k-means          {adjusted_rand_score(species, plain):.2f}")
print(f"LoSTer           {adjusted_rand_score(species, model.labels_):.2f}")
print(f"LoSTer, new ones {adjusted_rand_score(new_species, model.predict(new)):.2f}")
plt.show()
