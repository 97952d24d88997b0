"""The training loop: what it calls, counts, records and leaves behind."""

from math import nan

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer
from torch.testing import assert_close

from skts.training import SAM, EarlyStopping, fit_network, make_schedule


class Point(nn.Module):
    """A single weight."""

    def __init__(self, start=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(start))


class Still(Optimizer):
    """Ask for the loss `n_calls` times, change nothing, return the first loss."""

    def __init__(self, params, n_calls=1):
        super().__init__(params, {"lr": 0.5})
        self.n_calls = n_calls

    def step(self, closure):
        first, *_ = [closure() for _ in range(self.n_calls)]
        return first


def batch(*values):
    return (torch.tensor(values),)


def fit(network, batches, optimizer=None, compute_loss=None, **kwargs):
    optimizer = optimizer or Still(network.parameters())
    compute_loss = compute_loss or (lambda b: (b[0] + 0 * network.weight).mean())
    return fit_network(network, compute_loss, batches, optimizer, **kwargs)


def test_history_has_one_record_per_epoch():
    network = Point()
    history = fit(network, [batch(1.0)], max_epochs=3, validate=lambda: 2.0)
    assert [record["epoch"] for record in history] == [1, 2, 3]
    for record in history:
        assert list(record) == ["epoch", "train_loss", "valid_loss", "lr", "seconds"]
        assert record["train_loss"] == 1.0
        assert record["valid_loss"] == 2.0
        assert record["lr"] == 0.5
        assert record["seconds"] > 0


def test_without_validation_no_validation_loss_is_recorded():
    (record,) = fit(Point(), [batch(1.0)], max_epochs=1)
    assert list(record) == ["epoch", "train_loss", "lr", "seconds"]


def test_training_loss_is_a_mean_over_samples_not_over_batches():
    batches = [batch(1.0, 1.0, 1.0, 1.0), batch(6.0)]
    (record,) = fit(Point(), batches, max_epochs=1)
    assert record["train_loss"] == pytest.approx(2.0)  # (4 * 1 + 6) / 5


@pytest.mark.parametrize("n_calls", [1, 2, 5])
def test_the_loss_is_computed_as_often_as_the_optimiser_asks(n_calls):
    network = Point()
    calls = []

    def compute_loss(b):
        calls.append(b)
        return network.weight + b[0].mean()

    batches = [batch(1.0), batch(2.0)]
    optimizer = Still(network.parameters(), n_calls)
    fit(network, batches, optimizer, compute_loss, max_epochs=3)
    assert [c[0].item() for c in calls] == ([1.0] * n_calls + [2.0] * n_calls) * 3


def test_gradients_are_cleared_before_each_loss():
    network = Point()
    seen = []

    class Spy(Still):
        def step(self, closure):
            for _ in range(2):
                loss = closure()
                seen.append(network.weight.grad.item())
            return loss

    fit(
        network,
        [batch(1.0)] * 2,
        Spy(network.parameters()),
        lambda b: 3 * network.weight,
        max_epochs=1,
    )
    assert seen == [3.0] * 4


def test_a_loss_keeps_no_graph():
    network = Point(1.0)
    losses = []

    class Spy(SGD):
        def step(self, closure=None):
            losses.append(closure())
            return losses[-1]

    fit(
        network,
        [batch(1.0)],
        Spy(network.parameters(), lr=0.1),
        lambda b: network.weight**2,
        max_epochs=1,
    )
    assert not losses[0].requires_grad


def test_start_epoch_counts_from_zero_and_comes_first():
    network, order = Point(), []

    def compute_loss(b):
        order.append("batch")
        return network.weight * 0

    fit(
        network,
        [batch(0.0)],
        compute_loss=compute_loss,
        max_epochs=2,
        start_epoch=lambda epoch: order.append(epoch),
        validate=lambda: order.append("validate") or 0.0,
        end_epoch=lambda record: order.append("end"),
    )
    assert order == [0, "batch", "validate", "end", 1, "batch", "validate", "end"]


def test_the_hook_after_an_epoch_stops_training():
    history = fit(
        Point(),
        [batch(1.0)],
        max_epochs=9,
        end_epoch=lambda record: record["epoch"] == 2,
    )
    assert len(history) == 2


def test_the_hook_after_an_epoch_may_extend_the_record():
    history = fit(
        Point(),
        [batch(1.0)],
        max_epochs=2,
        end_epoch=lambda record: record.update(density=record["epoch"] / 4),
    )
    assert [record["density"] for record in history] == [0.25, 0.5]


def test_the_network_trains_in_training_mode_and_is_validated_and_left_in_the_other():
    network, modes = Point(), []

    def compute_loss(b):
        modes.append(network.training)
        return network.weight * 0

    fit(
        network,
        [batch(0.0)],
        compute_loss=compute_loss,
        max_epochs=2,
        validate=lambda: modes.append(network.training) or 0.0,
    )
    assert modes == [True, False] * 2
    assert not network.training


def test_the_schedule_steps_once_per_epoch_and_its_rate_is_recorded():
    network = Point(1.0)
    optimizer = SGD(network.parameters(), lr=0.1)
    history = fit(
        network,
        [batch(0.0)] * 3,
        optimizer,
        max_epochs=5,
        schedule=make_schedule("decay", optimizer),
    )
    rates = [record["lr"] for record in history]
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.09, 0.081])


@pytest.mark.parametrize(
    ("name", "train", "valid"), [("train_loss", nan, 1.0), ("valid_loss", 1.0, nan)]
)
def test_a_loss_that_is_no_longer_finite_stops_with_a_way_out(name, train, valid):
    message = (
        rf"^{name} became nan in epoch 1 at lr=0\.5\. Use a smaller lr, and bring the "
        r"data to a common scale \(standardize=True\)"
    )
    with pytest.raises(ValueError, match=message):
        fit(Point(), [batch(train)], max_epochs=3, validate=lambda: valid)


def test_an_infinite_loss_names_the_epoch_it_came_in():
    losses = iter([1.0, 2.0, float("inf")])
    with pytest.raises(ValueError, match="valid_loss became inf in epoch 3"):
        fit(Point(), [batch(0.0)], max_epochs=9, validate=lambda: next(losses))


def test_the_best_weights_by_validation_are_restored():
    network = Point()
    valid = iter([3.0, 1.0, 2.0, 2.0, 0.0])
    optimizer = SGD(network.parameters(), lr=1.0)
    stopping = EarlyStopping(patience=2)
    history = fit(
        network,
        [batch(0.0)],
        optimizer,
        lambda b: -network.weight,  # each epoch adds one to the weight
        max_epochs=9,
        validate=lambda: next(valid),
        early_stopping=stopping,
    )
    assert len(history) == 4
    assert stopping.best_epoch == 2
    assert network.weight.item() == 2.0


def test_without_validation_early_stopping_watches_the_training_loss():
    network = Point()
    losses = iter([5.0, 4.0, 6.0, 6.0])
    stopping = EarlyStopping(patience=1)
    history = fit(
        network,
        [batch(0.0)],
        compute_loss=lambda b: network.weight * 0 + next(losses),
        max_epochs=9,
        early_stopping=stopping,
    )
    assert len(history) == 3
    assert stopping.best_epoch == 2


def test_all_epochs_run_without_early_stopping():
    assert len(fit(Point(), [batch(1.0)], max_epochs=7)) == 7


def test_a_last_step_that_goes_astray_is_noticed():
    network = Point(1.0)
    optimizer = SGD(network.parameters(), lr=1e38)
    with pytest.raises(ValueError, match=r"weights are no longer finite at lr=1e\+38"):
        # The only loss was computed before the step.
        fit(
            network,
            [batch(9.0)],
            optimizer,
            lambda b: 9 * network.weight * b[0].mean(),
            max_epochs=1,
        )


@pytest.mark.parametrize("rho", [None, 0.01])
def test_a_linear_map_is_learned(rho):
    torch.manual_seed(0)
    x = torch.randn(128, 3)
    weight = torch.tensor([[1.0, -2.0, 0.5]])
    network = nn.Linear(3, 1)
    optimizer = Adam(network.parameters(), lr=0.05)
    if rho is not None:
        optimizer = SAM(optimizer, rho)
    batches = list(zip(x.split(32), (x @ weight.T + 4).split(32), strict=True))
    history = fit_network(
        network,
        lambda b: (network(b[0]) - b[1]).square().mean(),
        batches,
        optimizer,
        max_epochs=120,
    )
    assert history[-1]["train_loss"] < 1e-3 * history[0]["train_loss"]
    # SAM steps with the gradient nearby, so it ends within about rho of the minimum.
    assert_close(network.weight.detach(), weight, rtol=0, atol=0.03)
    assert_close(network.bias.detach(), torch.tensor([4.0]), rtol=0, atol=0.03)
