"""SAM: by hand on parabolas, against a naive twin, and against its base optimiser."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam
from torch.testing import assert_close

from skts.training import SAM, make_schedule


def parameters(*values):
    return [nn.Parameter(torch.tensor(value, dtype=torch.float64)) for value in values]


def closure_of(optimizer, loss_of):
    def closure():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss.detach()

    return closure


def test_one_step_on_a_parabola_by_hand():
    a, b = parameters([1.0], [1.0])
    optimizer = SAM(SGD([a, b], lr=0.1), rho=1.0)
    loss = optimizer.step(closure_of(optimizer, lambda: (1.5 * a**2 + 2 * b**2).sum()))
    # The gradient (3, 4) has length 5 over both tensors: the worst point is
    # (1.6, 1.8), the gradient there (4.8, 7.2), and a tenth of that is taken off.
    assert loss == 3.5
    assert_close(a.item(), 0.52)
    assert_close(b.item(), 0.28)


def test_one_adaptive_step_by_hand():
    a, b = parameters([1.0], [-2.0])
    rho = np.sqrt(73) / 10
    optimizer = SAM(SGD([a, b], lr=0.1), rho=rho, adaptive=True)
    optimizer.step(closure_of(optimizer, lambda: (1.5 * a**2 + b**2).sum()))
    # g = (3, -4), |w| g = (3, -8) of length sqrt(73), e = (3, -16) / 10: the worst
    # point is (1.3, -3.6), the gradient there (3.9, -7.2).
    assert_close(a.item(), 1 - 0.39)
    assert_close(b.item(), -2 + 0.72)


class NaiveSAM:
    """SAM around plain gradient descent for ``mean((x W + b - y)^2)``, in numpy."""

    def __init__(self, weight, bias, x, y, lr, rho, adaptive):
        self.weight, self.bias, self.x, self.y = weight.copy(), bias.copy(), x, y
        self.lr, self.rho, self.adaptive = lr, rho, adaptive

    def gradient(self, weight, bias):
        error = self.x @ weight + bias - self.y
        return 2 * self.x.T @ error / error.size, 2 * error.sum(0) / error.size

    def step(self):
        g = self.gradient(self.weight, self.bias)
        sizes = (np.abs(self.weight), np.abs(self.bias))
        if not self.adaptive:
            sizes = (np.ones_like(self.weight), np.ones_like(self.bias))
        length = np.sqrt(
            sum(((s * d) ** 2).sum() for s, d in zip(sizes, g, strict=True))
        )
        climb = [self.rho * s**2 * d / length for s, d in zip(sizes, g, strict=True)]
        g = self.gradient(self.weight + climb[0], self.bias + climb[1])
        self.weight -= self.lr * g[0]
        self.bias -= self.lr * g[1]


@pytest.mark.parametrize("adaptive", [False, True])
def test_five_steps_agree_with_a_naive_twin(adaptive):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    start = rng.normal(size=(4, 3)), rng.normal(size=3)
    weight, bias = parameters(start[0].tolist(), start[1].tolist())
    optimizer = SAM(SGD([weight, bias], lr=0.3), rho=0.4, adaptive=adaptive)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    closure = closure_of(
        optimizer, lambda: (inputs @ weight + bias - targets).square().mean()
    )
    naive = NaiveSAM(*start, x, y, lr=0.3, rho=0.4, adaptive=adaptive)
    for _ in range(5):
        optimizer.step(closure)
        naive.step()
    np.testing.assert_allclose(weight.detach(), naive.weight, rtol=1e-12)
    np.testing.assert_allclose(bias.detach(), naive.bias, rtol=1e-12)


@pytest.mark.parametrize("adaptive", [False, True])
def test_without_a_radius_it_is_exactly_the_base_optimiser(adaptive):
    results = []
    for wrap in (lambda adam: adam, lambda adam: SAM(adam, 0.0, adaptive=adaptive)):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
        x, y = torch.randn(20, 5), torch.randn(20, 2)
        optimizer = wrap(Adam(network.parameters(), lr=0.01, weight_decay=0.1))
        closure = closure_of(
            optimizer,
            lambda net=network, x=x, y=y: (net(x) - y).square().mean(),
        )
        losses = [float(optimizer.step(closure)) for _ in range(7)]
        results.append((losses, [w.detach().clone() for w in network.parameters()]))
    (losses, weights), (sam_losses, sam_weights) = results
    assert losses == sam_losses
    for weight, sam_weight in zip(weights, sam_weights, strict=True):
        assert_close(weight, sam_weight, rtol=0, atol=0)


class Watched(SGD):
    """SGD that remembers the weights it finds when it is asked to step."""

    def step(self, closure=None):
        self.found = [
            w.detach().clone() for g in self.param_groups for w in g["params"]
        ]
        return super().step(closure)


def test_weights_are_back_to_the_last_bit_before_the_base_steps():
    # Going there and back by adding and subtracting would lose bits in float32.
    start = torch.tensor([1e-7, 0.1, 3.0, 7e5])
    weight = nn.Parameter(start.clone())
    base = Watched([weight], lr=0.0)
    optimizer = SAM(base, rho=0.7)
    seen = []

    def loss_of():
        seen.append(weight.detach().clone())
        return weight.sum()  # so all climb as far, the small ones lose bits

    optimizer.step(closure_of(optimizer, loss_of))
    assert len(seen) == 2
    assert not torch.equal(seen[1], start)  # it did climb
    assert torch.equal(base.found[0], start)
    assert torch.equal(weight.detach(), start)


def test_the_climb_has_length_rho_over_all_parameters():
    a, b = parameters([1.0, -2.0], [[3.0]])
    optimizer = SAM(SGD([a, b], lr=0.1), rho=0.3)
    seen = []

    def loss_of():
        seen.append(torch.cat([a.detach().flatten(), b.detach().flatten()]))
        return a.pow(4).sum() + b.pow(2).sum()

    optimizer.step(closure_of(optimizer, loss_of))
    assert_close((seen[1] - seen[0]).norm().item(), 0.3)


def test_frozen_and_unused_parameters_stay_where_they_are():
    used, frozen, unused = parameters([1.0], [2.0], [3.0])
    frozen.requires_grad_(False)
    optimizer = SAM(SGD([used, frozen, unused], lr=0.1), rho=0.5)
    optimizer.step(closure_of(optimizer, lambda: (used * frozen).square().sum()))
    assert used.item() != 1.0
    assert frozen.item() == 2.0
    assert unused.item() == 3.0


def test_parameter_groups_keep_their_own_rates():
    a, b = parameters([1.0], [1.0])
    groups = [{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.0}]
    optimizer = SAM(SGD(groups), rho=1.0)
    optimizer.step(closure_of(optimizer, lambda: (1.5 * a**2 + 2 * b**2).sum()))
    assert_close(a.item(), 0.52)
    assert b.item() == 1.0


@pytest.mark.parametrize("adaptive", [False, True])
def test_where_the_gradient_vanishes_nothing_moves(adaptive):
    (weight,) = parameters([0.0, 0.0])
    optimizer = SAM(SGD([weight], lr=0.1), rho=0.5, adaptive=adaptive)
    optimizer.step(closure_of(optimizer, lambda: weight.square().sum()))
    assert weight.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("scheduled", ["sam", "base"])
def test_a_schedule_given_to_either_reaches_both(scheduled):
    (weight,) = parameters([1.0])
    base = SGD([weight], lr=0.5)
    optimizer = SAM(base, rho=0.0)
    schedule = make_schedule("cosine", optimizer if scheduled == "sam" else base)
    optimizer.step(closure_of(optimizer, weight.sum))
    assert_close(weight.item(), 0.5)
    schedule.step()
    lr = base.param_groups[0]["lr"]
    assert lr == optimizer.param_groups[0]["lr"] < 0.5
    optimizer.step(closure_of(optimizer, weight.sum))
    assert_close(weight.item(), 0.5 - lr)


def test_a_negative_radius_is_refused():
    with pytest.raises(ValueError, match=r"rho must be >= 0, got -0\.1"):
        SAM(SGD(parameters([1.0]), lr=0.1), rho=-0.1)
