"""Linear maps that follow new rows: solved again, exactly, when next asked for."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from torch import Tensor

from skts.linear import GrowingMoments, LinearMixture, Member, Moments, solve_mixture

# Moments of more bytes than this are not kept: the maps then stay as they are.
MAX_BYTES = 2**27
# So many updates wait before they are summed into the moments.
MAX_WAITING = 1000


class NewRows(NamedTuple):
    """Rows ``(C, n)`` of a series, by its position, which may follow a gap."""

    series: int
    rows: Tensor
    after_gap: bool


@dataclass(frozen=True)
class FollowingMaps:
    """Moments that maps were solved from, and rows that have come since.

    Attributes
    ----------
    moments : GrowingMoments
        The moments; never changed.
    members : tuple of Member
        The maps, with weights of sum 1.
    horizon : int
        Steps that are forecast.
    waiting : tuple of NewRows
        What has come since.
    """

    moments: GrowingMoments
    members: tuple[Member, ...]
    horizon: int
    waiting: tuple[NewRows, ...] = ()

    @property
    def n_series(self) -> int:
        """Series that rows may come of."""
        return self.moments.n_series

    def followed_by(self, new: Sequence[NewRows]) -> Self:
        """Return the maps with new rows waiting."""
        following = replace(self, waiting=(*self.waiting, *new))
        if len(following.waiting) < MAX_WAITING:
            return following
        return replace(following, moments=following._grown(), waiting=())

    def solve(self) -> LinearMixture:
        """Return the maps solved from all rows so far."""
        return solve_mixture(self._grown(), self.members, self.horizon)

    def _grown(self) -> GrowingMoments:
        if not self.waiting:
            return self.moments
        moments = deepcopy(self.moments)
        for series, rows, after_gap in self.waiting:
            moments.extend(rows, series, after_gap=after_gap)
        return moments


def follow(
    moments: Moments,
    tails: Sequence[Tensor],
    members: tuple[Member, ...],
    horizon: int,
) -> FollowingMaps | None:
    """Return maps that can follow new rows; None if their moments are too large.

    Parameters
    ----------
    moments : Moments
        What they are solved from.
    tails : sequence of Tensor of shape (C, n)
        The last rows of each series, after its last gap.
    members : tuple of Member
        The maps, with weights of sum 1.
    horizon : int
        Steps that are forecast.
    """
    by_channel = any(m.kind == "channel" and m.weight > 0 for m in members)
    size = GrowingMoments.n_bytes(moments.n_channels, moments.width, by_channel)
    if size > MAX_BYTES:
        return None
    growing = GrowingMoments(moments, tails, by_channel)
    return FollowingMaps(growing, members, horizon)
