"""The mixture as a module: its members' forecasts, weighted; copies and constants."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.linear import (
    GrowingMoments,
    LinearMixture,
    Member,
    Naive,
    WindowMoments,
    kinds_that_fit,
    last_rows,
    naive_mixture,
    solve_mixture,
)
from tests.linear.naive import (
    literal_forecast,
    make_series,
    make_windows,
    member_weights,
    split,
)

CONTEXT, HORIZON = 14, 4
SHARED = [
    Member("naive", 6, Naive("seasonal", 6), weight=0.2),
    Member("naive", CONTEXT, weight=0.0),
    Member("shared", 9, Naive("last"), 10.0, weight=0.5),
    Member("shared", 12, strength=1.0, weight=0.3),
]
BOTH = [*SHARED[:3], Member("channel", 12, Naive("mean"), 1.0, 100.0, weight=0.3)]


@pytest.fixture(scope="module")
def windows():
    return make_windows(make_series(n_channels=3), CONTEXT, HORIZON)


@pytest.mark.parametrize(
    ("members", "shape"), [(SHARED, (12, 4)), (BOTH, (3, 12, 4))], ids=["one", "each"]
)
def test_a_mixture_is_the_weighted_sum_of_literal_forecasts(windows, members, shape):
    mixture = solve_mixture(WindowMoments(windows), members, HORIZON)
    assert mixture.weight.shape == shape
    assert (mixture.context_length, mixture.prediction_length) == (12, HORIZON)
    found = mixture(torch.from_numpy(split(windows, CONTEXT)[0]).float())
    weights = member_weights(windows, members, HORIZON)
    for channel in range(3):
        expected = sum(
            member.weight * literal_forecast(windows, channel, own[channel])
            for member, own in zip(members, weights, strict=True)
        )
        np.testing.assert_allclose(found[:, channel], expected, atol=2e-5)


@pytest.mark.parametrize("members", [SHARED, BOTH], ids=["one", "each"])
def test_what_is_added_to_the_rows_is_added_to_the_forecast(windows, members):
    mixture = solve_mixture(WindowMoments(windows), members, HORIZON)
    context = torch.from_numpy(split(windows, CONTEXT)[0]).float()
    # Single precision keeps three decimals at this height.
    assert_close(mixture(context + 1e4), mixture(context) + 1e4, rtol=0, atol=5e-3)
    assert_close(mixture(-2 * context), -2 * mixture(context), rtol=1e-4, atol=1e-4)


def test_a_naive_mixture_needs_no_windows():
    series = torch.arange(8.0)[None]
    moments = WindowMoments(make_windows(series, 6, HORIZON))
    assert moments.n_windows == 0
    mixture = solve_mixture(moments, naive_mixture(6, (3,)), HORIZON)
    assert mixture(series[None])[0, 0].tolist() == pytest.approx([5, 6, 7, 5])


def test_copies_and_pickles_forecast_the_same(windows):
    mixture = solve_mixture(WindowMoments(windows), BOTH, HORIZON)
    context = torch.from_numpy(split(windows, CONTEXT)[0]).float()
    for other in (copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture))):
        assert other.members == tuple(BOTH)
        assert_close(other(context), mixture(context), rtol=0, atol=0)
    assert mixture.to("meta").weight.device.type == "meta"
    assert not list(mixture.parameters())
    assert isinstance(other, LinearMixture)


def test_solving_again_after_new_rows_is_solving_all_rows():
    series = make_series(n_channels=3)
    known = make_windows(series[:, :200], CONTEXT, HORIZON)
    tail = last_rows(series[:, :200], [(0, 200)], CONTEXT + HORIZON)
    moments = GrowingMoments(WindowMoments(known), [tail], per_channel=True)
    before = solve_mixture(moments, BOTH, HORIZON)
    for rows in series[:, 200:].split(1, dim=1):
        moments.extend(rows)
    after = solve_mixture(moments, BOTH, HORIZON)
    every = WindowMoments(make_windows(series, CONTEXT, HORIZON))
    expected = solve_mixture(every, BOTH, HORIZON)
    assert_close(after.weight, expected.weight)
    assert not torch.allclose(after.weight, before.weight, atol=1e-4)


def test_shared_maps_grow_without_channels():
    series = make_series(n_channels=3)
    windows = make_windows(series, CONTEXT, HORIZON)
    tail = last_rows(series, [(0, 300)], CONTEXT + HORIZON)
    moments = GrowingMoments(WindowMoments(windows), [tail], per_channel=False)
    expected = solve_mixture(WindowMoments(windows), SHARED, HORIZON)
    assert_close(solve_mixture(moments, SHARED, HORIZON).weight, expected.weight)


def test_maps_per_channel_are_solved_where_they_fit():
    assert kinds_that_fit(7, 1024, 720) == ("shared", "channel")
    assert kinds_that_fit(321, 512, 96) == ("shared", "channel")
    assert kinds_that_fit(321, 1024, 720) == ("shared",)
    assert kinds_that_fit(1, 10, 2) == ("shared",)
