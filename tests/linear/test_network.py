"""A network beside the maps: literal products, and kept only where it helps."""

import numpy as np
import pytest
import torch

from skts.linear import (
    NetworkProducts,
    WindowMoments,
    choose_mixture,
    solve_mixture,
)
from tests.linear.naive import literal_residuals, make_series, make_windows, split

CONTEXT, HORIZON = 14, 4


@pytest.fixture(scope="module")
def windows():
    series = make_series(n_channels=3)
    learned = make_windows(series, CONTEXT, HORIZON, end=220)
    return learned, make_windows(series, CONTEXT, HORIZON, begin=220 - CONTEXT)


@pytest.fixture(scope="module")
def learned(windows):
    return WindowMoments(windows[0])


@pytest.fixture(scope="module")
def choice(windows, learned):
    return choose_mixture(
        [(learned, WindowMoments(windows[1]))], (6, 14), HORIZON, (6,)
    )


def batches_of(windows, forecast, size=16):
    """Yield contexts, targets and forecasts in batches."""
    context, target = (torch.from_numpy(each) for each in split(windows, CONTEXT))
    for which in torch.arange(len(target)).split(size):
        yield context[which], target[which], forecast[which]


def noisy_truth(windows, noise):
    target = torch.from_numpy(split(windows, CONTEXT)[1])
    generator = torch.Generator().manual_seed(0)
    error = torch.randn(target.shape, generator=generator, dtype=target.dtype)
    return target + noise * error


def extended_by(windows, learned, choice, forecast):
    products = NetworkProducts(learned, choice)
    return products.extended(batches_of(windows[1], forecast))


def test_products_with_a_network_are_those_of_literal_residuals(
    windows, learned, choice
):
    forecast = noisy_truth(windows[1], 1.0)
    found = extended_by(windows, learned, choice, forecast)
    residuals = literal_residuals(*windows, choice.members, HORIZON)
    own = forecast.numpy() - split(windows[1], CONTEXT)[1]
    every = np.concatenate([residuals, own[None]]).reshape(len(residuals) + 1, -1)
    # Maps are kept in single precision while a network trains.
    np.testing.assert_allclose(
        found, every @ every.T / every.shape[1], rtol=1e-5, atol=1e-6
    )


def test_a_second_epoch_starts_from_nothing(windows, learned, choice):
    products = NetworkProducts(learned, choice)
    forecast = noisy_truth(windows[1], 1.0)
    first = products.extended(batches_of(windows[1], forecast))
    products.extended(batches_of(windows[1], forecast + 1))
    again = products.extended(batches_of(windows[1], forecast, size=50))
    np.testing.assert_allclose(again, first, rtol=1e-6)


def test_a_network_that_knows_something_gets_weight(windows, learned, choice):
    forecast = noisy_truth(windows[1], np.sqrt(choice.error))
    extended = extended_by(windows, learned, choice, forecast)
    share = choice.with_network(extended)
    assert 0.3 < share.weight < 0.7
    assert share.error < 0.7 * choice.error
    weights = [member.weight for member in share.members]
    assert sum(weights) + share.weight == pytest.approx(1)
    assert share.network_error == pytest.approx(choice.error, rel=0.2)
    full = np.array([*weights, share.weight])
    assert share.error == pytest.approx(full @ extended @ full)


def test_a_network_that_only_adds_noise_is_left_out(windows, learned, choice):
    forecast = noisy_truth(windows[1], 30.0)
    share = choice.with_network(extended_by(windows, learned, choice, forecast))
    assert share.weight == 0
    assert share.error == choice.error
    assert share.members == choice.members


def test_a_network_that_says_what_the_maps_say_is_left_out(windows, learned, choice):
    mixture = solve_mixture(learned, choice.members, HORIZON)
    context = torch.from_numpy(split(windows[1], CONTEXT)[0]).float()
    forecast = mixture(context).double()
    share = choice.with_network(extended_by(windows, learned, choice, forecast))
    assert share.error <= choice.error
    assert share.error == pytest.approx(choice.error, rel=1e-2)


def test_a_batch_that_is_missing_is_noticed(windows, learned, choice):
    batches = list(batches_of(windows[1], noisy_truth(windows[1], 1.0)))[:-1]
    with pytest.raises(ValueError, match=f"all {choice.n_windows} held-out windows"):
        NetworkProducts(learned, choice).extended(batches)
