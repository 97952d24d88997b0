"""Ranks of errors say how far intervals reach."""

import numpy as np
import pytest

from skts.conformal import RankedErrors, windows_needed


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
        RankedErrors(errors).half_widths([coverage]), [[[rank, 10 * rank]]]
    )


def test_no_coverage_has_no_width():
    errors = RankedErrors(np.ones((5, 2, 3)))
    assert (errors.half_widths([0.0]) == np.zeros((1, 2, 3))).all()


@pytest.mark.parametrize(
    ("coverage", "needed"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)]
)
def test_the_least_number_of_windows_by_hand(coverage, needed):
    assert windows_needed(coverage) == needed


def test_what_is_unknown_does_not_count():
    errors = np.array([[[3.0, np.nan]], [[np.nan, np.nan]], [[1.0, np.nan]]])
    ranked = RankedErrors.of(errors)
    np.testing.assert_array_equal(ranked.half_widths([0.3, 0.6]), [[[1, 0]], [[3, 0]]])
    np.testing.assert_allclose(ranked.standard_deviation(), [[np.sqrt(5), 0]])
    assert ranked.counts().tolist() == [0]
