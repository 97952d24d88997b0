"""Intervals from errors, one window after the other: numbers alone."""

from skts.conformal._alike import AlikeErrors, count, windows_needed
from skts.conformal._along import WidthsAlong
from skts.conformal._recent import N_KEPT, PER_HORIZON, RecentErrors
from skts.conformal._scores import BandScores, IntervalScores
from skts.conformal._sizes import ErrorSizes

__all__ = [
    "N_KEPT",
    "PER_HORIZON",
    "AlikeErrors",
    "BandScores",
    "ErrorSizes",
    "IntervalScores",
    "RecentErrors",
    "WidthsAlong",
    "count",
    "windows_needed",
]
