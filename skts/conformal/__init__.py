"""Intervals from errors, one window after the other: numbers alone."""

from skts.conformal._ranked import RankedErrors, count, windows_needed
from skts.conformal._recent import N_KEPT, PER_HORIZON, RecentErrors
from skts.conformal._scores import IntervalScores

__all__ = [
    "N_KEPT",
    "PER_HORIZON",
    "IntervalScores",
    "RankedErrors",
    "RecentErrors",
    "count",
    "windows_needed",
]
