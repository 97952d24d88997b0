"""The map that forecasts missing targets, so that they have no say in other maps."""

from collections.abc import Sequence

from torch import Tensor

from skts.linear._members import shared_map
from skts.linear._moments import Moments
from skts.linear._products import Folds
from skts.linear._strengths import choose_shared

# Longer ones forecast little better, and take longer to solve.
LONGEST_PILOT = 512


def solve_pilot(
    folds: Folds, learned: Moments, contexts: Sequence[int], horizon: int
) -> Tensor:
    """Return the raw map ``(l, H)`` of all channels that forecasts missing targets.

    Parameters
    ----------
    folds : sequence of (Moments, Moments)
        Moments to choose its strength by.
    learned : Moments
        Moments to solve it from.
    contexts : sequence of int
        Rows that maps look at, of which it takes the most up to 512.
    horizon : int
        Steps ``H`` of a forecast.
    """
    context = max((c for c in contexts if c <= LONGEST_PILOT), default=min(contexts))
    (member,) = choose_shared(folds, [context], horizon, None)
    return shared_map(learned, member, horizon)
