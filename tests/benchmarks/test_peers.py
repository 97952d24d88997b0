"""What we compare with is what it says it is."""

import numpy as np
import pandas as pd
import pytest
import torch

from skts.benchmarks._clustering import DTW, KMEANS, run_cell
from skts.benchmarks._naive import naive_errors
from skts.benchmarks._patchtst import PatchTST, PatchTSTForecaster
from skts.benchmarks._tsmixer import TSMixer, TSMixerForecaster


@pytest.mark.parametrize("period", [1, 3])
def test_naive_errors_are_those_of_windows_one_by_one(period):
    generator = np.random.default_rng(0)
    y = pd.DataFrame(generator.standard_normal((40, 2)) * [1, 10])
    seen, test = y[:25], y[25:]
    horizon = 5
    scale = seen[:20].to_numpy().std(axis=0)
    errors = []
    for start in range(25, 40 - horizon + 1):
        last = y.to_numpy()[start - period : start]
        forecast = np.tile(last, (horizon, 1))[:horizon]
        errors.append((y.to_numpy()[start : start + horizon] - forecast) / scale)
    found = naive_errors(seen, test, 20, horizon, period)
    assert found["mse"] == pytest.approx(np.mean(np.square(errors)))
    assert found["mae"] == pytest.approx(np.mean(np.abs(errors)))


def test_tsmixer_mixes_time_then_channels():
    torch.manual_seed(0)
    sizes = {"hidden_size": 4, "n_blocks": 2, "dropout": 0.5}
    network = TSMixer(3, 8, 5, **sizes).double().eval()
    x = torch.randn(6, 3, 8, dtype=torch.float64)
    mixed = x
    for block in network.blocks:
        norm, over_time = block.over_time[:2]
        unit = (norm.running_var + norm.eps).sqrt().view(3, 8)
        mixed = mixed + torch.relu(mixed / unit @ over_time.weight.T + over_time.bias)
        up, down = block.over_channels[0], block.over_channels[3]
        by_time = torch.einsum("bcl,hc->bhl", mixed / unit, up.weight)
        hidden = torch.relu(by_time + up.bias[:, None])
        down_weight = torch.einsum("bhl,ch->bcl", hidden, down.weight)
        mixed = mixed + down_weight + down.bias[:, None]
    expected = mixed @ network.head.weight.T + network.head.bias
    torch.testing.assert_close(network.forward_normalised(x), expected)


def test_tsmixer_takes_a_last_batch_of_one_window():
    network = TSMixer(3, 8, 5, hidden_size=4, n_blocks=1, dropout=0.0).train()
    x = torch.randn(4, 3, 8)
    alone = network(x[:1])
    assert alone.isfinite().all()
    network.eval()
    torch.testing.assert_close(alone, network(x)[:1])  # normalised as after training


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_tsmixer_learns_with_sam_and_without(make_frame, rho):
    y = make_frame(200, noise=0.0)
    model = TSMixerForecaster(
        12, 4, dropout=0.0, max_epochs=20, lr=1e-2, rho=rho, random_state=0
    )
    losses = [record["valid_loss"] for record in model.fit(y).history_]
    assert min(losses) < losses[0] / 2
    other = TSMixerForecaster(12, 4, dropout=0.0, max_epochs=1, random_state=0)
    other.set_params(rho=0.5 - rho, lr=1e-2).fit(y)
    assert other.history_[0]["valid_loss"] != losses[0]


def test_patchtst_takes_channels_one_by_one_and_learns(make_frame):
    pytest.importorskip("transformers")
    torch.manual_seed(0)
    network = PatchTST(3, 32, 5, hidden_size=8, dropout=0.3).double().eval()
    x = torch.randn(6, 3, 32, dtype=torch.float64)
    alone = x.clone()
    alone[:, 1:] = 0
    torch.testing.assert_close(network(alone)[:, 0], network(x)[:, 0])
    torch.testing.assert_close(
        network(3 * x + 5), 3 * network(x) + 5, rtol=1e-3, atol=0
    )

    changes = {"hidden_size": 8, "dropout": 0.0, "max_epochs": 10, "batch_size": 16}
    model = PatchTSTForecaster(32, 4, lr=1e-2, random_state=0, **changes)
    y = make_frame(300, noise=0.0)
    losses = [record["valid_loss"] for record in model.fit(y).history_]
    assert min(losses) < losses[0] / 2


def three_shapes(name, folder=None):
    time = np.linspace(0, 1, 30)
    shapes = [np.sin(6 * time), np.sign(np.sin(15 * time)), time**3]
    noise = 0.1 * np.random.default_rng(0).standard_normal((30, 30))
    return np.repeat(shapes, 10, axis=0) + noise, np.repeat([0, 1, 2], 10)


@pytest.mark.parametrize("setting", [*KMEANS, DTW])
def test_every_k_means_finds_three_shapes(monkeypatch, setting):
    if setting == DTW:
        pytest.importorskip("numba")
    monkeypatch.setattr("skts.benchmarks._clustering.load_ucr", three_shapes)
    result = run_cell("shapes", setting, seed=0)
    assert result["nmi"] > 0.7
