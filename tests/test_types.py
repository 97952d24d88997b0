"""Whoever checks types finds those of the public names."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skts

RIGHT = """
import pandas as pd

import skts
from skts.clustering import LoSTerClusterer
from skts.datasets import load_ett
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.model_selection import SklearnForecaster, make_windows, rolling_scorer
from skts.plotting import plot_forecast
from skts.regression import SAMformerRegressor

model = SAMformerForecaster(24, horizon=12, rho=0.5, device="cpu")
y: pd.DataFrame = load_ett("ETTh1")
plot_forecast(y, variable="OT", unit="MW")
contexts, targets = make_windows(y, 24, 12, stride=2)
score = rolling_scorer(("mse", "mae"))
scored: float = SklearnForecaster(model, 12).fit(y).score(y)
room = skts.forecasting
again: SAMformerForecaster = SAMformerForecaster.load_from_path("model")
file: str | None = again.save("model").filename
"""
OF_ESTIMATORS = """
SAMformerForecaster("wrong")
SAMformerForecaster(24, horizon="long")
LSINetForecaster(24, hidden_size=2.5)
SAMformerRegressor(lr="small")
LoSTerClusterer("three")
model.backtest(y, stride="1")
"""
OF_FUNCTIONS = """
load_ett(1)
make_windows(y, "24", 12)
plot_forecast(y, unit=1)
rolling_scorer(stride=1.5)
SklearnForecaster(model, "12")
again.save(1)
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Return the lines that mypy finds fault with, as the package itself is checked."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("needs mypy: the extra lint")
    file = tmp_path_factory.mktemp("types") / "snippet.py"
    file.write_text(RIGHT + OF_ESTIMATORS + OF_FUNCTIONS)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(file)],
        capture_output=True,
        text=True,
        cwd=Path(skts.__file__).parents[1],
    )
    assert done.returncode in (0, 1), done.stderr
    lines = file.read_text().splitlines()
    # What mypy's cache remembers has the folder of an earlier run.
    found = re.finditer(r"^.*snippet\.py:(\d+): error:.*$", done.stdout, re.MULTILINE)
    return {lines[int(match[1]) - 1]: match[0] for match in found}


@pytest.mark.parametrize("line", filter(None, RIGHT.split("\n")))
def test_right_calls_are_taken(refused, line):
    assert line not in refused


@pytest.mark.parametrize("line", OF_FUNCTIONS.split("\n")[1:-1])
def test_wrong_calls_of_functions_are_refused(refused, line):
    assert "no-untyped-call" not in refused[line]


@pytest.mark.parametrize("line", OF_ESTIMATORS.split("\n")[1:-1])
def test_wrong_calls_of_estimators_are_refused(refused, line):
    assert "no-untyped-call" not in refused[line]
