"""Weights stepped as one tensor, or in pieces of it, go where each goes alone."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from torch.testing import assert_close

from skts.training import SAM, Flat, _flat, fit_network, make_schedule


def fit(make, **flat):
    """Train a network of which a part is unused."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 1), nn.Linear(2, 2))
    x = torch.randn(12, 5)
    weights = [*network.parameters()]
    optimizer = Flat(weights, make, **flat) if flat else make(weights)
    history = fit_network(
        network,
        lambda batch: (network[:2](batch[0]) - 1).square().mean(),
        [(x[:6],), (x[6:],)],
        optimizer,
        max_epochs=6,
        schedule=make_schedule("cosine", optimizer),
    )
    losses = [record["train_loss"] for record in history]
    return losses, [weight.detach() for weight in weights]


def test_weights_keep_their_values_and_names_and_share_memory():
    network = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 1))
    before = deepcopy(network.state_dict())
    weights = [*network.parameters()]
    (values,) = Flat(weights, lambda w: SGD(w, lr=0.1)).param_groups[0]["params"]
    after = network.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert [*network.parameters()] == weights
    values.detach().zero_()
    assert not any(weight.any() for weight in weights)
    # a copy of the network is one of its own
    copy = deepcopy(network)
    nn.init.ones_(copy[0].weight)
    assert not network[0].weight.any()


def test_weights_of_one_width_lie_one_behind_the_other():
    wide, narrow = torch.randn(2, 3), torch.randn(4, 5)
    bias, other, others = torch.randn(3), torch.randn(3, 3), torch.randn(2)
    weights = [wide, bias, narrow, other, others]
    flat = Flat(weights, lambda w: SGD(w, lr=0.1), keeps_gradients=True)
    (values,) = flat.param_groups[0]["params"]
    for tensors in [(bias, others), (wide, other), (narrow,)]:
        start = tensors[0].storage_offset()
        assert start % 64 == 0
        joined = torch.cat([tensor.flatten() for tensor in tensors])
        assert torch.equal(values[start : start + len(joined)], joined)
        assert all(not tensor.grad.any() for tensor in tensors)
        # a gradient written where it lies is the one that is stepped with
        values.grad[start : start + len(joined)] = 1
        assert all(tensor.grad.all() for tensor in tensors)


def in_pieces(tensor):
    return list(tensor.split(5))


@pytest.mark.parametrize("keeps_gradients", [False, True])
@pytest.mark.parametrize("cut", [None, in_pieces])
@pytest.mark.parametrize(
    ("make", "tolerance"),
    [
        (lambda weights: Adam(weights, lr=0.05), 0),
        (lambda weights: SGD(weights, lr=0.05), 0),
        # Sums of squares are added up in another order.
        (lambda weights: SAM(Adam(weights, lr=0.05), 0.3), 1e-6),
        (lambda weights: SAM(Adam(weights, lr=0.05), 0.3, adaptive=True), 1e-6),
    ],
)
def test_weights_are_stepped_as_each_alone(
    monkeypatch, make, cut, tolerance, keeps_gradients
):
    if cut is not None:  # as on a GPU
        monkeypatch.setattr(_flat, "_cut", cut)
    losses, weights = fit(make, keeps_gradients=keeps_gradients)
    expected, expected_weights = fit(make)
    assert losses == pytest.approx(expected, rel=tolerance, abs=tolerance)
    assert_close(weights, expected_weights, rtol=tolerance, atol=tolerance)
