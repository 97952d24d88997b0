"""The choice of a mixture: its members and their weights, by held-out error."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skts.linear._members import Member
from skts.linear._naive import Naive, naive_forecasts
from skts.linear._products import Folds, residual_products
from skts.linear._strengths import (
    choose_per_channel,
    choose_shared,
    first_of_the_best,
)
from skts.linear._weights import mixture_weights

# How strongly weights are pulled, in the least error of a member: towards equal ones of
# the maps and, more strongly, 0 of naive forecasts where a validation part decides;
# towards the best member alone where blocks of few windows do. All chosen on the last
# parts of training parts, where a last value with much weight did most harm.
PULL = 0.3
PULL_OF_NAIVE = 3.0
PULL_OF_BLOCKS = 3.0
# A network must lower the error by this share: less is had from any noise, and is not
# worth the time.
LEAST_GAIN = 5e-3
# Longer maps per channel would take most of the time. Shrunk towards the mean, maps of
# 1024 rows were worse on validation than those of 720 in two of three trials.
LONGEST_OWN = 720


@dataclass(frozen=True)
class Choice:
    """A mixture chosen on held-out windows.

    Parameters
    ----------
    members : tuple of Member
        The members, with weights and errors.
    products : ndarray of shape (n, n)
        Mean products of the members' residuals on the held-out windows.
    error : float
        The mixture's mean squared error on them.
    horizon : int
        Steps ``H`` of a forecast.
    n_windows : int
        Held-out windows.
    """

    members: tuple[Member, ...]
    products: np.ndarray
    error: float
    horizon: int
    n_windows: int

    def with_network(self, extended: np.ndarray) -> "NetworkShare":
        """Return what a network is worth beside the members.

        Parameters
        ----------
        extended : ndarray of shape (n + 1, n + 1)
            Mean products with the network's residuals last (`NetworkProducts`).

        Returns
        -------
        NetworkShare
            The mixture with the network where its error is lower than without, by
            half a per cent at least; otherwise the mixture as it is, and weight 0.
        """
        shares, pulls = pull_towards_equal(self.members)
        shares, pulls = np.append(shares, 0.0), np.append(pulls, PULL)
        weights = mixture_weights(extended, shares, pulls)
        error = float(weights @ extended @ weights)
        network_error = float(extended[-1, -1])
        gain = 1 - error / self.error if self.error > 0 else 0.0
        if gain < LEAST_GAIN:
            return NetworkShare(self.members, 0.0, self.error, network_error, gain)
        members = _weighted(self.members, weights[:-1])
        return NetworkShare(members, float(weights[-1]), error, network_error, gain)


@dataclass(frozen=True)
class NetworkShare:
    """A mixture that a network may be a member of.

    Parameters
    ----------
    members : tuple of Member
        The maps; their weights and the network's have sum 1.
    weight : float
        The network's weight, 0 where it adds nothing.
    error : float
        The whole mixture's mean squared error on held-out windows.
    network_error : float
        The network's own.
    gain : float
        Share of the maps' error that the best mixture with the network takes away,
        whether that is enough or not.
    """

    members: tuple[Member, ...]
    weight: float
    error: float
    network_error: float
    gain: float


def choose_mixture(
    folds: Folds,
    contexts: Sequence[int],
    horizon: int,
    periods: Sequence[int] = (),
    kinds: Sequence[str] = ("shared", "channel"),
) -> Choice:
    """Choose maps, strengths and weights by their errors on held-out windows.

    Parameters
    ----------
    folds : sequence of (Moments, Moments)
        Moments of the windows that maps are solved from, and of those they are held
        to: one pair where validation windows are held out, or `block_folds`.
    contexts : sequence of int
        Rows of each map, at most what the windows hold before their targets.
    horizon : int
        Steps ``H`` of a forecast, the last rows of each window.
    periods : sequence of int, default=()
        Rows of a season, for seasonal forecasts.
    kinds : sequence of {"shared", "channel"}, default=("shared", "channel")
        Kinds of map; `kinds_that_fit` says which do. Empty: naive forecasts alone.

    Returns
    -------
    Choice
        Members with weights, what they are worth, and what a network is held to.
    """
    if not any(held_out.n_windows for _, held_out in folds):
        raise ValueError(
            "folds must hold out at least one window, got none. Use a shorter context, "
            "or naive_mixture, which is not chosen but known."
        )
    # A long training part shrinks maps so little that what they are shrunk towards
    # only follows what the validation rows favour.
    towards = periods if len(folds) > 1 else None
    shared = choose_shared(folds, contexts, horizon, towards) if kinds else []
    members = naive_members(contexts, periods)
    if "shared" in kinds:
        members += shared
    if "channel" in kinds:
        short = [member for member in shared if member.context <= LONGEST_OWN]
        members += choose_per_channel(folds, short or shared[:1], horizon)
    products = residual_products(folds, members, horizon)
    members = [
        replace(member, error=float(error))
        for member, error in zip(members, products.diagonal(), strict=True)
    ]
    weights = mixture_weights(products, *_pull(products, members, len(folds)))
    return Choice(
        _weighted(members, weights),
        products,
        error=float(weights @ products @ weights),
        horizon=horizon,
        n_windows=sum(held_out.n_windows for _, held_out in folds),
    )


def naive_mixture(context: int, periods: Sequence[int] = ()) -> tuple[Member, ...]:
    """Return the one naive forecast to use where no window can be held out.

    It is the seasonal one of the first period that the context holds, otherwise the
    last value.

    Parameters
    ----------
    context : int
        Rows that are known.
    periods : sequence of int, default=()
        Rows of a season.
    """
    period = next((p for p in periods if 1 < p <= context), None)
    naive = Naive("last") if period is None else Naive("seasonal", period)
    return (Member("naive", naive.period, naive, weight=1.0),)


def naive_members(contexts: Sequence[int], periods: Sequence[int]) -> list[Member]:
    """Return the naive forecasts as members, with the rows they need.

    The mean is that of each context and each season, a profile that of the longest.
    """
    longest = max(contexts)
    seasons = [p for p in periods if 1 < p <= longest]
    members = [Member("naive", length) for length in sorted({*contexts, *seasons})]
    for naive in naive_forecasts(longest, periods)[1:]:
        if naive.name == "profile":
            length = longest - longest % naive.period
        else:
            length = next(n for n in range(1, longest + 1) if naive.fits(n))
        members.append(Member("naive", length, naive))
    return members


def pull_towards_equal(members: Sequence[Member]) -> tuple[np.ndarray, np.ndarray]:
    """Return equal weights of the ridge maps, 0 for others, and how each is pulled."""
    is_map = np.array([member.kind != "naive" for member in members])
    return is_map / max(1, is_map.sum()), np.where(is_map, PULL, PULL_OF_NAIVE)


def _pull(
    products: np.ndarray, members: Sequence[Member], n_folds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights that are pulled towards, and how strongly each is."""
    if n_folds == 1:
        return pull_towards_equal(members)
    best = first_of_the_best(products.diagonal().tolist())
    n = len(members)
    return np.eye(n)[best], np.full(n, PULL_OF_BLOCKS)


def _weighted(members: Sequence[Member], weights: np.ndarray) -> tuple[Member, ...]:
    return tuple(
        replace(member, weight=float(weight))
        for member, weight in zip(members, weights, strict=True)
    )
