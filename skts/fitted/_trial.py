"""Intervals tried on rolling windows: as they stand, and as if updated all along."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from torch import Tensor

from skts.conformal import IntervalScores, RecentErrors
from skts.fitted._following import Completed, completed_by, completed_in
from skts.fitted._held_out import HeldOutErrors, spread_of
from skts.fitted._model import SeriesModel
from skts.series import KnownSeries

# Half widths ``(n, A, C, H)`` or ``(A, C, H)`` of some windows, by their contexts.
WidthsOf = Callable[[slice, Tensor], np.ndarray]


@dataclass
class IntervalTrial:
    """Forms of intervals of a series, and what they are worth so far.

    Attributes
    ----------
    known : KnownSeries
        The series.
    coverages : sequence of float
        What is asked for.
    forms : dict of callable
        Half widths by the name of each form.
    scores : dict of IntervalScores
        What they are worth.
    n_tried : int
        Windows so far.
    """

    known: KnownSeries
    coverages: Sequence[float]
    forms: dict[str, WidthsOf]
    scores: dict[str, IntervalScores] = field(init=False)
    n_tried: int = 0

    def __post_init__(self) -> None:
        self.scores = {form: IntervalScores(self.coverages) for form in self.forms}

    def add(self, context: Tensor, errors: Tensor) -> None:
        """Try the next windows, given their errors ``(n, C, H)``."""
        absolute = errors.abs().cpu().numpy()
        absolute[:, self.known.units.still] = np.nan
        which = slice(self.n_tried, self.n_tried + len(absolute))
        for form, widths_of in self.forms.items():
            self.scores[form].add(absolute, widths_of(which, context))
        self.n_tried = which.stop

    def table(self, variables: pd.Index) -> pd.DataFrame:
        """Return a row per form, coverage, variable and step, in units of the data."""
        means = [scores.means() for scores in self.scores.values()]
        shape = (len(means), *means[0]["held"].shape)  # (F, A, C, H)
        at = np.indices(shape).reshape(len(shape), -1)
        unit = self.known.units.factor[:, None]
        columns = {
            name: np.stack(
                [each[name] * (1 if name == "held" else unit) for each in means]
            )
            for name in ("held", "width", "interval_score", "pinball_loss")
        }
        return pd.DataFrame(
            {
                "form": pd.Categorical.from_codes(
                    at[0], categories=pd.Index(list(self.forms))
                ),
                "coverage": np.take(self.coverages, at[1]),
                "variable": pd.Categorical.from_codes(at[2], categories=variables),
                "step": at[3] + 1,
            }
            | {name: values.reshape(-1) for name, values in columns.items()}
        )


def make_trial(
    model: SeriesModel,
    name: Hashable,
    known: KnownSeries,
    rows: pd.DataFrame,
    cutoffs: pd.Index,
    coverages: Sequence[float],
) -> IntervalTrial:
    """Return a trial of the intervals after some cutoffs in rows of a series.

    Errors that follow have two forms: ``"conformal"``, all those known now, alike; and
    ``"following"``, as if ``update`` had been called without learning at each cutoff.

    Parameters
    ----------
    model : SeriesModel
        What forecasts, with errors of windows held out.
    name : Hashable
        Name of the series.
    known : KnownSeries
        The series.
    rows : DataFrame
        Rows of it that windows are cut from.
    cutoffs : Index
        The last time before each window's targets.
    coverages : sequence of float
        What is asked for.
    """
    held_out = model.held_out
    assert held_out is not None, "asked for before"
    errors = held_out.of(name)
    if not isinstance(errors, RecentErrors):
        return IntervalTrial(known, coverages, _still(held_out, name, known, coverages))
    completed = _completed(model, known, rows)
    which = errors.which_to_keep(len(completed.starts))
    along = errors.half_widths_along(completed.errors(model, which), coverages)
    n_completed = np.searchsorted(completed.ends, cutoffs, side="right")
    at = np.searchsorted(which, n_completed)
    as_they_stand = errors.at_rest().half_widths(coverages)
    return IntervalTrial(
        known,
        coverages,
        {
            "conformal": lambda windows, context: as_they_stand,
            "following": lambda windows, context: along[at[windows]],
        },
    )


def _still(
    held_out: HeldOutErrors,
    name: Hashable,
    known: KnownSeries,
    coverages: Sequence[float],
) -> dict[str, WidthsOf]:
    """Return intervals that do not follow, in the forms that they would be asked in."""
    widths, method = held_out.of(name).half_widths(coverages), held_out.method

    def widths_of(windows: slice, context: Tensor) -> np.ndarray:
        spread = spread_of(method, context, known).cpu().numpy()  # (n, C, 1)
        return widths * spread[:, None]

    forms = ("conformal", "following") if method == "following" else (method,)
    return dict.fromkeys(forms, widths_of)


def _completed(model: SeriesModel, known: KnownSeries, rows: pd.DataFrame) -> Completed:
    """Return the windows that rows complete: all in them where they are not new."""
    new = rows[rows.index > known.recent.index[-1]]
    if len(new) and known.is_followed_by(new.index):
        return completed_by(model, known, known.join(new))
    return completed_in(model, known, rows)
