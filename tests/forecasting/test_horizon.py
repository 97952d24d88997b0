"""Which steps can be asked for, and when."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import ForecastingHorizon


@pytest.fixture(scope="module")
def fitted(make_frame, make_model):
    return make_model(horizon=5).fit(make_frame())


def assert_same(forecast, expected):
    pd.testing.assert_frame_equal(forecast, expected, check_freq=False)


@pytest.mark.parametrize(
    "fh", [1, [5], [1, 5], [2, 4], [1, 2, 3, 4, 5], np.array([3]), range(2, 6)]
)
def test_any_steps_within_the_horizon_can_be_asked_for_at_any_predict(fitted, fh):
    everything = fitted.predict(range(1, 6))
    steps = np.atleast_1d(np.asarray(fh))
    assert_same(fitted.predict(fh), everything.iloc[steps - 1])


def test_steps_may_be_dates(fitted):
    everything = fitted.predict(range(1, 6))
    dates = ForecastingHorizon(everything.index[[1, 4]], is_relative=False)
    assert_same(fitted.predict(dates), everything.iloc[[1, 4]])


def test_steps_within_the_horizon_may_differ_from_those_of_fit(make_frame, make_model):
    y = make_frame()
    model = make_model(horizon=5).fit(y, fh=[1, 2])
    everything = make_model(horizon=5).fit(y).predict(range(1, 6))
    assert_same(model.predict(), everything.iloc[:2])
    assert_same(model.predict([3, 5]), everything.iloc[[2, 4]])


@pytest.mark.parametrize("kind", ["steps", "dates"])
def test_without_horizon_the_largest_step_of_fh_is_taken(make_frame, make_model, kind):
    y = make_frame()
    fh = ForecastingHorizon([2, 5])
    if kind == "dates":
        fh = fh.to_absolute(pd.DatetimeIndex(y.index[-1:], freq="h"))
    model = make_model(horizon=None).fit(y, fh=fh)
    whole = make_model(horizon=5).fit(y)
    np.testing.assert_array_equal(
        model.predict_windows(y)[0], whole.predict_windows(y)[0]
    )
    assert_same(model.predict(), whole.predict([2, 5]))


def test_horizon_decides_whether_fit_needs_fh(make_model):
    assert make_model(horizon=None).get_tag("requires-fh-in-fit")
    assert not make_model(horizon=3).get_tag("requires-fh-in-fit")


@pytest.mark.parametrize("when", ["fit", "predict"])
def test_steps_may_be_spans_of_time(make_frame, make_model, when):
    y = make_frame()
    spans = pd.to_timedelta([2, 5], unit="h")
    model = make_model(horizon=None if when == "fit" else 5)
    model.fit(y, fh=spans if when == "fit" else None)
    expected = make_model(horizon=5).fit(y).predict([2, 5])
    assert_same(model.predict(None if when == "fit" else spans), expected)


def test_spans_between_two_steps_are_refused(fitted):
    with pytest.raises(ValueError, match="whole steps of the series, got 0 days 01:30"):
        fitted.predict(pd.to_timedelta([90], unit="min"))


@pytest.mark.parametrize(
    "refused",
    [[10**7], [0], pd.to_timedelta([0], unit="h"), pd.DatetimeIndex(["2020-01-02"])],
    ids=["too far", "in the past", "span", "date"],
)
def test_what_was_refused_is_forgotten(make_frame, make_model, refused):
    model = make_model().fit(make_frame(), fh=[1, 2])
    expected = model.predict()
    with pytest.raises((ValueError, NotImplementedError)):
        model.predict(refused)
    assert_same(model.predict(), expected)
