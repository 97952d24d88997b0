"""Device names, precision and seeds."""

import random

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.training import _runtime as runtime
from skts.training import (
    draw_seed,
    mixed_precision,
    resolve_device,
    seeded,
)

CPU = torch.device("cpu")
no_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device"
)


# Device ---------------------------------------------------------------------------


@pytest.fixture
def pretend(monkeypatch):
    """Let torch claim to find some CUDA and MPS devices."""

    def pretend(cuda, mps=0):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(mps))

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(0, 0, "cpu"), (0, 1, "mps"), (1, 0, "cuda:0"), (2, 1, "cuda:0")],
)
def test_auto_takes_the_best_device_there_is(pretend, cuda, mps, expected):
    pretend(cuda, mps)
    assert resolve_device("auto") == torch.device(expected)


@pytest.mark.parametrize("name", ["cpu", "cuda:0", "cuda:1", "mps"])
def test_a_device_that_is_there_is_used(pretend, name):
    pretend(2, 1)
    assert resolve_device(name) == torch.device(name)


def test_a_gpu_without_a_number_is_the_current_one(pretend, monkeypatch):
    pretend(2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    assert resolve_device("cuda") == resolve_device("auto") == torch.device("cuda:1")


def test_the_cpu_is_always_there():
    assert resolve_device("cpu") == CPU


@pytest.mark.parametrize(
    ("name", "cuda", "found"),
    [
        ("cuda", 0, "0 cuda"),
        ("cuda:99", 2, "2 cuda"),
        ("cuda:2", 2, "2 cuda"),
        ("mps", 2, "0 mps"),
    ],
)
def test_an_absent_device_is_an_error_with_a_way_out(pretend, name, cuda, found):
    pretend(cuda)
    message = rf"device='{name}' is not available: .* {found} .*device='auto'"
    with pytest.raises(ValueError, match=message):
        resolve_device(name)


@pytest.mark.parametrize("name", ["banana", "", "meta", "cuda:-1", "cuda:x"])
def test_what_is_no_device_name_is_refused(name):
    with pytest.raises(ValueError, match=rf"device must be 'auto'.* got '{name}'\.$"):
        resolve_device(name)


@pytest.mark.parametrize("value", [None, 0, 1.5])
def test_a_device_is_given_by_name(value):
    with pytest.raises(TypeError, match=rf"device must be 'auto'.* got {value}\.$"):
        resolve_device(value)


# Precision ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "dtype"), [("float32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_the_network_computes_in_the_precision_asked_for(monkeypatch, precision, dtype):
    monkeypatch.setattr(runtime, "_has_bf16", lambda device: True)
    with mixed_precision(precision, CPU):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == dtype


def test_bf16_where_there_is_none_is_an_error_with_a_way_out(monkeypatch):
    monkeypatch.setattr(runtime, "_has_bf16", lambda device: False)
    message = r"precision='bf16' is not available: the cpu .*precision='float32'"
    with pytest.raises(ValueError, match=message):
        mixed_precision("bf16", CPU)
    mixed_precision("float32", CPU)


def test_a_build_of_torch_without_mkldnn_has_no_bf16(monkeypatch):
    def missing():
        raise AttributeError("no such operator")

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", missing)
    with pytest.raises(ValueError, match="precision='bf16' is not available"):
        mixed_precision("bf16", CPU)


# Seeds ----------------------------------------------------------------------------


def generator_states():
    """Return the states of the global generators in a form that compares."""
    states = [torch.get_rng_state().tolist(), random.getstate()]
    name, keys, *rest = np.random.get_state()  # noqa: NPY002
    states.append((name, keys.tolist(), rest))
    if torch.cuda.is_available():
        states.append([s.tolist() for s in torch.cuda.get_rng_state_all()])
    return states


def test_seeded_leaves_the_global_generators_untouched():
    before = generator_states()
    with seeded(3, CPU):
        torch.rand(5)
    assert generator_states() == before


def test_seeded_leaves_them_untouched_after_an_error_too():
    before = generator_states()

    def fail():
        with seeded(3, CPU):
            torch.rand(5)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert generator_states() == before


def test_the_same_seed_gives_the_same_numbers_whatever_came_before():
    drawn = []
    for seed in (7, 7, 8):
        torch.rand(3)
        with seeded(seed, CPU):
            drawn.append(torch.rand(4).tolist())
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("random_state", [0, np.int64(12)])
def test_an_int_is_its_own_seed(random_state):
    seed = draw_seed(random_state)
    assert seed == random_state
    assert type(seed) is int


def test_no_random_state_draws_a_seed_beside_the_global_generators():
    before = generator_states()
    seeds = {draw_seed(None) for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert generator_states() == before


def test_a_random_state_gives_its_next_number():
    first, second = np.random.RandomState(5), np.random.RandomState(5)
    seeds = [draw_seed(first), draw_seed(first)]
    assert seeds == [draw_seed(second), draw_seed(second)]
    assert seeds[0] != seeds[1]


# On a GPU -------------------------------------------------------------------------


@no_cuda
@pytest.mark.gpu
@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_a_device_is_the_one_its_tensors_tell(name):
    device = resolve_device(name)
    assert torch.ones(1, device=device).device == device


@no_cuda
@pytest.mark.gpu
def test_seeded_restores_the_generators_of_cuda():
    device = torch.device("cuda")
    torch.rand(2, device=device)
    before = generator_states()
    drawn = []
    for _ in range(2):
        with seeded(4, device):
            drawn.append(
                (torch.rand(3).tolist(), torch.rand(3, device="cuda").tolist())
            )
    assert drawn[0] == drawn[1]
    assert generator_states() == before


@no_cuda
@pytest.mark.gpu
def test_seeding_for_the_cpu_does_not_touch_cuda():
    before = torch.cuda.get_rng_state()
    with seeded(4, CPU):
        torch.rand(3, device="cuda")
        after = torch.cuda.get_rng_state()
    assert not torch.equal(before, after)  # the block's own draw, not a reseeding
    torch.cuda.set_rng_state(before)
    with seeded(4, CPU):
        first = torch.rand(3, device="cuda")
    torch.cuda.set_rng_state(before)
    assert_close(torch.rand(3, device="cuda"), first, rtol=0, atol=0)
