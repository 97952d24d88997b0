"""The examples run as a user would run them."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_first_forecast_beats_the_naive_ones_and_leaves_a_picture(
    tmp_path, monkeypatch, capsys
):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setenv("MPLBACKEND", "agg")
    plt.switch_backend("agg")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / "plot_first_forecast.py"))
    plt.close("all")
    printed = capsys.readouterr().out
    names = ["SAMformer", "naive: the last value", "mean of the six seconds"]
    ours, last, mean = (
        float(re.search(rf"{name} +([\d.]+)", printed)[1]) for name in names
    )
    assert ours < 0.7 * last
    assert ours < 0.9 * mean
    assert (tmp_path / "forecast.png").stat().st_size > 10_000
