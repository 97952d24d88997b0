"""Threads: a worker's fair share, and the number that is faster now."""

import json
import subprocess
import sys
import threading

import joblib
import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from torch.testing import assert_close

from skts.regression import SAMformerRegressor
from skts.training import _loop, fair_share_of_threads, faster_threads
from skts.training import _threads as threads

# A fair share ---------------------------------------------------------------------

SPAWN = """
import json
import multiprocessing


def count(told):
    import os

    import torch
    from skts.training import fair_share_of_threads

    if told is not None:
        os.environ["OMP_NUM_THREADS"] = told
    torch.set_num_threads(3)
    with fair_share_of_threads():
        inside = torch.get_num_threads()
    return inside, torch.get_num_threads()


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        print(json.dumps(pool.map(count, [None, "3"])))
"""


def test_the_main_process_keeps_its_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with fair_share_of_threads():
            assert torch.get_num_threads() == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_worker_uses_one_thread_unless_its_launcher_says_otherwise(
    monkeypatch, tmp_path
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    script = tmp_path / "spawn.py"
    script.write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True
    )
    # One thread untold, the three it has if told; and three again afterwards.
    assert json.loads(done.stdout) == [[1, 3], [3, 3]]


def test_workers_of_joblib_share_the_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def count():  # local, so that it travels by value
        import torch

        from skts.training import fair_share_of_threads

        with fair_share_of_threads():
            return torch.get_num_threads()

    with joblib.parallel_config("loky"):
        # One of two workers tells enough; waiting for both would take seconds more.
        (n_threads,) = joblib.Parallel(2)([joblib.delayed(count)()])
    get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
    assert n_threads == max(joblib.cpu_count() // 2, 1)


# The faster number ----------------------------------------------------------------


class Machine:
    """A clock that work moves on, by what it takes with the threads of the moment."""

    def __init__(self):
        self.now = 0.0
        self.is_busy = True
        self.taken = []

    def work(self, batch=(range(32),)):
        n_threads = torch.get_num_threads()
        slow = self.is_busy == (n_threads > 1)
        self.taken.append((n_threads, len(batch[0])))
        self.now += 0.04 if slow else 0.01
        return torch.zeros(())


@pytest.fixture
def machine(monkeypatch):
    before = torch.get_num_threads()
    machine = Machine()
    monkeypatch.setattr(threads, "perf_counter", lambda: machine.now)
    monkeypatch.setattr(
        threads._Pace, "_products", staticmethod(lambda: machine.work())
    )
    monkeypatch.setattr(threads, "_paces", {})
    torch.set_num_threads(2)
    yield machine
    torch.set_num_threads(before)


@pytest.mark.parametrize(("is_busy", "faster"), [(True, 1), (False, 2)])
def test_a_fit_takes_the_faster_number_and_gives_back_what_was(
    machine, is_busy, faster
):
    machine.is_busy = is_busy
    with faster_threads():
        assert torch.get_num_threads() == faster
        with faster_threads():  # a fit within a fit compares nothing
            assert len(machine.taken) == 7
        assert threads.usual_threads() == 2
    assert torch.get_num_threads() == 2
    with faster_threads():  # nor does one just after it
        assert (len(machine.taken), torch.get_num_threads()) == (7, faster)
    with pytest.raises(ZeroDivisionError), faster_threads():
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


def test_steps_follow_the_load_of_the_machine(machine):
    with faster_threads():
        step = threads.at_pace(machine.work)
        machine.taken.clear()
        for _ in range(400):
            step((range(32),))
        steps = [n_threads for n_threads, _ in machine.taken]
        # The rest, then all and one in turns, each rest as long as it ought to be.
        compared = steps.index(2)
        assert steps[:compared] == [1] * compared
        assert steps[compared : compared + 6] == [2, 1] * 3
        assert steps.count(2) * 0.04 <= 2 * 0.05 * machine.now
        machine.is_busy = False
        for _ in range(400):
            step((range(32),))
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2


def test_short_batches_and_the_first_are_not_compared(machine):
    with faster_threads():
        step = threads.at_pace(machine.work)
        machine.now += 10
        step((range(32),))
        machine.taken.clear()
        for size in (32, 5, 32, 5):
            step((range(size),))
    # The second short batch runs with the number of the step before it.
    assert machine.taken == [(2, 32), (2, 5), (1, 32), (1, 5)]


def test_the_number_is_left_alone_where_it_is_not_ours(machine):
    def fit():
        with faster_threads():
            threads.at_pace(machine.work)((range(32),))
            seen.append(torch.get_num_threads())

    seen = []
    torch.use_deterministic_algorithms(True)
    try:
        fit()
    finally:
        torch.use_deterministic_algorithms(False)
    other = threading.Thread(target=fit)
    with faster_threads():  # and threads beside a fit are not part of it
        torch.set_num_threads(2)
        other.start()
        other.join()
    torch.set_num_threads(1)
    fit()
    assert seen == [2, 2, 1]


@pytest.mark.parametrize("compiled", [False, True])
def test_steps_of_a_compiled_network_keep_their_number(monkeypatch, compiled):
    seen = []
    monkeypatch.setattr(torch, "compile", lambda forward: forward)
    monkeypatch.setattr(_loop, "at_pace", lambda step: seen.append(1) or step)
    X = torch.randn(40, 64, 1).numpy()
    SAMformerRegressor(
        linear_maps=None, max_epochs=1, compile=compiled, device="cpu"
    ).fit(X, X[:, -4:])
    assert len(seen) == (not compiled)


def test_changing_the_number_in_a_fit_changes_digits_at_most(monkeypatch):
    rng = torch.Generator().manual_seed(0)
    X = torch.randn(40, 64, 3, generator=rng).numpy()
    y = X[:, -4:] + X[:, :8].mean(1, keepdims=True)
    forecasts = []
    before = torch.get_num_threads()
    for n_threads, rest in ((1, 1.0), (2, 0.0)):  # without a rest: all and one in turns
        torch.set_num_threads(n_threads)
        monkeypatch.setattr(threads, "_REST", rest)
        monkeypatch.setattr(threads, "_SHARE", float("inf"))
        model = SAMformerRegressor(
            linear_maps=None, max_epochs=3, batch_size=8, random_state=0
        )
        forecasts.append(torch.tensor(model.fit(X, y).predict(X)))
        assert torch.get_num_threads() == n_threads
    torch.set_num_threads(before)
    assert_close(*forecasts, rtol=1e-5, atol=1e-5)
