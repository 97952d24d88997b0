"""How strongly to shrink a map, and towards which naive forecast, by held-out error."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import torch
from torch import Tensor

from skts.linear._members import Member, forget_own, own_map, shared_weights
from skts.linear._naive import MEAN, naive_forecasts
from skts.linear._products import Folds, n_targets
from skts.linear._ridge import centred, errors_of_strengths

# In hundredths of the mean eigenvalue; the strongest, and so the simplest, first.
STRENGTHS = tuple(10.0**power for power in range(6, -5, -1))
# Errors that differ by less than this share are equal.
TIE = 1e-6
# Where the search for a channel's strength begins.
FIRST_OWN = STRENGTHS.index(1e3)


def choose_shared(
    folds: Folds,
    contexts: Sequence[int],
    horizon: int,
    periods: Sequence[int] | None,
) -> list[Member]:
    """Return the best map of each context that is one for all channels.

    Parameters
    ----------
    folds : sequence of (Moments, Moments)
        Moments that maps are solved from, and those of the windows they are held to.
    contexts : sequence of int
        Rows of each map.
    horizon : int
        Steps of a forecast.
    periods : sequence of int or None
        Rows of a season, for seasonal forecasts to shrink towards, beside the mean and
        the last value. None shrinks towards the mean alone.
    """
    n_values = sum(n_targets(held, horizon) for _, held in folds)
    members = []
    for context in contexts:
        naives = [MEAN] if periods is None else naive_forecasts(context, periods)
        errors = torch.zeros(len(naives), len(STRENGTHS), dtype=torch.float64)
        for learned, held_out in folds:
            total = learned.total()
            weights = [n.weights(context, n.period).to(total.device) for n in naives]
            errors += errors_of_strengths(
                centred(total, context, horizon),
                centred(held_out.total(), context, horizon),
                weights,
                STRENGTHS,
            ).cpu()
        best = first_of_the_best(errors.flatten().tolist())
        naive, strength = divmod(best, len(STRENGTHS))
        error = float(errors[naive, strength]) / n_values
        chosen = naives[naive], STRENGTHS[strength]
        members.append(Member("shared", context, *chosen, error=error))
    return members


def choose_per_channel(
    folds: Folds, shared: Sequence[Member], horizon: int
) -> list[Member]:
    """Return the best map of each context that is one per channel.

    Its strength, one for all channels, is searched in steps of ten, as long as errors
    fall. All contexts take their steps together, so that the moments of a channel are
    made once for each.
    """
    towards = [
        [shared_weights(learned, member, horizon) for member in shared]
        for learned, _ in folds
    ]
    searches = [_Search(FIRST_OWN) for _ in shared]
    while active := [i for i, search in enumerate(searches) if not search.is_done]:
        tried = {i: _own(shared[i], searches[i].position) for i in active}
        errors = dict.fromkeys(active, 0.0)
        for (learned, held_out), starts in zip(folds, towards, strict=True):
            for channel in range(learned.n_channels):
                new = held_out.channel(channel)
                for i in active:
                    own = own_map(learned, channel, tried[i], starts[i])
                    errors[i] += raw_error(new, own)
        for i, error in errors.items():
            searches[i].tell(error)
            for position, (learned, _) in product(searches[i].worse, folds):
                forget_own(learned, _own(shared[i], position), horizon)
    return [
        _own(member, search.best)
        for member, search in zip(shared, searches, strict=True)
    ]


def _own(member: Member, position: int) -> Member:
    """Return the map per channel beside a shared one, of a strength by its position."""
    return replace(member, kind="channel", own_strength=STRENGTHS[position])


def raw_error(moments: Tensor, A: Tensor) -> float:
    """Return the summed squared error of a raw map ``(l, H)``."""
    end = len(moments) - A.shape[1]
    rows = slice(end - len(A), end)
    fitted = moments[rows, rows] @ A - 2 * moments[rows, end:]
    return float((A * fitted).sum() + moments.diagonal()[end:].sum())


class _Search:
    """Walk down a list of candidates from one of them, as long as errors fall."""

    def __init__(self, start: int) -> None:
        self.position = self.best = start
        self.is_done = False
        self._errors: dict[int, float] = {}

    @property
    def worse(self) -> list[int]:
        """Candidates tried and found to be worse than the best."""
        return [position for position in self._errors if position != self.best]

    def tell(self, error: float) -> None:
        """Take the error at `position`, and move on or be done."""
        self._errors[self.position] = error
        tried = sorted(self._errors)
        self.best = tried[first_of_the_best([self._errors[i] for i in tried])]
        beside = {self.best - 1, self.best + 1} - self._errors.keys()
        untried = sorted(beside & set(range(len(STRENGTHS))))
        self.is_done = not untried
        if untried:
            self.position = untried[0]


def first_of_the_best(errors: Sequence[float]) -> int:
    """Return the first position whose error is the least, but for rounding."""
    least = min(errors)
    return next(i for i, e in enumerate(errors) if e <= least + TIE * abs(least))
