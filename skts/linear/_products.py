"""Products of the members' residuals on held-out windows, from moments alone.

With ``A' x - y`` and ``B' x - y`` the residuals of two members, the sum of their
products over windows and steps is ``<A, X B> - <A, K> - <B, K> + yy``, where ``X``,
``K`` and ``yy`` are the raw moments of contexts, of contexts with targets, and of
targets. The diagonal holds each member's error, and ``w' Q w`` is that of any mixture.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from skts.linear._members import Member, SolvedMaps
from skts.linear._missing import MissingTargets
from skts.linear._moments import Moments

Folds = Sequence[tuple[Moments, Moments]]
Maps = Sequence[tuple[int, Tensor]]


def residual_products(
    folds: Folds, members: Sequence[Member], horizon: int
) -> np.ndarray:
    """Return the mean products ``(n, n)`` of members' residuals on held-out windows.

    Parameters
    ----------
    folds : sequence of (Moments, Moments)
        Moments that maps are solved from, and those of the windows they are held to.
    members : sequence of Member
        The members.
    horizon : int
        Steps ``H`` of a forecast, the last rows of each window.
    """
    sums = _Sums(len(members), horizon)
    for learned, held_out in folds:
        maps = SolvedMaps(learned, members, horizon)
        total = held_out.total()
        shared = [(i, A.to(total.device)) for i, A in maps.shared]
        sums.add_targets(total)
        sums.add(total, shared)
        some = maps.has_own or held_out.missing is not None
        for channel in range(held_out.n_channels if some else 0):
            own = list(maps.of_channel(channel))
            if own:
                sums.add(held_out.channel(channel), own, shared)
            if held_out.missing is not None:
                sums.leave_out(held_out.missing, channel, [*shared, *own])
    return sums.products() / sum(n_targets(held, horizon) for _, held in folds)


def n_targets(moments: Moments, horizon: int) -> int:
    """Return how many values are to be forecast, of those that are known."""
    n_all = moments.n_windows * moments.n_channels * horizon
    return n_all if moments.missing is None else n_all - moments.missing.n_missing


class _Sums:
    """What the products are made of, added up matrix by matrix."""

    def __init__(self, n: int, horizon: int) -> None:
        self._horizon = horizon
        self._quadratic = np.zeros((n, n))
        self._linear = np.zeros(n)
        self._squares = 0.0
        self._left_out = np.zeros((n, n))

    def add_targets(self, moments: Tensor) -> None:
        """Add the squares of the targets, which all members share."""
        self._squares += float(moments.diagonal()[-self._horizon :].sum())

    def add(self, moments: Tensor, maps: Maps, others: Maps = ()) -> None:
        """Add products of `maps` with each other and with `others`, from one matrix."""
        end = len(moments) - self._horizon
        X, K = moments[:end, :end], moments[:end, end:]
        for position, (i, A) in enumerate(maps):
            fitted = X[:, end - len(A) :] @ A
            self._linear[i] += float((A * K[end - len(A) :]).sum())
            for j, B in (*maps[: position + 1], *others):
                product = float((B * fitted[end - len(B) :]).sum())
                self._quadratic[i, j] += product
                if i != j:
                    self._quadratic[j, i] += product

    def leave_out(self, missing: MissingTargets, channel: int, maps: Maps) -> None:
        """Take off the products at missing targets of a channel, of all members."""
        positions = [i for i, _ in maps]
        products = missing.products(channel, [A for _, A in maps]).cpu().numpy()
        self._left_out[np.ix_(positions, positions)] += products

    def products(self) -> np.ndarray:
        """Return the summed products ``(n, n)``."""
        linear = self._linear[:, None] + self._linear[None, :]
        return self._quadratic - linear + self._squares - self._left_out
