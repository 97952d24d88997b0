"""Windows given as arrays ``(n, T, C)``: rows, time points, channels."""

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches
from torch import Tensor

# Numbers that are converted at a time: windows are often views, which overlap, of a
# series that is far smaller than they are.
CHUNK = 2**20


def _chunks(windows: np.ndarray):
    n_rows, length, n_channels = windows.shape
    return gen_batches(n_rows, max(1, CHUNK // (length * n_channels)))


def fit_scaler(windows: np.ndarray) -> StandardScaler:
    """Return mean and standard deviation of each channel over all rows and times."""
    scaler = StandardScaler()
    for rows in _chunks(windows):
        scaler.partial_fit(windows[rows].reshape(-1, windows.shape[2]))
    return scaler


def to_tensor(
    windows: np.ndarray, center: np.ndarray, scale: np.ndarray, device: torch.device
) -> Tensor:
    """Return standardised windows as a network sees them, ``(n, C, T)``."""
    n_rows, length, n_channels = windows.shape
    standardised = np.empty((n_rows, n_channels, length), dtype=np.float32)
    for rows in _chunks(windows):
        standardised[rows] = ((windows[rows] - center) / scale).transpose(0, 2, 1)
    return torch.from_numpy(standardised).to(device)


def steps_apart(earlier: np.ndarray, later: np.ndarray) -> int | None:
    """Return by how many steps a window follows another; None if they do not meet."""
    for steps in range(1, len(earlier)):
        if np.array_equal(earlier[steps:], later[:-steps]):
            return steps
    return None


def n_rows_into(contexts: np.ndarray, targets: np.ndarray, row: int) -> int:
    """Return how many rows before `row` have targets that reach into its own.

    Targets tell it, or contexts, where a pipeline has scaled the targets column by
    column, which leaves no two values the same.
    """
    for windows in (targets, contexts):
        steps = steps_apart(windows[row - 1], windows[row])
        if steps is not None:
            return -(-targets.shape[1] // steps) - 1
    return 0


def share_targets(first: np.ndarray, second: np.ndarray) -> bool:
    """Tell whether two target windows are parts of one series that overlap.

    What they share must hold five different values, in the same order: fewer agree by
    chance where numbers are rounded or stand still.
    """
    for earlier, later in ((first, second), (second, first)):
        steps = steps_apart(earlier, later)
        if steps is not None and len(np.unique(later[:-steps])) > 4:
            return True
    return False
