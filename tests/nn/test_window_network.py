"""Reversible instance normalisation, which every forecasting network shares."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from skts.nn import WindowNetwork


class Last(WindowNetwork):
    """Repeat the last normalised value twice, times a weight."""

    def __init__(self, use_revin):
        super().__init__(use_revin)
        self.weight = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward_normalised(self, normalised):
        return self.weight * normalised[..., -1:].expand(-1, -1, 2)


@pytest.fixture
def context():
    generator = torch.Generator().manual_seed(0)
    windows = torch.randn(4, 3, 20, generator=generator, dtype=torch.float64)
    return 5 * windows + torch.tensor([[100.0], [-3.0], [0.0]])


def test_statistics_are_population_mean_and_deviation_of_each_window_and_channel():
    context = torch.tensor([[[1.0, 3.0], [0.0, 0.0]], [[2.0, 8.0], [5.0, 5.0]]])
    _, mean, scale = Last(use_revin=True).normalise(context)
    # Variances by hand: 1, 0, 9 and 0; each gets 1e-5 against division by zero.
    variance = torch.tensor([[[1.0], [0.0]], [[9.0], [0.0]]])
    assert_close(mean, torch.tensor([[[2.0], [0.0]], [[5.0], [5.0]]]))
    assert_close(scale, torch.sqrt(variance + 1e-5))


def test_normalised_windows_have_mean_zero_and_deviation_one(context):
    normalised, _, _ = Last(use_revin=True).normalise(context)
    ones = torch.ones(4, 3, dtype=torch.float64)
    assert_close(normalised.mean(-1), 0 * ones)
    # The 1e-5 under the root takes a few millionths off.
    assert_close(normalised.std(-1, correction=0), ones, rtol=0, atol=1e-5)


def test_revin_undoes_itself(context):
    normalised, mean, scale = Last(use_revin=True).normalise(context)
    assert_close(normalised * scale + mean, context)


@pytest.mark.parametrize("use_revin", [True, False])
def test_a_forecast_is_put_back_into_the_units_of_its_window(context, use_revin):
    # The normalised last value, restored, is the last value itself.
    forecast = Last(use_revin)(context)
    assert_close(forecast, context[..., -1:].expand(-1, -1, 2))


def test_statistics_carry_no_gradient(context):
    network = Last(use_revin=True)
    context.requires_grad_()
    _, mean, scale = network.normalise(context)
    assert not mean.requires_grad
    assert not scale.requires_grad
    network(context).sum().backward()
    # With mean and scale held constant, d(last)/d(context) is 1 at the last row only.
    expected = torch.zeros_like(context)
    expected[..., -1] = 2.0
    assert_close(context.grad, expected)


def test_without_revin_windows_pass_through_untouched(context):
    normalised, mean, scale = Last(use_revin=False).normalise(context)
    assert normalised is context
    assert not mean.any()
    assert (scale == 1).all()


def test_a_constant_window_is_normalised_to_zeros_and_restored():
    context = torch.full((1, 1, 8), 7.0, dtype=torch.float64)
    network = Last(use_revin=True)
    assert network.normalise(context)[0].abs().max() == 0
    assert_close(network(context), torch.full((1, 1, 2), 7.0, dtype=torch.float64))


def test_a_bare_network_adds_nothing_to_loss_and_history():
    network = Last(use_revin=True)
    network.start_epoch(0)
    assert network.penalty() is None
    assert network.diagnostics() == {}


def test_the_base_class_does_not_forecast(context):
    with pytest.raises(NotImplementedError):
        WindowNetwork(use_revin=True)(context)
