"""From arrays to batches. Nothing of size windows x context x channels is built."""

from skts.data._windows import (
    ShuffledBatches,
    Stretch,
    Windows,
    split_chronologically,
    window_starts,
)

__all__ = [
    "ShuffledBatches",
    "Stretch",
    "Windows",
    "split_chronologically",
    "window_starts",
]
