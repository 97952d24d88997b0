"""Rows of a season, by hand."""

import numpy as np
import pandas as pd
import pytest

from skts.series import find_frequency, find_periods

MORE_NOISE = np.random.default_rng(1).standard_normal((300, 1))
NOISE = np.random.default_rng(0).standard_normal((60, 1))


@pytest.mark.parametrize(
    ("frequency", "periods"),
    [
        ("s", (3600, 86400)),
        ("30s", (120, 2880)),
        ("min", (1440, 10080)),
        ("7min", (1440,)),  # a week, but no day, holds whole steps
        ("15min", (96, 672)),
        ("h", (24, 168)),
        ("5h", ()),
        ("8h", (3, 21)),
        ("12h", (2, 14)),
        ("D", (7,)),
        ("2D", ()),
        ("7D", ()),
        ("B", (5,)),
        ("W-WED", (52,)),
        ("2W", (26,)),
        ("SMS", (24,)),
        ("MS", (12,)),
        ("ME", (12,)),
        ("BME", (12,)),
        ("2MS", (6,)),
        ("5MS", ()),
        ("QS", (4,)),
        ("QE-NOV", (4,)),
        ("2QS", (2,)),
        ("4QS", ()),
        ("YE", ()),
    ],
)
def test_the_calendar_tells_the_season(frequency, periods):
    index = pd.date_range("2020-01-01", periods=60, freq=frequency)
    assert find_periods(index, index.freq, NOISE) == periods


@pytest.mark.parametrize(
    ("frequency", "periods"),
    [("M", (12,)), ("Q", (4,)), ("W", (52,)), ("D", (7,)), ("h", (24, 168)), ("Y", ())],
)
def test_periods_tell_it_by_themselves(frequency, periods):
    index = pd.period_range("2020-01", periods=60, freq=frequency)
    assert find_periods(index, None, NOISE) == periods


@pytest.mark.parametrize(
    "index",
    [pd.RangeIndex(60), pd.date_range("2020", periods=60, freq="10ms")],
    ids=["integers", "milliseconds"],
)
def test_where_the_index_tells_nothing_the_values_do(index):
    wave = np.sin(2 * np.pi * np.arange(60) / 9)[:, None] + 0.1 * NOISE
    frequency = find_frequency(index)
    assert find_periods(index, frequency, wave) == (9,)
    # Slow waves beside a trend and a channel at rest.
    slow = np.arange(60)[:, None] + 3 * wave
    both = np.concatenate([slow, np.ones((60, 1))], axis=1)
    assert find_periods(index, frequency, both) == (9,)


@pytest.mark.parametrize(
    "values",
    [MORE_NOISE, np.ones((60, 1)), np.arange(60.0)[:, None], NOISE[:5]],
    ids=["noise", "rest", "trend", "few"],
)
def test_no_season_is_seen_where_there_is_none(values):
    assert find_periods(pd.RangeIndex(len(values)), None, values) == ()


@pytest.mark.parametrize(
    ("step", "periods"),
    [
        ({"months": 1}, (12,)),
        ({"months": 3}, (4,)),
        ({"months": 5}, ()),
        ({"weeks": 1, "hours": 1}, ()),
        ({"years": 1}, ()),
    ],
)
def test_a_step_may_be_an_offset_without_a_name(step, periods):
    index = pd.date_range("2020-01-01", periods=60, freq=pd.DateOffset(**step))
    assert find_periods(index, index.freq, NOISE) == periods
