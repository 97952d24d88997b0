"""Sizes of errors are what intervals of all coverages say together."""

import numpy as np
import pytest

from skts.conformal import AlikeErrors, ErrorSizes, RecentErrors


def errors_of(n_windows):
    rng = np.random.default_rng(0)
    errors = np.abs(rng.standard_normal((n_windows, 2, 3))) * [[[1, 2, 3], [1, 1, 9]]]
    errors[rng.random(errors.shape) < 0.1] = np.nan
    errors[:, 0, 2] = np.nan
    return errors


def alike():
    return AlikeErrors(errors_of(57))


def recent():
    errors = errors_of(400)
    start = RecentErrors.of(errors[:200] / 3, 1)  # levels that have moved
    return start.followed_by(errors[200:], 200)


@pytest.mark.parametrize("make", [alike, recent])
def test_sizes_at_coverages_are_half_widths(make):
    errors, rng = make(), np.random.default_rng(1)
    asked = np.concatenate([np.arange(100) / 100, np.arange(58) / 58, rng.random(300)])
    sizes = errors.sizes()
    found = [sizes.at(np.arange(6).reshape(2, 3), np.full((2, 3), c)) for c in asked]
    np.testing.assert_array_equal(found, errors.half_widths(list(asked)))


@pytest.mark.parametrize("make", [alike, recent])
def test_moments_are_those_of_the_errors_with_either_sign(make):
    sizes = make().sizes()
    at = np.array([0.0, 0.3, 0.7, 2.5, 4.0, 50.0])
    for one in range(6):
        size, mass = sizes.sizes[one], np.diff(sizes.coverages[one], prepend=0)
        assert mass.sum() == pytest.approx(1)
        assert (mass >= 0).all()
        value, weight = np.concatenate([-size, size]), np.tile(mass / 2, 2)
        assert sizes.mean_squares()[one] == pytest.approx((weight * value**2).sum())
        gaps = np.abs(value[:, None] - value)
        assert sizes.mean_gaps()[one] == pytest.approx(weight @ gaps @ weight)
        sets = np.full(len(at), one)
        away = np.abs(value - at[:, None]) @ weight
        np.testing.assert_allclose(sizes.mean_at_least(sets, at), away, rtol=1e-6)
        np.testing.assert_allclose(
            sizes.share_up_to(sets, at), [mass[size <= x].sum() for x in at]
        )
        np.testing.assert_allclose(
            sizes.share_below(sets, size[[0, 1, -1]][[0, 1, 2] * 2]),
            [mass[size < x].sum() for x in size[[0, 1, -1]]] * 2,
        )


def test_sets_of_other_lengths_stay_what_they_are():
    parts = [AlikeErrors(errors_of(n)).sizes() for n in (9, 30)]
    joined = ErrorSizes.join(parts)
    asked = np.linspace(0, 1, 12)
    for one in range(12):
        part, place = parts[one // 6], one % 6
        expected = part.at(np.full(12, place), asked)
        np.testing.assert_array_equal(joined.at(np.full(12, one), asked), expected)
    expected = np.concatenate([part.mean_gaps() for part in parts])
    np.testing.assert_allclose(joined.mean_gaps(), expected)
