"""The lines that tell how a fit is going: one on a terminal, a few in a log."""

from io import StringIO
from types import SimpleNamespace

import pytest

from skts.training import ProgressLine, _progress


class Terminal(StringIO):
    """Standard error of a person who watches."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    stderr = Terminal()
    # Not sys.stderr itself, which pytest sets again.
    monkeypatch.setattr(_progress, "sys", SimpleNamespace(stderr=stderr))
    return stderr


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until it is set."""

    class Clock:
        now = 0.0

    monkeypatch.setattr(_progress, "monotonic", lambda: Clock.now)
    return Clock


def record(epoch, **changes):
    return {"epoch": epoch, "train_loss": 0.5, "seconds": 2.0, **changes}


def test_progress_is_one_line_on_a_terminal(terminal, capsys):
    line = ProgressLine(3)
    for epoch in (1, 2, 3):
        line.show(record(epoch, valid_loss=1.25))
    line.close()
    assert capsys.readouterr().out == ""
    err = terminal.getvalue()
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.count("\r") == 3
    last = err.rsplit("\r", 1)[1].strip()
    assert last == "epoch 3/3  train_loss 0.5000  valid_loss 1.2500  6.0 s"


def test_without_validation_the_line_does_without_it(terminal):
    ProgressLine(2).show(record(1, seconds=0.25))
    assert terminal.getvalue().strip() == "epoch 1/2  train_loss 0.5000  0.2 s"


def test_a_shorter_line_leaves_nothing_of_a_longer_one(terminal):
    line = ProgressLine(2)
    line.show(record(1, train_loss=12345.0))
    line.show(record(2, train_loss=1.0))
    _, longer, shorter = terminal.getvalue().split("\r")
    assert len(shorter) >= len(longer)


def test_a_line_never_wraps(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    ProgressLine(2, "pretraining").show(record(1))
    assert terminal.getvalue() == "\rpretraining epoch 1"


def test_a_short_fit_has_one_line_in_a_log(capsys, clock):
    line = ProgressLine(300, "joint")
    for epoch in range(1, 301):
        line.show(record(epoch, seconds=0.0))
    line.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "\r" not in err
    assert err == "joint epoch 300/300  train_loss 0.5000  0.0 s\n"


def test_in_a_log_there_is_a_line_every_ten_seconds(capsys, clock):
    line = ProgressLine(30)
    for epoch in range(1, 31):
        clock.now = 4.0 * epoch
        line.show(record(epoch))
    line.close()
    shown = [
        int(row.split()[1].split("/")[0])
        for row in capsys.readouterr().err.splitlines()
    ]
    assert shown == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_the_last_line_is_not_said_twice(capsys, clock):
    line = ProgressLine(1)
    line.show(record(1))
    line.close()
    assert capsys.readouterr().err.count("epoch 1/1") == 1


@pytest.mark.parametrize("watched", [True, False])
def test_without_an_epoch_nothing_is_written(watched, request, capsys):
    terminal = request.getfixturevalue("terminal") if watched else None
    ProgressLine(0).close()
    assert (terminal.getvalue() if watched else capsys.readouterr().err) == ""
