"""A loss in parts is the loss of the whole, with its gradient."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from skts.forecasting import LSINetForecaster
from skts.models import prepare_batch, recipe_of, window_loss
from skts.training import loss_in_parts


def setup():
    torch.manual_seed(0)
    weights = [torch.randn(3, 2, dtype=torch.float64).requires_grad_() for _ in "ab"]
    x = torch.randn(7, 3, dtype=torch.float64)
    return weights, x


def test_the_sum_over_parts_has_the_value_and_gradient_of_the_whole():
    (weight, other), x = setup()

    def compute_loss(part, shared):
        return ((part[0] @ weight) * shared).square().sum()

    def gradients(loss):
        return loss, torch.autograd.grad(3 * loss, [weight, other])

    whole = gradients(compute_loss((x,), other.exp().sum(0)))
    parts = [(part,) for part in x.split(2)]
    shared = other.exp().sum(0)
    split = gradients(loss_in_parts(compute_loss, parts, [weight, other], [shared]))
    for result, expected in zip(split, whole, strict=True):
        assert_close(result, expected)


def test_what_is_shared_is_differentiated_once():
    (weight, other), x = setup()
    calls = []
    shared = other.exp()
    shared.register_hook(calls.append)
    parts = [(part,) for part in x.split(2)]
    loss = loss_in_parts(
        lambda part, s: (part[0] @ (weight * s)).sum(), parts, [weight], [shared]
    )
    assert not calls
    loss.backward()
    assert len(calls) == 1


def test_a_weight_without_influence_gets_no_gradient():
    (weight, other), x = setup()
    loss = loss_in_parts(lambda part: (part[0] @ weight).sum(), [(x,)], [weight, other])
    loss.backward()
    assert weight.grad is not None
    assert other.grad is None


def test_weights_whose_gradients_are_one_tensor_are_not_counted_twice():
    a, c = (torch.zeros(3, requires_grad=True) for _ in "ac")
    x = torch.arange(24.0).reshape(8, 3)
    loss_in_parts(
        lambda part: ((a + c) * part[0].sum(0)).sum(),
        [(p,) for p in x.split(2)],
        [a, c],
    ).backward()
    assert_close(a.grad, x.sum(0))
    assert_close(c.grad, x.sum(0))


def test_a_second_derivative_is_refused():
    weight = torch.ones((), requires_grad=True)
    loss = loss_in_parts(
        lambda p: (weight**2 * p[0]).sum(), [(torch.ones(2),)], [weight]
    )
    (gradient,) = torch.autograd.grad(loss, weight, create_graph=True)
    with pytest.raises(RuntimeError, match="does not require grad"):
        gradient.backward()


def test_no_more_than_one_part_is_kept():
    weight = nn.Parameter(torch.ones(()))
    alive, most = set(), 0

    class Watched(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            nonlocal most
            ctx.key = len(alive), x
            alive.add(id(ctx.key))
            most = max(most, len(alive))
            return x * 1

        @staticmethod
        def backward(ctx, gradient):
            alive.discard(id(ctx.key))
            return gradient

    def compute_loss(part):
        return Watched.apply(part[0] * weight).sum()

    loss_in_parts(compute_loss, [(x,) for x in torch.ones(5, 2)], [weight])
    assert most == 1
    assert not alive


@pytest.mark.parametrize(
    "changed",
    [{}, {"interaction": "attention"}, {"use_revin": False}, {"head_size": 8}],
    ids=str,
)
def test_lsinet_trains_on_parts_as_on_the_whole(monkeypatch, changed):
    settings = {"hidden_size": 8, "n_heads": 2, "head_size": 4, "dropout": 0.0}
    settings |= {"embedding_dropout": 0.0, "sparsity_interval": 1} | changed
    forecaster = LSINetForecaster(20, 4, **settings)
    torch.manual_seed(0)
    network = recipe_of(forecaster).build(3, 20, 4).double().train()
    context = torch.randn(10, 3, 20, dtype=torch.float64)
    target = torch.randn(10, 3, 4, dtype=torch.float64)
    batch = prepare_batch(network, context, target)
    results = []
    for size in (None, 3):
        monkeypatch.setattr(network, "windows_at_a_time", lambda n, size=size: size)
        network.zero_grad()
        torch.manual_seed(1)  # the same connections
        compute = window_loss(network, "float32", False, torch.device("cpu"))
        # The loss is in float32; the gradient of its parts is not. Without autograd the
        # weights have theirs already, but for the penalty's.
        loss = compute(batch)
        loss.backward()
        results.append([loss, *(w.grad for w in network.parameters())])
    for whole, parts in zip(*results, strict=True):
        assert_close(parts, whole, rtol=1e-5, atol=1e-7, check_dtype=False)
