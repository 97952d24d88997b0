"""Ranks of errors say how far intervals reach."""

import numpy as np
import pytest

from skts.conformal import AlikeErrors, windows_needed


@pytest.mark.parametrize(
    ("coverage", "n_windows", "rank"),
    [
        (0.8, 9, 8),  # ceil(10 * 0.8)
        (0.8, 10, 9),  # ceil(11 * 0.8 = 8.8)
        (0.9, 9, 9),
        (0.9, 8, 8),  # too few: the largest
        (0.55, 99, 55),  # 0.55 * 100 in floating point is above 55
        (0.5, 1, 1),
        (0.01, 5, 1),
    ],
)
def test_the_corrected_rank_by_hand(coverage, n_windows, rank):
    errors = np.arange(1.0, n_windows + 1)[:, None, None] * np.array([[1.0, 10.0]])
    np.testing.assert_array_equal(
        AlikeErrors(errors).half_widths([coverage]), [[[rank, 10 * rank]]]
    )


def test_no_coverage_has_no_width():
    errors = AlikeErrors(np.ones((5, 2, 3)))
    assert (errors.half_widths([0.0]) == np.zeros((1, 2, 3))).all()


@pytest.mark.parametrize(
    ("coverage", "needed"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)]
)
def test_the_least_number_of_windows_by_hand(coverage, needed):
    assert windows_needed(coverage) == needed


def test_what_is_unknown_does_not_count():
    errors = np.array([[[3.0, np.nan]], [[np.nan, np.nan]], [[1.0, np.nan]]])
    ranked = AlikeErrors(errors)
    np.testing.assert_array_equal(ranked.half_widths([0.3, 0.6]), [[[1, 0]], [[3, 0]]])
    # One of those to come may be beyond: the largest is taken twice.
    squares = ranked.sizes().mean_squares()
    np.testing.assert_allclose(squares, [(1 + 9 + 9) / 3, 0])
    assert ranked.counts().tolist() == [0]


def test_a_band_by_hand():
    errors = np.array([[2.0, 5.0], [1.0, 12.0], [0.8, 6.0], [2.2, 4.0]])[:, None]
    # 80 % of the errors of each step are within its largest, 2.2 and 12.
    worst = np.array([2 / 2.2, 12 / 12, 6 / 12, 2.2 / 2.2])
    band = AlikeErrors(errors).band_half_widths([0.3, 0.4, 0.6], np.array([0, 1]))
    factors = np.sort(worst)[[1, 1, 2]]
    np.testing.assert_allclose(band[:, 0], factors[:, None] * [2.2, 12])
    one_step = AlikeErrors(errors).band_half_widths([0.6], np.array([1]))
    np.testing.assert_allclose(one_step, [[[6.0]]])  # its own interval


def test_bands_contain_intervals_and_hold_paths():
    rng = np.random.default_rng(0)
    steps, asked = np.arange(6), [0.5, 0.8, 0.9]
    size = np.arange(1, 7) * rng.gamma(2, size=(2000, 1, 1))  # paths that go together
    errors = np.abs(size * rng.standard_normal((2000, 2, 6)))
    errors[rng.random(errors.shape) < 0.05] = np.nan
    before, after = AlikeErrors(errors[:1000]), errors[1000:]
    bands = before.band_half_widths(asked, steps)
    assert (bands >= before.half_widths(asked)).all()
    assert (np.diff(bands, axis=0) > 0).all()
    held = ((after[:, None] <= bands) | np.isnan(after[:, None])).all(axis=-1)
    np.testing.assert_allclose(held.mean(axis=(0, 2)), asked, atol=0.03)
