"""Levels rise when intervals missed, and fall when they held."""

import numpy as np
import pytest

from skts.conformal._levels import (
    KNOTS,
    LEARNING,
    RATES,
    SHARED,
    Levels,
    coverages_of,
    interpolate,
)


def literal_levels(ranks):
    """Return the mean level of each knot after ranks ``(n,)``, from the papers."""
    means = []
    for coverage in KNOTS:
        levels = [coverage] * len(RATES)
        weights = [1 / len(RATES)] * len(RATES)
        for rank in ranks:
            if np.isnan(rank):
                continue
            for i in range(len(RATES)):
                gap = rank - levels[i]
                loss = coverage * gap if gap >= 0 else (coverage - 1) * gap
                weights[i] *= np.exp(-LEARNING * loss / (coverage * (1 - coverage)))
            total = sum(weights)
            weights = [(1 - SHARED) * w / total + SHARED / len(RATES) for w in weights]
            for i, rate in enumerate(RATES):
                missed = rank >= levels[i]
                levels[i] += rate * (coverage if missed else coverage - 1)
                levels[i] = min(max(levels[i], 0), 1)
        means.append(sum(w * x for w, x in zip(weights, levels, strict=True)))
    return np.maximum.accumulate(means)


def test_levels_are_those_of_the_papers():
    rng = np.random.default_rng(0)
    ranks = rng.beta([2, 5, 9], [2, 1, 1], size=(400, 1, 3))
    ranks[rng.random(ranks.shape) < 0.1] = np.nan
    levels = Levels.at_start(1, 3)
    levels.move(ranks)
    found = levels.mean()
    for step in range(3):
        expected = literal_levels(ranks[:, 0, step])
        np.testing.assert_allclose(found[:, 0, step], expected, rtol=1e-10)


def test_levels_start_as_what_is_asked_for():
    levels = Levels.at_start(2, 3)
    asked = np.array([0.1, 0.5, 0.85, 0.97, 0.999])
    expected = np.broadcast_to(asked[:, None, None], (5, 2, 3))
    np.testing.assert_allclose(interpolate(levels.mean(), asked), expected)


@pytest.mark.parametrize(("rank", "sign"), [(1.0, 1), (0.0, -1), (np.nan, 0)])
def test_misses_raise_levels_and_hits_lower_them(rank, sign):
    levels = Levels.at_start(1, 1)
    before = levels.mean()
    levels.move(np.array([[[rank]]]))
    assert (np.sign(levels.mean() - before) == sign).all()


def test_levels_rise_with_the_coverage_whatever_came():
    ranks = np.random.default_rng(1).random((300, 4, 2))
    levels = Levels.at_start(4, 2)
    levels.move(1.0 * (ranks > 0.7))
    asked = np.linspace(0, 1, 41)
    found = interpolate(levels.mean(), asked)
    assert (np.diff(found, axis=0) >= 0).all()
    assert (found[0] == 0).all()
    assert (found[-1] == 1).all()


def test_the_coverages_of_levels_are_the_largest_that_have_them():
    ranks = np.random.default_rng(1).random((500, 4, 2))
    levels = Levels.at_start(4, 2)
    levels.move(ranks)
    means = levels.mean()
    means[:2, 0], means[2:, 1] = 0, 1  # flat, as levels of one rate become
    asked = np.linspace(0, 1, 51)
    found = coverages_of(means, np.broadcast_to(asked[:, None, None], (51, 4, 2)))
    for channel, step in np.ndindex(4, 2):
        back = interpolate(means, found[:, channel, step])[:, channel, step]
        np.testing.assert_allclose(back, asked, atol=1e-9)
        further = np.minimum(found[:, channel, step] + 1e-6, 1)
        beyond = interpolate(means, further)[:, channel, step]
        assert (beyond > asked)[:-1].all()
