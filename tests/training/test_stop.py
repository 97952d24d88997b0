"""What ends training before its time."""

import signal
import threading

import pytest
import torch
from torch import nn
from torch.optim import SGD

from skts.training import SAM, EarlyStopping, Stop, fit_network

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


class Pull:
    """A loss that pulls a weight up, and calls a function at some of its calls."""

    def __init__(self, network, at, call):
        self.network, self.at, self.call = network, at, call
        self.n_calls = 0

    def __call__(self, batch):
        self.n_calls += 1
        if self.n_calls in self.at:
            self.call()
        return -self.network.weight.sum()


def train(stop, at=(), call=ctrl_c, validate=None, max_epochs=10, optimizer=None):
    """Train for epochs of three steps; each adds 1 to a weight that starts at 0."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    stopping = None if validate is None else EarlyStopping(None)
    history = fit_network(
        network,
        Pull(network, at, call),
        [(torch.zeros(1),)] * 3,
        optimizer or SGD(network.parameters(), lr=1.0),
        max_epochs=max_epochs,
        validate=None if validate is None else lambda: validate(network),
        early_stopping=stopping,
        stop=stop,
    )
    return network.weight.item(), history, stopping


def test_ctrl_c_ends_training_after_the_step_it_came_in():
    with Stop() as stop:
        weight, history, _ = train(stop, at=[5])
    assert weight == 5.0
    assert [record["epoch"] for record in history] == [1]
    assert stop.ended_by == "interrupt"


def test_ctrl_c_in_the_last_step_of_an_epoch_leaves_it_whole():
    with Stop() as stop:
        _, history, _ = train(stop, at=[6])
    assert [record["epoch"] for record in history] == [1, 2]


def test_with_validation_the_best_epoch_so_far_is_kept():
    with Stop() as stop:  # epochs end at 3, 6, 9; 4 is best
        weight, history, stopping = train(
            stop, at=[8], validate=lambda network: abs(network.weight.item() - 4)
        )
    assert (weight, stopping.best_epoch, len(history)) == (3.0, 1, 2)


def test_the_second_ctrl_c_raises():
    with Stop() as stop, pytest.raises(KeyboardInterrupt):
        train(stop, at=[5], call=lambda: (ctrl_c(), ctrl_c()))


def test_handlers_are_as_before_when_training_is_over():
    before = signal.getsignal(signal.SIGINT)
    with Stop() as stop:
        assert signal.getsignal(signal.SIGINT) is before  # it does not listen yet
        train(stop, max_epochs=1)
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
    assert stop.reason is None


def test_handlers_of_others_stay(request):
    seen = []
    before = signal.signal(signal.SIGINT, lambda *args: seen.append(args))
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    with Stop() as stop:
        _, history, _ = train(stop, at=[1], max_epochs=2)
    assert len(seen) == 1
    assert len(history) == 2


def test_what_raises_a_keyboard_interrupt_itself_ends_training_too():
    def interrupt():
        raise KeyboardInterrupt

    with Stop() as stop:
        weight, history, _ = train(stop, at=[5], call=interrupt)
    assert (weight, len(history), stop.ended_by) == (4.0, 1, "interrupt")
    with pytest.raises(KeyboardInterrupt):
        train(None, at=[5], call=interrupt)


def test_an_interrupt_between_the_passes_of_sam_leaves_weights_where_they_were():
    weight = nn.Parameter(torch.tensor(2.0))
    optimizer = SAM(SGD([weight], lr=1.0), rho=0.5)
    calls = []

    def closure():
        calls.append(weight.item())
        if len(calls) == 2:
            raise KeyboardInterrupt
        weight.grad = torch.ones(())
        return weight.detach()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert (calls, weight.item()) == ([2.0, 2.5], 2.0)


def test_other_threads_train_without_listening():
    results = []

    def work():
        with Stop() as stop:
            results.append(train(stop, max_epochs=2)[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [6.0]


@pytest.mark.parametrize(("at", "n_steps"), [(1, 1), (5, 5), (6, 6)])
def test_seconds_end_training_after_the_step_in_which_they_are_up(
    monkeypatch, at, n_steps
):
    now = [100.0]
    monkeypatch.setattr("skts.training._stop.monotonic", lambda: now[0])

    def pass_time():
        now[0] += 10

    with Stop(9.5, spent=1.0) as stop:
        weight, history, _ = train(stop, at=[at], call=pass_time)
    assert (weight, len(history)) == (n_steps, n_steps // 3)
    assert stop.ended_by == "max_time"


def test_seconds_that_are_up_in_the_last_step_end_nothing(monkeypatch):
    now = iter([0.0] + [1.0] * 5 + [99.0] * 10)
    monkeypatch.setattr("skts.training._stop.monotonic", lambda: next(now))
    with Stop(50.0) as stop:
        _, history, _ = train(stop, max_epochs=2)
    assert len(history) == 2
    assert stop.ended_by is None
