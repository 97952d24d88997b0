"""Patience, and the best weights kept in memory."""

import math

import pytest
import torch
from torch import nn

from skts.training import EarlyStopping


def run(losses, patience):
    """Feed losses; epoch ``e`` leaves the weight ``e``. Return all there is to see."""
    network = nn.Linear(1, 1, bias=False)
    stopping = EarlyStopping(patience)
    stopped = None
    for epoch, loss in enumerate(losses, start=1):
        with torch.no_grad():
            network.weight.fill_(epoch)
        if stopping.should_stop(epoch, loss, network):
            stopped = epoch
            break
    stopping.restore(network)
    return stopped, stopping.best_epoch, network.weight.item()


@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [
        ([5, 4, 3, 2], 1, (None, 4, 4.0)),  # always better
        ([5, 4, 6, 7, 1], 2, (4, 2, 2.0)),  # two epochs without a new best
        ([5, 6, 4, 6, 6, 6], 3, (6, 3, 3.0)),  # a new best starts the count again
        ([5, 5, 5], 2, (3, 1, 1.0)),  # as good is not better
        ([5, 6], 1, (2, 1, 1.0)),
        ([5, 4, 6, 7, 8, 9], None, (None, 2, 2.0)),  # remembers, never stops
    ],
)
def test_stops_when_patience_has_run_out_and_restores_the_best(
    losses, patience, expected
):
    assert run(losses, patience) == expected


def test_the_best_weights_are_a_copy():
    network = nn.Linear(2, 2)
    best = {name: value.clone() for name, value in network.state_dict().items()}
    stopping = EarlyStopping(3)
    stopping.should_stop(1, 1.0, network)
    with torch.no_grad():
        network.weight.zero_()
        network.bias.zero_()
    stopping.restore(network)
    for name, value in network.state_dict().items():
        assert torch.equal(value, best[name])


def test_buffers_are_restored_too():
    network = nn.BatchNorm1d(1)
    stopping = EarlyStopping(1)
    stopping.should_stop(1, 1.0, network)
    network(torch.tensor([[3.0], [5.0]]))
    assert network.running_mean.item() != 0
    stopping.restore(network)
    assert network.running_mean.item() == 0


def test_without_a_best_epoch_restore_changes_nothing():
    network = nn.Linear(1, 1)
    before = network.weight.item()
    stopping = EarlyStopping(2)
    assert not stopping.should_stop(1, math.nan, network)
    stopping.restore(network)
    assert network.weight.item() == before
    assert stopping.best_epoch == 0
