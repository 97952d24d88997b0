"""Times and steps ahead ask a forecaster for the same, in whatever form."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon

N, H = 30, 4
STEPS = range(1, H + 1)


def around(change, freq):
    """Return times in Berlin whose clocks change two steps after the first N."""
    start = pd.Timestamp(change, tz="Europe/Berlin") - (N + 1) * pd.Timedelta(freq)
    return pd.date_range(start, periods=N + H, freq=freq)


SPRING, AUTUMN = "2020-03-29 03:00", "2020-10-25 03:00"
DATES = {
    "hours in spring": around(SPRING, "1h"),
    "hours in autumn": around(AUTUMN, "1h"),
    "six hours in spring": around(SPRING, "6h"),
    "six hours in autumn": around(AUTUMN, "6h"),
    "days in spring": pd.date_range(
        "2020-02-27", periods=N + H, freq="D", tz="Europe/Berlin"
    ),
    "days without a midnight": pd.date_range("2018-10-04", periods=N + H, freq="D")
    .tz_localize("America/Sao_Paulo", nonexistent="shift_forward")
    .rename("when"),
} | {
    freq: pd.date_range("2019-11-15", periods=N + H, freq=freq, name="when")
    for freq in ["2D", "W-SUN", "MS", "BMS", "BME", "BQE", "SMS", "bh"]
}
PERIODS = {
    freq: pd.period_range("2019-11-15", periods=N + H, freq=freq)
    for freq in ["h", "D", "W-SUN", "M", "2M"]
}

FORMS = {
    "index": lambda times: times,
    "list": list,
    "array of objects": lambda times: np.array(list(times), dtype=object),
    "horizon": lambda times: ForecastingHorizon(times, is_relative=False),
}


@pytest.fixture(scope="module")
def fit(make_frame, make_model):
    """Return a function that fits to the first times of an index, once for each."""
    models = {}

    def of(kind, index):
        if kind not in models:
            y = make_frame(N, n_channels=1, index=index[:N])
            models[kind] = make_model(max_epochs=1).fit(y)
        return models[kind]

    return of


def assert_same(forecast, expected):
    pd.testing.assert_frame_equal(
        forecast, expected, check_freq=False, check_exact=True
    )


@pytest.mark.parametrize("kind", DATES)
def test_dates_are_steps_ahead(fit, kind):
    index = DATES[kind]
    model = fit(kind, index)
    expected = model.predict(STEPS)
    assert expected.index.tolist() == index[N:].tolist()
    assert_same(model.predict(index[N:]), expected)
    assert_same(model.predict(index[[N + 1, N + 3]]), expected.iloc[[1, 3]])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "kind", ["hours in spring", "six hours in autumn", "SMS", "bh"]
)
def test_dates_may_come_in_any_form(fit, kind, form):
    model = fit(kind, DATES[kind])
    assert_same(model.predict(FORMS[form](DATES[kind][N:])), model.predict(STEPS))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("freq", PERIODS)
def test_periods_are_steps_ahead(fit, freq, form):
    index = PERIODS[freq]
    model = fit(f"periods of {freq}", index)
    expected = model.predict(STEPS)
    assert expected.index.tolist() == index[N:].tolist()
    assert_same(model.predict(FORMS[form](index[N:])), expected)


@pytest.mark.parametrize(
    ("kind", "freq"),
    [("W-SUN", "W-SUN"), ("MS", "M"), ("BMS", "M"), ("BME", "M"), ("BQE", "Q")],
)
def test_periods_stand_for_dates(fit, kind, freq):
    index = DATES[kind]
    model = fit(kind, index)
    assert_same(model.predict(index[N:].to_period(freq)), model.predict(STEPS))


@pytest.mark.parametrize("freq", ["h", "D", "M"])
def test_dates_stand_for_periods(fit, freq):
    index = PERIODS[freq]
    model = fit(f"periods of {freq}", index)
    assert_same(model.predict(index[N:].to_timestamp()), model.predict(STEPS))


@pytest.mark.parametrize("kind", [kind for kind in DATES if " " in kind])
def test_times_in_another_zone_are_the_same_moments(fit, kind):
    index = DATES[kind]
    model = fit(kind, index)
    assert_same(model.predict(index[N:].tz_convert("UTC")), model.predict(STEPS))


@pytest.mark.parametrize("kind", ["hours in spring", "six hours in autumn", "BME"])
def test_the_horizon_of_fit_may_be_times(make_frame, make_model, fit, kind):
    index = DATES[kind]
    y = make_frame(N, n_channels=1, index=index[:N])
    model = make_model(max_epochs=1, horizon=None).fit(y, fh=index[N:])
    expected = fit(kind, index).predict(STEPS)
    assert_same(model.predict(), expected)
    assert_same(model.predict(index[N:]), expected)


@pytest.mark.parametrize("kind", ["hours in spring", "hours in autumn", "SMS", "bh"])
def test_times_stay_where_they_are_when_rows_come_in(make_frame, make_model, kind):
    index = DATES[kind]
    y = make_frame(N + H, n_channels=1, index=index)
    model = make_model(max_epochs=1).fit(y[:N], fh=index[N + 2 :])
    model.update(y[N : N + 2], update_params=False)
    forecast = model.predict()
    assert forecast.index.tolist() == index[N + 2 :].tolist()
    assert_same(forecast, model.predict([1, 2]))


@pytest.mark.parametrize("kind", ["hours in spring", "six hours in autumn", "bh"])
def test_times_between_steps_are_refused_by_name(fit, kind):
    index = DATES[kind]
    wrong = index[N] + pd.Timedelta(minutes=30)
    with pytest.raises(ValueError, match="steps of the series, got") as raised:
        fit(kind, index).predict([index[N], wrong])
    assert str(wrong) in str(raised.value)


def test_spans_are_steps_of_periods(fit):
    model = fit("periods of h", PERIODS["h"])
    spans = pd.to_timedelta([*STEPS], unit="h")
    assert_same(model.predict(spans), model.predict(STEPS))


def test_each_series_counts_the_steps_to_a_time_by_its_own(make_frame, make_model):
    hours = pd.date_range("2020-01-01", periods=30 * 24 + 1, freq="h", name="time")
    days = hours[::24]
    series = {
        "hours": make_frame(len(hours), 1, hours),
        "days": make_frame(len(days), 1, days),
    }
    panel = pd.concat(series, names=["name"])
    model = make_model(horizon=None, max_epochs=1, context_length=4)
    tomorrow = hours[-1] + pd.Timedelta(days=1)
    forecast = model.fit(panel, fh=[tomorrow]).predict()
    assert forecast.index.tolist() == [("hours", tomorrow), ("days", tomorrow)]
