"""Ridge maps of one context from moments, for all strengths at once.

A map forecasts ``mean + W' (x - mean)`` from the last ``l`` rows ``x`` of a channel and
their mean. Of all windows, `Centred` holds what decides ``W``: with ``X`` their
contexts and ``Y`` their targets, both less the context's mean,

``G = X'X``, ``K = X'Y`` and ``yy = |Y|^2``.

Shrunk towards a naive map ``W0``, with ``u`` a hundredth of the mean eigenvalue of
``G``, the map of strength ``s`` is ``W0 + (G + s u I)^-1 (K - G W0)``. Its squared
error on other windows is ``<W, G W> - 2 <W, K> + yy`` of theirs.

Axes: ``W`` rows of a window, ``l`` rows of a context, ``H`` steps of a forecast.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad


class Centred(NamedTuple):
    """Moments of contexts ``(l, l)`` and targets ``(l, H)`` less the context's mean."""

    gram: Tensor
    cross: Tensor
    target: Tensor  # a scalar

    def error(self, weights: Tensor) -> Tensor:
        """Return the summed squared error of a map ``(l, H)``."""
        fitted = self.gram @ weights - 2 * self.cross
        return (weights * fitted).sum() + self.target


def centred(moments: Tensor, context: int, horizon: int) -> Centred:
    """Return what decides maps of the last `context` rows before the last `horizon`."""
    end = len(moments) - horizon
    X = moments[end - context : end, end - context : end]
    Y = moments[end - context : end, end:]
    mean_x = X.mean(1)  # mean of the context, times each of its rows
    mean_y = Y.mean(0)
    mean_mean = mean_x.mean()
    gram = (X - mean_x[:, None]).sub_(mean_x).add_(mean_mean)
    cross = (Y - mean_y).sub_(mean_x[:, None]).add_(mean_mean)
    squares = moments.diagonal()[end:].sum()
    target = squares - 2 * mean_y.sum() + horizon * mean_mean
    return Centred(gram, cross, target)


def solve(learned: Centred, naive: Tensor, strength: float) -> Tensor:
    """Return the map ``(l, H)`` of one strength, shrunk towards a naive one."""
    ridge = learned.gram.clone()
    ridge.diagonal().add_(strength * unit_of(learned.gram))
    factor = torch.linalg.cholesky(ridge)
    change = learned.cross - learned.gram @ naive
    return naive + torch.cholesky_solve(change, factor)


def unit_of(gram: Tensor) -> Tensor:
    """Return a hundredth of the mean eigenvalue, what strengths are multiples of."""
    mean = gram.diagonal().mean()
    # Windows that never move have no scale, and any map fits them.
    return 0.01 * torch.where(mean > 0, mean, torch.ones_like(mean))


def errors_of_strengths(
    learned: Centred,
    held_out: Centred,
    naives: Sequence[Tensor],
    strengths: Sequence[float],
) -> Tensor:
    """Return the error of every map on other windows, ``(naives, strengths)``.

    In the basis of the eigenvectors ``V`` of ``G``, a map is ``P + d R``, with
    ``P = V' W0``, ``R = V' K - values P`` and ``d = 1 / (values + s u)`` alone
    depending on the strength: its error is a quadratic form of ``d``.

    Parameters
    ----------
    learned, held_out : Centred
        What maps are solved from, and what they are held to.
    naives : sequence of Tensor of shape (l, n)
        The first steps of naive maps, which repeat themselves after those: only what
        differs is computed.
    strengths : sequence of float
        Strengths.
    """
    values, vectors = torch.linalg.eigh(learned.gram)
    unit = unit_of(learned.gram)
    shrinkage = torch.stack([1 / (values.clamp(min=0) + s * unit) for s in strengths])
    gram = vectors.T @ held_out.gram @ vectors
    cross, own_cross = vectors.T @ held_out.cross, vectors.T @ learned.cross
    own_products = own_cross @ own_cross.T
    own_slope = (own_cross * cross).sum(1)
    errors = []
    for naive in naives:
        period = naive.shape[1]
        count = fold(torch.ones_like(cross[:1]), period)
        folded, own_folded = fold(cross, period), fold(own_cross, period)
        start = vectors.T @ naive
        fitted = gram @ start
        pulled = values[:, None] * start
        constant = (start * (count * fitted - 2 * folded)).sum() + held_out.target
        slope = (own_folded - count * pulled) * fitted + pulled * folded
        mixed = own_folded @ pulled.T
        steps = own_products - mixed - mixed.T + (count * pulled) @ pulled.T
        curved = ((shrinkage @ (gram * steps)) * shrinkage).sum(1)
        linear = shrinkage @ (slope.sum(1) - own_slope)
        errors.append(constant + 2 * linear + curved)
    return torch.stack(errors)


def fold(columns: Tensor, period: int) -> Tensor:
    """Return the sums ``(l, period)`` of every `period`-th column of ``(l, H)``."""
    n_rows, n_columns = columns.shape
    padded = pad(columns, (0, -n_columns % period))
    return padded.reshape(n_rows, -1, period).sum(1)
