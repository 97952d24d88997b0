"""New rows move the forecast on, and the weights follow a little."""

from collections.abc import Hashable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from skts.data import (
    Stretch,
    Windows,
    WindowsThatTell,
    spread_out,
    truth_of,
    window_starts,
)
from skts.fitted._covariates import rows_of
from skts.fitted._following import follow_errors
from skts.fitted._model import SeriesModel
from skts.models import Mixture, NewRows, Recipe, train_further
from skts.series import (
    Frequency,
    KnownSeries,
    SeriesByName,
    check_last_stretch,
    contiguous_stretches,
    describe,
    find_frequency,
    meet_series,
)

# Fine-tuning starts from a good place; the full rate would lead away from it.
UPDATE_LR_FACTOR = 0.1
# How many windows of the recent past are trained on beside each new one, so that the
# network does not forget: `python -m skts.benchmarks updates`.
REPLAY_PER_WINDOW = 10


def join_rows(model: SeriesModel, series: SeriesByName) -> SeriesByName:
    """Return the rows known of some series, with the new ones.

    Raises
    ------
    ValueError
        If one of them could not be forecast from then on.
    """
    joined = {}
    for name, rows in series.items():
        known = model.known.get(name)
        joined[name] = rows if known is None else known.join(rows)
        if known is None:
            frequency = find_frequency(rows.index, describe(name))
            what = f"{describe(name)}, not seen in fit,"
        else:
            frequency = known.frequency
            what = f"{describe(name)}, after the rows known so far,"
        stretches = _stretches(joined[name].index, frequency, known, describe(name))
        check_last_stretch(stretches, model.context_length, what)
    return joined


def _stretches(
    index: pd.Index, frequency: Frequency | None, known: KnownSeries | None, name: str
) -> list[Stretch]:
    """Return stretches of old and new rows; raise if these do not go on."""
    try:
        return contiguous_stretches(index, frequency)
    except ValueError as error:
        if known is None:
            raise
        last = known.recent.index[-1]
        following = known.times_after(np.array([1, 2]))
        raise ValueError(
            f"{name} must have regular times that go on with those seen in fit: after "
            f"{last} come {following[0]}, {following[1]} and so on, got "
            f"{', '.join(map(str, index[index > last][:3]))}."
        ) from error


def take_effects(
    model: SeriesModel, y: SeriesByName, X: SeriesByName, standardize: bool
) -> tuple[SeriesModel, SeriesByName]:
    """Return new rows without the effects of covariates, and a model that knows these.

    Raises
    ------
    ValueError
        If a series, or a row of it, has no covariates.
    """
    covariates, base = model.covariates, {}
    assert covariates is not None, "X is refused where there are no effects"
    for name, rows in y.items():
        known = model.known.get(name)
        met = known or meet_series(rows, None, standardize, describe(name), 1)
        base[name], covariates = covariates.take_from(
            name, known, rows, rows_of(X, name), met.units.factor
        )
    return replace(model, covariates=covariates), base


def update_model(
    model: SeriesModel,
    joined: SeriesByName,
    standardize: bool,
    recipe: Recipe | None,
    seed: int,
) -> SeriesModel:
    """Return the model with more rows known, and with weights that follow them.

    The weights are trained on windows that end in new rows. Ten times as many old
    windows, or what is left of a batch, are learned from again, spread over the recent
    past. A network without weight in the forecast stays as it is.

    Parameters
    ----------
    model : SeriesModel
        Stays as it is.
    joined : dict of DataFrame
        Rows known before and new ones, of each series that has some. A series not seen
        in fit has the units of the history given with it.
    standardize : bool
        Whether data are brought to these units.
    recipe : Recipe or None
        How the network was trained; None leaves the weights as they are.
    seed : int
        Seed of the batches.
    """
    known = dict(model.known)
    period = model.latest.period
    for name, rows in joined.items():
        if name not in known:
            frequency = find_frequency(rows.index)
            known[name] = meet_series(
                rows, frequency, standardize, describe(name), period
            )
    model = follow_errors(model.as_solved(), joined)
    model = _with_rows_for_maps(model, joined, recipe is not None)
    if recipe is not None and model.solved.network_weight > 0:
        windows = _windows_to_learn(model, known, joined, recipe.batch_size)
        if windows is not None:
            model = replace(model, solved=_fine_tuned(model, windows, recipe, seed))
    for name, rows in joined.items():
        known[name] = known[name].keep(rows, model.n_kept)
    return replace(model, known=known)


def _with_rows_for_maps(
    model: SeriesModel, joined: SeriesByName, solve: bool
) -> SeriesModel:
    """Return the model with new rows in the moments of its maps.

    Rows that replace others, and series not seen in fit, are left out of them.
    """
    if model.following is None:
        return model
    new = []
    for position, (name, known) in enumerate(model.known.items()):
        if name not in joined or position >= model.following.n_series:
            continue
        rows = joined[name]
        last = known.recent.index[-1]
        later = rows[rows.index > last]
        if not len(later):
            continue
        standardised = known.units.standardise(later.to_numpy(dtype=np.float64))
        standardised[torch.from_numpy(known.units.still)] = 0
        after_gap = not known.is_followed_by(later.index)
        for begin, end in contiguous_stretches(later.index, known.frequency):
            new.append(NewRows(position, standardised[:, begin:end], after_gap))
            after_gap = True
    following = model.following.followed_by(new)
    return replace(model, following=following, due=model.due or solve)


def _fine_tuned(
    model: SeriesModel, windows: Windows, recipe: Recipe, seed: int
) -> Mixture:
    gently = replace(
        recipe, lr=recipe.lr * UPDATE_LR_FACTOR, lr_schedule="constant", compile=False
    )
    network = deepcopy(model.solved.network)
    assert network is not None, "asked before"
    train_further(network, gently, windows, seed)
    return replace(model.solved, network=network)


def _windows_to_learn(
    model: SeriesModel,
    known: dict[Hashable, KnownSeries],
    joined: SeriesByName,
    batch_size: int,
) -> Windows | None:
    """Return windows that end in new rows and some old ones; None without new ones."""
    sizes = model.solved.network_context, model.prediction_length
    values, rows, new, old, first = [], [], [], [], 0
    for name, frame in joined.items():
        one = known[name]
        seen = one.recent.index
        n_old = int((frame.index <= seen[-1]).sum()) if len(seen) else 0
        stretches = contiguous_stretches(frame.index, one.frequency)
        starts = window_starts(stretches, sum(sizes))
        starts = WindowsThatTell(frame.isna().to_numpy()).among(starts, *sizes)
        is_new = starts + sum(sizes) > n_old
        new.append(first + starts[is_new])
        old.append(first + starts[~is_new])
        values.append(frame.to_numpy(dtype=np.float64))
        rows.append(one.standardise(values[-1]))
        first += len(frame)
    starts = np.concatenate(new)
    if not len(starts):
        return None
    n_again = max(REPLAY_PER_WINDOW * len(starts), batch_size - len(starts))
    starts = np.concatenate([starts, spread_out(np.concatenate(old), n_again)])
    series = torch.cat(rows, dim=1)
    truth = truth_of(series, np.concatenate(values))
    return Windows(
        series.to(model.device),
        torch.from_numpy(starts).to(model.device),
        *sizes,
        None if truth is None else truth.to(model.device),
    )
