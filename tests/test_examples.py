"""The first example does what the README says; building the site runs them all."""

import os
import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs an example, and gives what it printed and saved.

    Where the environment variable ``SKTS_GALLERY`` names the gallery of a built site,
    that has run it, and its page is read.
    """

    def run(name):
        gallery = os.environ.get("SKTS_GALLERY")
        if gallery:
            printed = (Path(gallery) / f"{name}.rst").read_text("utf-8")
            return printed, sorted(Path(gallery).glob(f"images/sphx_glr_{name}_*.png"))
        plt = pytest.importorskip("matplotlib.pyplot")
        monkeypatch.setenv("MPLBACKEND", "agg")
        plt.switch_backend("agg")
        monkeypatch.chdir(tmp_path)
        runpy.run_path(str(EXAMPLES / f"{name}.py"))
        plt.close("all")
        return capsys.readouterr().out, sorted(tmp_path.glob("*.png"))

    return run


def test_the_first_forecast_beats_the_naive_ones_and_leaves_a_picture(run):
    printed, pictures = run("plot_first_forecast")
    names = ["SAMformer", "naive: the last value", "mean of the six seconds"]
    ours, last, mean = (
        float(re.search(rf"{name} +([\d.]+)", printed)[1]) for name in names
    )
    assert ours < 0.7 * last
    assert ours < 0.9 * mean
    assert pictures
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
