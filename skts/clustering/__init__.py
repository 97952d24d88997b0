"""Clusterers with the interfaces of sktime and scikit-learn."""

from skts.clustering._loster import LoSTerClusterer
from skts.clustering._n_clusters import compare_n_clusters

__all__ = ["LoSTerClusterer", "compare_n_clusters"]
