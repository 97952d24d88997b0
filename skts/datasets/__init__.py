"""Loaders of the sets that the papers measure on."""

from skts.datasets._csv import load_csv
from skts.datasets._ett import load_ett
from skts.datasets._ucr import load_ucr

__all__ = ["load_csv", "load_ett", "load_ucr"]
