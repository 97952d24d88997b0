"""What a forecaster learns from: the windows of one series, or of all of a panel."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from skts._validation import WITHOUT_VALIDATION, warn_caller
from skts.data import (
    MOST_MISSING,
    Stretch,
    Windows,
    WindowsThatTell,
    join_windows,
    split_chronologically,
    truth_of,
    window_starts,
)
from skts.fitted._covariates import Covariates
from skts.linear import FEW_WINDOWS, longest_context
from skts.models import MapWindows
from skts.series import (
    Frequency,
    KnownSeries,
    SeriesByName,
    check_known,
    check_length,
    contiguous_stretches,
    describe,
    measure_deviation,
    measure_units,
    warn_of_gaps,
    warn_of_missing,
)

# Rows that the longest linear map sees, where the series has them.
LONGEST_MAP = 1024


@dataclass(frozen=True)
class Sizes:
    """Rows of the windows that are cut.

    Attributes
    ----------
    context_length : int
        Rows that the network sees.
    map_context : int
        Rows that the longest linear map sees; 0 without maps.
    prediction_length : int
        Rows after them that are forecast.
    """

    context_length: int
    map_context: int
    prediction_length: int

    @property
    def looked_at(self) -> int:
        """Rows that a forecast looks at."""
        return max(self.context_length, self.map_context)


@dataclass(frozen=True)
class Part:
    """One series of the training data.

    Attributes
    ----------
    known : KnownSeries
        The whole series, in the units of its training part.
    first_row : int
        Row of the common tensor that it begins at.
    n_train : int
        Rows of the training part.
    stretches : list of (int, int)
        First row and row after the last of each stretch without a gap.
    train, valid : Windows
        Windows for the network to train on, and those held out, of which there may be
        none.
    of_maps, every : Windows
        Windows of the training part for linear maps, and all of that size.
    """

    known: KnownSeries
    first_row: int
    n_train: int
    stretches: list[Stretch]
    train: Windows
    valid: Windows
    of_maps: Windows
    every: Windows


@dataclass(frozen=True)
class Layout:
    """All series of the training data, by name, in one tensor.

    Attributes
    ----------
    parts : dict of Part
        The series.
    sizes : Sizes
        Rows of the windows.
    n_lacking : (int, int)
        Windows for the network that are left out because too much of them is missing,
        and all there would be.
    covariates : Covariates or None
        Covariates whose effects the series are without.
    """

    parts: dict[Hashable, Part]
    sizes: Sizes
    n_lacking: tuple[int, int]
    covariates: Covariates | None = None

    @property
    def train(self) -> Windows:
        """The windows of all series for the network to train on."""
        return join_windows([part.train for part in self.parts.values()])

    @property
    def valid(self) -> Windows | None:
        """The windows of all series held out; None if there are none."""
        valid = join_windows([part.valid for part in self.parts.values()])
        return valid if len(valid) else None

    @property
    def for_maps(self) -> MapWindows:
        """The windows that linear maps are made from."""
        parts = self.parts.values()
        return MapWindows(
            [part.of_maps for part in parts],
            [_shortened(part.valid, self.sizes.map_context) for part in parts],
            [part.every for part in parts],
        )

    def warn_of_left_out(self) -> None:
        """Warn of windows that cross gaps, or of which too much is missing."""
        warn_of_gaps(sum(len(part.stretches) - 1 for part in self.parts.values()))
        warn_of_missing(*self.n_lacking, MOST_MISSING)

    @property
    def known(self) -> dict[Hashable, KnownSeries]:
        """The series themselves."""
        return {name: part.known for name, part in self.parts.items()}


def lay_out(
    series: SeriesByName,
    frequencies: dict[Hashable, Frequency | None],
    sizes: Sizes,
    validation_fraction: float,
    standardize: bool,
    device: torch.device,
    period: int = 1,
) -> Layout:
    """Standardise each series by its own training part, and cut all into windows.

    They lie one after the other in one tensor on `device`; windows stay within one
    series, and within a stretch without a gap.

    Parameters
    ----------
    series, frequencies : dict
        Series by name, and the steps of their times.
    sizes : Sizes
        Rows of the windows.
    validation_fraction : float
        Share of the rows of each series, the last ones, that are held out.
    standardize : bool
        Whether data are brought to the units of their training part.
    device : torch.device
        Where the windows shall be.
    period : int, default=1
        Rows of the season that fills missing values; 1 for none.

    Raises
    ------
    ValueError
        If a series is too short, or a channel has no value.

    Warns
    -----
    UserWarning
        If no series has a window to hold out though no linear maps make up for it.
    """
    whole = sizes.looked_at, sizes.prediction_length
    values = [y.to_numpy(dtype=np.float64) for y in series.values()]
    stretches, divided, usable = [], [], []
    for (name, y), rows in zip(series.items(), values, strict=True):
        stretches.append(contiguous_stretches(y.index, frequencies[name]))
        check_length(stretches[-1], *whole, describe(name))
        usable.append(WindowsThatTell(np.isnan(rows)))
        divided.append(_divide(stretches[-1], validation_fraction, sizes, usable[-1]))
        check_known(rows[: divided[-1][0]], list(y.columns), describe(name))
    n_lacking = _count_lacking(stretches, usable, sizes)
    held_out = any(len(valid) for _, _, valid in divided)
    if validation_fraction > 0 and not held_out and not sizes.map_context:
        _warn_without_validation(series, validation_fraction, *whole)
    known = []
    for (name, y), rows, (n_train, _, _) in zip(
        series.items(), values, divided, strict=True
    ):
        units = measure_units(rows[:n_train], standardize)
        deviation = measure_deviation(rows)
        known.append(KnownSeries(y, frequencies[name], units, deviation, period))
    joined = torch.cat(
        [standardised_rows(k, v) for k, v in zip(known, values, strict=True)], 1
    )
    truth = truth_of(joined, np.concatenate(values))
    joined = joined.to(device)
    truth = None if truth is None else truth.to(device)
    first_rows = np.cumsum([0, *map(len, values)])[:-1]

    def windows(starts: np.ndarray, first_row: int, context_length: int) -> Windows:
        on_device = torch.from_numpy(starts + first_row).to(device)
        horizon = sizes.prediction_length
        return Windows(joined, on_device, context_length, horizon, truth)

    parts = {}
    for i, name in enumerate(series):
        n_train, train, valid = divided[i]
        before = [(begin, min(end, n_train)) for begin, end in stretches[i]]
        of_maps = sizes.map_context, sizes.prediction_length
        parts[name] = Part(
            known[i],
            int(first_rows[i]),
            n_train,
            stretches[i],
            windows(train, first_rows[i], sizes.context_length),
            windows(valid, first_rows[i], sizes.looked_at),
            *(
                windows(
                    usable[i].among(window_starts(some, sum(of_maps)), *of_maps),
                    first_rows[i],
                    sizes.map_context,
                )
                for some in (before, stretches[i])
            ),
        )
    return Layout(parts, sizes, n_lacking)


def choose_sizes(
    series: SeriesByName,
    frequencies: dict[Hashable, Frequency | None],
    context_length: int | None,
    usual_context: int,
    prediction_length: int,
    periods: Sequence[int],
    validation_fraction: float,
    *,
    with_maps: bool,
) -> Sizes:
    """Return rows of windows, where they are not given: as many as suit the series.

    Parameters
    ----------
    series, frequencies : dict
        Series by name, and the steps of their times.
    context_length : int or None
        What is given for networks and maps.
    usual_context : int
        What networks see where the series is long enough.
    prediction_length : int
        Rows to forecast.
    periods : sequence of int
        Rows of a season; two of them are seen where there are as many.
    validation_fraction : float
        Share of the rows of each series, the last ones, that are held out.
    with_maps : bool
        Whether there are linear maps, which see up to 1024 rows.
    """
    if context_length is not None:
        maps = min(context_length, LONGEST_MAP) if with_maps else 0
        return Sizes(context_length, maps, prediction_length)
    stretches = [
        contiguous_stretches(y.index, frequencies[n]) for n, y in series.items()
    ]
    last = min(of_one[-1][1] - of_one[-1][0] for of_one in stretches)
    n_rows = _rows_to_learn_from(stretches, validation_fraction, prediction_length)
    longest = longest_context(n_rows, prediction_length, min(last, LONGEST_MAP))
    seasons = [2 * period for period in periods if period > 1]
    if seasons:
        fitting = n_rows - prediction_length - periods[0]
        longest = max(longest, min(seasons[0], fitting, last, LONGEST_MAP))
    own = min(longest, usual_context)
    return Sizes(own, longest if with_maps else 0, prediction_length)


def _rows_to_learn_from(
    stretches: list[list[Stretch]], validation_fraction: float, prediction_length: int
) -> int:
    """Return the rows without a gap that the shortest series has to learn from.

    They are those of the training part where the windows held out are enough to choose
    by; otherwise all.
    """
    n_rows = [of_one[-1][1] for of_one in stretches]
    held_out = [round(validation_fraction * n) for n in n_rows]
    n_windows = sum(max(0, n - prediction_length + 1) for n in held_out)
    if n_windows >= FEW_WINDOWS:
        n_rows = [n - n_held for n, n_held in zip(n_rows, held_out, strict=True)]
    return min(
        max(min(end, n) - begin for begin, end in of_one)
        for of_one, n in zip(stretches, n_rows, strict=True)
    )


def _shortened(windows: Windows, context_length: int) -> Windows:
    """Return windows that begin later, for a shorter context."""
    n_rows = windows.context_length - context_length
    return replace(
        windows, starts=windows.starts + n_rows, context_length=context_length
    )


def standardised_rows(known: KnownSeries, values: np.ndarray) -> Tensor:
    """Return standardised rows in which a channel still in training never moves.

    It has no unit: what it does later, in numbers as they come, would decide validation
    by itself. What is missing is filled.
    """
    rows = known.standardise(values)
    rows[torch.from_numpy(known.units.still)] = 0
    return rows


def _divide(
    stretches: list[Stretch],
    validation_fraction: float,
    sizes: Sizes,
    usable: WindowsThatTell,
) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the number of training rows, and training and validation windows.

    All rows are for training where both parts would not have a window each.
    """
    n_rows = stretches[-1][1]
    n_train = n_rows - round(validation_fraction * n_rows)
    own = sizes.context_length, sizes.prediction_length
    train, _ = split_chronologically(stretches, n_train, *own)
    whole = sizes.looked_at, sizes.prediction_length
    _, valid = split_chronologically(stretches, n_train, *whole)
    train, valid = usable.among(train, *own), usable.among(valid, *whole)
    if len(train) and len(valid):
        return n_train, train, valid
    every = usable.among(window_starts(stretches, sum(own)), *own)
    return n_rows, every, np.empty(0, dtype=np.int64)


def _count_lacking(
    stretches: list[list[Stretch]], usable: list[WindowsThatTell], sizes: Sizes
) -> tuple[int, int]:
    """Return how many windows are left out, and of how many; raise if all are."""
    context, horizon = sizes.context_length, sizes.prediction_length
    n_windows = n_lacking = n_left = 0
    for of_one, tell in zip(stretches, usable, strict=True):
        starts = window_starts(of_one, context + horizon)
        n_windows += len(starts)
        n_lacking += int(tell.lacks_context(starts, context).sum())
        n_left += len(tell.among(starts, context, horizon))
    if not n_left:
        raise ValueError(
            f"y has too many missing values: of each of its {n_windows} windows of "
            f"context_length={context} and horizon={horizon}, more than "
            f"{MOST_MISSING:.0%} of the values to look at are missing, or all to "
            "forecast. Use a coarser step of time, or leave sparse channels out."
        )
    return n_lacking, n_windows


def _warn_without_validation(
    series: SeriesByName,
    validation_fraction: float,
    context_length: int,
    prediction_length: int,
) -> None:
    n_rows = max(map(len, series.values()))
    n_valid = round(validation_fraction * n_rows)
    warn_caller(
        f"y is too short for validation_fraction={validation_fraction}: of "
        f"{n_rows} time points{' of the longest series' if len(series) > 1 else ''}, "
        f"{n_rows - n_valid} to train on and {n_valid} to validate on do not both hold "
        f"a window of context_length={context_length} and horizon={prediction_length}. "
        f"{WITHOUT_VALIDATION}",
    )
