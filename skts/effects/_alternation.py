"""Effects and a map together: each is solved with the other given, until steady."""

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from skts.data import Windows
from skts.effects._residuals import products
from skts.linear import Member, WindowMoments, shared_map

MAX_ROUNDS = 30
# Effects are steady when none changes by more than this share of the largest.
STEADY = 1e-4


def alternate(
    windows: Windows,
    covariates: Tensor,
    member: Member,
    n_steps: int,
    strengths: Tensor,
) -> Tensor:
    """Return the effects ``(P, C)`` of covariates ``(P, T)`` on the channels.

    They start with what the window's mean leaves: it hides no effect that lasts.

    Parameters
    ----------
    windows : Windows
        Windows of the channels to learn from.
    covariates : Tensor of shape (P, T)
        Covariates at the same rows.
    member : Member
        The map, one for all channels.
    n_steps : int
        Steps ahead, from the first, whose errors count.
    strengths : Tensor of shape (C,)
        How strongly the effects on each channel are shrunk.
    """
    windows = replace(windows, prediction_length=n_steps)
    residual = _residual_of_mean(windows.context_length, n_steps)
    effects = torch.zeros(len(covariates), len(windows.series), dtype=torch.float64)
    for _ in range(MAX_ROUNDS):
        before = effects
        effects = products(windows, covariates, residual).solve(strengths)
        if (effects - before).abs().max() <= STEADY * effects.abs().max():
            break
        residual = residual_of(without(windows, covariates, effects), member)
    return effects


def without(windows: Windows, covariates: Tensor, effects: Tensor) -> Windows:
    """Return windows of the channels without the effects of covariates."""
    return replace(windows, series=windows.series - effects.T @ covariates)


def residual_of(windows: Windows, member: Member) -> Tensor:
    """Return what a map, solved from windows, leaves of one, ``(W, S)``."""
    n_steps = windows.prediction_length
    A = shared_map(WindowMoments(windows), member, n_steps)  # (l, S)
    above = pad(-A, (0, 0, windows.context_length - len(A), 0))
    return torch.cat([above, torch.eye(n_steps, dtype=torch.float64)])


def _residual_of_mean(context_length: int, n_steps: int) -> Tensor:
    mean = torch.full((context_length, n_steps), -1 / context_length)
    return torch.cat([mean.double(), torch.eye(n_steps, dtype=torch.float64)])
