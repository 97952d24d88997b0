"""score(Y) is minus the rolling error in units of the rows given to fit."""

import numpy as np
import pandas as pd
import pytest

L, H = 8, 4


def rolling_error(model, unit, rows):
    """Return the error of all windows of `rows`, each forecast by itself."""
    errors = []
    for first in range(len(rows) - L - H + 1):
        window = rows[first : first + L + H].to_numpy()
        forecast = model.predict_windows(window)[0][0]
        errors.append(((forecast - window[L:]) / unit) ** 2)
    return np.mean(errors)


@pytest.fixture(scope="module", params=[True, False], ids=["standardized", "raw"])
def fitted(request, make_frame, make_model):
    model = make_model(standardize=request.param, validation_fraction=0.2)
    return model.fit(make_frame(50))


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(90)


@pytest.fixture(scope="module")
def unit(y):
    return y[:50].std(ddof=0).to_numpy()  # whatever is held out of them


def test_rows_that_follow_are_forecast_from_the_rows_seen(fitted, y, unit):
    expected = -rolling_error(fitted, unit, y[50 - L : 70])
    assert fitted.score(y[50:70]) == pytest.approx(expected, rel=1e-5)


def test_as_many_rows_as_the_horizon_are_enough_if_they_follow(fitted, y, unit):
    expected = -rolling_error(fitted, unit, y[50 - L : 50 + H])
    assert fitted.score(y[50 : 50 + H]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("first", [51, 60, 49, 0])
def test_rows_from_elsewhere_bring_their_own_context(fitted, y, unit, first):
    expected = -rolling_error(fitted, unit, y[first : first + 30])
    assert fitted.score(y[first : first + 30]) == pytest.approx(expected, rel=1e-5)


def test_an_array_is_taken_to_follow(fitted, y):
    assert fitted.score(y[60:80].to_numpy()) == pytest.approx(
        fitted.score(y[60:80].set_axis(y.index[50:70])), rel=1e-12
    )


def test_rows_counted_otherwise_bring_their_own_context(fitted, y, unit):
    expected = -rolling_error(fitted, unit, y[60:80])
    for same in (
        y[60:80].reset_index(drop=True),
        y[60:80].to_period("h"),
        y[60:80].tz_localize("UTC"),
    ):
        assert fitted.score(same) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["range", "period", "no frequency"])
def test_rows_that_follow_are_known_by_any_index(make_frame, make_model, kind):
    index = {
        "range": pd.RangeIndex(5, 75),
        "period": pd.period_range("2000-01", periods=70, freq="M"),
        "no frequency": pd.DatetimeIndex(
            list(pd.date_range("2000-01", periods=70, freq="MS"))
        ),
    }[kind]
    y = make_frame(70, index=index)
    model = make_model().fit(y[:50])
    expected = model.score(y[50:].to_numpy())
    assert model.score(y[50:]) == expected
    assert model.score(y[51:]) != pytest.approx(expected)


def test_windows_of_a_score_never_cross_a_gap(fitted, y, unit):
    broken = y[50:90].drop(y.index[65])
    errors = [
        (rolling_error(fitted, unit, y[50 - L : 65]), 65 - 50 - H + 1),
        (rolling_error(fitted, unit, y[66:90]), 90 - 66 - L - H + 1),
    ]
    expected = -np.average(
        [error for error, _ in errors], weights=[n for _, n in errors]
    )
    assert fitted.score(broken) == pytest.approx(expected, rel=1e-5)


def test_the_score_does_not_depend_on_what_was_predicted(make_frame, make_model):
    y = make_frame(90)
    model = make_model().fit(y[:50])
    expected = [model.score(y[50:70]), model.score(y[60:80])]
    model.predict([1])
    model.predict([2, 3])
    model.predict_windows(y)
    model.score(y[50:52], fh=[1, 2])
    assert [model.score(y[50:70]), model.score(y[60:80])] == expected
    other = make_model().fit(y[:50], fh=[2])
    assert [other.score(y[50:70]), other.score(y[60:80])] == expected


def test_after_update_the_rows_that_follow_are_others(make_frame, make_model):
    y = make_frame(90)
    model = make_model().fit(y[:50]).update(y[50:60], update_params=False)
    unit = y[:50].std(ddof=0).to_numpy()
    expected = -rolling_error(model, unit, y[60 - L : 80])
    assert model.score(y[60:80]) == pytest.approx(expected, rel=1e-5)


def test_the_score_counts_every_channel_alike_whatever_its_unit(make_frame, make_model):
    y = make_frame(90)
    factor = np.array([1e3, 1.0, 1e-2])
    score = make_model().fit(y[:50]).score(y[50:])
    scaled = make_model().fit(y[:50] * factor).score(y[50:] * factor)
    assert scaled == pytest.approx(score, rel=1e-3)


def test_with_fh_the_score_is_that_of_sktime(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y[:50])
    truth = y.iloc[[50, 52]]
    relative = ((truth - model.predict([1, 3])) / truth).abs()
    assert model.score(truth, fh=[1, 3]) == pytest.approx(relative.mean(axis=None))
