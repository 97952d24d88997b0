"""Weights stepped in pieces go where they go as a whole."""

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from torch.testing import assert_close

from skts.training import SAM, InPieces, _pieces, fit_network, make_schedule


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(_pieces, "LEAST", 4)
    monkeypatch.setattr(_pieces, "MOST", 3)


def fit(make, cut):
    """Train a network of which a part is unused."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 1), nn.Linear(2, 2))
    x = torch.randn(12, 5)
    weights = [*network.parameters()]
    optimizer = InPieces(weights, make) if cut else make(weights)
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


def test_pieces_hold_all_numbers_in_order():
    weight = torch.arange(14.0).view(7, 2)
    pieces = _pieces._cut(weight)
    assert [len(piece) for piece in pieces] == [5, 5, 4]
    assert_close(torch.cat(pieces), weight.flatten())
    pieces[0].zero_()
    assert not weight[:2].any()


@pytest.mark.parametrize(
    ("make", "tolerance"),
    [
        (lambda weights: Adam(weights, lr=0.05, weight_decay=0.1), 0),
        (lambda weights: SGD(weights, lr=0.05), 0),
        # Sums of squares are added up in another order.
        (lambda weights: SAM(Adam(weights, lr=0.05), 0.3), 1e-6),
        (lambda weights: SAM(Adam(weights, lr=0.05), 0.3, adaptive=True), 1e-6),
    ],
)
def test_pieces_are_stepped_as_the_whole(make, tolerance):
    losses, weights = fit(make, cut=True)
    expected, expected_weights = fit(make, cut=False)
    assert losses == pytest.approx(expected, rel=tolerance, abs=tolerance)
    assert_close(weights, expected_weights, rtol=tolerance, atol=tolerance)
