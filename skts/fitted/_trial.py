"""Intervals tried on rolling windows: as they stand, and as if updated all along."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from skts.conformal import (
    AlikeErrors,
    BandScores,
    IntervalScores,
    RecentErrors,
    WidthsAlong,
)
from skts.fitted._following import Completed, completed_by, completed_in
from skts.fitted._held_out import HeldOutErrors, spread_of
from skts.fitted._model import SeriesModel
from skts.series import KnownSeries

# Half widths of intervals and of bands, each ``(n, A, C, H)`` or ``(A, C, H)``, of some
# windows with their contexts.
WidthsOf = Callable[[slice, Tensor], tuple[np.ndarray, np.ndarray]]


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
    bands : dict of BandScores
        What bands over all steps are worth.
    n_tried : int
        Windows so far.
    """

    known: KnownSeries
    coverages: Sequence[float]
    forms: dict[str, WidthsOf]
    scores: dict[str, IntervalScores] = field(init=False)
    bands: dict[str, BandScores] = field(init=False)
    n_tried: int = 0

    def __post_init__(self) -> None:
        self.scores = {form: IntervalScores(self.coverages) for form in self.forms}
        self.bands = {form: BandScores() for form in self.forms}

    def add(self, context: Tensor, errors: Tensor) -> None:
        """Try the next windows, given their errors ``(n, C, H)``."""
        absolute = errors.abs().cpu().numpy()
        absolute[:, self.known.units.still] = np.nan
        which = slice(self.n_tried, self.n_tried + len(absolute))
        for form, widths_of in self.forms.items():
            intervals, bands = widths_of(which, context)
            self.scores[form].add(absolute, intervals)
            self.bands[form].add(absolute, bands)
        self.n_tried = which.stop

    def table(self, variables: pd.Index) -> pd.DataFrame:
        """Return a row per form, coverage, variable and step, in units of the data."""
        means = [scores.means() for scores in self.scores.values()]
        return self._table(means, variables)

    def table_of_bands(self, variables: pd.Index) -> pd.DataFrame:
        """Return a row per form, coverage and variable, in units of the data."""
        means = [scores.means() for scores in self.bands.values()]
        return self._table(means, variables)

    def table_of_windows(self, cutoffs: pd.Index) -> pd.DataFrame:
        """Return a row per form, coverage and window."""
        held = np.stack([scores.held_by_window() for scores in self.scores.values()])
        form, coverage, window = np.indices(held.shape).reshape(3, -1)
        columns = {"cutoff": cutoffs.take(window), "held": held.reshape(-1)}
        return pd.DataFrame(self._asked(form, coverage) | columns)

    def _table(
        self, means: list[dict[str, np.ndarray]], variables: pd.Index
    ) -> pd.DataFrame:
        """Return measures of each form, each ``(A, C, H)`` or ``(A, C)``, as rows."""
        shape = len(means), *means[0]["held"].shape
        form, coverage, variable, *step = np.indices(shape).reshape(len(shape), -1)
        columns = self._asked(form, coverage)
        columns["variable"] = pd.Categorical.from_codes(variable, categories=variables)
        if step:
            columns["step"] = step[0] + 1
        unit = self.known.units.factor[variable]
        for name in means[0]:
            values = np.stack([each[name] for each in means]).reshape(-1)
            columns[name] = values if name == "held" else values * unit
        return pd.DataFrame(columns)

    def _asked(self, form: np.ndarray, coverage: np.ndarray) -> dict[str, Any]:
        """Return the first columns of all tables, given positions."""
        forms = pd.Index(list(self.forms))
        return {
            "form": pd.Categorical.from_codes(form, categories=forms),
            "coverage": np.asarray(self.coverages)[coverage],
        }


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
    errors, now = held_out.that_follow(name), held_out.of(name)
    if not isinstance(errors, RecentErrors):
        return IntervalTrial(known, coverages, _still(held_out, name, known, coverages))
    completed = _completed(model, known, rows)
    kept = errors.which_to_keep(len(completed.starts))
    n_completed = np.searchsorted(completed.ends, cutoffs, side="right")
    n_come = np.searchsorted(kept, n_completed)
    along = WidthsAlong(errors, completed.errors(model, kept), coverages)
    alike = now.at_rest() if isinstance(now, RecentErrors) else now
    as_they_stand = _widths(alike, coverages)
    unit = known.units.scale_seen[:, None].astype(np.float32)

    def seen(widths: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        intervals, bands = widths
        return intervals * unit, bands * unit

    def following(windows: slice, context: Tensor) -> tuple[np.ndarray, np.ndarray]:
        n_so_far = n_come[windows]
        widths = along.after(n_so_far)
        if not isinstance(now, RecentErrors):  # its own begin with the first to come
            for each, still in zip(widths, as_they_stand, strict=True):
                each[n_so_far == 0] = still
        return seen(widths)

    return IntervalTrial(
        known,
        coverages,
        {
            "conformal": lambda windows, context: seen(as_they_stand),
            "following": following,
        },
    )


def _widths(
    errors: AlikeErrors | RecentErrors, coverages: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return half widths of intervals, and of bands over all steps."""
    intervals = errors.half_widths(coverages)
    every_step = np.arange(intervals.shape[-1])
    return intervals, errors.band_half_widths(coverages, every_step)


def _still(
    held_out: HeldOutErrors,
    name: Hashable,
    known: KnownSeries,
    coverages: Sequence[float],
) -> dict[str, WidthsOf]:
    """Return intervals that do not follow, in the one form they have."""
    intervals, bands = _widths(held_out.of(name), coverages)
    method = held_out.method

    def widths_of(windows: slice, context: Tensor) -> tuple[np.ndarray, np.ndarray]:
        spread = spread_of(method, context, known)[:, None].cpu().numpy()
        return intervals * spread, bands * spread

    return {method: widths_of}


def _completed(model: SeriesModel, known: KnownSeries, rows: pd.DataFrame) -> Completed:
    """Return the windows that rows complete: all in them where they are not new."""
    if len(known.recent):  # a series that fit has not seen has none
        new = rows[rows.index > known.recent.index[-1]]
        if len(new) and known.is_followed_by(new.index):
            return completed_by(model, known, known.join(new))
    return completed_in(model, known, rows)
