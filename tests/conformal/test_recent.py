"""Recent errors count more than old ones, one window after the other."""

import pickle

import numpy as np
import pytest

from skts.conformal import RecentErrors, WidthsAlong
from skts.conformal._levels import Levels, interpolate
from skts.conformal._recent import AGES, FEWEST, HALF_LIFE, N_FIRST, N_KEPT

COVERAGES = [0.5, 0.8, 0.9, 0.97]


def stream(n, c=2, h=4, seed=0):
    """Return errors whose size changes slowly."""
    rng = np.random.default_rng(seed)
    size = 1 + np.sin(np.arange(n) / 50)[:, None, None] ** 2
    return np.abs(size * rng.standard_normal((n, c, h))).astype(np.float32)


def literal_widths(errors, spacing, n_first, coverages):
    """Return the half widths after all errors kept ``(n, C, H)``, slowly."""
    lag = int(np.ceil(errors.shape[-1] / spacing))
    levels = Levels.at_start(*errors.shape[1:])
    for at in range(n_first, len(errors)):
        ranks = np.full(errors.shape[1:], np.nan)
        for c, h in np.ndindex(*ranks.shape):
            seen = [errors[at - lag - a, c, h] for a in AGES if at - lag - a >= 0]
            seen = [e for e in seen if not np.isnan(e)]
            error = errors[at, c, h]
            if len(seen) >= FEWEST and not np.isnan(error):
                below = sum(e < error for e in seen)
                rank = below / (len(seen) + 1)
                ranks[c, h] = 1 if below == len(seen) else rank
        levels.move(ranks[None])
    asked = interpolate(levels.mean(), np.array(coverages))
    widths = np.zeros(asked.shape)
    for a, c, h in np.ndindex(*asked.shape):
        seen = [errors[len(errors) - 1 - g, c, h] for g in AGES if g < len(errors)]
        seen = sorted(e for e in seen if not np.isnan(e))
        rank = int(np.ceil(round((len(seen) + 1) * asked[a, c, h], 9)))
        widths[a, c, h] = seen[min(max(rank, 1), len(seen)) - 1]
    return widths


def test_every_other_error_counts_a_half_life_back():
    near = [np.sum((at < AGES) & (at + 40 >= AGES)) for at in (-1, HALF_LIFE - 20)]
    assert near == pytest.approx([37, 20], abs=1)
    assert AGES[0] == 0
    assert AGES[-1] < N_KEPT


@pytest.mark.parametrize("spacing", [1, 3])
def test_widths_are_those_of_a_literal_count(spacing):
    errors = stream(90)
    errors[40:50, 0] = np.nan
    recent = RecentErrors.of(errors[:60], spacing)
    recent = recent.followed_by(errors[60:], 30 * spacing)
    expected = literal_widths(errors, spacing, 0, COVERAGES)
    np.testing.assert_allclose(recent.half_widths(COVERAGES), expected)


def test_levels_begin_with_the_last_windows_held_out():
    errors = stream(N_FIRST + 80, 1, 2)
    recent = RecentErrors.of(errors, 1)
    expected = literal_widths(errors, 1, 80, COVERAGES)
    np.testing.assert_allclose(recent.half_widths(COVERAGES), expected)


@pytest.mark.parametrize("asked_between", [True, False])
@pytest.mark.parametrize("n_each", [1, 7, 50])
def test_it_does_not_matter_how_many_rows_come_at_once(n_each, asked_between):
    errors = stream(N_KEPT + 700, 1, 2)
    start = RecentErrors.of(errors[:300], 3)
    rest = np.repeat(errors[300:], 3, axis=0)  # only every third is kept
    once = start.followed_by(rest[start.which_to_keep(len(rest))], len(rest))
    piecewise = start
    for first in range(0, len(rest), n_each):
        new = rest[first : first + n_each]
        kept = new[piecewise.which_to_keep(len(new))]
        piecewise = piecewise.followed_by(kept, len(new))
        if asked_between and first % 100 < n_each:
            piecewise.half_widths(COVERAGES)
    expected = once.half_widths(COVERAGES)
    np.testing.assert_array_equal(piecewise.half_widths(COVERAGES), expected)
    assert len(piecewise.errors) <= 2 * N_KEPT + piecewise.lag
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(piecewise)).half_widths(COVERAGES), expected
    )


def test_widths_along_are_those_of_one_window_after_the_other():
    errors = stream(260)
    start = RecentErrors.of(errors[:200], 1)
    come = np.array([0, 1, 30, 60])
    widths = WidthsAlong(start, errors[200:], COVERAGES)
    # Those of later windows are asked for later, as batches come.
    parts = [widths.after(come[:2]), widths.after(come[1:])]
    intervals, bands = (np.concatenate([a, b[1:]]) for a, b in zip(*parts, strict=True))
    steps = np.arange(errors.shape[-1])
    for n, interval, band in zip(come, intervals, bands, strict=True):
        now = start.followed_by(errors[200 : 200 + n], n)
        np.testing.assert_allclose(interval, now.half_widths(COVERAGES), rtol=1e-6)
        expected = now.band_half_widths(COVERAGES, steps)
        np.testing.assert_allclose(band, expected, rtol=1e-6)
        assert (band >= interval).all()


def test_widths_follow_a_shift_and_hold_what_is_asked():
    rng = np.random.default_rng(3)
    errors = np.abs(rng.standard_normal((3000, 1, 1)))
    errors[1000:] *= 3
    start = RecentErrors.of(errors[:1000], 1)
    along, _ = WidthsAlong(start, errors[1000:], COVERAGES).after(np.arange(2000))
    along = along[..., 0, 0]
    held = errors[1000:, 0] <= along
    np.testing.assert_allclose(held[200:].mean(axis=0), COVERAGES, atol=0.025)
    still = errors[1000:, 0] <= start.at_rest().half_widths(COVERAGES)[:, 0, 0]
    assert (still.mean(axis=0) < np.array(COVERAGES) - 0.2).all()


def test_bands_follow_a_shift_of_whole_paths():
    rng = np.random.default_rng(3)
    size = np.arange(1, 5) * rng.gamma(4, size=(3000, 1, 1))
    errors = np.abs(size * rng.standard_normal((3000, 1, 4)))
    errors[1000:] *= 3
    start = RecentErrors.of(errors[:1000], 1)
    _, bands = WidthsAlong(start, errors[1000:], COVERAGES).after(np.arange(2000))
    held = (errors[1000:, None] <= bands).all(axis=-1)[..., 0]
    np.testing.assert_allclose(held[200:].mean(axis=0), COVERAGES, atol=0.025)


def test_what_was_never_known_has_no_width():
    errors = stream(100)
    errors[:, 1] = np.nan
    recent = RecentErrors.of(errors, 1)
    assert (recent.half_widths(COVERAGES)[:, 1] == 0).all()
    assert (recent.sizes().mean_squares().reshape(2, -1)[1] == 0).all()
    assert recent.counts()[1] == 0
