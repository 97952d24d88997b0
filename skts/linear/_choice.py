"""The choice of a mixture: its members and their weights, by held-out error."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skts.linear._members import Member
from skts.linear._naive import naive_forecasts
from skts.linear._products import Folds, n_values, residual_products
from skts.linear._strengths import choose_per_channel, choose_shared
from skts.linear._weights import mixture_weights

# The pull towards equal weights of the maps, for each held-out window that shares
# targets with a given one, over all held-out windows.
PULL = 1.0
MAX_PULL = 1.0
# Longer maps per channel cost most of the time and gained nothing on held-out rows.
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
            The mixture with the network where its error is lower than without;
            otherwise the mixture as it is, and the network's weight 0.
        """
        pull = pull_towards_equal(self.horizon, self.n_windows)
        shares = np.append(equal_shares(self.members), 0.0)
        weights = mixture_weights(extended, shares, pull)
        error = float(weights @ extended @ weights)
        network_error = float(extended[-1, -1])
        if not error < self.error:
            return NetworkShare(self.members, 0.0, self.error, network_error)
        members = _weighted(self.members, weights[:-1])
        return NetworkShare(members, float(weights[-1]), error, network_error)


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
    """

    members: tuple[Member, ...]
    weight: float
    error: float
    network_error: float


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
        Kinds of map; `kinds_that_fit` says which do. None: naive forecasts alone.

    Returns
    -------
    Choice
        Members with weights, what they are worth, and what a network is held to.
    """
    shared = choose_shared(folds, contexts, horizon, periods) if kinds else []
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
    n_windows = n_values(folds, 1) // folds[0][1].n_channels
    pull = pull_towards_equal(horizon, n_windows)
    weights = mixture_weights(products, equal_shares(members), pull)
    error = float(weights @ products @ weights)
    return Choice(_weighted(members, weights), products, error, horizon, n_windows)


def naive_members(contexts: Sequence[int], periods: Sequence[int]) -> list[Member]:
    """Return the naive forecasts as members: each season and mean, the last value."""
    longest = max(contexts)
    last_and_seasons = [
        Member("naive", naive.period, naive)
        for naive in naive_forecasts(longest, periods)
        if naive.name != "mean"
    ]
    lengths = {*contexts, *(p for p in periods if 1 < p <= longest)}
    return [*(Member("naive", length) for length in sorted(lengths)), *last_and_seasons]


def pull_towards_equal(horizon: int, n_windows: int) -> float:
    """Return how strongly weights are pulled: the fewer windows, the more.

    Errors of windows less than a horizon apart are nearly the same, so what
    counts is how many horizons the held-out windows span.
    """
    return min(MAX_PULL, PULL * horizon / max(1, n_windows))


def equal_shares(members: Sequence[Member]) -> np.ndarray:
    """Return equal weights of the ridge maps, and 0 for naive forecasts."""
    is_map = np.array([member.kind != "naive" for member in members], dtype=float)
    return is_map / max(1.0, is_map.sum())


def _weighted(members: Sequence[Member], weights: np.ndarray) -> tuple[Member, ...]:
    return tuple(
        replace(member, weight=float(weight))
        for member, weight in zip(members, weights, strict=True)
    )
