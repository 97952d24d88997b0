"""The one line that tells how a fit is going."""

from skts.training import ProgressLine


def test_progress_is_one_line_on_standard_error(capsys):
    line = ProgressLine(3)
    for epoch in (1, 2, 3):
        line.show({"epoch": epoch, "train_loss": 0.5, "valid_loss": 1.25, "seconds": 2})
    line.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.count("\r") == 3
    last = err.rsplit("\r", 1)[1].strip()
    assert last == "epoch 3/3  train_loss 0.5000  valid_loss 1.2500  6.0 s"


def test_without_validation_the_line_does_without_it(capsys):
    line = ProgressLine(2)
    line.show({"epoch": 1, "train_loss": 0.5, "seconds": 0.25})
    assert capsys.readouterr().err.strip() == "epoch 1/2  train_loss 0.5000  0.2 s"


def test_a_shorter_line_leaves_nothing_of_a_longer_one(capsys):
    line = ProgressLine(2)
    line.show({"epoch": 1, "train_loss": 12345.0, "seconds": 0.0})
    line.show({"epoch": 2, "train_loss": 1.0, "seconds": 0.0})
    _, longer, shorter = capsys.readouterr().err.split("\r")
    assert len(shorter) >= len(longer)
