"""New rows complete windows, and their errors correct the intervals."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skts.conformal import RecentErrors
from skts.data import window_starts
from skts.fitted._held_out import HeldOut, errors_of
from skts.fitted._model import SeriesModel
from skts.series import KnownSeries, SeriesByName, contiguous_stretches


@dataclass(frozen=True)
class Completed:
    """Windows of a series that new rows complete.

    Attributes
    ----------
    known : KnownSeries
        The series as it was before.
    values : ndarray of shape (n_rows, C)
        Rows that the windows lie in.
    starts : ndarray of shape (n_windows,)
        First row of each window.
    ends : Index of shape (n_windows,)
        The time of its last row.
    """

    known: KnownSeries
    values: np.ndarray
    starts: np.ndarray
    ends: pd.Index

    def errors(self, model: SeriesModel, which: np.ndarray) -> np.ndarray:
        """Return the absolute errors of some of them, ``(n, C, H)``."""
        shape = 0, len(self.known.units.still), model.prediction_length
        if not len(which):
            return np.empty(shape, dtype=np.float32)
        windows = model.windows_of(self.known, self.values, self.starts[which])
        return errors_of(HeldOut(None, self.known, windows, model.forecast, None), "")


def completed_by(
    model: SeriesModel, known: KnownSeries, rows: pd.DataFrame
) -> Completed:
    """Return the windows whose last target is one of the rows after those known."""
    width = model.context_length + model.prediction_length
    n_old = int((rows.index <= known.recent.index[-1]).sum())
    return completed_in(model, known, rows[max(0, n_old - width + 1) :])


def completed_in(
    model: SeriesModel, known: KnownSeries, rows: pd.DataFrame
) -> Completed:
    """Return all windows in some rows."""
    width = model.context_length + model.prediction_length
    starts = window_starts(contiguous_stretches(rows.index, known.frequency), width)
    ends = rows.index[starts + width - 1]
    return Completed(known, rows.to_numpy(dtype=np.float64), starts, ends)


def follow_errors(model: SeriesModel, joined: SeriesByName) -> SeriesModel:
    """Return the model with intervals that have seen what new rows say of them.

    The errors are those of the model as it last forecast: maps that are still to be
    solved again are not solved for this.

    Parameters
    ----------
    model : SeriesModel
        Stays as it is.
    joined : dict of DataFrame
        Rows known before and new ones, of each series that has some.
    """
    held_out = model.held_out
    if held_out is None:
        return model
    as_it_was = replace(model, due=False)
    own = dict(held_out.own)
    for name in [name for name in joined if name in model.known]:
        recent = held_out.that_follow(name)
        completed = completed_by(model, model.known[name], joined[name])
        n_windows = len(completed.starts)
        if isinstance(recent, RecentErrors) and n_windows:
            errors = completed.errors(as_it_was, recent.which_to_keep(n_windows))
            own[name] = recent.followed_by(errors, n_windows)
    return replace(model, held_out=replace(held_out, own=own))
