"""Augmentations against slow loops, and what they must leave alone."""

import numpy as np
import pytest
import torch

from skts.data import augment
from skts.data._augmentation import _integers, _uniform, flip, permute, time_warp


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def series(n_series=200, n_channels=2, length=37):
    shape = n_series, n_channels, length
    return torch.randn(shape, generator=generator(9), dtype=torch.float64)


def test_half_of_the_series_change_sign_in_all_channels():
    x = series(2000)
    flipped = flip(x, generator())
    signs = (flipped / x).round()
    assert signs.unique().tolist() == [-1, 1]
    assert (signs == signs[:, :1, :1]).all()
    assert abs(signs[:, 0, 0].mean()) < 0.1


@pytest.mark.parametrize("length", [1, 3, 4, 37, 40])
def test_permuting_segments_as_numpy_does(length):
    x = series(length=length)
    permuted = permute(x, generator())
    draws = generator()  # the same draws once more
    n_segments = _integers(4, len(x), draws) + 1
    order = _uniform((len(x), 4), draws).argsort(dim=1)
    for i, one in enumerate(x.numpy()):
        segments = np.array_split(one, int(n_segments[i]), axis=1)
        ranked = sorted(
            zip(order[i].tolist(), segments, strict=False), key=lambda p: p[0]
        )
        expected = np.concatenate([segment for _, segment in ranked], axis=1)
        np.testing.assert_array_equal(permuted[i], expected)


def test_warped_time_runs_forwards_from_the_first_point_to_the_last():
    length = 50
    clock = torch.arange(length, dtype=torch.float64).expand(300, 1, length)
    warped = time_warp(clock, generator())
    assert (warped.diff(dim=-1) > 0).all()
    np.testing.assert_allclose(warped[..., 0], 0, atol=1e-12)
    np.testing.assert_allclose(warped[..., -1], length - 1)
    # It does something, and neither too little nor too much.
    assert 1 < (warped - clock).abs().amax(-1).mean() < length / 4


def test_reading_series_off_warped_time_is_linear_interpolation():
    x = series(20)
    length = x.shape[-1]
    clock = torch.arange(length, dtype=torch.float64).expand(20, 1, length)
    when = time_warp(clock, generator())[:, 0]
    warped = time_warp(x, generator())
    for i in range(20):
        for channel in range(2):
            expected = np.interp(when[i], np.arange(length), x[i, channel])
            np.testing.assert_allclose(warped[i, channel], expected, atol=1e-12)


@pytest.mark.parametrize("length", [1, 2])
def test_there_is_no_time_to_warp_between_two_points(length):
    x = series(length=length)
    assert torch.equal(time_warp(x, generator()), x)


def test_augmentations_are_applied_in_order_and_may_be_left_out():
    x = series()
    assert torch.equal(augment(x, (), generator()), x)
    draws = generator()
    expected = time_warp(flip(x, draws), draws)
    assert torch.equal(augment(x, ("flip", "time_warp"), generator()), expected)


def test_the_series_itself_and_the_global_generator_stay_as_they_are():
    x = series()
    before, state = x.clone(), torch.get_rng_state()
    augment(x, ("flip", "permute", "time_warp"), generator())
    assert torch.equal(x, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_three_points_have_a_time_to_warp_between():
    clock = torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64).expand(5, 1, 3)
    warped = time_warp(clock, generator())[:, 0]
    assert (warped[:, 1] != 1).all()
    np.testing.assert_allclose(warped[:, [0, 2]], [[0, 2]] * 5, atol=1e-12)


def test_the_logarithm_of_speed_deviates_by_a_fifth():
    """Read off a straight line, where slopes are the inverse of the speed."""
    line = torch.arange(500.0, dtype=torch.float64).expand(2000, 1, -1)
    slopes = time_warp(line, generator())[:, 0].diff()
    # The first and the last knot, drawn by themselves.
    change = torch.log(slopes[:, 0] / slopes[:, -1])
    assert float(change.mean()) == pytest.approx(0, abs=0.02)
    assert float(change.std()) == pytest.approx(0.2 * 2**0.5, rel=0.1)
