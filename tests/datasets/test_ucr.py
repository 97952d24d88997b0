"""The UCR loader finds files where they may lie, and says where it looked."""

import numpy as np
import pytest

import skts.datasets._ucr as module
from skts.datasets import load_ucr

X, Y = np.arange(12.0).reshape(4, 3), np.array([1, 1, 2, 2])


@pytest.mark.parametrize("place", ["", "clustering", "clustering/extra"])
def test_the_folder_or_its_subfolders_hold_the_file(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "Coffee.npz", X=X, y=Y)
    found = load_ucr("Coffee", tmp_path)
    np.testing.assert_array_equal(found[0], X)
    np.testing.assert_array_equal(found[1], Y)


def test_the_environment_variable_names_the_folder(tmp_path, monkeypatch):
    np.savez(tmp_path / "Coffee.npz", X=X, y=Y)
    monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    np.testing.assert_array_equal(load_ucr("Coffee")[0], X)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        load_ucr("Coffee", tmp_path)
    for word in ("Coffee", str(tmp_path), "clustering/Coffee.npz", "SKTS_DATA"):
        assert word in str(error.value)


@pytest.mark.parametrize("folder", [None, ""])
def test_without_a_folder_sktime_downloads(monkeypatch, folder):
    monkeypatch.delenv("SKTS_DATA", raising=False)
    if folder is not None:
        monkeypatch.setenv("SKTS_DATA", folder)
    monkeypatch.setattr(
        module, "load_UCR_UEA_dataset", lambda name, return_type: (X[:, None], Y)
    )
    np.testing.assert_array_equal(load_ucr("Coffee")[0], X)


def test_a_real_set(ett):
    X, y = load_ucr("OSULeaf")
    assert X.shape == (442, 427)
    assert len(np.unique(y)) == 6
