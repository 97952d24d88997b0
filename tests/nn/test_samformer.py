"""SAMformer against its plain twin, the paper's equations and its invariances."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.benchmarks._plain_samformer import PlainSAMformer
from skts.nn import SAMformer
from skts.nn._samformer import ATTENTIONS
from skts.training import SGD, Flat

C, L, H, E = 4, 12, 5, 3
ROUTES = [("factorised", 1), ("factorised", 2), ("full", 1)]
ATTENTION_MAPS = ("query", "key", "value", "output")


def make(cls=SAMformer, n_channels=C, context_length=L, prediction_length=H, **changed):
    settings = {
        "hidden_size": E,
        "n_heads": 1,
        "attention": "channel",
        "value_projection": "factorised",
        "head_init": "glorot",
        "sigma_reparam": False,
        "use_revin": True,
    }
    sizes = (n_channels, context_length, prediction_length)
    return cls(*sizes, **(settings | changed))


def perturb(network, seed=0):
    """Move every parameter away from its start; gains stay away from zero."""
    generator = torch.Generator().manual_seed(seed)
    network.double()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
            if name.endswith("gain"):
                weight.copy_(weight.abs() + 0.5)
    return network


def windows(n=6, n_channels=C, length=L, seed=1, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, n_channels, length, generator=generator, dtype=dtype)


def numpy_samformer(weights, x):
    """Equations (3) and (4) with biases, for one window ``(C, L)`` and one head."""
    mean, scale = x.mean(1, keepdims=True), np.sqrt(x.var(1, keepdims=True) + 1e-5)
    x = weights["gain"] * (x - mean) / scale + weights["shift"]

    def linear(name, x):
        return x @ weights[f"{name}.raw_weight"].T + weights[f"{name}.bias"]

    queries, keys, values = (linear(name, x) for name in ("query", "key", "value"))
    attention = np.empty((len(x), len(x)))
    for i, query in enumerate(queries):
        scores = np.exp([query @ key / sqrt(len(key)) for key in keys])
        attention[i] = scores / scores.sum()
    y = linear("head", x + linear("output", attention @ values))
    return (y - weights["shift"]) / weights["gain"] * scale + mean, attention


# Against slow twins ---------------------------------------------------------------


@pytest.mark.parametrize("use_revin", [True, False])
@pytest.mark.parametrize("sigma_reparam", [True, False])
@pytest.mark.parametrize(("value_projection", "n_heads"), ROUTES)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_projection_first_equals_the_plain_form(
    attention, value_projection, n_heads, sigma_reparam, use_revin
):
    settings = {
        "attention": attention,
        "value_projection": value_projection,
        "n_heads": n_heads,
        "sigma_reparam": sigma_reparam,
        "use_revin": use_revin,
    }
    fast = perturb(make(**settings))
    plain = perturb(make(PlainSAMformer, **settings))
    plain.load_state_dict(fast.state_dict())
    context = 3 * windows() + 2
    target = windows(length=H, seed=2)
    outputs = []
    for network in (fast, plain):
        outputs.append(network(context))
        (outputs[-1] - target).square().mean().backward()
    assert_close(outputs[0], outputs[1], rtol=1e-10, atol=1e-10)
    twins = dict(plain.named_parameters())
    learned = 0
    for name, weight in fast.named_parameters():
        assert (weight.grad is None) == (twins[name].grad is None), name
        if weight.grad is not None:
            scale = 1 + float(twins[name].grad.abs().max())
            assert_close(
                weight.grad, twins[name].grad, rtol=1e-9, atol=1e-10 * scale, msg=name
            )
            learned += 1
    assert learned >= 2


def test_one_head_follows_the_equations_written_in_numpy():
    network = perturb(make())
    weights = {name: w.detach().numpy() for name, w in network.named_parameters()}
    context = windows() * 2 - 1
    forecast = network(context).detach().numpy()
    attention = network.attention_weights(context).detach().numpy()
    for i, x in enumerate(context.numpy()):
        expected, expected_attention = numpy_samformer(weights, x)
        np.testing.assert_allclose(forecast[i], expected, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(attention[i, 0], expected_attention, rtol=1e-10)


@pytest.mark.parametrize("sigma_reparam", [True, False])
@pytest.mark.parametrize("n_heads", [1, 3])
def test_the_gradient_by_hand_is_that_of_finite_differences(n_heads, sigma_reparam):
    network = perturb(make(n_heads=n_heads, sigma_reparam=sigma_reparam))
    x, _, _ = network.normalise(windows(2))
    names = [name for name, _ in network.named_parameters()]

    def forecast(*weights):
        named = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(
            Normalised(network), {f"inner.{n}": w for n, w in named.items()}, (x,)
        )

    weights = tuple(w.detach().requires_grad_() for w in network.parameters())
    assert torch.autograd.gradcheck(forecast, weights)


@pytest.mark.parametrize("in_one", [False, True])
@pytest.mark.parametrize("use_revin", [True, False])
@pytest.mark.parametrize("attention", ["channel", "random"])
def test_the_gradient_is_the_same_without_autograd(attention, use_revin, in_one):
    network = perturb(make(attention=attention, n_heads=2, use_revin=use_revin))
    weights = [w for w in network.parameters() if w.requires_grad]
    x, _, _ = network.normalise(windows(2))
    weight = torch.randn(2, C, H, dtype=torch.float64)
    expected = network.forward_normalised(x)
    (expected * weight).sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    if in_one:
        flat = Flat(weights, lambda w: SGD(w, lr=0.1), keeps_gradients=True)
        (values,) = flat.param_groups[0]["params"]
        values.grad.fill_(3.0)  # what was there before does not count
    else:
        network.zero_grad()
    with torch.no_grad():
        forecast, differentiate = network.by_hand()(x)
        differentiate(weight)
    assert torch.equal(forecast, expected)
    for parameter, wanted in zip(network.parameters(), gradients, strict=True):
        assert (parameter.grad is None) == (wanted is None)
        assert wanted is None or torch.equal(parameter.grad, wanted)


@pytest.mark.parametrize(
    "settings",
    [{"sigma_reparam": True}, {"attention": "temporal"}, {"value_projection": "full"}],
)
def test_other_gradients_are_left_to_autograd(settings):
    network = make(**settings)
    assert network.by_hand() is None


class Normalised(torch.nn.Module):
    """Let a network be called on normalised windows."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner.forward_normalised(x)


def test_a_window_that_asks_for_a_gradient_gets_one():
    network = perturb(make())
    x = network.normalise(windows(2))[0].requires_grad_()
    assert torch.autograd.gradcheck(network.forward_normalised, x)


def test_a_second_derivative_is_refused():
    network = perturb(make())
    loss = network(windows(2)).square().mean()
    (gradient,) = torch.autograd.grad(loss, network.head.bias, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_half_precision_where_it_is_asked_for_agrees_roughly():
    network = make().float()
    context = windows(dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        half = network(context)
    full = network(context)
    assert 0 < (half - full).abs().max() < 0.05


def test_training_may_normalise_once_and_forecast_from_that():
    network = perturb(make())
    context = windows()
    normalised, mean, scale = network.normalise(context)
    forecast = network.forward_normalised(normalised) * scale + mean
    assert_close(network(context), forecast, rtol=0, atol=0)


# Sizes and starts -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "hidden_size", "expected"),
    [((7, 512, 96), 16, 82590), ((7, 512, 720), 16, 402702), ((3, 20, 4), 5, 525)],
)
def test_parameter_count_is_that_of_the_authors_code(sizes, hidden_size, expected):
    n_channels, length, horizon = sizes
    formula = 4 * length * hidden_size + 3 * hidden_size + length
    formula += (length + 1) * horizon + 2 * n_channels
    network = make(SAMformer, *sizes, hidden_size=hidden_size)
    assert sum(weight.numel() for weight in network.parameters()) == formula == expected


def test_weights_start_within_the_limits_of_keras():
    torch.manual_seed(0)
    network = make(SAMformer, 7, 512, 96, hidden_size=16)
    limits = {"query": 0.0263, "key": 0.0263, "value": 0.0263}
    limits |= {"output": 0.1066, "head": 0.0993}
    for name, limit in limits.items():
        affine = getattr(network, name)
        # The largest of thousands of uniform numbers lies just below the limit.
        assert affine.weight.abs().max().item() == pytest.approx(limit, rel=5e-3), name
        assert not affine.bias.any(), name
    assert (network.gain == 1).all()
    assert not network.shift.any()


def test_attention_starts_almost_uniform():
    torch.manual_seed(0)
    deviations, largest = [], []
    for seed in range(5):
        network = make(SAMformer, 7, 512, 96, hidden_size=16).double()
        context = windows(200, 7, 512, seed=seed)
        x, _, _ = network.normalise(context)
        queries, keys = x @ network.query.weight.T, x @ network.key.weight.T
        deviations.append((queries @ keys.transpose(1, 2) / 4).std().item())
        attention = network.attention_weights(context)
        largest.append(attention.amax(-1).mean().item())
    # papers.md, 1.A; the bands hold the spread over five draws of the weights.
    assert np.mean(deviations) == pytest.approx(0.12, abs=0.02)
    assert np.mean(largest) == pytest.approx(0.17, abs=0.01)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_from_a_head_of_zeros_the_first_forecast_is_the_mean_of_the_window(attention):
    context = windows() * 3 + 50
    forecast = make(head_init="zeros", attention=attention).double()(context)
    assert_close(forecast, context.mean(-1, keepdim=True).expand(-1, -1, H))


# Invariances ----------------------------------------------------------------------


@pytest.mark.parametrize(("value_projection", "n_heads"), ROUTES)
@pytest.mark.parametrize("attention", ["channel", "identity", "random", "none"])
def test_permuting_channels_permutes_the_forecast(attention, value_projection, n_heads):
    settings = {"value_projection": value_projection, "n_heads": n_heads}
    network = perturb(make(attention=attention, **settings))
    order = torch.tensor([2, 0, 3, 1])
    permuted = perturb(make(attention=attention, **settings))
    with torch.no_grad():
        permuted.gain.copy_(network.gain[order])
        permuted.shift.copy_(network.shift[order])
    context = windows()
    assert_close(permuted(context[:, order]), network(context)[:, order])


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_scaling_and_shifting_a_window_scales_and_shifts_its_forecast(attention):
    network = perturb(make(attention=attention))
    # Large values: next to their variance the 1e-5 of RevIN does not count.
    context = 1e4 * windows()
    factor = torch.tensor([[2.0], [30.0], [0.7], [5.0]], dtype=torch.float64)
    shift = torch.tensor([[-9e3], [0.0], [4e5], [1e4]], dtype=torch.float64)
    expected = factor * network(context) + shift
    assert_close(network(factor * context + shift), expected, rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize("value_projection", ["factorised", "full"])
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_channels_hear_of_each_other_through_attention_alone(
    attention, value_projection
):
    network = perturb(make(attention=attention, value_projection=value_projection))
    context = windows()
    changed = context.clone()
    changed[:, 0] += windows(seed=9)[:, 0]
    moved = (network(changed) - network(context)).abs().amax(dim=(0, 2))
    assert moved[0] > 1e-3
    if attention in ("identity", "none"):
        assert moved[1:].max() == 0
    else:
        assert moved[1:].min() > 1e-6


@pytest.mark.parametrize("attention", ["channel", "random", "temporal"])
@pytest.mark.parametrize("n_heads", [1, 2])
def test_rows_of_attention_sum_to_one(attention, n_heads):
    network = perturb(make(attention=attention, n_heads=n_heads))
    weights = network.attention_weights(windows())
    n_tokens = L if attention == "temporal" else C
    assert weights.shape == (6, n_heads, n_tokens, n_tokens)
    assert (weights >= 0).all()
    assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


# Options --------------------------------------------------------------------------


@pytest.mark.parametrize("value_projection", ["factorised", "full"])
def test_random_attention_freezes_exactly_the_weights_of_attention(value_projection):
    settings = {"value_projection": value_projection}
    network = make(attention="random", **settings)
    frozen = {n for n, w in network.named_parameters() if not w.requires_grad}
    names = [name for name, _ in make(**settings).named_parameters()]
    assert names == [name for name, _ in network.named_parameters()]
    assert frozen == {name for name in names if name.startswith(ATTENTION_MAPS)}
    assert set(names) - frozen == {"gain", "shift", "head.raw_weight", "head.bias"}


@pytest.mark.parametrize("attention", ["channel", "identity", "temporal", "none"])
def test_no_other_attention_freezes_anything(attention):
    assert all(w.requires_grad for w in make(attention=attention).parameters())


def test_sigma_reparam_gives_each_weight_the_spectral_norm_of_its_gain():
    network = make(sigma_reparam=True).double()
    for name in (*ATTENTION_MAPS, "head"):
        affine = getattr(network, name)
        for gain in (1.0, 2.5):  # 1 is where it starts
            norm = np.linalg.norm(affine.weight.detach().numpy(), ord=2)
            assert norm == pytest.approx(gain, rel=1e-12), name
            with torch.no_grad():
                affine.gain.fill_(2.5)


def test_sigma_reparam_sends_the_gradient_through_the_spectral_norm():
    network = perturb(make(sigma_reparam=True))
    network(windows()).square().mean().backward()
    for name in (*ATTENTION_MAPS, "head"):
        weight = getattr(network, name).raw_weight
        # The size of the raw weight does not matter, so no gradient points along it.
        along = (weight * weight.grad).sum().abs()
        assert along < 1e-10 * weight.norm() * weight.grad.norm(), name


def test_without_sigma_reparam_weights_are_used_as_they_are():
    affine = make().head
    assert affine.gain is None
    assert affine.weight is affine.raw_weight
