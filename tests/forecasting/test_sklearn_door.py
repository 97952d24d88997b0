"""Plain scikit-learn searches and tools take the forecaster as their own."""

import numpy as np
import pandas as pd
import pytest
import sklearn.exceptions
import sktime.exceptions
import torch
from scipy.stats import uniform
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ParameterGrid,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.utils.validation import check_is_fitted

from skts.forecasting import SAMformerForecaster

L, H = 8, 4
CV = TimeSeriesSplit(3)


def rolling_error(model, train, test):
    """Return the mean squared error of all windows with targets in `test`.

    Written apart from the package: only the trained network is taken from the model.
    """
    n_train = len(train) - round(model.validation_fraction * len(train))
    mean, std = train[:n_train].mean(axis=0), train[:n_train].std(axis=0)
    rows = np.concatenate([train[-L:], test])
    seen = (rows - mean) / std if model.standardize else rows
    errors = []
    for now in range(L, len(rows) - H + 1):
        context = torch.tensor(seen[now - L : now].T[None], dtype=torch.float32)
        with torch.no_grad():
            forecast = model.network_(context)[0].numpy().T
        if model.standardize:
            forecast = forecast * std + mean
        errors.append(((forecast - rows[now : now + H]) / train.std(axis=0)) ** 2)
    return np.mean(errors)


@pytest.mark.parametrize("kind", ["frame", "array", "integers", "univariate"])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("validation_fraction", [0, 0.2])
def test_grid_search_maximises_minus_the_rolling_error(
    make_frame, make_model, kind, standardize, validation_fraction
):
    Y = make_frame(96)
    Y = {
        "frame": Y,
        "array": Y.to_numpy(),
        "integers": Y.reset_index(drop=True),
        "univariate": Y["pressure"],
    }[kind]
    grid = {"rho": [0.0, 2.0]}
    model = make_model(
        max_epochs=3, standardize=standardize, validation_fraction=validation_fraction
    )
    search = GridSearchCV(model, grid, cv=CV, error_score="raise").fit(Y)

    rows = np.asarray(Y).reshape(96, -1)
    expected = []
    for params in ParameterGrid(grid):
        errors = []
        for train, test in CV.split(rows):
            part = Y[train] if kind == "array" else Y.iloc[train]
            fitted = clone(model).set_params(**params).fit(part)
            errors.append(rolling_error(fitted, rows[train], rows[test]))
        expected.append(-np.mean(errors))
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected, rtol=0, atol=1e-6
    )
    assert abs(expected[0] - expected[1]) > 1e-4
    assert search.best_params_["rho"] == [0.0, 2.0][int(np.argmax(expected))]
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])


def percentage_error(model, Y, y=None):
    """Score as sktime does: the mean absolute percentage error of one forecast."""
    return model.score(Y[:H], fh=range(1, H + 1))


UNTRAINED, TRAINED = {"lr": 1e-9}, {"lr": 3e-2}
RATES = {"lr": [1e-9, 3e-2]}


def search_rates(model, Y, scoring=None):
    model.set_params(max_epochs=6, rho=0.1, lr_schedule="constant")
    search = GridSearchCV(
        model, RATES, scoring=scoring, cv=TimeSeriesSplit(2), error_score="raise"
    )
    return search.fit(Y)


def test_where_percentages_mislead_the_better_model_is_chosen(make_model):
    """Half of the truths are almost zero: percentages favour to forecast the mean."""
    wave = np.tile([1.0, 0.001, -1.0, 0.001], 30)
    wave *= np.random.default_rng(0).normal(1, 0.1, size=120)
    Y = pd.DataFrame({"wave": wave, "other": np.roll(wave, 2)})
    search = search_rates(make_model(), Y)
    misled = search_rates(make_model(), Y, lambda *args: -percentage_error(*args))
    assert search.best_params_ == TRAINED
    assert misled.best_params_ == UNTRAINED
    untrained, trained = -search.cv_results_["mean_test_score"]
    assert trained < 0.3 * untrained


def test_a_search_picks_the_best_model_not_the_worst(make_frame, make_model):
    """The score of other sktime forecasters is an error, which a search maximises."""
    Y = make_frame(120, n_channels=1) + 10
    assert search_rates(make_model(), Y).best_params_ == TRAINED
    worst = search_rates(make_model(), Y, percentage_error)
    assert worst.best_params_ == UNTRAINED


def test_the_best_model_is_refitted_and_forecasts(make_frame, make_model):
    Y = make_frame(96)
    search = GridSearchCV(
        make_model(), {"rho": [0.0, 0.5]}, cv=CV, error_score="raise"
    ).fit(Y)
    expected = make_model(**search.best_params_).fit(Y).predict([1, 4])
    pd.testing.assert_frame_equal(search.best_estimator_.predict([1, 4]), expected)
    assert search.score(Y) == search.best_estimator_.score(Y)


def test_parameters_of_any_type_can_be_searched(make_frame, make_model):
    grid = {
        "standardize": np.array([True, False]),
        "hidden_size": np.array([2, 4]),
        "attention": np.array(["channel", "none"]),
    }
    search = GridSearchCV(make_model(), grid, cv=CV, error_score="raise")
    search.fit(make_frame(60))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_cross_val_score_is_minus_the_rolling_error_of_each_fold(
    make_frame, make_model
):
    Y = make_frame(96)
    scores = cross_val_score(make_model(), Y, cv=CV, error_score="raise")
    expected = [
        -rolling_error(
            make_model().fit(Y.iloc[train]),
            Y.to_numpy()[train],
            Y.to_numpy()[test],
        )
        for train, test in CV.split(Y)
    ]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)


def test_cross_validate_returns_the_models_it_scored(make_frame, make_model):
    Y = make_frame(96)
    result = cross_validate(
        make_model(), Y, cv=CV, return_estimator=True, error_score="raise"
    )
    for model, (_, test), score in zip(
        result["estimator"], CV.split(Y), result["test_score"], strict=True
    ):
        assert model.is_fitted
        assert model.score(Y.iloc[test]) == score


def test_randomized_search_draws_rho(make_frame, make_model):
    search = RandomizedSearchCV(
        make_model(),
        {"rho": uniform(0, 1), "attention": ["channel", "none"]},
        n_iter=3,
        cv=CV,
        random_state=0,
        error_score="raise",
    ).fit(make_frame(60))
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 3
    assert search.best_score_ == scores.max()


@pytest.mark.filterwarnings("ignore:.*gap:UserWarning")
def test_plain_kfold_trains_on_both_sides_of_its_test_block(make_frame, make_model):
    Y = make_frame(90)
    result = cross_validate(
        make_model(), Y, cv=KFold(3), return_estimator=True, error_score="raise"
    )
    first, middle, last = result["estimator"]
    assert last.cutoff == Y.index[59]
    assert first.cutoff == middle.cutoff == Y.index[89]
    # only the last block follows what was seen; the others bring their own context
    rows = Y.to_numpy()
    expected = [
        -rolling_error_of(first, rows[30:], rows[:30]),
        -rolling_error_of(middle, rows[np.r_[:30, 60:90]], rows[30:60]),
        -rolling_error(last, rows[:60], rows[60:]),
    ]
    np.testing.assert_allclose(result["test_score"], expected, rtol=0, atol=1e-6)


def rolling_error_of(model, train, test):
    """Return the error in `test` alone, in units of `train`."""
    forecasts, truths = model.predict_windows(test)
    return np.mean(((forecasts - truths) / train.std(axis=0)) ** 2)


def test_kfold_warns_of_the_gap(make_frame, make_model):
    with pytest.warns(UserWarning, match=r"y has 1 gap\(s\) in its index"):
        cross_val_score(make_model(), make_frame(90), cv=KFold(3), error_score="raise")


@pytest.mark.parametrize(
    "search",
    [
        lambda model, Y, cv: cross_val_score(model, Y, cv=cv),
        lambda model, Y, cv: GridSearchCV(model, {"rho": [0.0, 0.5]}, cv=cv).fit(Y),
    ],
    ids=["cross_val_score", "GridSearchCV"],
)
def test_a_shuffled_kfold_fails_and_says_why(make_frame, make_model, search):
    cv = KFold(3, shuffle=True, random_state=0)
    with pytest.raises(ValueError, match=r"All the [36] fits failed") as raised:
        search(make_model(), make_frame(90), cv)
    message = str(raised.value)
    assert "y has 60 time points with" in message
    assert "Windows never cross a gap" in message
    assert "use TimeSeriesSplit, not a shuffled split" in message


def test_two_workers_find_what_one_finds(make_frame, make_model):
    Y = make_frame(60)
    one, two = (
        GridSearchCV(
            make_model(),
            {"rho": [0.0, 0.5]},
            cv=TimeSeriesSplit(2),
            n_jobs=n_jobs,
            error_score="raise",
        ).fit(Y)
        for n_jobs in (1, 2)
    )
    np.testing.assert_allclose(
        two.cv_results_["mean_test_score"],
        one.cv_results_["mean_test_score"],
        rtol=1e-6,
    )


def test_clone_copies_parameters_and_no_fit(make_frame, make_model):
    model = make_model(rho=0.3, patience=None)
    cloned = clone(model.fit(make_frame()))
    assert cloned.get_params() == model.get_params()
    assert not cloned.is_fitted
    assert not hasattr(cloned, "network_")


def test_the_notebook_shows_a_box(make_frame, make_model):
    model = make_model(rho=0.3)
    search = GridSearchCV(model, {"rho": [0.0]}, cv=CV)
    for shown in (model, search, model.fit(make_frame())):
        html = shown._repr_html_()
        assert "<div" in html
        assert "SAMformerForecaster" in html
    assert repr(model).startswith("SAMformerForecaster(")
    assert "rho=0.3" in repr(model)


@pytest.mark.parametrize(
    "error",
    [
        sklearn.exceptions.NotFittedError,
        sktime.exceptions.NotFittedError,
        ValueError,
        AttributeError,
    ],
)
@pytest.mark.parametrize(
    "method", ["predict", "predict_rolling", "predict_windows", "score", "update"]
)
def test_both_libraries_know_the_error_before_fit(
    make_frame, make_model, error, method
):
    argument = [1] if method == "predict" else make_frame()
    with pytest.raises(error, match="has not been fitted yet"):
        getattr(make_model(), method)(argument)


def test_scikit_learn_knows_whether_it_is_fitted(make_frame, make_model):
    model = make_model()
    with pytest.raises(sklearn.exceptions.NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(make_frame()))


def test_what_a_search_hangs_on_the_forecaster_survives_fit(make_frame, make_model):
    model = make_model()
    model._parent_callback_ctx = context = object()
    model.fit(make_frame())
    assert model._parent_callback_ctx is context
    del model._parent_callback_ctx  # as scikit-learn does
    assert not hasattr(model.fit(make_frame()), "_parent_callback_ctx")


def test_equal_forecasters_have_one_hash(make_model):
    one, other = make_model(), make_model()
    assert one == other
    assert hash(one) == hash(other)
    assert hash(one.set_params(rho=0.1)) == hash(other)


def test_a_search_over_rho_is_one_line(make_frame):
    Y = make_frame(120)
    quick = {"max_epochs": 1, "device": "cpu", "validation_fraction": 0}
    search = GridSearchCV(
        SAMformerForecaster(L, horizon=H, **quick),
        {"rho": [0.0, 0.7]},
        cv=TimeSeriesSplit(3),
        error_score="raise",
    ).fit(Y)
    assert search.best_params_["rho"] in (0.0, 0.7)
