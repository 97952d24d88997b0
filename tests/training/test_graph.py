"""Recorded steps are the steps they were recorded from."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.optim import Adam
from torch.testing import assert_close

from skts.clustering import LoSTerClusterer
from skts.data import Rows, ShuffledBatches
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.training import SAM, _graph, fit_network, make_schedule
from skts.training._graph import MAX_KINDS, N_FIRST, RecordedStep, can_record

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def recordings(monkeypatch):
    """Let steps be recorded on the CPU, as themselves; return the shapes recorded."""
    shapes = []

    def record(self, drawn):
        shapes.append(tuple(len(tensor) for tensor in drawn))
        with self._rates.on_device():  # entered and left, as a recording does
            pass
        return self.step

    monkeypatch.setattr(_graph, "can_record", lambda *_: True)
    monkeypatch.setattr("skts.training._loop.can_record", lambda *_: True)
    monkeypatch.setattr(RecordedStep, "_record", record)
    return shapes


def train(kind, n_epochs=8, optimizer=None):
    """Train a linear map on 10 rows in batches of 4, 4 and 2."""
    torch.manual_seed(0)
    network = nn.Linear(3, 1)
    rows = Rows(torch.randn(10, 3))
    optimizer = optimizer or SAM(Adam(network.parameters(), lr=0.1), 0.1)
    history = fit_network(
        network,
        lambda batch: (network(batch[0]) - 1).square().mean(),
        ShuffledBatches(rows, 4, 0, lambda *batch: batch),
        optimizer,
        max_epochs=n_epochs,
        schedule=make_schedule("cosine", optimizer),
        kind=kind,
    )
    losses = [record["train_loss"] for record in history]
    return losses, [weight.detach() for weight in network.parameters()]


def test_on_the_cpu_steps_are_taken_one_by_one(monkeypatch):
    monkeypatch.setattr(RecordedStep, "__call__", None)
    assert train(tuple)[0] == train(None)[0]


def test_every_shape_is_recorded_once_it_came_a_few_times(recordings):
    train(tuple, n_epochs=N_FIRST)
    assert recordings == [(4,)]  # the last, short batch came once per epoch
    recordings.clear()
    train(tuple, n_epochs=N_FIRST + 1)
    assert recordings == [(4,), (2,)]


def test_with_recordings_training_is_the_same(recordings):
    losses, weights = train(tuple)
    assert recordings
    expected, expected_weights = train(None)
    assert losses == expected
    assert_close(weights, expected_weights, rtol=0, atol=0)


def test_every_kind_is_recorded_and_old_ones_are_forgotten(recordings):
    kinds = iter([kind for kind in range(10) for _ in range(N_FIRST + 2)])
    network = nn.Linear(3, 1)
    kept = []
    step = RecordedStep(
        lambda drawn: drawn[0].sum(), Adam(network.parameters()), lambda: next(kinds)
    )
    for _ in range(10 * (N_FIRST + 2)):
        assert step((torch.ones(4),)) == 4
        kept.append(len(step._recorded))
    assert recordings == [(4,)] * 10
    assert max(kept) == MAX_KINDS


def test_what_cannot_be_recorded_is_not(recordings):
    train(lambda: None)
    assert not recordings


def test_the_steps_of_forecasters_are_recorded(recordings):
    y = pd.DataFrame(np.random.default_rng(0).standard_normal((100, 2)))
    for forecaster in (SAMformerForecaster, LSINetForecaster):
        recordings.clear()
        model = forecaster(8, 2, max_epochs=N_FIRST, validation_fraction=0.0)
        model.set_params(
            batch_size=16, linear_maps=None, hidden_size=4, device="cpu"
        ).fit(y)
        assert recordings == [(16,)]


def pretrain_clusterer(device):
    X = np.random.default_rng(0).standard_normal((40, 20)).cumsum(1)
    small = {"hidden_size": 8, "pretrain_epochs": 8, "max_epochs": 0, "batch_size": 16}
    model = LoSTerClusterer(3, **small, device=device, random_state=0).fit(X)
    return [record["train_loss"] for record in model.history_]


def test_the_pretraining_of_the_clusterer_is_recorded(recordings):
    pretrain_clusterer("cpu")
    assert recordings == [(16,)]


def test_learning_rates_are_tensors_only_while_recording():
    (group,) = (optimizer := Adam(nn.Linear(2, 1).parameters(), lr=0.5)).param_groups
    rates = _graph._Rates(optimizer)
    with rates.on_device():
        assert group["capturable"]
        read = group["lr"]
    assert group["lr"] == 0.5
    assert not group["capturable"]
    rates.follow()
    assert read == 0.5
    group["lr"] = 0.25
    rates.follow()
    assert read == 0.25


def test_only_draws_on_cuda_are_recorded_and_an_option_forbids_it(monkeypatch):
    batches = ShuffledBatches(Rows(torch.ones(3, 2)), 2, 0, lambda *batch: batch)
    monkeypatch.delenv("SKTS_CUDA_GRAPHS", raising=False)
    assert can_record(CUDA, batches)
    assert not can_record(CPU, batches)
    assert not can_record(CUDA, [*batches])
    monkeypatch.setenv("SKTS_CUDA_GRAPHS", "0")
    assert not can_record(CUDA, batches)


# On a GPU -------------------------------------------------------------------------

SMALL = {"hidden_size": 8, "n_heads": 2, "head_size": 4}
FITS = [
    (SAMformerForecaster, {}),
    (SAMformerForecaster, {"rho": 0.0, "weight_decay": 0.1}),
    (SAMformerForecaster, {"adaptive": True, "n_heads": 2, "lr_schedule": "constant"}),
    (SAMformerForecaster, {"attention": "temporal", "use_revin": False}),
    (SAMformerForecaster, {"sigma_reparam": True, "head_init": "glorot"}),
    (SAMformerForecaster, {"precision": "bf16"}),
    (LSINetForecaster, SMALL),
    (LSINetForecaster, SMALL | {"annealing": 0.9, "sparsity_interval": 2}),
    (LSINetForecaster, SMALL | {"interaction": "attention"}),
]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("forecaster", "changed"), FITS, ids=str)
def test_recorded_steps_train_as_steps_one_by_one(forecaster, changed, monkeypatch):
    y = pd.DataFrame(np.random.default_rng(0).standard_normal((200, 3)).cumsum(0))
    results = []
    for allowed in ("1", "0"):
        monkeypatch.setenv("SKTS_CUDA_GRAPHS", allowed)
        settings = {"max_epochs": 8, "batch_size": 32, "lr": 0.01, "patience": None}
        settings["linear_maps"] = None
        model = forecaster(16, 4, **settings | changed, device="cuda", random_state=0)
        model.fit(y)
        losses = [(r["train_loss"], r["valid_loss"]) for r in model.history_]
        results.append((np.array(losses), model.predict(fh=range(1, 5)).to_numpy()))
    for recorded, one_by_one in zip(*results, strict=True):
        # Learning rates are read in single precision.
        np.testing.assert_allclose(recorded, one_by_one, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_most_steps_on_a_gpu_are_replayed(monkeypatch):
    calls = []
    record = RecordedStep._record

    def count(self, drawn):
        replay = record(self, drawn)
        return lambda drawn: (calls.append(len(drawn[0])), replay(drawn))[1]

    monkeypatch.setattr(RecordedStep, "_record", count)
    y = pd.DataFrame(np.random.default_rng(0).standard_normal((200, 3)).cumsum(0))
    alone = {"linear_maps": None, "patience": None, "max_epochs": 10}
    SAMformerForecaster(16, 4, device="cuda", **alone).fit(y)
    n_windows = 160 - 16 - 4 + 1
    assert len(calls) > 10 * n_windows // 32 - 2 * N_FIRST


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_recorded_steps_pretrain_as_steps_one_by_one(monkeypatch):
    recorded = pretrain_clusterer("cuda")
    monkeypatch.setenv("SKTS_CUDA_GRAPHS", "0")
    np.testing.assert_allclose(recorded, pretrain_clusterer("cuda"), rtol=1e-3)
