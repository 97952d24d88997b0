"""Forecasters with the interface of sktime, ready for scikit-learn's searches."""

from skts.forecasting._base import TorchForecaster as TorchForecaster
from skts.forecasting._lsinet import LSINetForecaster
from skts.forecasting._samformer import SAMformerForecaster

__all__ = ["LSINetForecaster", "SAMformerForecaster"]
