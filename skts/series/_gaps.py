"""Where a series has gaps, and whether what lies between them is long enough."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from skts._validation import warn_caller
from skts.data import Stretch
from skts.series._times import count_steps, find_frequency, periods_per_step


def contiguous_stretches(
    index: pd.Index, frequency: pd.offsets.BaseOffset | None = None
) -> list[Stretch]:
    """Return first row and row after the last of each stretch without a gap.

    Dates step by `frequency`, or the one found if they do not follow it, periods by
    theirs, and integers by one.
    """
    if len(index) < 2:
        return [(0, len(index))]
    if isinstance(index, pd.PeriodIndex):
        elapsed = index.asi8 - index.asi8[0]
        if (elapsed % periods_per_step(index)).any():
            raise ValueError(
                f"y must have regular times, but its periods of {index.freqstr!r} "
                f"overlap: {', '.join(map(str, index[:3]))}. Resample them."
            )
        positions = elapsed // periods_per_step(index)
    elif isinstance(index, pd.DatetimeIndex):
        found = None if frequency is None else count_steps(index, frequency)
        if found is None:
            frequency = find_frequency(index)
            assert frequency is not None, "several dates have a step, or there is none"
            found = count_steps(index, frequency)
        assert found is not None, "the step found is that of all"
        positions = found
    else:
        positions = index.to_numpy()
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    edges = [0, *breaks.tolist(), len(index)]
    return list(pairwise(edges))


def check_length(
    stretches: Sequence[Stretch],
    context_length: int,
    prediction_length: int,
    name: str = "y",
) -> None:
    """Raise unless one stretch holds a window and the last holds a context."""
    needed = context_length + prediction_length
    longest = max(end - begin for begin, end in stretches)
    n_gaps = len(stretches) - 1
    if longest < needed:
        has = f"{stretches[-1][1]} time points"
        advice = "Use a shorter context_length or horizon, or a longer series."
        if n_gaps:
            has += f" with {n_gaps} gaps, {longest} of them at most without a gap"
            advice = (
                "Windows never cross a gap (in an index of integers, any step but 1): "
                "fill the gaps in, or, in a search, use TimeSeriesSplit, not a "
                "shuffled split."
            )
        raise ValueError(
            f"{name} has {has}, but context_length={context_length} and "
            f"horizon={prediction_length} need at least {needed}. {advice}"
        )
    check_last_stretch(stretches, context_length, name)


def check_last_stretch(
    stretches: Sequence[Stretch], context_length: int, name: str
) -> None:
    """Raise unless what follows the last gap holds a context to forecast from."""
    begin, end = stretches[-1]
    if end < context_length:
        raise ValueError(
            f"{name} has {end} time point(s), but a forecast needs the last "
            f"context_length={context_length}. Give a longer history."
        )
    if end - begin < context_length:
        raise ValueError(
            f"{name} has a gap {end - begin} time point(s) before its end, but a "
            f"forecast needs the last context_length={context_length} without a gap. "
            "Fill the gap in first (reindex and sktime's Imputer), or use a shorter "
            "context_length."
        )


def warn_of_gaps(n_gaps: int) -> None:
    """Warn if there are gaps that windows must not cross."""
    if n_gaps:
        warn_caller(
            f"y has {n_gaps} gap(s) in its index. Windows that would cross a gap are "
            "left out.",
        )
