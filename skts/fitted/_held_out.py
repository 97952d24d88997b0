"""The errors of windows held out, and the intervals they make."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from torch import Tensor

from skts._validation import warn_caller
from skts.conformal import (
    N_KEPT,
    PER_HORIZON,
    AlikeErrors,
    ErrorSizes,
    RecentErrors,
    windows_needed,
)
from skts.data import Windows, spread_out
from skts.fitted._conformal import absolute_errors, window_spread
from skts.linear import LinearMixture
from skts.series import KnownSeries

# Neighbouring windows tell almost the same; this many serve a coverage of 99.9 %.
MAX_WINDOWS = N_KEPT
# A series of a panel with fewer windows than this shares the errors of all.
ENOUGH_WINDOWS = 100
# Errors of each channel and step that are to follow, over all series of a panel that
# have their own in ``fit``.
MAX_RECENT = 20_000
# Windows are left out where there are more of them than this.
PLENTY = 250
# What the last quarter of the windows held out must hold of what the others promise.
ASKED_OF_LAST, LEAST_OF_LAST = 0.9, 0.85

# Forecasts standardised windows of a series.
ForecastWindows = Callable[[Tensor, KnownSeries], Tensor]


class HeldOut(NamedTuple):
    """Windows of a series, and what forecasts them without having learned from them."""

    name: Hashable
    known: KnownSeries
    windows: Windows
    forecast: ForecastWindows
    maps: LinearMixture | None


@dataclass(frozen=True)
class HeldOutErrors:
    """Absolute errors of the windows held out, in standard deviations of training.

    Attributes
    ----------
    method : {"following", "conformal", "adaptive"}
        Whether they follow new rows; if not, whether they are as they are, or in units
        of the spread of their window.
    pool : AlikeErrors or None
        Those of all series of a panel side by side; those of a channel that never moved
        are NaN: they would make the intervals of the others too narrow. Those of
        missing values are NaN, too. None where the one series there is has its own.
    own : dict of RecentErrors
        Those that follow new rows, of each series that has enough, or that ``update``
        has brought some.
    held_by_last : float
        Share that the last quarter of the windows held of what the others promise 90 %
        of; NaN where they are few, or follow.
    beyond : AlikeErrors or None
        Those of all series at the steps beyond the horizon, where these are asked for.
    """

    method: str
    pool: AlikeErrors | None
    own: dict[Hashable, RecentErrors] = field(default_factory=dict)
    held_by_last: float = np.nan
    beyond: AlikeErrors | None = None

    def of(self, name: Hashable) -> AlikeErrors | RecentErrors:
        """Return the errors that a series goes by."""
        errors = self.own.get(name, self.pool)
        assert errors is not None, "without a pool, the one series has its own"
        return errors

    def that_follow(self, name: Hashable) -> AlikeErrors | RecentErrors:
        """Return the errors that new ones of a series join, if they are to follow.

        A series without its own begins with some of all, as if they were its past.
        """
        errors = self.of(name)
        if self.method != "following" or isinstance(errors, RecentErrors):
            return errors
        return self._borrowed

    @cached_property
    def _borrowed(self) -> RecentErrors:
        assert self.pool is not None, "asked for where one is gone by"
        # In no order, of which levels learn nothing, but those of most channels last.
        order = np.random.default_rng(0).permutation(len(self.pool.errors))
        known = np.count_nonzero(~np.isnan(self.pool.errors[order]), axis=(1, 2))
        order = order[np.argsort(known, kind="stable")]
        some = RecentErrors.of(self.pool.errors[order[-PLENTY:]], 1)
        return replace(some, n_pending=0)

    def moving(self) -> np.ndarray:
        """Return the channels that have errors in some series, ``(C,)``."""
        counts = [errors.counts() for errors in self.own.values()]
        if self.pool is not None:
            counts.append(self.pool.counts())
        return np.any(counts, axis=0)

    def half_widths(
        self,
        name: Hashable,
        known: KnownSeries,
        context: Tensor,
        coverages: Sequence[float],
    ) -> np.ndarray:
        """Return how far intervals of a series reach to either side, ``(A, H, C)``.

        They follow a context ``(C, L)``, and are in the units of the data; those of a
        channel that never moved are 0.
        """
        widths = self.of(name).half_widths(coverages)
        if self.beyond is not None:
            further = self.beyond.half_widths(coverages)
            widths = np.concatenate([widths, further], axis=-1)
        return self._in_units_of_data(widths, known, context)

    def band_half_widths(
        self,
        name: Hashable,
        known: KnownSeries,
        context: Tensor,
        coverages: Sequence[float],
        steps: np.ndarray,
    ) -> np.ndarray:
        """Return how far bands over some steps reach to either side, ``(A, S, C)``.

        As ``half_widths``; `steps` are positions within the horizon.
        """
        widths = self.of(name).band_half_widths(coverages, steps)
        return self._in_units_of_data(widths, known, context)

    def sizes(
        self, names: Iterable[Hashable]
    ) -> tuple[ErrorSizes, dict[Hashable, np.ndarray]]:
        """Return the sizes of errors of some series, and their sets, ``(H, C)``.

        They are in the units of ``unit``. Series that share errors share the sets.
        """
        parts: list[ErrorSizes] = []
        sets: dict[int, np.ndarray] = {}

        def add(errors: AlikeErrors | RecentErrors) -> np.ndarray:
            if id(errors) not in sets:
                first = sum(len(part.sizes) for part in parts)
                n_channels, n_steps = errors.errors.shape[1:]
                new = first + np.arange(n_channels * n_steps)
                sets[id(errors)] = new.reshape(n_channels, n_steps).T
                parts.append(errors.sizes())
            return sets[id(errors)]

        further = [] if self.beyond is None else [add(self.beyond)]
        each = {name: np.concatenate([add(self.of(name)), *further]) for name in names}
        return ErrorSizes.join(parts), each

    def unit(self, known: KnownSeries, context: Tensor) -> np.ndarray:
        """Return what errors after a context ``(C, L)`` are in units of, ``(C,)``."""
        spread = spread_of(self.method, context[None], known)[0, :, 0].cpu().numpy()
        return spread * known.units.of_errors

    def _in_units_of_data(
        self, errors: np.ndarray, known: KnownSeries, context: Tensor
    ) -> np.ndarray:
        return np.swapaxes(errors, -1, -2) * self.unit(known, context)

    def warn(self, names: Iterable[Hashable], coverages: Sequence[float]) -> None:
        """Warn of what series lack for some coverages."""
        needed = windows_needed(max(coverages))
        each = {id(errors): errors for errors in map(self.of, names)}
        counts = np.concatenate([errors.counts() for errors in each.values()])
        n_windows = min(counts[counts > 0], default=needed)
        if n_windows < needed:
            _warn_of_few(max(coverages), needed, n_windows)
        if self.held_by_last < LEAST_OF_LAST:
            warn_caller(
                f"Of the truths in the last quarter of the held-out windows, "
                f"{self.held_by_last:.0%} lie within intervals made from the windows "
                f"before, where {ASKED_OF_LAST:.0%} should: errors have grown, and "
                "intervals that stay as they are may cover less often than asked. "
                'interval_method="following" goes by recent errors, and follows in '
                "update.",
            )


def measure_held_out(held_out: list[HeldOut], method: str) -> HeldOutErrors | None:
    """Return the errors of windows held out; None if there are none."""
    held_out = [part for part in held_out if len(part.windows)]
    if not held_out:
        return None
    series = _by_name(held_out)
    own = {}
    if method == "following":
        own = {
            name: _recent(parts, MAX_RECENT // len(series))
            for name, parts in series.items()
            if name is None or _n_windows(parts) >= ENOUGH_WINDOWS
        }
    if None in own:
        return HeldOutErrors(method, None, own)
    moving = [part for part in held_out if not part.known.units.still.all()]
    n_each = max(1, MAX_WINDOWS // max(len(moving), 1))
    errors = [
        np.concatenate([errors_of(part, method, n_each) for part in parts])
        for parts in _by_name(moving or held_out[:1]).values()
    ]
    pool = AlikeErrors(np.concatenate(errors))
    held_by_last = np.nan if method == "following" else _held_by_last(errors)
    return HeldOutErrors(method, pool, own, held_by_last)


def errors_of(part: HeldOut, method: str, n_windows: int | None = None) -> np.ndarray:
    """Return errors of so many of the windows, or of all, ``(n, C, H)``."""
    _, known, windows, forecast, _ = part
    if n_windows is not None:
        windows = replace(windows, starts=spread_out(windows.starts, n_windows))
    errors = absolute_errors(
        lambda context: forecast(context, known),
        windows,
        lambda context: spread_of(method, context, known),
    )
    errors[:, known.units.still] = np.nan
    return errors


def spread_of(method: str, context: Tensor, known: KnownSeries) -> Tensor:
    """Return what the errors of each window are measured in, ``(B, C, 1)``.

    They mean the same in all series of a panel, standardised or not.
    """
    scale = context.new_tensor(known.units.scale_seen)
    if method != "adaptive":
        return scale[:, None].expand(len(context), -1, -1)
    return window_spread(context, scale)


def _by_name(held_out: list[HeldOut]) -> dict[Hashable, list[HeldOut]]:
    series: dict[Hashable, list[HeldOut]] = {}
    for part in held_out:
        series.setdefault(part.name, []).append(part)
    return series


def _n_windows(parts: list[HeldOut]) -> int:
    return sum(len(part.windows) for part in parts)


def _recent(parts: list[HeldOut], n_most: int) -> RecentErrors:
    """Return the errors of a series, the last of which is that of its last window."""
    n_windows = _n_windows(parts)
    horizon = parts[0].windows.prediction_length
    spacing = max(1, min(horizon // PER_HORIZON, n_windows // PLENTY))
    n_most = max(PLENTY, min(n_most, N_KEPT))
    kept = np.arange(n_windows - 1, -1, -spacing)[n_most - 1 :: -1]
    errors, first = [], 0
    for part in parts:
        n_here = len(part.windows)
        here = kept[(kept >= first) & (kept < first + n_here)] - first
        if len(here):
            some = part.windows.starts[here]
            windows = replace(part.windows, starts=some)
            errors.append(errors_of(part._replace(windows=windows), "following"))
        first += n_here
    return RecentErrors.of(np.concatenate(errors), spacing)


def _held_by_last(errors: list[np.ndarray]) -> float:
    """Return what the last quarters of the windows of each series hold, together."""
    before = np.concatenate([each[: len(each) * 3 // 4] for each in errors])
    last = np.concatenate([each[len(each) * 3 // 4 :] for each in errors])
    if len(before) < windows_needed(ASKED_OF_LAST) or len(last) < PLENTY // 10:
        return np.nan
    known = ~np.isnan(last)
    (width,) = AlikeErrors(before).half_widths([ASKED_OF_LAST])
    return float(np.sum(last <= width) / max(np.sum(known), 1))


def _warn_of_few(coverage: float, needed: int, n_windows: int) -> None:
    warn_caller(
        f"A coverage of {coverage:g} needs the errors of at least {needed} validation "
        f"windows, but there are {n_windows}: the largest one is taken, which may "
        "cover less often. Give fit a longer series; with linear_maps=None a larger "
        "validation_fraction holds out more, too.",
    )
