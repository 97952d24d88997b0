"""The loss of a prepared batch is the error of the network that forecasts."""

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from skts.models import prepare_batch, window_loss
from skts.nn import WindowNetwork

B, C, L, H = 7, 3, 10, 4


class Linear(WindowNetwork):
    """Map a normalised window linearly, some windows at a time."""

    def __init__(self, use_revin, size=None, added=None):
        super().__init__(use_revin)
        self.size, self.added = size, added
        generator = torch.Generator().manual_seed(0)
        weight = torch.randn(L, H, generator=generator, dtype=torch.float64)
        self.weight = nn.Parameter(weight)

    def windows_at_a_time(self, n_channels):
        return self.size

    def penalty(self):
        return self.added

    def forward_normalised(self, normalised):
        return normalised @ self.weight


@pytest.fixture
def windows():
    """Return contexts and targets whose channels differ in level and scale."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(B, C, L + H, generator=generator, dtype=torch.float64)
    level = torch.tensor([[100.0], [-3.0], [0.5]], dtype=torch.float64)
    scale = torch.tensor([[20.0], [0.1], [3.0]], dtype=torch.float64)
    return (level + scale * noise).split([L, H], dim=-1)


def prepared_loss(network, windows):
    compute_loss = window_loss(network, "float32", False, torch.device("cpu"))
    return compute_loss(prepare_batch(network, *windows))


@pytest.mark.parametrize("size", [None, 1, 3, B, 100], ids=lambda n: f"{n} at a time")
@pytest.mark.parametrize("use_revin", [True, False])
def test_the_loss_of_a_prepared_batch_is_the_error_of_the_forecasts(
    windows, use_revin, size
):
    network = Linear(use_revin, size)
    context, target = windows
    loss = prepared_loss(network, windows)
    expected = mse_loss(network(context), target)
    # what the network returns is rounded to single precision, whatever its weights are
    assert_close(loss, expected, rtol=1e-6, atol=0)
    (gradient,) = torch.autograd.grad(loss, network.weight)
    (wanted,) = torch.autograd.grad(expected, network.weight)
    assert_close(gradient, wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_the_penalty_of_a_network_is_added_to_its_error(windows):
    error = prepared_loss(Linear(True), windows)
    penalty = torch.tensor(2.5, dtype=torch.float64)
    with_penalty = prepared_loss(Linear(True, added=penalty), windows)
    assert_close(with_penalty, error + penalty)
