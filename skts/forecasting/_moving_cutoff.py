"""What sktime's ``update_predict`` asks for, made from one pass over all windows."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from skts.series import Frequency, times_after

Splits = Iterable[tuple[np.ndarray, np.ndarray]]


def cutoff_rows(splits: Splits, y: pd.Index, known: pd.Index) -> np.ndarray | None:
    """Return the row of `known` that is last once each window of `y` has been seen.

    None if a window leaves rows out, so that what is known then is not all that lies
    before a cutoff.
    """
    last_rows, n_seen = [], 0
    for window, _ in splits:
        if not len(window) or window[0] > n_seen or (np.diff(window) != 1).any():
            return None
        n_seen = max(n_seen, int(window[-1]) + 1)
        last_rows.append(n_seen - 1)
    return known.get_indexer(y[last_rows]) if last_rows else None


def frames_by_cutoff(
    forecasts: np.ndarray,
    steps: np.ndarray,
    rows: np.ndarray,
    known: pd.DataFrame,
    frequency: Frequency | None,
) -> tuple[list[pd.DataFrame], list[pd.Index]]:
    """Return a frame of forecasts ``(n_steps, C)`` after each of some rows, and those.

    The index of `known` has no gap, so one range of times holds those of all frames.
    """
    n_times = int(rows.max() - rows[0] + steps.max())
    first = known.index[: rows[0] + 1]
    times = times_after(first, np.arange(1, n_times + 1), frequency)
    frames = [
        pd.DataFrame(values, times.take(row - rows[0] + steps - 1), known.columns)
        for values, row in zip(forecasts, rows, strict=True)
    ]
    return frames, [known.index[[row]] for row in rows]
