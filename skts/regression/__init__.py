"""Regressors on windows, with the interface of scikit-learn."""

from skts.regression._lsinet import LSINetRegressor
from skts.regression._samformer import SAMformerRegressor

__all__ = ["LSINetRegressor", "SAMformerRegressor"]
