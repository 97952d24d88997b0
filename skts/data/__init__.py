"""From arrays to batches. Nothing of size windows x context x channels is built."""

from skts.data._augmentation import AUGMENTATIONS, augment
from skts.data._batches import ShuffledBatches
from skts.data._missing import (
    MOST_MISSING,
    WindowsThatTell,
    errors_where_known,
    truth_of,
)
from skts.data._rows import Rows
from skts.data._windows import (
    Stretch,
    Windows,
    cut_windows,
    join_windows,
    split_chronologically,
    spread_out,
    window_starts,
)

__all__ = [
    "AUGMENTATIONS",
    "MOST_MISSING",
    "WindowsThatTell",
    "Rows",
    "ShuffledBatches",
    "Stretch",
    "Windows",
    "augment",
    "cut_windows",
    "join_windows",
    "errors_where_known",
    "split_chronologically",
    "spread_out",
    "truth_of",
    "window_starts",
]
