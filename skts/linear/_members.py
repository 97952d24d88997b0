"""Members of a mixture: naive forecasts and ridge maps, solved from moments.

A member is a few plain values that say which map it is; its numbers follow from the
moments of any rows. `SolvedMaps` holds them as raw maps ``A (l, H)``, which forecast
``A' x`` from the last ``l`` rows ``x`` of a channel: their columns sum to 1, so what is
added to the rows is added to the forecast.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from torch import Tensor

from skts.linear._moments import Moments
from skts.linear._naive import MEAN, Naive
from skts.linear._ridge import centred, solve


@dataclass(frozen=True)
class Member:
    """One member of a mixture, as plain values.

    Parameters
    ----------
    kind : {"naive", "shared", "channel"}
        A naive forecast; a ridge map for all channels, shrunk towards a naive
        forecast; or one for each channel, shrunk towards that map for all.
    context : int
        Rows ``l`` it looks at.
    naive : Naive, default=Naive("mean")
        The naive forecast it is, or its map for all channels is shrunk towards.
    strength : float, default=inf
        How strongly the map for all channels is shrunk, in hundredths of the mean
        eigenvalue. Infinite for a naive forecast.
    own_strength : float, default=inf
        How strongly a channel's map is shrunk towards the map for all. Infinite for
        other kinds.
    weight : float, default=0.0
        Its share of the mixture.
    error : float, default=None
        Mean squared error of the member alone on held-out windows, if it was measured.
    """

    kind: str
    context: int
    naive: Naive = MEAN
    strength: float = inf
    own_strength: float = inf
    weight: float = 0.0
    error: float | None = None


class SolvedMaps:
    """The members' maps, solved from moments; maps per channel when asked for.

    Parameters
    ----------
    moments : Moments
        Moments of the windows to learn from.
    members : sequence of Member
        The members.
    horizon : int
        Steps ``H`` of a forecast, the last rows of each window.

    Attributes
    ----------
    shared : list of (int, Tensor)
        Position and raw map ``(l, H)`` of each member that is one for all channels.
    has_own : bool
        Whether a member has a map per channel.
    """

    def __init__(
        self, moments: Moments, members: Sequence[Member], horizon: int
    ) -> None:
        self._moments = moments
        self._horizon = horizon
        self.shared: list[tuple[int, Tensor]] = []
        self._own: list[tuple[int, Member, Tensor]] = []
        solved: dict[tuple[int, Naive, float], Tensor] = {}
        for i, member in enumerate(members):
            key = (member.context, member.naive, member.strength)
            if key not in solved:
                solved[key] = shared_weights(moments, member, horizon)
            if member.kind == "channel":
                self._own.append((i, member, solved[key]))
            else:
                self.shared.append((i, raw(solved[key])))
        self.has_own = bool(self._own)

    def of_channel(self, channel: int) -> Iterator[tuple[int, Tensor]]:
        """Yield position and raw map ``(l, H)`` of the members with one per channel."""
        for i, member, towards in self._own:
            yield i, own_map(self._moments, channel, member, towards)


def own_map(moments: Moments, channel: int, member: Member, towards: Tensor) -> Tensor:
    """Return the raw map ``(l, H)`` of one channel, shrunk towards that for all."""
    horizon = towards.shape[1]
    key = _own_key(member, horizon)
    own = None if moments.kept is None else moments.kept.get(key, channel)
    if own is None:
        known = moments.channel(channel)
        learned = centred(known, member.context, horizon)
        own = raw(solve(learned, towards.to(known.device), member.own_strength))
        if moments.kept is not None:
            moments.kept.put(key, channel, own)
    return own


def forget_own(moments: Moments, member: Member, horizon: int) -> None:
    """Forget maps per channel that were solved, and are not used."""
    if moments.kept is not None:
        moments.kept.drop(_own_key(member, horizon))


def _own_key(member: Member, horizon: int) -> Hashable:
    """Return what says which map of each channel it is, whatever its weight."""
    shared = member.context, member.naive, member.strength
    return *shared, member.own_strength, horizon


def shared_weights(moments: Moments, member: Member, horizon: int) -> Tensor:
    """Return the map ``(l, H)`` of centred rows that is one for all channels."""
    naive = member.naive.weights(member.context, horizon)
    if member.strength == inf:
        return naive
    total = moments.total()
    learned = centred(total, member.context, horizon)
    return solve(learned, naive.to(total.device), member.strength)


def shared_map(moments: Moments, member: Member, horizon: int) -> Tensor:
    """Return the raw map ``(l, H)`` of a member that is one for all channels."""
    return raw(shared_weights(moments, member, horizon))


def raw(weights: Tensor) -> Tensor:
    """Return the map of raw rows that equals a map ``(l, H)`` of centred ones."""
    return weights - weights.mean(0) + 1 / len(weights)
