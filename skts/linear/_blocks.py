"""Where few windows can be held out, each of five blocks of all windows is, in turn."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from skts.data import Windows
from skts.linear._moments import WindowMoments

N_BLOCKS = 5
# With fewer windows than this held out in all, their errors are too few to choose by.
FEW_WINDOWS = 500


def block_folds(
    windows: Windows | Sequence[Windows],
    n_blocks: int = N_BLOCKS,
    pilot: Tensor | None = None,
) -> list[tuple[WindowMoments, WindowMoments]]:
    """Return, for each block of windows, the moments of the others and its own.

    Windows whose targets share a row with those of a block are left out of the others.
    Each series is cut into blocks in time; where one has fewer windows than there are
    blocks, all windows are cut, one series after the other. A block that would leave
    no other windows is left out.

    Parameters
    ----------
    windows : Windows or sequence of Windows
        All windows to learn from, of a series or of each series of a panel.
    n_blocks : int, default=5
        Blocks to make.
    pilot : Tensor of shape (l, H) or None, default=None
        What forecasts missing targets.
    """
    panel = [windows] if isinstance(windows, Windows) else list(windows)
    folds = []
    blocks = _blocks([len(each) for each in panel], n_blocks)
    for number in range(n_blocks):
        learned, held_out = [], []
        for each, block in zip(panel, blocks, strict=True):
            inside, outside = _divide(each, block == number)
            held_out.append(inside)
            learned.append(outside)
        if any(map(len, learned)) and any(map(len, held_out)):
            fold = WindowMoments(learned, pilot), WindowMoments(held_out, pilot)
            folds.append(fold)
    return folds


def _blocks(sizes: Sequence[int], n_blocks: int) -> list[np.ndarray]:
    """Return the block of each window of each series."""
    if min(sizes) >= n_blocks:
        return [np.arange(size) * n_blocks // size for size in sizes]
    total = sum(sizes)
    every = np.arange(total) * n_blocks // max(1, total)
    return np.split(every, np.cumsum(sizes)[:-1])


def _divide(windows: Windows, inside: np.ndarray) -> tuple[Windows, Windows]:
    """Return the windows inside a block, and those that share no target with them."""
    starts = windows.starts.cpu().numpy()
    block = starts[inside]
    near = np.zeros(len(starts), dtype=bool)
    if len(block):
        reach = windows.prediction_length
        near = (starts > block[0] - reach) & (starts < block[-1] + reach)

    def some(which: np.ndarray) -> Windows:
        kept = torch.from_numpy(starts[which]).to(windows.device)
        return replace(windows, starts=kept)

    return some(inside), some(~near)
