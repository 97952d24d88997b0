"""The tables people have get the lines that make them series, and these are right."""

import re
from io import StringIO

import numpy as np
import pandas as pd
import pytest

TIMES = pd.date_range("2024-01-01", periods=40, freq="h")


def table(**columns):
    """Return a table of one series, with its dates as a column."""
    wave = np.sin(np.arange(40.0))
    return pd.DataFrame({**columns, "date": TIMES, "y": wave})


def long_table(*names, time="ds"):
    """Return the long form of two series."""
    tables = [table(unique_id=name).assign(y=np.arange(40.0) % 7) for name in names]
    return pd.concat(tables, ignore_index=True).rename(columns={"date": time})


def two_names():
    return pd.concat(
        [
            table(shop=shop, item=item)
            for shop in ("north", "south")
            for item in ("tea", "coffee")
        ],
        ignore_index=True,
    )


TABLES = {
    "a column of dates": (table(), 1),
    "a column of dates as text": (table().astype({"date": str}), 1),
    "a column of dates as Python has them": (
        table().assign(date=list(TIMES.to_pydatetime())),
        1,
    ),
    "a column of periods": (table().assign(date=TIMES.to_period("h").astype(str)), 1),
    "a column of pandas' periods": (table().assign(date=TIMES.to_period("h")), 1),
    "dates as index and as column": (table().set_index(TIMES), 1),
    "dates backwards": (table()[::-1], 1),
    "long, names of text": (long_table("a", "b"), 2),
    "long, names of numbers": (long_table(1, 2), 2),
    "long, names in the last column": (
        long_table("a", "b")[["ds", "y", "unique_id"]],
        2,
    ),
    "long, numbers first": (long_table(1, 2)[["y", "ds", "unique_id"]], 2),
    "long, dates as text": (long_table("a", "b").astype({"ds": str}), 2),
    "long, series side by side": (long_table("a", "b").sort_values("ds"), 2),
    "long, two names": (two_names(), 4),
    "date and time apart": (
        table(time=TIMES.strftime("%H:%M")).assign(date=TIMES.strftime("%d.%m.%Y")),
        1,
    ),
    "long, names of digits": (
        long_table("a", "b").replace({"unique_id": {"a": "17", "b": "0042"}}),
        2,
    ),
    "long, names as a category": (
        long_table("a", "b").astype({"unique_id": "category"}),
        2,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_lines_in_the_message_make_a_table_fit(make_model, name):
    y, n_series = TABLES[name]
    y = y.copy()
    with pytest.raises(TypeError, match="they belong in the index") as raised:
        make_model().fit(y)
    assert "Its times are in the column" in str(raised.value)
    lines = str(raised.value).splitlines()[1:]
    in_one = ("date and time apart", "a column of pandas' periods")
    assert len(lines) == 1 + (name not in in_one)
    scope = {"y": y, "pd": pd}
    exec("\n".join(lines), scope)
    forecast = make_model().fit(scope["y"]).predict([1, 2])
    assert forecast.shape == (2 * n_series, 1)
    last = forecast.index.get_level_values(-1)[-1]
    last = last.to_timestamp() if isinstance(last, pd.Period) else last
    assert pd.Timestamp(last) == TIMES[-1] + pd.Timedelta("2h")


def test_a_table_without_dates_gets_other_advice(make_model):
    with pytest.raises(TypeError, match="Drop or encode") as raised:
        make_model().fit(table().assign(date="high"))
    assert "index" not in str(raised.value)


def foreign_file():
    """Return a file with marks as in Germany, words, and an hour that comes twice."""
    times = pd.date_range("2024-10-25", periods=80, freq="h", tz="Europe/Berlin")
    load = 4000 + 1000 * np.sin(np.arange(80))
    lines = ["Zeit;Last;Grad;Status"]
    for hour, (time, value) in enumerate(zip(times, load, strict=True)):
        marked = f"{value:,.1f}".translate(str.maketrans(",.", ".,"))
        warm = "n/v" if hour in (2, 30) else f"{20 + hour % 7},5"
        lines.append(f"{time:%d.%m.%Y %H:%M};{marked};{warm};ok")
    return "\n".join(lines)


def test_messages_lead_from_a_foreign_file_to_a_forecast(make_model):
    arguments, told = {}, []
    for _ in range(2):
        y = pd.read_csv(StringIO(foreign_file()), **arguments)
        with pytest.raises(TypeError, match="must have numeric columns") as raised:
            make_model().fit(y)
        (way_out,) = re.findall(r"pd\.read_csv\(\.\.\., (.*?)\) ", str(raised.value))
        arguments |= eval(f"dict({way_out})")
        told.append(way_out)
    assert told == ["sep=';'", "decimal=',', thousands='.', na_values=['n/v']"]
    y = pd.read_csv(StringIO(foreign_file()), **arguments)
    with pytest.raises(TypeError, match=r"'Zeit' .*'Status'") as raised:
        make_model().fit(y)
    scope = {"y": y, "pd": pd, "zone": "Europe/Berlin"}
    exec("\n".join(str(raised.value).splitlines()[1:]), scope)
    y = scope["y"] = scope["y"].drop(columns="Status")
    with pytest.raises(ValueError, match=r"1 duplicated one\(s\)") as raised:
        make_model().fit(y)
    y = eval(re.search(r"y\.tz_localize\(.*?\)", str(raised.value))[0], scope)
    assert y["Last"].iloc[0] == 4000
    assert y["Grad"].isna().sum() == 2
    forecast = make_model().fit(y).predict([1])
    assert str(forecast.index[0]) == "2024-10-28 07:00:00+01:00"


@pytest.mark.parametrize(
    ("numbers", "way_out"),
    [
        (["1,234", "2,345.5", "-"], "thousands=',', na_values=['-']"),
        (["1.5", "missing", "2.5"], "na_values=['missing']"),
        (["5'827", "4'100"], 'thousands="\'"'),
    ],
)
def test_numbers_as_text_are_read_as_they_are_written(make_model, numbers, way_out):
    with pytest.raises(TypeError) as raised:
        make_model().fit(pd.DataFrame({"x": numbers}))
    assert f"pd.read_csv(..., {way_out}) reads them." in str(raised.value)


def test_dates_with_the_day_first_are_none_with_the_month_first(make_model):
    days = pd.date_range("2020-02-10", periods=20).strftime("%d.%m.%Y")
    with pytest.raises(TypeError, match=r"decimal=','(.|\n)*dayfirst=True"):
        make_model().fit(pd.DataFrame({"Datum": days, "v": "30,5"}))


def test_columns_of_the_same_name_are_no_way_in(make_model):
    twice = table().set_axis(["y", "y"], axis=1)
    with pytest.raises(TypeError, match=r"must have numeric columns, got 'y' \(date"):
        make_model().fit(twice)


@pytest.mark.parametrize(
    ("index", "way_out"),
    [
        (TIMES.strftime("%Y-%m-%d %H:%M"), "y.set_axis(pd.to_datetime(y.index))"),
        (TIMES.strftime("%d.%m.%Y %H:%M"), "pd.to_datetime(y.index, dayfirst=True)"),
        (
            pd.period_range("2015Q1", periods=40, freq="Q").strftime("%Y Q%q"),
            'y.set_axis(pd.PeriodIndex(y.index.str.replace(" ", ""), freq="Q"))',
        ),
        (pd.Index(list(TIMES.to_pydatetime()), dtype=object), "to_datetime(y.index)"),
        (TIMES - TIMES[0], 'y.set_axis(pd.Timestamp("2000-01-01") + y.index)'),
        (pd.Index(np.arange(40.0)), "y.reset_index(drop=True)"),
    ],
)
def test_the_line_for_an_index_of_another_kind_makes_it_fit(make_model, index, way_out):
    y = table()[["y"]].set_axis(index)
    with pytest.raises(TypeError, match="indexed by dates, periods or integers") as e:
        make_model().fit(y)
    assert way_out in str(e.value)
    line = str(e.value).split("for instance ")[1].rstrip(".")
    repaired = eval(line, {"y": y, "pd": pd})
    assert make_model().fit(repaired).predict([1]).shape == (1, 1)
