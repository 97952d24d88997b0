"""Times are counted in steps of the series, in its own time zone, and back."""

import numpy as np
import pandas as pd
import pytest

from skts.series import find_frequency, spans_after, steps_after, times_after

N, AHEAD = 20, 12  # known, and to come
STEPS = np.arange(1, AHEAD + 1)


def dates(start, freq, zone=None, ambiguous="raise"):
    """Return dates by the wall clock, moved on where the clocks skip them."""
    local = pd.date_range(start, periods=N + AHEAD, freq=freq)
    if zone is None:
        return local
    first = np.ones(len(local), dtype=bool)
    return local.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")


def spans(start, freq, zone):
    """Return dates by the time that passes."""
    return pd.date_range(start, periods=N + AHEAD, freq=freq, tz=zone)


def check(index, frequency):
    """Raise unless the last times follow from the first, and are counted as such."""
    known, to_come = index[:N], index[N:]
    assert times_after(known, STEPS, frequency).tolist() == to_come.tolist()
    assert steps_after(known, to_come, frequency).tolist() == STEPS.tolist()
    some = STEPS[[7, 1, 4]]
    times = times_after(known, some, frequency)
    assert times.dtype == index.dtype
    assert times.name == index.name
    assert steps_after(known, times, frequency).tolist() == some.tolist()
    # What is known already is no step ahead.
    assert steps_after(known, known[[3, -1]], frequency).tolist() == [0, 0]


# There and back ---------------------------------------------------------------------

OF_TIME = ["s", "min", "15min", "h", "2h", "6h", "24h", "bh", "2bh", "cbh"]
OF_DAYS = ["D", "2D", "7D", "W-SUN", "W-WED", "2W", "B", "2B", "C"]
OF_MONTHS = ["SMS", "SME", "MS", "ME", "2MS", "BMS", "BME", "WOM-2TUE"]
OF_YEARS = ["QS", "QE", "QS-FEB", "BQE", "YS", "YE"]
FREQUENCIES = OF_TIME + OF_DAYS + OF_MONTHS + OF_YEARS
# pandas finds no name for these, and none is given by the most common step.
NEVER_FOUND = {"SMS", "SME"}
# Their times follow a shorter step, too, with gaps.
FOUND_AS_ANOTHER = {"2B", "2bh"}


@pytest.mark.parametrize(
    ("zone", "unit"), [(None, "s"), ("UTC", "us"), ("Europe/Berlin", "ns")]
)
@pytest.mark.parametrize("freq", FREQUENCIES)
def test_steps_and_times_are_each_others_inverse(freq, zone, unit):
    index = pd.date_range("2019-11-15", periods=N + AHEAD, freq=freq, tz=zone)
    index = index.as_unit(unit).rename("when")
    assert find_frequency(index[:N]) == index.freq
    check(index, index.freq)


@pytest.mark.parametrize(
    "freq", [f for f in FREQUENCIES if f not in NEVER_FOUND | FOUND_AS_ANOTHER]
)
def test_a_frequency_that_is_not_given_is_found(freq):
    index = pd.date_range(
        "2019-11-15", periods=N + AHEAD, freq=freq, tz="Europe/Berlin"
    )
    index = pd.DatetimeIndex(index, freq=None)
    check(index, find_frequency(index[:N]))


@pytest.mark.parametrize("freq", sorted(NEVER_FOUND))
def test_half_months_need_a_frequency_that_is_given(freq):
    index = pd.date_range("2019-11-15", periods=N, freq=freq)
    with pytest.raises(ValueError, match="y must have regular times"):
        find_frequency(pd.DatetimeIndex(index, freq=None))


@pytest.mark.parametrize(
    "freq", ["s", "h", "2h", "D", "3D", "W-SUN", "M", "2M", "Q-FEB", "Y"]
)
def test_periods_are_counted_by_their_own_frequency(freq):
    index = pd.period_range("2019-11-15", periods=N + AHEAD, freq=freq, name="when")
    check(index, None)


@pytest.mark.parametrize("start", [0, 7, -25])
def test_integers_are_counted_by_one(start):
    check(pd.RangeIndex(start, start + N + AHEAD, name="when"), None)
    check(pd.Index(np.arange(start, start + N + AHEAD), name="when"), None)


# Changes of clocks ------------------------------------------------------------------

BERLIN_SPRING, BERLIN_AUTUMN = "2020-03-28", "2020-10-24"


@pytest.mark.parametrize("knows_frequency", [True, False])
@pytest.mark.parametrize("freq", ["15min", "1h", "2h", "6h"])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", "2020-03-29 01:00Z"),
        ("Europe/Berlin", "2020-10-25 01:00Z"),
        ("Australia/Lord_Howe", "2022-04-02 15:00Z"),
        ("Australia/Lord_Howe", "2022-10-01 15:30Z"),
        ("America/Sao_Paulo", "2018-11-04 03:00Z"),
        ("America/Havana", "2022-11-06 05:00Z"),
    ],
)
def test_steps_shorter_than_a_day_are_time_that_has_passed(
    zone, change, freq, knows_frequency
):
    start = pd.Timestamp(change) - (N + AHEAD // 2) * pd.Timedelta(freq)
    index = spans(start.tz_convert(zone), freq, zone)
    assert index[N].utcoffset() != index[-1].utcoffset()
    if not knows_frequency:
        index = pd.DatetimeIndex(index, freq=None)
    check(index, find_frequency(index[:N]))


@pytest.mark.parametrize("n_before", [N - 1, N + 5], ids=["last known", "to come"])
@pytest.mark.parametrize("freq", ["D", "2D", "B", "W"])
@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("Europe/Berlin", "2020-03-29", "00:00"),
        ("Europe/Berlin", "2020-10-25", "06:00"),
        ("Australia/Lord_Howe", "2022-10-02", "00:00"),
        ("Australia/Lord_Howe", "2022-04-03", "12:00"),
        # These skip midnight, so that a day begins at one, ...
        ("America/Sao_Paulo", "2018-11-04", "00:00"),
        ("Asia/Beirut", "2022-03-27", "00:00"),
        ("Africa/Cairo", "2023-04-28", "00:00"),
        ("America/Havana", "2022-03-13", "00:00"),
        # ... have it twice, or go back over it.
        ("America/Havana", "2022-11-06", "00:00"),
        ("America/Sao_Paulo", "2018-02-18", "00:00"),
        ("Asia/Beirut", "2022-10-30", "00:00"),
        # A time that is skipped or comes twice, at which the day does not begin.
        ("Europe/Berlin", "2020-03-29", "02:30"),
        ("Europe/Berlin", "2020-10-25", "02:30"),
    ],
)
def test_days_and_longer_go_by_the_calendar(zone, day, time, freq, n_before):
    day = pd.Timestamp(day)
    if freq == "W":
        freq = f"W-{day:%a}".upper()
    step = pd.tseries.frequencies.to_offset(freq)
    if freq == "B" and day.dayofweek > 4:
        day += pd.Timedelta(days=1)  # the first working day after the change
    index = dates(f"{day - n_before * step:%F} {time}", freq, zone)
    assert index[n_before].date() == day.date()
    check(index, find_frequency(index[:N]))


@pytest.mark.parametrize("freq", ["MS", "2MS", "BMS", "QS", "YS"])
def test_months_begin_by_the_clock_of_the_zone(freq):
    index = dates("2015-01-01", freq, "America/Sao_Paulo")
    check(index, find_frequency(index[:N]))


def test_hours_by_hand_in_spring():
    known = spans("2020-03-28 20:00", "6h", "Europe/Berlin")[:2]
    expected = ["2020-03-29 09:00", "2020-03-29 15:00", "2020-03-29 21:00"]
    found = times_after(known, np.array([1, 2, 3]), pd.offsets.Hour(6))
    assert [f"{time:%F %H:%M}" for time in found] == expected


def test_hours_by_hand_in_autumn():
    known = spans("2020-10-24 23:00", "h", "Europe/Berlin")[:2]
    # Two hours are called the same.
    expected = ["01:00+0200", "02:00+0200", "02:00+0100", "03:00+0100"]
    found = times_after(known, np.array([1, 2, 3, 4]), pd.offsets.Hour())
    assert [f"{time:%H:%M%z}" for time in found] == expected


def test_days_by_hand_where_midnight_is_skipped():
    known = pd.DatetimeIndex(["2018-11-01", "2018-11-02"], tz="America/Sao_Paulo")
    expected = ["2018-11-03 00:00", "2018-11-04 01:00", "2018-11-05 00:00"]
    found = times_after(known, np.array([1, 2, 3]), pd.offsets.Day())
    assert [f"{time:%F %H:%M}" for time in found] == expected
    # The late beginning of a day is no clock for the days after it.
    late = pd.DatetimeIndex([*known, *found[:2]])
    following = times_after(late, np.array([1, 2]), pd.offsets.Day())
    assert [f"{time:%F %H:%M}" for time in following] == [
        "2018-11-05 00:00",
        "2018-11-06 00:00",
    ]


@pytest.mark.parametrize(
    ("freq", "known", "expected"),
    [
        ("B", ["2020-01-02", "2020-01-03"], ["2020-01-06", "2020-01-08"]),
        ("ME", ["2019-12-31", "2020-01-31"], ["2020-02-29", "2020-04-30"]),
        ("BME", ["2019-12-31", "2020-01-31"], ["2020-02-28", "2020-04-30"]),
        ("SMS", ["2020-01-15", "2020-02-01"], ["2020-02-15", "2020-03-15"]),
        ("W-SUN", ["2020-01-05", "2020-01-12"], ["2020-01-19", "2020-02-02"]),
        ("2MS", ["2019-11-01", "2020-01-01"], ["2020-03-01", "2020-07-01"]),
        (
            "bh",
            ["2020-01-03 15:00", "2020-01-03 16:00"],
            ["2020-01-06 09:00", "2020-01-06 11:00"],
        ),
    ],
)
def test_calendars_by_hand(freq, known, expected):
    known, expected = pd.DatetimeIndex(known, freq=freq), pd.DatetimeIndex(expected)
    assert times_after(known, np.array([1, 3]), known.freq).equals(expected)
    assert steps_after(known, expected, known.freq).tolist() == [1, 3]


# Times written in another way -------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize("freq", ["h", "6h", "D", "W-SUN", "MS", "B"])
def test_times_in_another_zone_are_the_same_moments(freq, zone):
    index = pd.date_range(
        BERLIN_SPRING, periods=N + AHEAD, freq=freq, tz="Europe/Berlin"
    )
    times = index[N:].tz_convert(zone)
    assert steps_after(index[:N], times, index.freq).tolist() == STEPS.tolist()


@pytest.mark.parametrize(
    ("freq", "of_periods"),
    [
        ("min", "min"),
        ("h", "h"),
        ("D", "D"),
        ("B", "D"),
        ("W-SUN", "W-SUN"),
        ("W-WED", "W-SUN"),
        ("MS", "M"),
        ("BME", "M"),
        ("2MS", "M"),
        ("BQE", "Q"),
        ("YS", "Y"),
    ],
)
def test_a_period_stands_for_the_time_of_the_series_within_it(freq, of_periods):
    index = pd.date_range("2020-01-15", periods=N + AHEAD, freq=freq)
    periods = index.to_period(of_periods)
    steps = steps_after(index[:N], periods[N:], index.freq)
    assert steps.tolist() == STEPS.tolist()
    assert steps_after(index[:N], periods[[2, N - 1]], index.freq).tolist() == [0, 0]


@pytest.mark.parametrize("freq", ["D", "W-SUN", "M", "Q", "h"])
@pytest.mark.parametrize("share", [0, 0.6])
def test_a_date_stands_for_the_period_that_it_lies_in(freq, share):
    index = pd.period_range("2020-01-15", periods=N + AHEAD, freq=freq)
    moments = index.start_time + share * (index.end_time - index.start_time)
    assert steps_after(index[:N], moments[N:], None).tolist() == STEPS.tolist()


@pytest.mark.parametrize(("freq", "later"), [("2M", "40D"), ("2h", "90min")])
def test_a_date_stands_for_the_period_of_several_that_it_lies_in(freq, later):
    index = pd.period_range("2020-01-01", periods=N + AHEAD, freq=freq)
    moments = index[N:].to_timestamp() + pd.Timedelta(later)
    assert steps_after(index[:N], moments, None).tolist() == STEPS.tolist()


@pytest.mark.parametrize("freq", ["15min", "1h", "6h", "1D", "2D", "7D"])
@pytest.mark.parametrize("start", [BERLIN_SPRING, BERLIN_AUTUMN])
def test_spans_are_steps(freq, start):
    index = pd.date_range(start, periods=N, freq=freq, tz="Europe/Berlin")
    ahead = STEPS * pd.Timedelta(freq)
    steps = spans_after(index, pd.TimedeltaIndex(ahead), index.freq)
    assert steps.tolist() == STEPS.tolist()


@pytest.mark.parametrize("freq", ["1h", "1D", "2h"])
def test_spans_are_steps_of_periods(freq):
    index = pd.period_range("2020-01-01", periods=N, freq=freq)
    ahead = pd.TimedeltaIndex(STEPS * pd.Timedelta(freq))
    assert spans_after(index, ahead, None).tolist() == STEPS.tolist()


# What is no step --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freq", "wrong", "following"),
    [
        ("h", "2020-01-01 20:30", "2020-01-01 20:00"),
        ("6h", "2020-01-06 01:00", "2020-01-06 00:00"),
        ("D", "2020-01-25 06:00", "2020-01-21 00:00"),
        ("2D", "2020-02-11", "2020-02-10 00:00"),
        ("B", "2020-02-01", "2020-01-29 00:00"),
        ("W-SUN", "2020-06-01", "2020-05-24 00:00"),
        ("MS", "2021-10-15", "2021-09-01 00:00"),
        ("2MS", "2023-06-01", "2023-05-01 00:00"),
        ("bh", "2020-01-07 08:00", "2020-01-03 13:00"),
    ],
)
def test_times_between_steps_are_refused_by_name(freq, wrong, following):
    index = pd.date_range("2020-01-01", periods=N, freq=freq)
    right = times_after(index, np.array([1]), index.freq)[0]
    with pytest.raises(ValueError, match="steps of the series") as raised:
        steps_after(index, pd.DatetimeIndex([right, wrong]), index.freq)
    assert f"got {pd.Timestamp(wrong)}" in str(raised.value)
    assert f"come {following}" in str(raised.value)


def test_times_before_the_last_known_one_that_are_no_steps():
    hours = pd.date_range("2020-01-01", periods=N, freq="h")
    with pytest.raises(ValueError, match="got 2020-01-01 06:30"):
        steps_after(hours, pd.DatetimeIndex(["2020-01-01 06:30"]), hours.freq)


@pytest.mark.parametrize(
    ("index", "wrong"),
    [
        (
            pd.date_range("2020", periods=N, freq="D"),
            pd.PeriodIndex(["2020-02"], freq="M"),
        ),
        (
            pd.date_range("2020", periods=N, freq="2MS"),
            pd.PeriodIndex(["2023-06"], freq="M"),
        ),
        (
            pd.period_range("2020-01", periods=N, freq="2M"),
            pd.PeriodIndex(["2023-06"], freq="2M"),
        ),
    ],
    ids=["many days in a month", "no time in a month", "from the second month"],
)
def test_periods_that_are_no_step_are_refused_by_name(index, wrong):
    frequency = find_frequency(index)
    with pytest.raises(ValueError, match=rf"steps of the series, got {wrong[0]}: "):
        steps_after(index, wrong, frequency)


HOURS = pd.date_range("2020-01-01", periods=N, freq="h")
MONTHS = pd.period_range("2020-01", periods=N, freq="M")


@pytest.mark.parametrize(
    ("index", "times"),
    [
        (HOURS, HOURS.tz_localize("UTC")),
        (HOURS.tz_localize("UTC"), HOURS),
        (HOURS.tz_localize("UTC"), HOURS.to_period("h")),
        (HOURS, pd.Index([30, 31])),
        (MONTHS, MONTHS.asfreq("D")),
        (MONTHS, HOURS.tz_localize("UTC")),
        (MONTHS, pd.Index([30, 31])),
        (pd.RangeIndex(N), HOURS),
        (pd.RangeIndex(N), MONTHS),
    ],
)
def test_times_of_another_kind_are_refused(index, times):
    frequency = index.freq if isinstance(index, pd.DatetimeIndex) else None
    with pytest.raises(TypeError, match="like those of the series"):
        steps_after(index, times, frequency)


def test_times_without_a_step_have_no_frequency():
    index = pd.DatetimeIndex(["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-03"])
    late = index[:2].append(pd.DatetimeIndex(["2020-01-01 02:17"]))
    assert find_frequency(index) == pd.offsets.Hour()  # with a gap
    with pytest.raises(ValueError, match="y must have regular times"):
        find_frequency(late)
