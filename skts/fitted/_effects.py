"""Covariates of a fit: their effects are learned, and taken out of what is laid out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skts._validation import warn_caller
from skts.data import Stretch, Windows, WindowsThatTell, truth_of, window_starts
from skts.effects import Effects, choose_effects
from skts.fitted._covariates import Covariates, rows_of
from skts.fitted._layout import Layout, Part, standardised_rows
from skts.series import SeriesByName, rows_at

# Rows that the map sees which effects are solved with.
LONGEST_CONTEXT = 336
# With missing values, effects are solved again once these are filled without effects.
FILLINGS = 2


def without_effects(layout: Layout, X: SeriesByName, periods: Sequence[int]) -> Layout:
    """Return the layout of series without the effects of covariates.

    Parameters
    ----------
    layout : Layout
        The series as they are.
    X : dict of DataFrame
        Covariates of each series, at all its times.
    periods : sequence of int
        Rows of a season.

    Raises
    ------
    ValueError
        If a series, or a time of it, has no covariates.

    Warns
    -----
    UserWarning
        If a covariate never moves in the training part.
    """
    parts = layout.parts
    X = {
        n: rows_at(rows_of(X, n), part.known.recent.index, n)
        for n, part in parts.items()
    }
    columns = next(iter(X.values())).columns
    learned = [X[name][: part.n_train] for name, part in parts.items()]
    training = np.concatenate([rows.to_numpy(dtype=np.float64) for rows in learned])
    center, scale = training.mean(axis=0), training.std(axis=0)
    still = np.ptp(training, axis=0) == 0
    scale[still] = 1.0
    if still.any():
        _warn_of_still(columns[still])
    values = np.concatenate([rows.to_numpy(dtype=np.float64) for rows in X.values()])
    standardised = (values - center) / scale
    standardised[:, still] = 0.0
    on_rows = torch.from_numpy(standardised.T.copy())
    stretches = [s for part in parts.values() for s in _stretches(part)]
    rows = layout.train.series.cpu().double()
    missing = layout.train.truth is not None
    for _ in range(FILLINGS if missing else 1):
        windows = _windows(layout, rows)
        offsets, coefs = choose_effects(on_rows, stretches, *windows, periods)
        effects = Effects(offsets, coefs / scale[:, None], center)
        added = effects.of_each(values, stretches).sum(-1)  # (T, C)
        base = _less(layout, added)
        # What is missing had its effects, too, which what fills it lacks.
        rows = base.train.series.cpu().double() + torch.from_numpy(added.T.copy())
    factors = {name: part.known.units.factor for name, part in parts.items()}
    covariates = Covariates(effects, columns, factors, {})
    for name, each in X.items():
        covariates = covariates.keep(name, each)
    return replace(base, covariates=covariates)


def _windows(
    layout: Layout, rows: Tensor
) -> tuple[list[Windows], list[Windows], list[Windows]]:
    """Return windows to learn effects from, those held out, and all, of each series.

    They are of standardised `rows` ``(C, T)`` of all series.
    """
    horizon = layout.sizes.prediction_length
    context = min(layout.sizes.looked_at, LONGEST_CONTEXT)
    width = context + horizon

    def windows(starts: np.ndarray, part: Part) -> Windows:
        missing = part.known.recent.isna().to_numpy()
        starts = WindowsThatTell(missing).among(starts, context, horizon)
        from_first = torch.from_numpy(starts + part.first_row)
        return Windows(rows, from_first, context, horizon)

    train, valid, every = [], [], []
    for part in layout.parts.values():
        before = [(begin, min(end, part.n_train)) for begin, end in part.stretches]
        train.append(windows(window_starts(before, width), part))
        held_out = window_starts(part.stretches, width, part.n_train, context)
        valid.append(windows(held_out, part))
        every.append(windows(window_starts(part.stretches, width), part))
    return train, valid, every


def _stretches(part: Part) -> list[Stretch]:
    first = part.first_row
    return [(begin + first, end + first) for begin, end in part.stretches]


def _less(layout: Layout, effects: np.ndarray) -> Layout:
    """Return the layout without effects ``(T, C)`` on its rows, standardised."""
    old = layout.train
    known, base, rows = {}, [], []
    for name, part in layout.parts.items():
        recent = part.known.recent
        own = effects[part.first_row : part.first_row + len(recent)]
        frame = recent - own * part.known.units.factor
        known[name] = replace(part.known, recent=frame)
        base.append(frame.to_numpy(dtype=np.float64))
        rows.append(standardised_rows(known[name], base[-1]))
    series = torch.cat(rows, 1)
    truth = None if old.truth is None else truth_of(series, np.concatenate(base))
    series = series.to(old.device)
    truth = None if truth is None else truth.to(old.device)

    def less(windows: Windows) -> Windows:
        return replace(windows, series=series, truth=truth)

    parts = {
        name: replace(
            part,
            known=known[name],
            train=less(part.train),
            valid=less(part.valid),
            of_maps=less(part.of_maps),
            every=less(part.every),
        )
        for name, part in layout.parts.items()
    }
    return replace(layout, parts=parts)


def _warn_of_still(columns: pd.Index) -> None:
    warn_caller(
        f"X has columns that never change in the training part, {list(columns)}: what "
        "they do cannot be learned, and is taken to be nothing. Leave them out, or fit "
        "on rows in which they change."
    )
