"""Any sktime forecaster goes through scikit-learn's searches, and against ours."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.exceptions
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.compose import EnsembleForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.trend import PolynomialTrendForecaster
from sktime.transformations.series.detrend import Detrender
from sktime.transformations.series.difference import Differencer

from skts.model_selection import SklearnForecaster, rolling_scorer

L, H = 8, 4


def last_value_error(train, test):
    """Return the error of the last value in all windows with targets in `test`."""
    rows = np.concatenate([train[-1:], test])
    errors = [
        ((rows[now] - rows[now + 1 : now + 1 + H]) / train.std(axis=0)) ** 2
        for now in range(len(test) - H + 1)
    ]
    return np.mean(errors)


def test_what_was_forecast_before_changes_nothing(make_frame):
    frame = make_frame(30, n_channels=2)
    model = SklearnForecaster(NaiveForecaster(), H).fit(frame[:24])
    score, forecast = model.score(frame[24:]), model.predict()
    assert list(forecast.index) == list(frame.index[24 : 24 + H])
    model.predict(fh=[3, 4])
    assert model.score(frame[24:]) == score
    pd.testing.assert_frame_equal(model.predict(), forecast)


KINDS = ["frame", "list-indexed", "array", "flat", "series", "integers", "periods"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_minus_the_rolling_error_in_units_of_the_rows_seen(
    make_frame, kind
):
    frame = make_frame(30, n_channels=2)
    Y = {
        "frame": frame,
        "list-indexed": frame.set_axis(pd.DatetimeIndex(list(frame.index))),
        "array": frame.to_numpy(),
        "flat": frame["load"].to_numpy(),
        "series": frame["load"],
        "integers": frame.reset_index(drop=True),
        "periods": frame.to_period("h"),
    }[kind]
    model = SklearnForecaster(NaiveForecaster(), H).fit(Y[:24])
    rows = np.asarray(Y).reshape(30, -1)
    expected = -last_value_error(rows[:24], rows[24:])
    assert model.score(Y[24:]) == pytest.approx(expected)
    assert model.score(rows[24:]) == pytest.approx(expected)  # taken to follow
    forecasts, truths = model.predict_rolling(Y[24:], stride=2)
    np.testing.assert_array_equal(forecasts[1, 0], rows[25])
    np.testing.assert_array_equal(truths[1], rows[26:30])


def test_a_forecaster_learns_no_more_while_it_is_scored(make_frame):
    """A line through the rows seen goes on; later rows do not bend it."""
    Y = make_frame(40, n_channels=1, index=pd.RangeIndex(40))
    model = SklearnForecaster(PolynomialTrendForecaster(), H).fit(Y[:30])
    line = LinearRegression().fit(np.arange(30)[:, None], Y[:30])
    forecasts, _ = model.predict_rolling(Y[30:], stride=3)
    expected = line.predict(np.arange(30, 40)[:, None])
    for first, forecast in zip((0, 3, 6), forecasts, strict=True):
        np.testing.assert_allclose(forecast, expected[first : first + H])


@pytest.mark.parametrize("n_channels", [1, 2])
def test_scoring_leaves_the_forecaster_as_it_was(make_frame, n_channels):
    Y = make_frame(30, n_channels=n_channels)
    model = SklearnForecaster(NaiveForecaster(), H).fit(Y[:24])
    before = model.predict()
    assert model.score(Y[24:]) == model.score(Y[24:])
    pd.testing.assert_frame_equal(model.predict(), before)
    assert before.index[0] == Y.index[24]


def test_ours_are_scored_as_they_score_themselves(make_frame, make_model):
    """Whatever they hold out: a unit of theirs would make others look better."""
    Y = make_frame(90)
    ours = make_model(validation_fraction=0.3)
    wrapped = SklearnForecaster(ours, H).fit(Y[:60])
    bare = ours.clone().fit(Y[:60])
    naive = SklearnForecaster(NaiveForecaster(), H).fit(Y[:60])
    assert wrapped.score(Y[60:]) == pytest.approx(bare.score(Y[60:]), rel=1e-5)
    for wrapper in (wrapped, naive):
        np.testing.assert_allclose(wrapper.score_scale_, bare.score_scale_)
    pd.testing.assert_frame_equal(wrapped.predict([1, 3]), bare.predict([1, 3]))


def test_one_by_one_is_what_one_pass_gives(make_frame, make_model):
    """In a pipeline, ours are asked one window after the other."""
    Y = make_frame(60)
    ours = make_model(max_epochs=1, lr=1e-6)
    plain = SklearnForecaster(ours, H).fit(Y[:50])
    piped = SklearnForecaster(StandardScaler() * ours, H).fit(Y[:50])
    assert not hasattr(piped.forecaster_, "predict_rolling")
    expected, truths = plain.predict_rolling(Y[50:], stride=2)
    forecasts, same_truths = piped.predict_rolling(Y[50:], stride=2)
    # standardised twice, float32 rounds differently
    np.testing.assert_allclose(
        forecasts / plain.score_scale_, expected / plain.score_scale_, atol=1e-4
    )
    np.testing.assert_array_equal(truths, same_truths)


def test_a_search_compares_baselines_pipelines_and_ours(make_frame, make_model):
    Y = make_frame(60, n_channels=1)
    ours = make_model(horizon=None, max_epochs=3)
    grid = {"forecaster": [NaiveForecaster(), Detrender() * NaiveForecaster(), ours]}
    cv = TimeSeriesSplit(2, test_size=6)
    scorer = rolling_scorer(("mse", "mae"), stride=2)
    search = GridSearchCV(
        SklearnForecaster(NaiveForecaster(), horizon=H),
        grid,
        scoring=scorer,
        refit="mse",
        cv=cv,
        error_score="raise",
    ).fit(Y)
    for metric in ("mse", "mae"):
        expected = []
        for forecaster in grid["forecaster"]:
            model = SklearnForecaster(forecaster, H)
            scores = [
                scorer(model.fit(Y.iloc[train]), Y.iloc[test])[metric]
                for train, test in cv.split(Y)
            ]
            expected.append(np.mean(scores))
        np.testing.assert_allclose(
            search.cv_results_[f"mean_test_{metric}"], expected, rtol=1e-6
        )
    assert search.best_index_ == np.argmax(search.cv_results_["mean_test_mse"])
    assert len(search.predict(range(1, H + 1))) == H


def test_a_pipeline_that_follows_no_update_is_refused(make_frame, make_model):
    for pipeline in (
        Differencer() * NaiveForecaster(),
        StandardScaler() * Differencer() * make_model(horizon=None),
        EnsembleForecaster([("one", Differencer() * NaiveForecaster())]),
    ):
        with pytest.raises(
            ValueError, match=r"(?s)forecaster must follow updates, .*refit"
        ):
            SklearnForecaster(pipeline, H).fit(make_frame())


def test_parameters_of_the_forecaster_are_searched():
    wave = np.tile([0.0, 1.0, 5.0, 2.0], 8)
    search = GridSearchCV(
        SklearnForecaster(StandardScaler() * NaiveForecaster(), H),
        {"forecaster__NaiveForecaster__sp": [1, 4, 3]},
        cv=TimeSeriesSplit(2, test_size=5),
        error_score="raise",
    ).fit(wave)
    assert search.best_params_ == {"forecaster__NaiveForecaster__sp": 4}
    assert search.best_score_ == pytest.approx(0, abs=1e-20)
    np.testing.assert_allclose(search.predict(range(1, H + 1))[0], wave[:H], atol=1e-12)


def test_on_real_data_the_season_beats_the_last_value(ett):
    Y = ett("ETTh1")[["HUFL"]][:600]
    last, season, line = (
        cross_val_score(
            SklearnForecaster(forecaster, horizon=24),
            Y,
            scoring=rolling_scorer("mse", stride=24),
            cv=TimeSeriesSplit(2, test_size=96),
            error_score="raise",
        ).mean()
        for forecaster in (
            NaiveForecaster(),
            NaiveForecaster(sp=24),
            PolynomialTrendForecaster(),
        )
    )
    assert season > last
    assert season > line


def test_it_is_cloned_printed_and_pickled(make_frame, make_model):
    Y = make_frame(30, n_channels=1)
    model = SklearnForecaster(NaiveForecaster(sp=3), H).fit(Y[:24])
    copy = clone(model)
    assert not hasattr(copy, "forecaster_")
    assert copy.forecaster is not model.forecaster
    assert copy.get_params()["forecaster__sp"] == 3
    assert copy.set_params(forecaster__sp=2).forecaster.sp == 2
    assert model.forecaster.sp == 3
    assert "NaiveForecaster(sp=3)" in repr(model)
    assert "NaiveForecaster" in model._repr_html_()
    same = pickle.loads(pickle.dumps(model))
    assert same.score(Y[24:]) == model.score(Y[24:])
    ours = clone(SklearnForecaster(make_model(rho=0.3), H))
    assert ours.get_params()["forecaster__rho"] == 0.3


Y = pd.DataFrame(
    {"a": np.arange(30.0), "b": 1.0},
    index=pd.date_range("2020-01-01", periods=30, freq="h"),
)


@pytest.fixture(scope="module")
def fitted():
    return SklearnForecaster(NaiveForecaster(), H).fit(Y[:20])


@pytest.mark.parametrize(
    ("test", "error", "message"),
    [
        (Y[20:23], ValueError, "Y has 3 time points, but horizon=4 needs at least 4"),
        (Y[21:], ValueError, "Y must follow .* from .*20:00.* In a search, use TimeS"),
        (Y[:10], ValueError, "Y must follow the rows seen in fit without a gap"),
        (Y[20:].drop(Y.index[25]), ValueError, "without a gap.*got 9 rows"),
        (Y[20:].reset_index(drop=True), ValueError, "Y must follow the rows seen"),
        (Y[20:].to_period("h"), ValueError, "Y must follow the rows seen in fit"),
        (Y[20:].replace(25.0, np.inf), ValueError, "Y must be finite, got 1 infinite"),
        (Y[["b", "a"]][20:], ValueError, "the columns seen in fit, in the same order"),
        (Y["a"][20:], ValueError, "Y must have the columns seen in fit"),
        (np.ones((10, 3)), ValueError, "Y must have the columns seen in fit"),
        ([1.0] * 10, TypeError, "Y must be a Series, a DataFrame or an array"),
    ],
)
def test_rows_that_cannot_be_scored_are_refused(fitted, test, error, message):
    with pytest.raises(error, match=message):
        fitted.score(test)


def test_a_bad_stride_is_refused(fitted):
    with pytest.raises(ValueError, match="stride must be an int >= 1, got 0"):
        fitted.predict_rolling(Y[20:], stride=0)


def test_folds_before_the_rows_seen_are_refused():
    model = SklearnForecaster(NaiveForecaster(), H)
    with pytest.raises(ValueError, match="In a search, use TimeSeriesSplit"):
        cross_val_score(model, Y, cv=KFold(3), error_score="raise")


@pytest.mark.parametrize(
    ("forecaster", "horizon", "error", "message"),
    [
        (LinearRegression(), H, TypeError, "got LinearRegression.* make_reduction"),
        (NaiveForecaster, H, TypeError, "must be an sktime forecaster, got <class"),
        (NaiveForecaster(), 0, ValueError, "horizon must be an int >= 1, got 0"),
        (NaiveForecaster(), None, TypeError, "horizon must be an int >= 1, got None"),
    ],
)
def test_bad_parameters_are_refused(forecaster, horizon, error, message):
    with pytest.raises(error, match=message):
        SklearnForecaster(forecaster, horizon).fit(Y)


def test_two_different_horizons_are_refused(make_model):
    with pytest.raises(ValueError, match="got horizon=3 and one with horizon=4"):
        SklearnForecaster(make_model(horizon=H), horizon=3).fit(Y)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (Y.replace(5.0, np.inf), ValueError, "Y must be finite, got 1 infinite"),
        (Y[::-1], ValueError, "Y must have its times in order"),
        (pd.concat({"one": Y, "two": Y}), TypeError, "one series, got a panel"),
        (
            Y.set_index(Y.index + pd.to_timedelta(Y["a"] ** 2, "min")),
            ValueError,
            "must have regular times",
        ),
    ],
)
def test_series_that_cannot_be_learned_are_refused(rows, error, message):
    with pytest.raises(error, match=message):
        SklearnForecaster(NaiveForecaster(), H).fit(rows)


@pytest.mark.parametrize("method", ["predict", "predict_rolling", "score"])
def test_before_fit_there_is_nothing(method):
    argument = None if method == "predict" else Y
    with pytest.raises(sklearn.exceptions.NotFittedError):
        getattr(SklearnForecaster(NaiveForecaster(), H), method)(argument)
