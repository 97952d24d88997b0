"""Scorers measure all rolling windows of a test part, in units of the rows of fit."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import (
    mean_absolute_percentage_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.naive import NaiveForecaster

from skts.model_selection import rolling_scorer

L, H = 8, 4
CV = TimeSeriesSplit(2)


@pytest.fixture(scope="module", params=[True, False], ids=["standardized", "raw"])
def fitted(request, make_frame, make_model):
    model = make_model(standardize=request.param, validation_fraction=0.2)
    return model.fit(make_frame(50))


@pytest.fixture(scope="module")
def rows(make_frame):
    """Return a context from the rows seen, and rows that follow."""
    return make_frame(90)[50 - L : 70]


def differences(model, rows, unit):
    """Return forecast minus truth of all windows of `rows`, each by itself."""
    found = []
    for first in range(len(rows) - L - H + 1):
        window = rows[first : first + L + H].to_numpy()
        found.append((model.predict_windows(window)[0][0] - window[L:]) / unit)
    return np.array(found)


def test_errors_are_those_of_each_window_in_units_of_the_rows_seen(
    fitted, rows, make_frame
):
    unit = make_frame(90)[:50].std(ddof=0).to_numpy()  # a fifth of them is held out
    by_hand = differences(fitted, rows, unit)
    mse = rolling_scorer("mse")(fitted, rows[L:])
    mae = rolling_scorer("mae")(fitted, rows[L:])
    # float32 sums over other batches
    assert mse == pytest.approx(-np.mean(by_hand**2), rel=1e-5)
    assert mae == pytest.approx(-np.mean(np.abs(by_hand)), rel=1e-5)
    assert mse == pytest.approx(fitted.score(rows[L:]), rel=1e-5)
    some = rolling_scorer("mae", stride=5)(fitted, rows[L:])
    assert some == pytest.approx(-np.mean(np.abs(by_hand[::5])), rel=1e-5)


@pytest.mark.parametrize("form", ["follow", "array", "elsewhere", "gap"])
def test_the_context_comes_from_where_the_score_takes_it(fitted, make_frame, form):
    y = make_frame(90)
    test = {
        "follow": y[50:70],
        "array": y[50:70].to_numpy(),
        "elsewhere": y[60:80],
        "gap": y[50:90].drop(y.index[65]),
    }[form]
    assert rolling_scorer()(fitted, test) == pytest.approx(fitted.score(test), rel=1e-5)
    n_windows = {"follow": 17, "array": 17, "elsewhere": 9, "gap": 12 + 13}[form]
    forecasts, truths = fitted.predict_rolling(test)
    assert forecasts.shape == truths.shape == (n_windows, H, 3)


def test_functions_see_windows_and_steps_by_channel(fitted, rows):
    forecasts, truths = fitted.predict_rolling(rows[L:])
    forecast, truth = forecasts.reshape(-1, 3), truths.reshape(-1, 3)
    # neither depends on units
    percentage = rolling_scorer(mean_absolute_percentage_error)(fitted, rows[L:])
    r2 = rolling_scorer(r2_score, greater_is_better=True)(fitted, rows[L:])
    assert percentage == pytest.approx(-mean_absolute_percentage_error(truth, forecast))
    assert r2 == pytest.approx(r2_score(truth, forecast))


def test_several_metrics_come_from_one_pass(fitted, rows, monkeypatch):
    calls = []
    forecast = fitted._rolling_in_units

    def spy(*args, **kwargs):
        calls.append(args)
        return forecast(*args, **kwargs)

    metrics = ("mse", "mae", root_mean_squared_error)
    single = [rolling_scorer(metric)(fitted, rows[L:]) for metric in metrics]
    monkeypatch.setattr(fitted, "_rolling_in_units", spy)
    several = rolling_scorer(metrics)(fitted, rows[L:])
    assert several == dict(
        zip(("mse", "mae", "root_mean_squared_error"), single, strict=True)
    )
    assert len(calls) == 1


def test_names_stay_errors_beside_a_score(fitted, rows):
    scorer = rolling_scorer(("mse", r2_score), greater_is_better=True)
    scores = scorer(fitted, rows[L:])
    assert scores["mse"] == rolling_scorer("mse")(fitted, rows[L:]) < 0
    assert scores["r2_score"] > scores["mse"]


@pytest.mark.parametrize("refit", ["mse", "mae"])
def test_grid_search_takes_several_metrics(make_frame, make_model, refit):
    Y = make_frame(96)
    grid = {"rho": [0.0, 2.0]}
    search = GridSearchCV(
        make_model(),
        grid,
        scoring=rolling_scorer(("mse", "mae")),
        refit=refit,
        cv=CV,
        error_score="raise",
    ).fit(Y)
    for metric in ("mse", "mae"):
        expected = [
            cross_val_score(
                make_model(rho=rho), Y, scoring=rolling_scorer(metric), cv=CV
            ).mean()
            for rho in grid["rho"]
        ]
        np.testing.assert_allclose(
            search.cv_results_[f"mean_test_{metric}"], expected, rtol=1e-6
        )
    assert search.best_index_ == np.argmax(search.cv_results_[f"mean_test_{refit}"])
    # the search scores by the metric it was refitted for
    one = rolling_scorer(refit)(search.best_estimator_, Y[-20:].to_numpy())
    assert search.score(Y[-20:].to_numpy()) == one


def test_a_dict_of_scorers_works_as_well(make_frame, make_model):
    scoring = {
        "error": rolling_scorer("mae"),
        "r2": rolling_scorer(r2_score, greater_is_better=True),
    }
    result = cross_validate(
        make_model(), make_frame(96), scoring=scoring, cv=CV, error_score="raise"
    )
    assert (result["test_error"] < 0).all()
    assert (result["test_r2"] > result["test_error"]).all()


def test_a_search_within_a_search_is_scored_by_its_best_model(make_frame, make_model):
    Y = make_frame(96)
    inner = GridSearchCV(make_model(), {"rho": [0.5]}, cv=CV, error_score="raise")
    scores = [
        cross_val_score(
            model, Y, scoring=rolling_scorer("mae"), cv=CV, error_score="raise"
        )
        for model in (inner, make_model(rho=0.5))
    ]
    np.testing.assert_array_equal(*scores)


def test_scorers_are_copied_and_pickled(fitted, rows):
    scorer = rolling_scorer(("mse", root_mean_squared_error), stride=2)
    expected = scorer(fitted, rows[L:])
    assert pickle.loads(pickle.dumps(scorer))(fitted, rows[L:]) == expected
    assert clone(scorer, safe=False)(fitted, rows[L:]) == expected


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (("mape",), ValueError, "metric must be 'mse', 'mae', .*got 'mape'. Pass any"),
        ((3,), TypeError, "metric must be 'mse', 'mae', a function .*got 3"),
        ((("mse", "mse"),), ValueError, "different names, got 'mse' twice"),
        (((),), ValueError, "at least one metric, got none"),
    ],
)
def test_unknown_metrics_are_refused(args, error, message):
    with pytest.raises(error, match=message):
        rolling_scorer(*args)


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="stride must be an int >= 1, got 0"):
        rolling_scorer(stride=0)
    with pytest.raises(TypeError, match="greater_is_better must be True or False"):
        rolling_scorer(greater_is_better="yes")


def test_a_model_that_cannot_be_scored_is_told_the_way_out(make_frame, make_model):
    Y = make_frame(40)
    pipeline = Pipeline([("scale", StandardScaler()), ("f", make_model())]).fit(Y)
    for model in (pipeline, NaiveForecaster()):
        with pytest.raises(
            TypeError,
            match=f"with predict_rolling, .*got {type(model).__name__}.* "
            r"Wrap .*SklearnForecaster\(StandardScaler\(\) \* forecaster",
        ):
            rolling_scorer()(model, Y)


def test_a_test_part_without_a_window_is_refused(fitted, rows):
    with pytest.raises(ValueError, match=r"Y has 3 time points .*horizon=4 needs at"):
        rolling_scorer()(fitted, rows[L : L + 3])
    with pytest.raises(ValueError, match="context_length=8 and horizon=4 need at"):
        rolling_scorer()(fitted, rows[L + 1 : L + 12])


def test_an_unfitted_model_is_refused(make_model, rows):
    with pytest.raises(ValueError, match="has not been fitted yet"):
        rolling_scorer()(make_model(), rows)
