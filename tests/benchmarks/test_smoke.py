"""Every subcommand runs, at its smallest."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from skts.benchmarks.__main__ import main
from skts.benchmarks._results import read_results

SETTINGS = ["samformer-paper", "sigma-reparam", "temporal", "linear-sam", "lsinet"]
SETTINGS += ["tsmixer-sam", "dlinear", "last-value", "seasonal-naive"]
CLUSTERING = ["loster", "autoencoder-paper", "kmeans-spectrum", "kmeans-pca"]


@pytest.fixture
def smoke(tmp_path, capsys):
    """Return a function that runs a subcommand and returns its lines and its print."""

    def run(command, *arguments):
        path = tmp_path / "lines.jsonl"
        main([command, "--smoke", "--results", str(path), *arguments])
        return read_results(path), capsys.readouterr().out

    return run


@pytest.fixture
def ucr():
    """Skip where the clustering sets are not at hand."""
    folder = os.environ.get("SKTS_DATA")
    if not folder:
        pytest.skip("set SKTS_DATA to a folder with UCR sets to run this test")
    if not list(Path(folder).glob("**/SyntheticControl.npz")):
        pytest.skip(f"SKTS_DATA={folder} holds no SyntheticControl.npz")


def test_forecasting(smoke, ett):
    lines, out = smoke("forecasting", "--settings", *SETTINGS)
    assert [line["setting"] for line in lines] == SETTINGS
    assert all(line["mse"] > 0 and line["smoke"] for line in lines)
    assert "[9 of 9 in" in out
    assert "| samformer-paper | ETTh1 | 96 |" in out
    again, out = smoke("forecasting", "--settings", *SETTINGS)
    assert again == lines
    assert "9 of 9 cells are in" in out


@pytest.mark.parametrize("command", ["forecasting", "clustering", "intervals"])
def test_a_missing_set_is_told_in_a_line_before_anything_runs(
    command, tmp_path, monkeypatch
):
    monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    path = tmp_path / "lines.jsonl"
    with pytest.raises(SystemExit, match="error: Nowhere was not found in folder="):
        main([command, "--results", str(path), "--datasets", "Nowhere"])
    assert not path.exists()


def test_a_cell_that_no_paper_has_is_told_before_anything_runs(tmp_path):
    path = tmp_path / "lines.jsonl"
    cells = ["--datasets", "ETTh1", "--horizons", "96", "24", "--seeds", "0"]
    settings = ["--settings", "samformer", "samformer-paper"]
    with pytest.raises(ValueError, match="at horizon 24"):
        main(["forecasting", "--results", str(path), *cells, *settings])
    assert not path.exists()


def test_clustering(smoke, ucr):
    lines, out = smoke("clustering", "--settings", *CLUSTERING)
    assert [line["setting"] for line in lines] == CLUSTERING
    assert "| loster | SyntheticControl |" in out


def test_intervals(smoke, ett):
    lines, out = smoke("intervals", "--datasets", "ETTh1")
    assert [line["n_windows"] for line in lines] == [8, 8, 8]
    for line in lines:  # piece by piece, and in one go
        held = line["held_by_first_row"][0]
        np.testing.assert_allclose(held, line["held"], atol=1e-4)
    assert "| ETTh1 | following |" in out


def test_toy(smoke):
    lines, out = smoke("toy")
    assert len(lines) == 5
    assert "| sam | 1 |" in out


def test_short(smoke):
    lines, out = smoke("short")
    with_theta = ["theta"] if find_spec("statsmodels") else []
    settings = ["samformer", "lsinet", *with_theta, "last-value"]
    assert [line["setting"] for line in lines] == settings
    assert all(line["n_windows"] == 5 for line in lines)
    assert "| shampoo | 36 | 1 | 4 | 12 | 5 |" in out


def test_search(smoke, ett):
    lines, _ = smoke("search", "--models", "samformer")
    assert [line["candidate"] for line in lines] == [{"rho": 0.0}, {"rho": 0.3}]
    assert sum(line["chosen"] for line in lines) == 1


def test_refit(smoke, ett):
    lines, out = smoke("refit")
    assert set(lines[0]["mse"]) == {"training part", "all rows"}
    assert "| ETTh1 | 600 | 8 |" in out


def test_parallel(smoke, ett):
    lines, _ = smoke("parallel")
    assert lines[0]["largest_difference"] == pytest.approx(0, abs=1e-6)


def test_rolling(smoke, ett):
    lines, _ = smoke("rolling")
    assert lines[0]["n_windows"] == 5


def test_updates(smoke, ett):
    forgetting, stream = smoke("updates")[0]
    assert set(forgetting["old_mse"]) == set(forgetting["new_mse"])
    assert stream["n_updates"] == 20


def test_panel(smoke, ucr):
    lines, _ = smoke("panel")
    assert set(lines[0]["mse"]) == {"one network", "one per series", "last value"}


def test_speed(smoke, ett):
    lines, _ = smoke("speed")
    assert [line["benchmark"] for line in lines] == ["speed"] * 2 + ["profile"] * 2


@pytest.mark.parametrize("command", ["memory", "context"])
def test_memory(smoke, command):
    lines, _ = smoke(command)
    assert lines[0]["peak_mib"] >= lines[0]["peak_mib_before"]


def test_busy(smoke, ett):
    lines, _ = smoke("busy")
    assert set(lines[0]["seconds"]) == {"one", "all", "chosen"}


def test_moments(smoke):
    lines, _ = smoke("moments")
    assert lines[0]["relative_difference"] < 1e-12


def test_library(smoke, ett):
    lines, _ = smoke("library")
    assert set(lines[0]["seconds"]) == set(lines[0]["mib"]) == {"ours", "sktime"}


def test_fits(smoke, ucr):
    lines, _ = smoke("fits")
    assert set(lines[0]["seconds"]) == {"ours", "plain"}


def test_growth(smoke):
    lines, _ = smoke("growth")
    assert (lines[0]["n_series"], lines[0]["length"]) == (20, 50)


def test_gpu(smoke, ett, ucr):
    lines, _ = smoke("gpu")
    assert {line["device"] for line in lines} == {"cpu"}
    fits = [line for line in lines if line["benchmark"] == "gpu fit"]
    assert [line["model"] for line in fits] == ["samformer", "lsinet"]
    # There is no other place here than the CPU.
    assert all(line["largest_difference"] < 1e-6 for line in fits)
    losses = [line for line in lines if line["benchmark"] == "gpu losses"]
    assert all(not any(line["largest_difference"].values()) for line in losses)


def test_without_a_file_results_go_to_a_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    main(["growth", "--smoke"])
    assert not (tmp_path / "docs").exists()
    assert len(list(tmp_path.glob("skts-smoke-*/cost.jsonl"))) == 1
