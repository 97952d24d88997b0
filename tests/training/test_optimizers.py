"""Steps without torch's compiler are those of torch, to the last bit."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from skts.training import SGD, Adam


def train(optimizer_of):
    """Take some steps on a network of which a part is unused."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2), nn.Linear(2, 1)
    )
    x, y = torch.randn(20, 5), torch.randn(20, 2)
    optimizer = optimizer_of(network.parameters())

    def closure():
        optimizer.zero_grad()
        loss = (network[:3](x) - y).square().mean()
        loss.backward()
        return loss

    losses = []
    for rate in (0.1, 0.1, 0.02, 0.02):
        optimizer.param_groups[0]["lr"] = rate
        losses.append(optimizer.step(closure).item())
    return losses, [weight.detach() for weight in network.parameters()]


@pytest.mark.parametrize(
    ("ours", "base", "options"),
    [
        (Adam, torch.optim.Adam, {"fused": True, "weight_decay": 0.1}),
        (Adam, torch.optim.Adam, {}),
        (SGD, torch.optim.SGD, {}),
    ],
)
def test_steps_are_those_of_torch(ours, base, options):
    losses, weights = train(lambda weights: ours(weights, lr=0.1, **options))
    expected = train(lambda weights: base(weights, lr=0.1, **options))
    assert len(set(losses)) == 4
    assert losses == expected[0]
    assert_close(weights, expected[1], rtol=0, atol=0)


@pytest.mark.parametrize("optimizer_of", [Adam, SGD])
def test_a_step_without_gradients_moves_nothing(optimizer_of):
    weight = nn.Parameter(torch.ones(3))
    options = {"fused": True} if optimizer_of is Adam else {}
    optimizer = optimizer_of([weight], lr=0.1, **options)
    assert optimizer.step(lambda: 2.0) == 2.0
    assert torch.equal(weight, torch.ones(3))
