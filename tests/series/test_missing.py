"""What is missing is filled by what came before, and by nothing else."""

import numpy as np
import pytest

from skts.series import check_known, fill_causally

NAN = np.nan
CENTER = np.array([10.0])


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_the_last_value_and_the_center_before_the_first():
    values = column(NAN, NAN, 3, NAN, NAN, 5, NAN)
    filled = fill_causally(values, CENTER, period=1)
    np.testing.assert_array_equal(filled, column(10, 10, 3, 3, 3, 5, 5))
    complete = column(1, 2)
    assert fill_causally(complete, CENTER, 1) is complete


def test_between_the_last_value_and_the_season_before():
    # a season of 24 rows: half way after two of them
    values = np.arange(72.0)[:, None] % 24
    values[30:60] = NAN
    filled = fill_causally(values, CENTER, period=24)
    nearness = 0.5 ** (np.arange(1, 31) / 2)[:, None]
    season = np.arange(30, 60)[:, None] % 24.0
    np.testing.assert_allclose(filled[30:60], nearness * 5 + (1 - nearness) * season)
    # a season that is missing itself takes the one before it
    assert filled[59] == pytest.approx(11, abs=1e-3)


@pytest.mark.parametrize("period", [1, 7, 200])
def test_what_comes_later_has_no_say(period):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((60, 3))
    values[rng.random(values.shape) < 0.4] = NAN
    center = np.ones(3)
    whole = fill_causally(values, center, period)
    assert np.isfinite(whole).all()
    known = ~np.isnan(values)
    np.testing.assert_array_equal(whole[known], values[known])
    for end in range(1, 60):
        part = fill_causally(values[:end], center, period)
        np.testing.assert_array_equal(part, whole[:end])


def test_a_channel_that_never_moved_stays_exactly_where_it_is():
    values = np.full((50, 1), 0.1)
    values[[3, 4, 30]] = NAN
    assert (fill_causally(values, CENTER, 6) == 0.1).all()


def test_a_channel_without_a_value_is_named():
    values = np.array([[1.0, NAN], [2.0, NAN]])
    with pytest.raises(ValueError, match=r"y must hold .* all 2 of \['b'\]"):
        check_known(values, ["a", "b"], "y")
