"""The choice: errors of literal forecasts, and what is chosen where truth is known."""

from collections import Counter

import numpy as np
import pytest
import torch

from skts.linear import (
    Member,
    Naive,
    WindowMoments,
    block_folds,
    choose_mixture,
    naive_mixture,
    solve_mixture,
)
from skts.linear import _choice as module
from skts.linear._products import residual_products
from skts.linear._ridge import solve
from tests.linear.naive import literal_residuals, make_series, make_windows

CONTEXTS, HORIZON = (6, 10, 14), 4


@pytest.fixture(scope="module")
def windows():
    series = make_series(n_channels=3)
    context = max(CONTEXTS)
    learned = make_windows(series, context, HORIZON, end=220)
    return learned, make_windows(series, context, HORIZON, begin=220 - context)


@pytest.fixture(scope="module")
def folds(windows):
    return [tuple(WindowMoments(each) for each in windows)]


@pytest.fixture(scope="module")
def choice(folds):
    return choose_mixture(folds, CONTEXTS, HORIZON, (6,))


def mean_products(residuals):
    flat = residuals.reshape(len(residuals), -1)
    return flat @ flat.T / flat.shape[1]


def test_products_of_residuals_are_those_of_literal_forecasts(windows, folds, choice):
    found = residual_products(folds, choice.members, HORIZON)
    residuals = literal_residuals(*windows, choice.members, HORIZON)
    np.testing.assert_allclose(found, mean_products(residuals), rtol=1e-8)
    np.testing.assert_array_equal(found, choice.products)
    kinds = {member.kind for member in choice.members}
    assert kinds == {"naive", "shared", "channel"}


def test_the_error_of_the_mixture_is_that_of_its_forecasts(windows, choice):
    weights = [member.weight for member in choice.members]
    residuals = literal_residuals(*windows, choice.members, HORIZON)
    mixed = np.tensordot(weights, residuals, 1)
    assert choice.error == pytest.approx((mixed**2).mean(), rel=1e-8)
    for member, residual in zip(choice.members, residuals, strict=True):
        assert member.error == pytest.approx((residual**2).mean(), rel=1e-8)


def test_weights_are_shares(choice):
    weights = np.array([member.weight for member in choice.members])
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)
    equal = np.array([m.kind != "naive" for m in choice.members]) / 5
    assert choice.error < equal @ choice.products @ equal


def test_maps_per_channel_are_solved_once(windows, monkeypatch):
    asked = []

    def spy(learned, towards, strength):
        asked.append((len(learned.gram), strength))
        return solve(learned, towards, strength)

    monkeypatch.setattr("skts.linear._members.solve", spy)
    folds = [tuple(WindowMoments(each) for each in windows)]
    choice = choose_mixture(folds, CONTEXTS, HORIZON)
    n_channels = folds[0][0].n_channels
    tried = {k: v for k, v in Counter(asked).items() if v >= n_channels}
    assert set(tried.values()) == {n_channels}
    asked.clear()
    weight = solve_mixture(folds[0][0], choice.members, HORIZON).weight
    assert len(asked) <= len(CONTEXTS)  # those for all channels alone
    fresh = solve_mixture(WindowMoments(windows[0]), choice.members, HORIZON)
    assert torch.equal(weight, fresh.weight)


def test_folds_are_summed(windows, folds):
    other = [(folds[0][1], folds[0][0])]
    members = [Member("shared", 10, Naive("last"), 1.0), Member("naive", 14)]
    both = residual_products(folds + other, members, HORIZON)
    n_first, n_second = folds[0][1].n_windows, folds[0][0].n_windows
    expected = n_first * residual_products(folds, members, HORIZON)
    expected += n_second * residual_products(other, members, HORIZON)
    np.testing.assert_allclose(both, expected / (n_first + n_second), rtol=1e-12)


def test_kinds_leave_out_maps(folds):
    for kinds in [("shared",), ("channel",), ()]:
        chosen = choose_mixture(folds, CONTEXTS, HORIZON, (6,), kinds)
        assert {m.kind for m in chosen.members} == {"naive", *kinds}


def test_long_contexts_have_no_map_per_channel(folds, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_OWN", 10)
    members = choose_mixture(folds, CONTEXTS, HORIZON).members
    own = [member.context for member in members if member.kind == "channel"]
    assert own == [6, 10]


def split_of(series, context, boundary=600):
    learned = make_windows(series, context, HORIZON, end=boundary)
    held_out = make_windows(series, context, HORIZON, begin=boundary - context)
    return [(WindowMoments(learned), WindowMoments(held_out))]


def blocks_of(series, context):
    return block_folds(make_windows(series, context, HORIZON))


def test_white_noise_is_forecast_by_a_mean():
    series = torch.randn(1, 900, generator=torch.Generator().manual_seed(0)).double()
    choice = choose_mixture(blocks_of(series, 24), (24,), HORIZON, (6,), ("shared",))
    moments = WindowMoments(make_windows(series, 24, HORIZON))
    weight = solve_mixture(moments, choice.members, HORIZON).weight
    # Near equal weights, where a last value has one of 1, and they have sum 1.
    assert weight.abs().max() < 0.2


@pytest.mark.parametrize("naive", [Naive("last"), Naive("seasonal", 6)])
def test_a_walk_at_random_is_shrunk_towards_its_last_value(naive):
    steps = torch.randn(1, 900, generator=torch.Generator().manual_seed(0)).double()
    # One walk, or six that take turns.
    series = steps.reshape(-1, naive.period).cumsum(0).reshape(1, -1)
    choice = choose_mixture(blocks_of(series, 12), (12,), HORIZON, (6,), ("shared",))
    assert choice.members[-1].naive == naive
    assert choice.members[-1].strength >= 100
    best = min(choice.members, key=lambda member: member.error)
    assert best.naive == naive


def test_with_a_validation_part_maps_are_shrunk_towards_the_mean(choice):
    assert {m.naive.name for m in choice.members if m.kind != "naive"} == {"mean"}


def test_channels_that_differ_get_maps_of_their_own():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(2, 900, generator=generator).double()
    series = noise.clone()
    for t in range(1, 900):
        series[:, t] += series[:, t - 1] * torch.tensor([0.9, -0.9])
    choice = choose_mixture(split_of(series, 8), (8,), HORIZON)
    shared, own = choice.members[-2:]
    assert (shared.kind, own.kind) == ("shared", "channel")
    assert own.error < 0.9 * shared.error
    assert own.weight > shared.weight


def test_few_windows_trust_the_best_member_more(folds):
    one = choose_mixture(folds, CONTEXTS, HORIZON, (6,))
    # The same windows in two folds: the products are the same, but for what maps are
    # shrunk towards; the pull is not.
    two = choose_mixture(folds * 2, CONTEXTS, HORIZON, (6,))
    np.testing.assert_allclose(two.products, one.products, rtol=1e-2)
    best = int(np.argmin(one.products.diagonal()))
    assert two.members[best].weight > one.members[best].weight
    assert two.members[best].weight > 0.5


def test_nothing_held_out_is_an_error_with_a_way_out():
    with pytest.raises(ValueError, match="naive_mixture"):
        choose_mixture([], CONTEXTS, HORIZON)


def test_where_nothing_can_be_held_out_one_naive_forecast_is_known():
    (member,) = naive_mixture(20, (1, 24, 6))
    assert (member.naive, member.context, member.weight) == (Naive("seasonal", 6), 6, 1)
    (member,) = naive_mixture(5, (6,))
    assert (member.naive, member.context) == (Naive("last"), 1)
