"""Windows given as arrays ``(n, T, C)``: as one series, and which of them overlap."""

import numpy as np
import torch

from skts.data import Rows, Windows


def end_to_end(rows: Rows) -> Windows:
    """Return contexts and targets as windows of one series, which share no row.

    Those with weights are multiplied by the square roots of these: maps are linear, and
    their squared errors are weighted then.
    """
    context, target, *root = rows.tensors
    both = torch.cat([context, target], dim=-1)  # (n, C, L + H)
    if root:
        both *= root[0]
    width = both.shape[-1]
    series = both.transpose(0, 1).reshape(both.shape[1], -1)
    starts = torch.arange(len(rows), device=series.device) * width
    return Windows(series, starts, context.shape[-1], target.shape[-1])


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
