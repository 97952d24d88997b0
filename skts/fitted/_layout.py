"""What a forecaster learns from: the windows of one series, or of all of a panel."""

import warnings
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from skts.data import Stretch, Windows, split_chronologically, window_starts
from skts.series import (
    Frequency,
    KnownSeries,
    SeriesByName,
    Units,
    check_length,
    contiguous_stretches,
    describe,
    measure_units,
    warn_of_gaps,
)


@dataclass(frozen=True)
class Part:
    """One series of the training data.

    Attributes
    ----------
    known : KnownSeries
        The whole series, in the units of its training part.
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


@dataclass(frozen=True)
class Layout:
    """All series of the training data, by name, in one tensor."""

    parts: dict[Hashable, Part]

    @property
    def train(self) -> Windows:
        """The windows of all series to train on."""
        return _joined([part.train for part in self.parts.values()])

    @property
    def valid(self) -> Windows | None:
        """The windows of all series held out; None if there are none."""
        valid = _joined([part.valid for part in self.parts.values()])
        return valid if len(valid) else None

    @property
    def known(self) -> dict[Hashable, KnownSeries]:
        """The series themselves."""
        return {name: part.known for name, part in self.parts.items()}


def lay_out(
    series: SeriesByName,
    frequencies: dict[Hashable, Frequency | None],
    context_length: int,
    prediction_length: int,
    validation_fraction: float,
    standardize: bool,
    device: torch.device,
) -> Layout:
    """Standardise each series by its own training part, and cut all into windows.

    They lie one after the other in one tensor on `device`; windows stay within one
    series, and within a stretch without a gap.

    Parameters
    ----------
    series, frequencies : dict
        Series by name, and the steps of their times.
    context_length, prediction_length : int
        Rows of a window to look at, and rows after them to forecast.
    validation_fraction : float
        Share of the rows of each series, the last ones, that are held out.
    standardize : bool
        Whether data are brought to the units of their training part.
    device : torch.device
        Where the windows shall be.

    Raises
    ------
    ValueError
        If a series is too short.

    Warns
    -----
    UserWarning
        If there are gaps, or no series has a window to hold out.
    """
    sizes = context_length, prediction_length
    stretches, divided = [], []
    for name, y in series.items():
        stretches.append(contiguous_stretches(y.index, frequencies[name]))
        check_length(stretches[-1], *sizes, describe(name))
        divided.append(_divide(stretches[-1], validation_fraction, *sizes))
    warn_of_gaps(sum(map(len, stretches)) - len(stretches))
    if validation_fraction > 0 and not any(len(valid) for _, _, valid in divided):
        _warn_without_validation(series, validation_fraction, *sizes)
    values = [y.to_numpy(dtype=np.float64) for y in series.values()]
    units = [
        measure_units(rows[:n_train], standardize)
        for rows, (n_train, _, _) in zip(values, divided, strict=True)
    ]
    rows = torch.cat([_rest(u, v) for u, v in zip(units, values, strict=True)], 1)
    rows = rows.to(device)
    first_rows = np.cumsum([0, *map(len, values)])[:-1]

    def windows(starts: np.ndarray, first_row: int) -> Windows:
        return Windows(rows, torch.from_numpy(starts + first_row).to(device), *sizes)

    parts = {}
    for i, (name, y) in enumerate(series.items()):
        n_train, train, valid = divided[i]
        parts[name] = Part(
            KnownSeries(y, frequencies[name], units[i]),
            n_train,
            stretches[i],
            windows(train, first_rows[i]),
            windows(valid, first_rows[i]),
        )
    return Layout(parts)


def _rest(units: Units, values: np.ndarray) -> Tensor:
    """Return standardised rows in which a channel still in training never moves.

    It has no unit: what it does later, in numbers as they come, would decide validation
    by itself.
    """
    rows = units.standardise(values)
    rows[torch.from_numpy(units.still)] = 0
    return rows


def _joined(parts: list[Windows]) -> Windows:
    """Return windows of the same tensor as one."""
    starts = torch.cat([windows.starts for windows in parts])
    return replace(parts[0], starts=starts)


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
