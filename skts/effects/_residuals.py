"""What a map leaves unexplained of a series and of covariates, and effects from it.

A map ``A (L, H)`` leaves ``R' z`` of a window ``z``, with ``R`` the map with a minus
sign above the identity. It leaves of ``y - X b`` what it leaves of ``y`` less what it
leaves of ``X``, times ``b``. So with the map given, the effects ``b`` are a least
squares fit of one to the other, and all that decides them are products.

Axes: ``C`` channels, ``P`` covariates at offsets, ``W`` rows of a window, ``S`` steps.
"""

from dataclasses import dataclass, replace
from math import inf

import torch
from torch import Tensor

from skts.data import Windows, spread_out

# Windows overlap, so that some say what all say: as many as keep these numbers small.
MAX_VALUES = 2**22
MAX_TARGETS = 2**18
# A mean square of covariates, whose own is 1, that is nothing but rounding.
NOTHING = 1e-20


@dataclass(frozen=True)
class Products:
    """Summed products of what a map leaves unexplained.

    Attributes
    ----------
    gram : Tensor of shape (P, P)
        Of covariates with each other.
    cross : Tensor of shape (P, C)
        Of covariates with channels.
    squares : Tensor of shape (C,)
        Of channels with themselves.
    """

    gram: Tensor
    cross: Tensor
    squares: Tensor

    def some(self, which: Tensor) -> "Products":
        """Return the products of some covariates."""
        return replace(self, gram=self.gram[which][:, which], cross=self.cross[which])

    def solve(self, strengths: Tensor) -> Tensor:
        """Return effects ``(P, C)``, shrunk with a strength for each channel ``(C,)``.

        A covariate by itself has its effect divided by one more than the strength.
        """
        different, at = strengths.unique(return_inverse=True)
        return self.solve_each(different)[at, :, torch.arange(len(at))].T

    def solve_each(self, strengths: Tensor) -> Tensor:
        """Return the effects ``(n, P, C)`` at each of some strengths ``(n,)``."""
        scale = self.gram.diagonal()
        pull = torch.where(scale > 0, scale, torch.ones_like(scale))
        effects = self.cross.new_zeros(len(strengths), *self.cross.shape)
        finite = strengths < inf
        ridges = self.gram + strengths[finite, None, None] * torch.diag(pull)
        cross = self.cross.expand(len(ridges), -1, -1)
        effects[finite] = torch.linalg.solve(ridges, cross)
        return effects

    def errors(self, effects: Tensor) -> Tensor:
        """Return the summed squares ``(..., C)`` that effects ``(..., P, C)`` leave."""
        fitted = self.gram @ effects - 2 * self.cross
        return (effects * fitted).sum(-2) + self.squares


def products(windows: Windows, covariates: Tensor, residual: Tensor) -> Products:
    """Return the products of what a map leaves of windows, summed.

    Parameters
    ----------
    windows : Windows
        Windows of the channels.
    covariates : Tensor of shape (P, T)
        Covariates at the same rows.
    residual : Tensor of shape (W, S)
        What the map leaves of a window.
    """
    X = unexplained(covariates, windows, residual)
    X[X.square().mean(1) < NOTHING] = 0
    y = unexplained(windows.series, windows, residual)
    return Products(X @ X.T, X @ y.T, (y**2).sum(1))


def unexplained(rows: Tensor, windows: Windows, residual: Tensor) -> Tensor:
    """Return what a map leaves of windows of some rows ``(n, T)``, ``(n, values)``."""
    width, n_steps = residual.shape
    n_wanted = max(1, min(MAX_VALUES // width, MAX_TARGETS // n_steps))
    starts = spread_out(windows.starts, n_wanted)
    each = [row.unfold(0, width, 1)[starts] @ residual for row in rows]
    return torch.stack(each).flatten(1)
