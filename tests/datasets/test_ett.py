"""The ETT sets come from a folder or, once, from their official home."""

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skts.datasets import _ett, load_ett
from skts.datasets._local import find_local

COLUMNS = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]


def csv(freq="h", n_rows=30, level=0.0):
    dates = pd.date_range("2016-07-01", periods=n_rows, freq=freq, name="date")
    values = np.arange(n_rows * 7).reshape(n_rows, 7) + level
    return pd.DataFrame(values, index=dates, columns=COLUMNS).to_csv()


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def no_network(monkeypatch):
    """Fail any download, and tell what was asked for."""
    pooch = pytest.importorskip("pooch")
    calls = []

    def retrieve(url, **settings):
        calls.append((url, settings))
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.delenv("SKTS_DATA", raising=False)
    return calls


@pytest.mark.parametrize("place", ["", "forecasting"])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
@pytest.mark.parametrize("by", ["argument", "text", "environment"])
def test_a_local_file_is_read(tmp_path, monkeypatch, no_network, place, ending, by):
    write(tmp_path / place / f"ETTh2{ending}", csv())
    if by == "environment":
        monkeypatch.setenv("SKTS_DATA", str(tmp_path))
    folder = {"argument": tmp_path, "text": str(tmp_path), "environment": None}[by]
    y = load_ett("ETTh2", folder)
    assert y.shape == (30, 7)
    assert list(y.columns) == COLUMNS
    assert y.index.name == "date"
    assert y.index[0] == pd.Timestamp("2016-07-01")
    assert y.index.freqstr == "h"
    np.testing.assert_array_equal(y.to_numpy().ravel(), np.arange(210))
    assert no_network == []


def test_quarters_of_an_hour_are_known(tmp_path):
    write(tmp_path / "ETTm1.csv", csv("15min"))
    assert load_ett("ETTm1", tmp_path).index.freqstr == "15min"


def test_the_argument_goes_before_the_environment(tmp_path, monkeypatch):
    write(tmp_path / "one" / "ETTh1.csv", csv(level=100.0))
    write(tmp_path / "two" / "ETTh1.csv", csv())
    monkeypatch.setenv("SKTS_DATA", str(tmp_path / "two"))
    assert load_ett("ETTh1", tmp_path / "one").iloc[0, 0] == 100
    assert load_ett("ETTh1").iloc[0, 0] == 0


@pytest.mark.parametrize("name", ["ETTh3", "etth1", None, 1])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match="name must be one of 'ETTh1'") as raised:
        load_ett(name)
    assert "'ETTm2'" in str(raised.value)
    assert f"got {name!r}" in str(raised.value)


@pytest.mark.parametrize("folder", ["here", "here/nowhere"])
def test_a_folder_without_the_file_is_an_error_not_a_download(
    tmp_path, no_network, folder
):
    write(tmp_path / "here" / "ETTh1.csv", csv())
    with pytest.raises(FileNotFoundError, match="ETTh2 was not found") as raised:
        load_ett("ETTh2", tmp_path / folder)
    message = str(raised.value)
    assert f"folder={str(tmp_path / folder)!r}" in message
    assert "ETTh2.csv.gz" in message
    assert str(Path("forecasting") / "ETTh2.csv") in message
    assert "unset SKTS_DATA to download" in message
    assert no_network == []


def test_without_folder_and_network_the_error_says_both_ways_out(no_network):
    with pytest.raises(ConnectionError, match="ETTh1 could not be downloaded") as e:
        load_ett("ETTh1")
    message = str(e.value)
    assert "https://raw.githubusercontent.com/zhouhaoyi/ETDataset" in message
    assert "folder=..." in message
    assert "SKTS_DATA" in message
    assert "network" in message


@pytest.mark.parametrize("name", ["ETTh1", "ETTh2", "ETTm1", "ETTm2"])
def test_a_download_is_verified_and_kept(name, no_network, tmp_path, monkeypatch):
    pooch = pytest.importorskip("pooch")

    def retrieve(url, known_hash, fname, path):
        assert url.endswith(f"zhouhaoyi/ETDataset/main/ETT-small/{name}.csv")
        assert known_hash == f"sha256:{_ett._SHA256[name]}"
        assert fname == f"{name}.csv"
        assert Path(path) == Path(pooch.os_cache("skts"))
        write(tmp_path / "kept.csv", csv("h" if name[3] == "h" else "15min"))
        return str(tmp_path / "kept.csv")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert load_ett(name).shape == (30, 7)


def test_without_pooch_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.delenv("SKTS_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match="pip install pooch") as raised:
        load_ett("ETTh1")
    assert "ETTh1" in str(raised.value)
    assert "folder=..." in str(raised.value)
    assert "SKTS_DATA" in str(raised.value)


def test_a_local_file_needs_no_pooch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    write(tmp_path / "ETTh1.csv", csv())
    assert load_ett("ETTh1", tmp_path).shape == (30, 7)


REAL = [("ETTh1", 17420, "h"), ("ETTh2", 17420, "h")]
REAL += [("ETTm1", 69680, "15min"), ("ETTm2", 69680, "15min")]


@pytest.mark.parametrize(("name", "n_rows", "freq"), REAL)
def test_the_real_sets_are_whole(ett, name, n_rows, freq):
    y = ett(name)
    assert y.shape == (n_rows, 7)
    assert list(y.columns) == COLUMNS
    assert y.index[0] == pd.Timestamp("2016-07-01")
    assert y.index.freqstr == freq
    assert not y.isna().any(axis=None)  # so no hour is missing either
    assert set(y.dtypes) == {np.dtype("float64")}


@pytest.mark.parametrize("name", ["ETTh1", "ETTh2", "ETTm1", "ETTm2"])
def test_the_checksums_are_those_of_the_real_files(ett, name):
    path = find_local(name, None, ("forecasting",), (".csv", ".csv.gz"))
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    assert hashlib.sha256(data).hexdigest() == _ett._SHA256[name]
