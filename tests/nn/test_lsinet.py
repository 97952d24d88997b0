import copy
import inspect
import pickle

import pytest
import torch
import torch.nn.functional as F

import skts.benchmarks._plain_lsinet as plain_module
import skts.nn._connections as connections_module
import skts.nn._interaction as interaction_module
import skts.nn._lsinet as lsinet_module
from skts.benchmarks._plain_lsinet import PlainLSINet
from skts.nn._connections import PatchConnections
from skts.nn._dropout import dropout
from skts.nn._lsinet import LSINet, default_patches

PAPER = {
    "n_channels": 7,
    "context_length": 384,
    "prediction_length": 96,
    "patch_length": 12,
    "stride": 6,
    "hidden_size": 128,
    "n_heads": 8,
    "head_size": 32,
    "n_modules": 1,
    "residual_stack": False,
    "interaction": "sparse",
    "n_connection_groups": 1,
    "connection_mode": "threshold",
    "normalise_rows": False,
    "sparsity": 0.85,
    "sparsity_interval": 1,
    "sparsity_weight": 1.0,
    "temperature": 0.5,
    "annealing": 1.0,
    "head": "shared",
    "use_revin": True,
    "embedding_dropout": 0.1,
    "dropout": 0.3,
}
TINY = PAPER | {
    "n_channels": 3,
    "context_length": 20,
    "prediction_length": 4,
    "patch_length": 4,
    "stride": 2,
    "hidden_size": 8,
    "n_heads": 2,
    "head_size": 3,
}


def make(seed=0, **changes):
    """Return a small network in double precision."""
    torch.manual_seed(seed)
    network = LSINet(**(TINY | changes)).double()
    for module in network.modules():
        if isinstance(module, PatchConnections):
            balance(module)
    return network


@torch.no_grad()
def balance(connections):
    """Make about half of the connections probable, so that some are on and some off.

    The random start often puts all probabilities on the same side of one half.
    """
    connections.memory.mul_(3)
    connections.decision.bias[1] -= connections.logits().mean()


def make_plain(network, **changes):
    """Return the plain twin with the weights of `network`."""
    wanted = inspect.signature(PlainLSINet).parameters
    settings = TINY | changes
    plain = PlainLSINet(**{name: settings[name] for name in wanted}).double()
    plain.load_state_dict(network.state_dict())
    return plain.train(network.training)


def make_connections(seed=0, **changes):
    torch.manual_seed(seed)
    settings = {
        "n_matrices": 2,
        "n_patches": 5,
        "hidden_size": 8,
        "sparsity": 0.8,
        "mode": "threshold",
        "normalise_rows": False,
        "temperature": 0.5,
    }
    connections = PatchConnections(**(settings | changes)).double()
    balance(connections)
    return connections


def windows(n_windows=3, n_channels=3, length=20, seed=1):
    generator = torch.Generator().manual_seed(seed)
    shape = n_windows, n_channels, length
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def n_parameters(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("changes", "official_count"),
    [
        ({}, 1058242),
        ({"prediction_length": 720}, 6170674),
        ({"context_length": 256}, 1057730),
        ({"context_length": 2048, "prediction_length": 336}, 3031218),
        ({"context_length": 1536, "n_channels": 21}, 1062850),
        ({"context_length": 1664, "n_channels": 321, "head": 15}, 12074754),
    ],
)
def test_parameter_count_is_the_official_one_less_the_unused_block(
    changes, official_count
):
    settings = PAPER | changes
    patch_length, stride = default_patches(settings["context_length"])
    settings |= {"patch_length": patch_length, "stride": stride}
    assert n_parameters(LSINet(**settings)) == official_count - 33024


def test_parameter_count_with_the_residual_stack():
    short = {"context_length": 96, "patch_length": 6, "stride": 3}
    network = LSINet(**(PAPER | short | {"residual_stack": True}))
    assert n_parameters(network) == 831652 - 2 * 33024


@pytest.mark.parametrize("seed", range(3))
def test_connections_start_undecided(seed):
    torch.manual_seed(seed)
    network = LSINet(**PAPER)
    sampled = network.blocks[0].interaction.connections()
    assert 0.4 < sampled.mean() < 0.6
    assert 0.6 < network.penalty() < 0.75


@pytest.mark.parametrize(
    ("context_length", "patches", "n_patches"),
    [
        (2048, (64, 32), 64),
        (384, (12, 6), 64),
        (256, (8, 4), 64),
        (128, (4, 2), 64),
        (100, (8, 4), 25),
        (96, (6, 3), 32),
        (36, (4, 2), 18),
        (10, (2, 1), 10),
        (1, (1, 1), 2),
    ],
)
def test_default_patches(context_length, patches, n_patches):
    assert default_patches(context_length) == patches
    patch_length, stride = patches
    network = make(
        context_length=context_length, patch_length=patch_length, stride=stride
    )
    assert network.connection_matrix().shape == (1, 2, n_patches, n_patches)
    assert network(windows(length=context_length)).shape == (3, 3, 4)


def test_patches_overlap_and_repeat_the_last_value():
    network = make(n_channels=1, context_length=7, patch_length=4, stride=2)
    series = torch.arange(7.0).view(1, 1, 7)
    assert network._cut(series).squeeze().tolist() == [
        [0, 1, 2, 3],
        [2, 3, 4, 5],
        [4, 5, 6, 6],
    ]


# The naive twin


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"n_modules": 2},
        {"n_modules": 2, "residual_stack": True},
        {"use_revin": False},
        {"head_size": 8},  # as wide as the network: aligned before it is sent
        {"context_length": 21, "patch_length": 6, "stride": 4},
    ],
)
def test_forecast_equals_the_plain_twin(changes):
    network = make(**changes).eval()
    context = windows(length=(TINY | changes)["context_length"])
    assert 0 < network.connection_matrix().mean() < 1
    plain = make_plain(network, **changes)
    torch.testing.assert_close(network(context), plain(context), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    "sizes", [{}, {"head_size": 8}, {"head_size": 8, "dropout": 0.3}]
)
def test_training_gradients_equal_those_of_the_plain_twin(monkeypatch, sizes):
    changes = {"embedding_dropout": 0.0, "dropout": 0.0} | sizes
    network = make(**changes)
    plain = make_plain(network, **changes | {"dropout": 0.0})
    # What happens around the masks, with masks that drop nothing.
    monkeypatch.setattr(interaction_module, "dropout", lambda values, *_: values)
    gumbel = plain_module.gumbel_noise(torch.empty(2, 100, 2, dtype=torch.float64))
    logistic = (gumbel[..., 1] - gumbel[..., 0]).view(2, 10, 10)
    monkeypatch.setattr(plain_module, "gumbel_noise", lambda like: gumbel)
    monkeypatch.setattr(connections_module, "_logistic_noise", lambda like: logistic)
    for model in (network, plain):
        (model(windows()).square().sum() + model.penalty()).backward()
    twins = dict(plain.named_parameters())
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(parameter.grad, twins[name].grad)


@pytest.mark.parametrize(
    "changes",
    [
        {"head_size": 9},
        {"n_modules": 2, "residual_stack": True, "normalise_rows": True},
        {"n_connection_groups": 2, "head": "channel"},
    ],
    ids=str,
)
def test_the_gradient_is_the_same_without_autograd(monkeypatch, changes):
    network = make(**{"head_size": 8, "dropout": 0.3} | changes)
    x, weight = windows(4), windows(4, length=4)
    matrices = [matrix.detach() for matrix in network.shared()]
    leaves = [matrix.clone().requires_grad_() for matrix in matrices]
    forecasts, masks = [], []
    by_hand = network.by_hand()
    passes = inspect.getclosurevars(by_hand).nonlocals["passes"]
    with torch.no_grad():
        for part, part_of_weight in zip(x.split(2), weight.split(2), strict=True):
            forecast, differentiate = by_hand(part, *matrices)
            forecasts.append(forecast)
            differentiate(part_of_weight)
            last = passes.of(network._cut(part))
            masks.append([mask.clone() for mask in masks_by_hand(last)])
    gradients = {name: p.grad for name, p in network.named_parameters()}
    network.zero_grad()

    def drop(values, *_):
        mask = masks[0].pop(0)
        return values * mask.reshape(values.shape)

    monkeypatch.setattr(lsinet_module, "dropout", drop)
    monkeypatch.setattr(interaction_module, "dropout", drop)
    for part, part_of_weight, forecast in zip(
        x.split(2), weight.split(2), forecasts, strict=True
    ):
        expected = network.forward_normalised(part, *leaves)
        (expected * part_of_weight).sum().backward()
        torch.testing.assert_close(forecast, expected)
        assert not masks.pop(0)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(gradients[name], parameter.grad)
    for matrix, leaf in zip(matrices, leaves, strict=True):
        torch.testing.assert_close(matrix.grad, leaf.grad)


def masks_by_hand(last):
    """Return the masks of a pass in the order in which they are drawn with autograd."""
    for embedded, blocks in zip(
        last.keep.split(last.block_rows, 1), last.blocks, strict=True
    ):
        yield embedded
        for block in blocks:
            integrate = block.integrate  # whose masks are turned
            yield from (block.mix.keep_hidden, block.mix.keep_result)
            yield from (block.receive.keep_values, block.receive.keep_result)
            yield from (block.update.keep_hidden, block.update.keep_result)
            yield from (integrate.keep_hidden.t(), integrate.keep_result.t())


@pytest.mark.parametrize("changes", [{}, {"interaction": "none"}])
def test_other_gradients_are_left_to_autograd(changes):
    network = make(**changes)  # heads narrower than the network, or none
    assert network.by_hand() is None


def test_groups_of_connections_are_not_trained_on_a_row_each():
    whole, parted = (make(head_size=8, n_connection_groups=n) for n in (1, 2))
    n_windows = parted.windows_at_a_time(1)
    assert n_windows == pytest.approx(4 * whole.windows_at_a_time(1), abs=4)


def test_rows_in_small_portions_give_the_same_forecast(monkeypatch):
    network = make().eval()
    together = network(windows())
    monkeypatch.setattr(lsinet_module, "CACHED_ELEMENTS", 160)  # two rows
    assert len(network._split_rows(torch.empty(10, 9, 4))) == 5
    torch.testing.assert_close(network(windows()), together)


# Connections


def test_logits_come_from_sender_and_receiver():
    connections = make_connections()
    embedded = connections.encoder(connections.memory)
    for head, i, j in [(0, 0, 1), (0, 1, 0), (1, 4, 2), (1, 3, 3)]:
        pair = torch.cat([embedded[head, j], embedded[head, i]])
        off, on = connections.decision(torch.relu(connections.pair(pair)))
        torch.testing.assert_close(connections.logits()[head, i, j], on - off)
        expected = torch.stack([off, on]).softmax(0)[1]
        torch.testing.assert_close(connections.probability()[head, i, j], expected)


def test_samples_are_binary_and_as_frequent_as_probable():
    connections = make_connections()
    samples = torch.stack([connections.sample().detach() for _ in range(500)])
    assert set(samples.unique().tolist()) == {0.0, 1.0}
    # Five standard errors of a mean of 500 coin tosses.
    difference = samples.mean(0) - connections.probability()
    assert difference.abs().max() < 5 * 0.5 / 500**0.5


def test_samples_carry_the_gradient_of_the_tempered_sigmoid(monkeypatch):
    logits = torch.tensor([[[0.4, -1.0], [2.0, 0.1]]], requires_grad=True)
    noise = torch.tensor([[[-1.0, 0.3], [0.5, 0.2]]])
    connections = make_connections(temperature=0.25)
    monkeypatch.setattr(connections, "logits", lambda: logits)
    monkeypatch.setattr(connections_module, "_logistic_noise", lambda like: noise)
    sample = connections.sample()
    assert sample.tolist() == [[[0, 0], [1, 1]]]
    (gradient,) = torch.autograd.grad(sample.sum(), logits)
    soft = 1 / (1 + torch.exp(-(logits + noise) / 0.25))
    torch.testing.assert_close(gradient, (soft * (1 - soft) / 0.25).detach())


def test_sparsity_loss_by_hand(monkeypatch):
    probability = torch.tensor([[[0.9, 0.2], [0.6, 0.3]], [[0.1, 0.7], [0.8, 0.4]]])
    connections = make_connections(n_patches=2, sparsity=0.75)
    monkeypatch.setattr(connections, "logits", lambda: torch.logit(probability))
    # One of four is kept in each matrix: 0.9 in the first, 0.8 in the second.
    agreement = torch.tensor([0.9, 0.8, 0.4, 0.7, 0.9, 0.3, 0.6, 0.8])
    torch.testing.assert_close(
        connections.sparsity_loss(), -torch.log(agreement).mean()
    )


@pytest.mark.parametrize(
    ("sparsity", "n_kept"), [(0.85, 614), (0.0, 4096), (0.5, 2048)]
)
def test_number_of_kept_connections(sparsity, n_kept):
    assert make_connections(n_patches=64, sparsity=sparsity).n_kept == n_kept


def test_modes_of_prediction():
    probability = make_connections().probability()
    threshold, topk, mean = (
        make_connections(mode=mode).matrix() for mode in ("threshold", "topk", "mean")
    )
    assert torch.equal(threshold, (probability > 0.5).double())
    assert torch.equal(mean, probability)
    assert topk.sum((1, 2)).tolist() == [5, 5]  # 20 per cent of 25
    for kept, p in zip(topk, probability, strict=True):
        assert p[kept == 1].min() > p[kept == 0].max()


@pytest.mark.parametrize("mode", ["threshold", "topk", "mean"])
def test_predictions_do_not_change_from_call_to_call(mode):
    network = make(connection_mode=mode).eval()
    assert torch.equal(network(windows()), network(windows()))
    network.train()
    assert not torch.equal(network(windows()), network(windows()))


def test_normalised_rows_average():
    connections = make_connections(mode="topk", normalise_rows=True)
    connections.eval()
    counts = connections.matrix().sum(-1)
    assert (counts == 0).any()  # an empty row stays empty
    torch.testing.assert_close(connections().sum(-1), (counts > 0).double())
    connections.train()
    (gradient,) = torch.autograd.grad(connections().sum(), connections.memory)
    assert gradient.isfinite().all()


# The matrix of predictions is formed once


def count_calls(monkeypatch, connections):
    calls = []
    original = connections.matrix
    monkeypatch.setattr(connections, "matrix", lambda: calls.append(None) or original())
    return calls


def test_prediction_forms_the_matrix_once(monkeypatch):
    connections = make_connections().eval()
    calls = count_calls(monkeypatch, connections)
    with torch.inference_mode():
        first = connections()
    assert connections() is first
    assert not first.is_inference()
    assert len(calls) == 1


@pytest.mark.parametrize("fused", [False, True])
def test_matrix_follows_a_training_step(fused):
    # Fused steps do not raise the version of the weights.
    connections = make_connections().eval()
    before = connections().clone()
    connections.train()
    optimizer = torch.optim.Adam(connections.parameters(), lr=1.0, fused=fused)
    connections.sparsity_loss().backward()
    optimizer.step()
    connections.eval()
    assert torch.equal(connections(), connections.matrix())
    assert not torch.equal(connections(), before)


def test_matrix_follows_loaded_weights():
    connections = make_connections().eval()
    before = connections().clone()
    connections.load_state_dict(make_connections(seed=1).state_dict())
    assert torch.equal(connections(), make_connections(seed=1).matrix())
    assert not torch.equal(connections(), before)


def test_matrix_follows_a_change_of_precision():
    connections = make_connections().eval()
    connections()
    assert connections.float()().dtype == torch.float32


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]
)
def test_copies_forecast_the_same(duplicate):
    network = make()
    (network(windows()).sum() + network.penalty()).backward()
    forecast = network.eval()(windows())
    assert torch.equal(duplicate(network)(windows()), forecast)


# Training


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"residual_stack": True, "normalise_rows": True},
        {"n_connection_groups": 2, "head": "channel"},
        {"interaction": "attention"},
        {"interaction": "none", "head": 2},
    ],
)
def test_gradients_reach_every_parameter(changes):
    network = make(**changes)
    loss = network(windows()).square().sum()
    penalty = network.penalty()
    (loss if penalty is None else loss + penalty).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize(
    ("interval", "penalised"), [(0, []), (1, [0, 1, 2, 3, 4, 5, 6]), (3, [3, 6])]
)
def test_penalty_counts_in_the_epochs_of_its_interval(interval, penalised):
    network = make(sparsity_interval=interval)
    due = []
    for epoch in range(7):
        network.start_epoch(epoch)
        if network.penalty() is not None:
            due.append(epoch)
    assert due == penalised


def test_penalty_is_that_of_the_last_module_times_its_weight():
    network = make(n_modules=2, sparsity_weight=3.0)
    last = network.blocks[1].interaction.connections
    torch.testing.assert_close(network.penalty(), 3 * last.sparsity_loss())
    network.penalty().backward()
    assert network.blocks[0].interaction.connections.memory.grad is None
    assert network.eval().penalty() is None


@pytest.mark.parametrize("interaction", ["attention", "none"])
def test_without_connections_there_is_nothing_to_penalise_or_report(interaction):
    network = make(interaction=interaction)
    assert network.penalty() is None
    assert network.diagnostics() == {}


def test_penalty_alone_leaves_the_wanted_density():
    network = make(sparsity=0.8)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(200):
        optimizer.zero_grad()
        network.penalty().backward()
        optimizer.step()
    assert network.diagnostics()["density"] == pytest.approx(0.2, abs=0.02)


def test_temperature_cools_from_epoch_to_epoch():
    network = make(temperature=0.8, annealing=0.5)
    connections = network.blocks[0].interaction.connections
    seen = []
    for epoch in (0, 1, 2, 30):
        network.start_epoch(epoch)
        seen.append(connections.temperature)
    assert seen == pytest.approx([0.8, 0.4, 0.2, 0.05])


def test_temperature_is_constant_without_annealing():
    network = make()
    network.start_epoch(20)
    assert network.blocks[0].interaction.connections.temperature == 0.5


# Symmetries


def test_permuting_channels_permutes_the_forecast():
    network = make().eval()
    order = [2, 0, 1]
    torch.testing.assert_close(
        network(windows()[:, order]), network(windows())[:, order]
    )


def test_scaling_and_shifting_a_channel_does_so_to_its_forecast():
    network = make().eval()
    scale, shift = (
        torch.tensor([[2.0], [0.5], [30.0]]),
        torch.tensor([[1.0], [-9], [0]]),
    )
    torch.testing.assert_close(
        network(windows() * scale + shift),
        network(windows()) * scale + shift,
        rtol=1e-4,  # RevIN's epsilon does not scale
        atol=1e-4,
    )


def test_windows_do_not_see_each_other():
    network = make().eval()
    torch.testing.assert_close(network(windows())[1:2], network(windows()[1:2]))


@pytest.mark.parametrize(
    ("head", "n_channels", "sizes"),
    [
        ("shared", 3, [3]),
        ("channel", 3, [1, 1, 1]),
        (2, 7, [4, 3]),
        (3, 7, [3, 3, 1]),
        (3, 4, [2, 2]),  # torch.chunk makes no empty groups
    ],
)
def test_each_channel_uses_the_head_of_its_group(head, n_channels, sizes):
    network = make(n_channels=n_channels, head=head).eval()
    assert network.head.sizes == sizes
    features = windows(2, n_channels, 80).transpose(0, 1)  # (C, B, N * d)
    forecast = network.head(features)
    owners = [
        m for m, n in zip(network.head.maps, sizes, strict=True) for _ in range(n)
    ]
    for channel, owner in enumerate(owners):
        torch.testing.assert_close(forecast[channel], owner(features[channel]))


def test_each_channel_group_uses_its_own_connections():
    network = make(n_channels=5, n_connection_groups=2).eval()
    assert network.connection_matrix().shape == (1, 4, 10, 10)
    memory = network.state_dict()["blocks.0.interaction.connections.memory"]
    for heads, channels in [(slice(2), slice(3)), (slice(2, 4), slice(3, 5))]:
        single = make(n_channels=5)
        weights = network.state_dict()
        weights["blocks.0.interaction.connections.memory"] = memory[heads]
        single.load_state_dict(weights)
        torch.testing.assert_close(
            network(windows(2, 5))[:, channels],
            single.eval()(windows(2, 5))[:, channels],
        )


# Variants


def test_attention_by_hand():
    network = make(interaction="attention")
    attention = network.blocks[0].interaction
    z = windows(4, 10, 8)
    query, key, value = attention.query_key_value(z).chunk(3, dim=-1)
    heads = []
    for q, k, v in zip(
        query.chunk(2, -1), key.chunk(2, -1), value.chunk(2, -1), strict=True
    ):
        scores = q @ k.transpose(1, 2) / (8 // 2) ** 0.5
        heads.append(scores.softmax(-1) @ v)
    expected = attention.align(torch.cat(heads, dim=-1))
    by_patch = attention(z.transpose(0, 1), None)
    torch.testing.assert_close(by_patch.transpose(0, 1), expected)


def test_no_interaction_keeps_patches_apart():
    network = make(interaction="none").eval()
    block = network.blocks[0]
    z = windows(4, 10, 8)
    inner = F.gelu(block.integration.first(z))
    torch.testing.assert_close(block(z, None), block.integration.second(inner) + 2 * z)


# Dropout


@pytest.mark.parametrize("p", [0.1, 0.3])
def test_dropout_drops_the_share_it_says_and_rescales_the_rest(p):
    torch.manual_seed(0)
    results = [dropout(torch.ones(29_999), p, True) for _ in range(300)]
    assert results[0].unique().tolist() == pytest.approx([0, 1 / (1 - p)])
    dropped = torch.stack([result == 0 for result in results]).float()
    # Three standard errors; the nearest 256th to 0.3 would be off by 8e-4.
    assert dropped.mean().item() == pytest.approx(p, abs=5e-4)
    assert (dropped.mean(0) - p).abs().max() < 6 * 0.5 / 300**0.5


def test_dropout_passes_gradients_through_the_same_mask():
    torch.manual_seed(0)
    values = torch.randn(3, 7, 5).requires_grad_()
    result = dropout(values, 0.3, True)
    (gradient,) = torch.autograd.grad(result.sum(), values)
    torch.testing.assert_close(gradient * values, result)
    assert dropout(values, 0.3, False) is values


def test_training_follows_the_seed():
    network = make()
    forecasts = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        forecasts.append(network(windows()))
    assert torch.equal(forecasts[0], forecasts[1])
    assert not torch.equal(forecasts[0], forecasts[2])
