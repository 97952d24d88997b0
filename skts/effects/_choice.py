"""Which effects covariates have: offsets and strength, chosen on held-out windows."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from skts.data import Stretch, Windows, join_windows
from skts.effects._alternation import alternate, residual_of, without
from skts.effects._effects import lagged
from skts.effects._residuals import products, unexplained
from skts.linear import (
    FEW_WINDOWS,
    Member,
    WindowMoments,
    block_folds,
    choose_shared,
    map_contexts,
)

# The same row, up to two rows before it, and up to two after it.
OFFSETS = ((0,), (0, 1), (0, 1, 2), (-1, 0), (-1, 0, 1), (-2, -1, 0, 1, 2))
EVERY_OFFSET = (-2, -1, 0, 1, 2)
# Shares of a covariate's own variance; the strongest, and so the simplest, first.
STRENGTHS = (inf, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 1e-4)
# Before one is chosen, and where nothing can be held out to choose by.
USUAL_STRENGTH = 0.03
# More offsets, or effects at all, must lower the error by this share.
LEAST_GAIN = 5e-3

Folds = list[tuple[Windows, Windows]]


def choose_effects(
    rows: Tensor,
    stretches: Sequence[Stretch],
    train: Sequence[Windows],
    valid: Sequence[Windows],
    every: Sequence[Windows],
    periods: Sequence[int],
) -> tuple[tuple[int, ...], np.ndarray]:
    """Return offsets and effects ``(C, K, J)`` of covariates on channels.

    Effects on a channel are kept where they lower its error on held-out windows. As
    with linear maps, five blocks of all windows are held out in turn where the
    validation part has fewer than 500.

    Parameters
    ----------
    rows : Tensor of shape (K, T)
        Covariates at the rows that the windows are cut from, standardised.
    stretches : sequence of (int, int)
        First row and row after the last of each stretch without a gap, of all series.
    train, valid, every : sequence of Windows
        Windows of the training part of each series, those held out, and all: of one
        tensor, in float64.
    periods : sequence of int
        Rows of a season.
    """
    folds, learned, towards = _split(train, valid, every, periods)
    horizon, n_channels = learned.prediction_length, len(learned.series)
    if folds:
        contexts = map_contexts(learned.context_length, horizon, periods)
        choice = _choose(folds, rows, stretches, contexts, towards)
    else:
        map_of_mean = Member("naive", learned.context_length)
        choice = _Candidate(map_of_mean, 1, (0,), _usual_strengths(n_channels))
    member, n_steps, offsets, strengths = choice
    covariates = lagged(rows, offsets, stretches).flatten(0, 1)
    effects = alternate(learned, covariates, member, n_steps, strengths)
    return offsets, effects.T.reshape(n_channels, len(rows), -1).numpy()


class _Candidate(NamedTuple):
    """The map that effects are solved with, its steps, their offsets and strengths."""

    member: Member
    n_steps: int
    offsets: tuple[int, ...]
    strengths: Tensor  # (C,)


def _split(
    train: Sequence[Windows],
    valid: Sequence[Windows],
    every: Sequence[Windows],
    periods: Sequence[int],
) -> tuple[Folds, Windows, Sequence[int] | None]:
    """Return windows to learn from and to be held to, all to learn from in the end."""
    if sum(map(len, valid)) >= FEW_WINDOWS:
        learned = join_windows(train)
        return [(learned, join_windows(valid))], learned, None
    folds = [
        (join_windows(learned.series), join_windows(held_out.series))
        for learned, held_out in block_folds(every)
    ]
    return folds, join_windows(every), periods


def _choose(
    folds: Folds,
    rows: Tensor,
    stretches: Sequence[Stretch],
    contexts: Sequence[int],
    towards: Sequence[int] | None,
) -> _Candidate:
    """Return what has the least error on the windows held out."""
    horizon, n_channels = folds[0][0].prediction_length, len(folds[0][0].series)
    alone = _errors_without_effects(folds, contexts, towards)  # (C,)
    first = Member("naive", folds[0][0].context_length)
    member = _best_map(_less_effects(folds, rows, first), contexts, towards)
    covariates = lagged(rows, EVERY_OFFSET, stretches)  # (K, J, T)
    least = float(alone.sum())
    best = _Candidate(member, 1, (0,), alone.new_full((n_channels,), inf))
    for n_steps in sorted({1, horizon}):
        errors = _errors(folds, rows, covariates, member, n_steps)
        for offsets, of_strengths in errors.items():  # (strengths, C)
            lowest, at = of_strengths.min(dim=0)
            kept = lowest <= (1 - LEAST_GAIN) * alone
            total = float(torch.where(kept, lowest, alone).sum())
            if total <= (1 - LEAST_GAIN) * least:
                strengths = torch.tensor(STRENGTHS, dtype=torch.float64)[at]
                least = total
                best = _Candidate(
                    member, n_steps, offsets, strengths.where(kept, torch.tensor(inf))
                )
    return best


def _errors(
    folds: Folds, rows: Tensor, covariates: Tensor, member: Member, n_steps: int
) -> dict[tuple[int, ...], Tensor]:
    """Return the errors ``(strengths, C)`` of effects at each choice of offsets.

    The effects are those that lower the errors of so many first steps, but are held to
    those of all steps.
    """
    n_channels = len(folds[0][0].series)
    usual = _usual_strengths(n_channels)
    strengths = torch.tensor(STRENGTHS, dtype=torch.float64)
    errors: dict[tuple[int, ...], Tensor] = {
        offsets: torch.zeros(len(STRENGTHS), n_channels, dtype=torch.float64)
        for offsets in OFFSETS
    }
    number = torch.arange(covariates.shape[0] * covariates.shape[1])
    number = number.reshape(covariates.shape[:2])  # (K, J)
    for learned, held_out in folds:
        effects = alternate(learned, rows, member, n_steps, usual)
        base = without(learned, rows, effects)
        near = replace(learned, prediction_length=n_steps)
        of_learned = products(
            near,
            covariates.flatten(0, 1),
            residual_of(replace(base, prediction_length=n_steps), member),
        )
        of_held_out = products(
            held_out, covariates.flatten(0, 1), residual_of(base, member)
        )
        for offsets, sums in errors.items():
            which = number[:, [EVERY_OFFSET.index(o) for o in offsets]].flatten()
            known, new = of_learned.some(which), of_held_out.some(which)
            sums += new.errors(known.solve_each(strengths))
    return errors


def _errors_without_effects(
    folds: Folds, contexts: Sequence[int], towards: Sequence[int] | None
) -> Tensor:
    """Return the errors ``(C,)`` of the best map of the channels as they are."""
    member = _best_map(folds, contexts, towards)
    errors = torch.zeros(len(folds[0][0].series), dtype=torch.float64)
    for learned, held_out in folds:
        residual = residual_of(learned, member)
        errors += unexplained(held_out.series, held_out, residual).square().sum(1)
    return errors


def _less_effects(folds: Folds, rows: Tensor, member: Member) -> Folds:
    """Return windows without the effects that there are beside a map."""
    usual = _usual_strengths(len(folds[0][0].series))
    less = []
    for learned, held_out in folds:
        effects = alternate(learned, rows, member, 1, usual)
        less.append((without(learned, rows, effects), without(held_out, rows, effects)))
    return less


def _best_map(
    folds: Folds, contexts: Sequence[int], towards: Sequence[int] | None
) -> Member:
    """Return the map of the least error that is one for all channels."""
    moments = [(WindowMoments(one), WindowMoments(other)) for one, other in folds]
    horizon = folds[0][0].prediction_length
    members = choose_shared(moments, contexts, horizon, towards)
    return min(members, key=lambda member: member.error or 0.0)


def _usual_strengths(n_channels: int) -> Tensor:
    return torch.full((n_channels,), USUAL_STRENGTH, dtype=torch.float64)
