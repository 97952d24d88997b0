"""Any local CSV file with a column of dates is a series, some by their usual name."""

import numpy as np
import pandas as pd
import pytest

from skts.datasets import load_csv


def write(path, freq="10min", n_rows=30):
    dates = pd.date_range("2020-01-01", periods=n_rows, freq=freq)
    values = np.arange(2 * n_rows).reshape(n_rows, 2)
    frame = pd.DataFrame(values, columns=["wet", "OT"])
    frame.insert(0, "date", dates.strftime("%Y/%m/%d %H:%M"))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return frame


@pytest.mark.parametrize(
    ("name", "file", "freq"),
    [
        ("Weather", "weather.csv", "10min"),
        ("Exchange", "exchange_rate.csv.gz", "D"),
        ("Electricity", "forecasting/electricity.csv", "h"),
        ("Traffic", "forecasting/traffic.csv.gz", "h"),
        ("ILI", "national_illness.csv", "W-TUE"),
        ("ETTm2", "ETTm2.csv", "15min"),
        ("mine", "mine.csv", "h"),
    ],
)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_file_is_found_by_name(tmp_path, monkeypatch, name, file, freq, by):
    write(tmp_path / file, freq)
    monkeypatch.setenv("SKTS_DATA", str(tmp_path if by == "environment" else "no"))
    y = load_csv(name, tmp_path if by == "argument" else None)
    assert list(y.columns) == ["wet", "OT"]
    assert y.index.name == "date"
    assert y.index.freqstr == freq
    np.testing.assert_array_equal(y.to_numpy().ravel(), np.arange(60))


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_a_file_is_found_by_its_path(tmp_path, monkeypatch, ending):
    monkeypatch.delenv("SKTS_DATA", raising=False)
    path = tmp_path / f"mine{ending}"
    write(path)
    assert load_csv(path).equals(load_csv("mine", tmp_path))
    assert load_csv(str(path)).equals(load_csv(path.name, tmp_path))


def test_a_folder_that_is_named_goes_before_the_working_directory(
    tmp_path, monkeypatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write(tmp_path / "here" / "mine.csv", n_rows=3)
    write(tmp_path / "there" / "mine.csv", n_rows=5)
    assert len(load_csv("mine.csv")) == 3
    assert len(load_csv("mine.csv", "../there")) == 5


def test_uneven_dates_are_kept_as_they_are(tmp_path):
    frame = write(tmp_path / "weather.csv").drop(index=[5, 6])
    frame.to_csv(tmp_path / "weather.csv", index=False)
    y = load_csv("Weather", tmp_path)
    assert len(y) == 28
    assert y.index.freq is None


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2001", "2002", "2003"], pd.date_range("2001", periods=3, freq="YS")),
        (["20160630", "20160701"], pd.DatetimeIndex(["2016-06-30", "2016-07-01"])),
    ],
    ids=["years", "days"],
)
def test_dates_without_marks_are_dates(tmp_path, dates, expected):
    frame = pd.DataFrame({"date": dates, "x": range(len(dates))})
    frame.to_csv(tmp_path / "plain.csv", index=False)
    assert load_csv("plain", tmp_path).index.tolist() == expected.tolist()


def test_a_frequency_gives_all_dates(tmp_path):
    hours = pd.date_range("2024-01-01", "2024-03-01", freq="h")
    open_ = (hours.hour >= 10) & (hours.hour <= 17) & (hours.dayofweek < 5)
    frame = pd.DataFrame({"date": hours[open_], "x": 0.0})
    frame.to_csv(tmp_path / "shop.csv", index=False)
    assert pd.infer_freq(hours[open_]) == "bh"  # from 9 to 17, says pandas
    assert load_csv("shop", tmp_path).index.freq is None


@pytest.mark.filterwarnings("ignore:Could not infer format")  # says pandas
@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2020-01-01", "", "2020-01-03"], r"got 1 row\(s\) without one"),
        (["1467331200", "1467334800"], "got '1467331200' in the first"),
        (["monday", "tuesday"], "got 'monday' in the first"),
    ],
    ids=["missing", "seconds", "words"],
)
def test_what_is_no_date_is_named(tmp_path, dates, words):
    frame = pd.DataFrame({"date": dates, "x": range(len(dates))})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(ValueError, match=rf"odd\.csv must have a date .*, {words}"):
        load_csv("odd", tmp_path)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_a_few_rows_are_read(tmp_path, n_rows):
    write(tmp_path / "short.csv", n_rows=n_rows)
    assert load_csv("short", tmp_path).shape == (n_rows, 2)


def test_a_missing_file_is_named_with_its_folder(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        load_csv("Exchange", tmp_path)
    for part in ("exchange_rate.csv", "forecasting/exchange_rate.csv.gz", tmp_path):
        assert str(part) in str(raised.value)
    assert "download" not in str(raised.value)


def test_without_a_folder_the_file_is_named(monkeypatch):
    monkeypatch.delenv("SKTS_DATA", raising=False)
    for name in ("Weather", "weather.csv"):
        with pytest.raises(FileNotFoundError, match=r"is read from weather\.csv or "):
            load_csv(name)


def test_a_file_without_dates_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("time,x\n1,2\n")
    with pytest.raises(ValueError, match="a column 'date', got time, x"):
        load_csv("a", tmp_path)
