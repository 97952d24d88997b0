"""Intervals from errors, one window after the other: numbers alone."""

from skts.conformal._alike import AlikeErrors, count, windows_needed
from skts.conformal._along import WidthsAlong
from skts.conformal._recent import N_KEPT, PER_HORIZON, RecentErrors
from skts.conformal._scores import BandScores, IntervalScores

__all__ = [
    "N_KEPT",
    "PER_HORIZON",
    "AlikeErrors",
    "BandScores",
    "IntervalScores",
    "RecentErrors",
    "WidthsAlong",
    "count",
    "windows_needed",
]
