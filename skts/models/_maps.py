"""Linear maps as estimators choose them: from the windows that there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Self

from torch import Tensor

from skts._validation import warn_caller
from skts.data import Windows
from skts.linear import (
    FEW_WINDOWS,
    Choice,
    LinearMixture,
    Member,
    Moments,
    WindowMoments,
    block_folds,
    choose_mixture,
    kinds_that_fit,
    naive_mixture,
    solve_mixture,
    solve_pilot,
)
from skts.models._kept_choices import KeptChoices, fingerprint

LINEAR_MAPS = ("auto", "shared", "channel")
Folds = Sequence[tuple[WindowMoments, WindowMoments]]
CHOICES = KeptChoices()


@dataclass(frozen=True)
class MapWindows:
    """Windows that maps are made from, a `Windows` for each series.

    Attributes
    ----------
    train : list of Windows
        Those of the training part.
    valid : list of Windows
        Those held out.
    every : list of Windows
        All of them, and those in between.
    pilot : Tensor of shape (l, H) or None, default=None
        What forecasts missing targets, once it is known.
    """

    train: list[Windows]
    valid: list[Windows]
    every: list[Windows]
    pilot: Tensor | None = None

    @property
    def context_length(self) -> int:
        """Rows that the longest map looks at."""
        return self.every[0].context_length

    @property
    def prediction_length(self) -> int:
        """Steps that are forecast."""
        return self.every[0].prediction_length

    @cached_property
    def moments(self) -> WindowMoments:
        """The moments of all windows."""
        return WindowMoments(self.every, self.pilot)

    @property
    def have_missing(self) -> bool:
        """Whether some values are missing."""
        return any(each.truth is not None for each in self.every)

    def folds(self, *, by_blocks: bool) -> Folds:
        """Return moments to solve maps from, and those to hold them to."""
        if by_blocks:
            return block_folds(self.every, pilot=self.pilot)
        train, valid = (WindowMoments(p, self.pilot) for p in (self.train, self.valid))
        return [(train, valid)]


@dataclass(frozen=True)
class ChosenMaps:
    """Maps with strengths and weights, chosen on held-out windows.

    Attributes
    ----------
    members : tuple of Member
        The maps one by one.
    choice : Choice or None
        What a network is held to; None for a naive forecast, the only one that can be
        had.
    folds : sequence of (WindowMoments, WindowMoments)
        What maps were solved from, and what they were held to.
    by_blocks : bool
        Whether blocks of all windows were held out in turn: there were fewer than 500
        validation windows.
    windows : MapWindows
        The windows.
    seconds : float
        Time it took.
    """

    members: tuple[Member, ...]
    choice: Choice | None
    folds: Folds
    by_blocks: bool
    windows: MapWindows
    seconds: float

    @property
    def is_naive(self) -> bool:
        """Whether nothing but a naive forecast can be had; a map of one row is one."""
        return self.choice is None or self.windows.context_length == 1

    def with_members(self, members: tuple[Member, ...]) -> Self:
        """Return the maps with other weights."""
        return replace(self, members=members)

    def solve(self) -> LinearMixture:
        """Return the maps learned from the training part."""
        return self.solve_from(self.learned)

    def solve_again(self) -> LinearMixture:
        """Return the same maps learned from all windows."""
        return self.solve_from(self.windows.moments)

    @property
    def learned(self) -> Moments:
        """The moments of what maps are learned from: all windows, where few."""
        if self.by_blocks or not self.folds:
            return self.windows.moments
        return self.folds[0][0]

    def solve_from(self, moments: Moments) -> LinearMixture:
        """Return the maps learned from some windows, as one."""
        maps = solve_mixture(moments, self.apart, self.windows.prediction_length)
        # Moments in double precision may have been made elsewhere.
        return maps.to(self.windows.every[0].device)

    @property
    def apart(self) -> tuple[Member, ...]:
        """The maps with weights of sum 1, whatever a network has.

        Where it has all, they are those that the maps were given before.
        """
        total = sum(member.weight for member in self.members)
        if not total:
            assert self.choice is not None, "a network is held to a choice"
            return self.choice.members
        return tuple(replace(m, weight=m.weight / total) for m in self.members)


def choose_maps(
    windows: MapWindows,
    contexts: Sequence[int],
    periods: Sequence[int],
    kinds: str,
) -> ChosenMaps:
    """Choose linear maps by their errors on held-out windows.

    Where fewer than 500 are held out, five blocks of all windows are, in turn.

    Parameters
    ----------
    windows : MapWindows
        Windows to choose from and to be held to.
    contexts : sequence of int
        Rows of each map.
    periods : sequence of int
        Rows of a season, the most important first.
    kinds : {"auto", "shared", "channel"}
        Maps for all channels and, where they fit, one for each; or only one kind.
    """
    started = perf_counter()
    n_channels = len(windows.every[0].series)
    horizon = windows.prediction_length
    fitting = kinds_that_fit(n_channels, max(contexts), horizon)
    wanted = [kind for kind in fitting if kinds in ("auto", kind)] or ["shared"]
    if kinds == "channel" and n_channels > 1 and wanted == ["shared"]:
        warn_caller(
            f"Maps for each of {n_channels} channels, with contexts of up to "
            f"{max(contexts)} rows and horizon={horizon}, do not fit in memory: one "
            "map for all channels takes their place. Use a shorter context_length or "
            "horizon, or linear_maps='shared'.",
        )
    by_blocks = sum(map(len, windows.valid)) < FEW_WINDOWS
    folds = windows.folds(by_blocks=by_blocks)
    if folds and windows.have_missing:
        learned = windows.moments if by_blocks else folds[0][0]
        pilot = solve_pilot(folds, learned, contexts, horizon)
        windows = replace(windows, pilot=pilot)
        folds = windows.folds(by_blocks=by_blocks)
    choice = None
    if folds:
        settings = tuple(contexts), horizon, tuple(periods), tuple(wanted)
        # A search over a network's settings asks for the same again and again.
        choice = CHOICES.get(
            fingerprint([*windows.train, *windows.valid, *windows.every], settings),
            lambda: choose_mixture(folds, *settings),
        )
        members = choice.members
    else:
        members = naive_mixture(windows.context_length, periods)
    seconds = perf_counter() - started
    return ChosenMaps(members, choice, folds, by_blocks, windows, seconds)
