"""Clusterers with the interfaces of sktime and scikit-learn."""

from skts.clustering._loster import LoSTerClusterer

__all__ = ["LoSTerClusterer"]
