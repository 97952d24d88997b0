"""What a forecaster learns from: the windows of one series, or of all of a panel."""

import warnings
from dataclasses import dataclass

import numpy as np
import torch

from skts.data import Stretch, Windows, split_chronologically, window_starts
from skts.forecasting._known import KnownSeries
from skts.forecasting._panel import SeriesByName, describe
from skts.forecasting._series import check_length, contiguous_stretches, warn_of_gaps


@dataclass(frozen=True)
class Part:
    """One series of the training data.

    Attributes
    ----------
    known : KnownSeries
        The series, in the units of its training part.
    n_train : int
        Rows of the training part.
    stretches : list of (int, int)
        First row and row after the last of each stretch without a gap.
    train, valid : Windows
        Windows to train on, and those held out, of which there may be none.
    """

    known: KnownSeries
    n_train: int
    stretches: list[Stretch]
    train: Windows
    valid: Windows


def lay_out(
    series: SeriesByName,
    context_length: int,
    prediction_length: int,
    validation_fraction: float,
    standardize: bool,
    device: torch.device,
) -> list[Part]:
    """Standardise each series by its own training part, and cut all into windows.

    They lie one after the other in one tensor on `device`; windows stay within one
    series, and within a stretch without a gap.
    """
    stretches = [contiguous_stretches(y.index) for y in series.values()]
    for name, its_stretches in zip(series, stretches, strict=True):
        check_length(its_stretches, context_length, prediction_length, describe(name))
    warn_of_gaps(sum(map(len, stretches)) - len(stretches))
    sizes = context_length, prediction_length
    divided = [
        _divide(its_stretches, validation_fraction, *sizes)
        for its_stretches in stretches
    ]
    if validation_fraction > 0 and not any(len(valid) for _, _, valid in divided):
        _warn_without_validation(series, validation_fraction, *sizes)
    known = [
        KnownSeries(y, n_train, standardize)
        for y, (n_train, _, _) in zip(series.values(), divided, strict=True)
    ]
    rows = torch.cat([one.standardise(one.last(len(one.recent))) for one in known], 1)
    rows = rows.to(device)
    first_rows = np.cumsum([0, *map(len, series.values())])[:-1]

    def windows(starts: np.ndarray, first_row: int) -> Windows:
        return Windows(rows, torch.from_numpy(starts + first_row).to(device), *sizes)

    return [
        Part(one, n_train, its, windows(train, first), windows(valid, first))
        for one, (n_train, train, valid), its, first in zip(
            known, divided, stretches, first_rows, strict=True
        )
    ]


def all_windows(parts: list[Windows]) -> Windows | None:
    """Return windows of the same tensor as one, None if there are none."""
    starts = torch.cat([windows.starts for windows in parts])
    one = parts[0]
    sizes = one.context_length, one.prediction_length
    return Windows(one.series, starts, *sizes) if len(starts) else None


def _divide(
    stretches: list[Stretch],
    validation_fraction: float,
    context_length: int,
    prediction_length: int,
) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the number of training rows, and training and validation windows.

    All rows are for training where both parts would not have a window each.
    """
    n_rows = stretches[-1][1]
    n_train = n_rows - round(validation_fraction * n_rows)
    sizes = context_length, prediction_length
    train, valid = split_chronologically(stretches, n_train, *sizes)
    if len(train) and len(valid):
        return n_train, train, valid
    return n_rows, window_starts(stretches, sum(sizes)), np.empty(0, dtype=np.int64)


def _warn_without_validation(
    series: SeriesByName,
    validation_fraction: float,
    context_length: int,
    prediction_length: int,
) -> None:
    n_rows = max(map(len, series.values()))
    n_valid = round(validation_fraction * n_rows)
    warnings.warn(
        f"y is too short for validation_fraction={validation_fraction}: of "
        f"{n_rows} time points{' of the longest series' if len(series) > 1 else ''}, "
        f"{n_rows - n_valid} to train on and {n_valid} to validate on do not both hold "
        f"a window of context_length={context_length} and horizon={prediction_length}. "
        "Training on all rows, for max_epochs, without validation; "
        "validation_fraction=0 does so without this warning.",
        stacklevel=2,
    )
