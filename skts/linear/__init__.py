"""Linear maps in closed form: window moments, ridge maps and their mixture."""

from skts.linear._blocks import FEW_WINDOWS, block_folds
from skts.linear._choice import (
    LEAST_GAIN,
    Choice,
    NetworkShare,
    choose_mixture,
    naive_mixture,
)
from skts.linear._contexts import longest_context, map_contexts
from skts.linear._growing import GrowingMoments, last_rows
from skts.linear._members import Member, shared_map
from skts.linear._mixture import LinearMixture, kinds_that_fit, solve_mixture
from skts.linear._moments import Moments, WindowMoments
from skts.linear._naive import Naive
from skts.linear._network import NetworkProducts
from skts.linear._pilot import solve_pilot
from skts.linear._strengths import choose_shared

__all__ = [
    "FEW_WINDOWS",
    "LEAST_GAIN",
    "Choice",
    "GrowingMoments",
    "LinearMixture",
    "Member",
    "Moments",
    "Naive",
    "NetworkProducts",
    "NetworkShare",
    "WindowMoments",
    "block_folds",
    "choose_mixture",
    "choose_shared",
    "kinds_that_fit",
    "last_rows",
    "longest_context",
    "map_contexts",
    "naive_mixture",
    "shared_map",
    "solve_mixture",
    "solve_pilot",
]
