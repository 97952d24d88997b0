"""scikit-learn's tools on real data, with the regressors as any other estimator."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.inspection import permutation_importance
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

L, H, C = 48, 12, 7
N_TRAIN = 600
# The gap keeps test targets out of training.
CV = TimeSeriesSplit(2, gap=H - 1)
LEARNING = {"batch_size": 32, "max_epochs": 10, "lr": 2e-3, "validation_fraction": 0.2}


@pytest.fixture(scope="module")
def etth1(ett, cut):
    """Return contexts and targets of ETTh1, of 1000 hours."""
    return cut(ett("ETTh1").to_numpy()[:1000], L, H)


@pytest.fixture(scope="module")
def flat(etth1):
    return tuple(part.reshape(len(part), -1) for part in etth1)


@pytest.fixture(scope="module")
def held_out(flat):
    """Return training rows and later ones, flat, that share no target."""
    X, y = flat
    test = slice(N_TRAIN + H - 1, None)
    return X[:N_TRAIN], X[test], y[:N_TRAIN], y[test]


@pytest.mark.parametrize("kind", ["SAMformer", "LSINet"])
def test_it_forecasts_better_than_the_mean_and_the_last_value(
    held_out, make_regressor, kind
):
    X, X_test, y, y_test = held_out
    model = make_regressor(kind, n_channels=C, **LEARNING).fit(X, y)
    errors = {
        "model": mean_squared_error(y_test, model.predict(X_test)),
        "mean": mean_squared_error(y_test, DummyRegressor().fit(X, y).predict(X_test)),
        "last": mean_squared_error(y_test, np.tile(X_test[:, -C:], H)),
    }
    assert errors["model"] < 0.8 * min(errors["mean"], errors["last"])


def test_the_score_is_the_mean_r2_of_all_outputs(held_out, make_regressor):
    X, X_test, y, y_test = held_out
    model = make_regressor(n_channels=C, max_epochs=1).fit(X, y)
    expected = r2_score(y_test, model.predict(X_test))
    assert model.score(X_test, y_test) == pytest.approx(expected)
    weights = np.arange(len(y_test))
    expected = r2_score(y_test, model.predict(X_test), sample_weight=weights)
    assert model.score(X_test, y_test, weights) == pytest.approx(expected)


def test_a_pipeline_may_scale_the_columns(held_out, make_regressor):
    """The targets keep their units, and the forecasts come in them."""
    X, X_test, y, y_test = held_out
    model = make_regressor(n_channels=C, **LEARNING)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", model)]).fit(X, y)
    scaled = StandardScaler().fit(X)
    alone = clone(model).fit(scaled.transform(X), y)
    np.testing.assert_array_equal(
        pipeline.predict(X_test), alone.predict(scaled.transform(X_test))
    )
    plain = clone(model).fit(X, y).score(X_test, y_test)
    assert pipeline.score(X_test, y_test) == pytest.approx(plain, abs=0.05)


def test_the_targets_may_be_transformed(held_out, make_regressor):
    X, X_test, y, y_test = held_out
    model = make_regressor(n_channels=C, **LEARNING)
    wrapped = TransformedTargetRegressor(model, transformer=StandardScaler()).fit(X, y)
    scaler = StandardScaler().fit(y)
    alone = clone(model).fit(X, scaler.transform(y))
    np.testing.assert_allclose(
        wrapped.predict(X_test), scaler.inverse_transform(alone.predict(X_test))
    )
    plain = clone(model).fit(X, y).score(X_test, y_test)
    assert wrapped.score(X_test, y_test) == pytest.approx(plain, abs=0.05)


@pytest.mark.parametrize(
    ("scoring", "metric"),
    [("neg_mean_squared_error", mean_squared_error), ("r2", r2_score)],
)
def test_scorers_may_be_strings(flat, make_regressor, scoring, metric):
    X, y = flat
    model = make_regressor(n_channels=C)
    scores = cross_val_score(model, X, y, cv=CV, scoring=scoring, error_score="raise")
    sign = -1 if scoring.startswith("neg_") else 1
    expected = [
        sign * metric(y[test], clone(model).fit(X[train], y[train]).predict(X[test]))
        for train, test in CV.split(X)
    ]
    np.testing.assert_allclose(scores, expected)


def test_permutation_importance_finds_the_channel_that_matters(
    held_out, make_regressor
):
    X, X_test, y, y_test = held_out
    model = make_regressor("LSINet", n_channels=C, **LEARNING).fit(X[:300], y[:300])
    own = np.arange(L * C) % C == C - 1

    def only_oil(model, X, y):  # the last channel alone
        return -mean_squared_error(y[:, C - 1 :: C], model.predict(X)[:, C - 1 :: C])

    found = permutation_importance(
        model, X_test[:40], y_test[:40], scoring=only_oil, n_repeats=1, random_state=0
    )
    importance = found.importances_mean
    assert importance.shape == (L * C,)
    # LSINet forecasts channels apart: the others, in C order, count nothing
    np.testing.assert_allclose(importance[~own], 0, atol=1e-9)
    assert np.median(importance[own]) > 0


@pytest.mark.parametrize(
    ("kind", "grid"),
    [("SAMformer", {"rho": [0.0, 0.7]}), ("LSINet", {"sparsity": [0.3, 0.9]})],
)
@pytest.mark.parametrize("form", ["flat", "deep"])
def test_grid_search_maximises_the_score(etth1, flat, make_regressor, kind, grid, form):
    X, y = (part[:250] for part in (flat if form == "flat" else etth1))
    model = make_regressor(kind, n_channels=C)
    search = GridSearchCV(model, grid, cv=CV, error_score="raise").fit(X, y)
    ((name, values),) = grid.items()
    expected = [
        np.mean(
            [
                clone(model)
                .set_params(**{name: value})
                .fit(X[train], y[train])
                .score(X[test], y[test])
                for train, test in CV.split(X)
            ]
        )
        for value in values
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)
    assert search.best_params_[name] == values[int(np.argmax(expected))]
    assert search.predict(X[:3]).shape == y[:3].shape


def test_a_search_reaches_through_a_pipeline(flat, make_regressor):
    X, y = flat
    pipeline = make_pipeline(
        StandardScaler(), make_regressor(n_channels=C, max_epochs=1)
    )
    grid = {"samformerregressor__rho": [0.0, 0.7]}
    search = GridSearchCV(
        pipeline, grid, cv=CV, scoring="neg_mean_absolute_error", error_score="raise"
    ).fit(X, y)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


# Rows that share targets ------------------------------------------------------------

SHARED = "use cv=skts.model_selection.WindowSplit"


@pytest.mark.parametrize(
    "cv",
    [KFold(3), KFold(3, shuffle=True, random_state=0), TimeSeriesSplit(2)],
    ids=str,
)
@pytest.mark.parametrize("scaled", [False, True])
def test_folds_that_share_targets_are_warned_of(flat, make_regressor, cv, scaled):
    model = make_regressor(n_channels=C, max_epochs=1)
    model = make_pipeline(StandardScaler(), model) if scaled else model
    with pytest.warns(UserWarning, match=SHARED):
        cross_val_score(model, *flat, cv=cv, error_score="raise")


def test_a_gap_and_the_training_rows_themselves_are_not_warned_of(flat, make_regressor):
    model = make_regressor(n_channels=C, max_epochs=1)
    cross_validate(model, *flat, cv=CV, return_train_score=True, error_score="raise")


def test_rounded_tables_are_not_warned_of(make_regressor):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, (200, 5)), rng.integers(0, 3, (200, 4))
    model = make_regressor(max_epochs=1)
    cross_val_score(model, X, y, cv=KFold(10), error_score="raise")
