"""Loaders of public data sets; no data come with the package."""

from skts.datasets._ett import load_ett

__all__ = ["load_ett"]
