"""The splitter leaves out the windows that leak, and no others."""

from itertools import product

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsRegressor

from skts.model_selection import WindowSplit, make_windows


def leaks(cv, rows, context_length, horizon, stride):
    """Return whether a training window holds a target of a test window."""
    X, y = make_windows(rows, context_length, horizon, stride)
    for train, test in cv.split(X):
        seen = {*X[train].ravel(), *y[train].ravel()}
        if seen & set(y[test].ravel()):
            return True
    return False


CASES = list(product([1, 5], [1, 2, 7, 12], [1, 2, 3, 12, 20]))


@pytest.mark.parametrize(("context_length", "horizon", "stride"), CASES)
def test_no_training_window_holds_a_test_target(context_length, horizon, stride):
    rows = np.arange(80.0 * stride)  # every value tells its row
    lengths = context_length, horizon, stride
    for changes in ({}, {"test_size": 1}, {"max_train_size": 3}):
        cv = WindowSplit(3, horizon=horizon, stride=stride, **changes)
        assert not leaks(cv, rows, *lengths)
    if cv.gap:  # and a smaller gap would not do
        assert leaks(TimeSeriesSplit(3, gap=cv.gap - 1), rows, *lengths)


def test_the_gap_by_hand():
    # Windows 0, 1, 2, ... forecast rows 3-4, 4-5, 5-6, ...: one window is left out.
    split = list(WindowSplit(2, horizon=2, test_size=2).split(np.zeros(7)))
    assert [(a.tolist(), b.tolist()) for a, b in split] == [
        ([0, 1], [3, 4]),
        ([0, 1, 2, 3], [5, 6]),
    ]


def test_it_is_a_splitter_of_scikit_learn():
    cv = WindowSplit(4, horizon=96, stride=24, test_size=10)
    assert cv.get_n_splits() == 4
    assert cv.gap == 3
    assert "horizon=96" in repr(cv)
    search = GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=cv)
    assert clone(search).cv.get_n_splits() == 4
    assert clone(search).cv.gap == 3


def test_only_a_leak_beats_the_last_value_of_a_random_walk():
    """Nobody can, but in shuffled folds the neighbour has seen what is to come."""
    walks = np.random.default_rng(0).standard_normal((1000, 5)).cumsum(axis=0)
    X, y = make_windows(walks, 12, 6)
    last_value = np.mean((y - X[:, -1:]) ** 2)
    X, y = X.reshape(len(X), -1), y.reshape(len(y), -1)
    honest, leaking = (
        -cross_val_score(
            KNeighborsRegressor(1), X, y, cv=cv, scoring="neg_mean_squared_error"
        ).mean()
        for cv in (
            WindowSplit(5, horizon=6),
            KFold(5, shuffle=True, random_state=0),
        )
    )
    assert leaking < 0.5 * last_value < last_value < honest


def test_a_search_over_windows_of_real_data(ett):
    """The best penalty is the one with the least error, computed by a plain loop."""
    Y = ett("ETTh1")[["OT", "HUFL"]][:2000]
    context_length, horizon, stride = 48, 24, 6
    X, y = make_windows(Y, context_length, horizon, stride)
    X, y = X.reshape(len(X), -1), y.reshape(len(y), -1)
    cv = WindowSplit(3, horizon=horizon, stride=stride)
    grid = {"alpha": [1e-3, 1e3, 1e6]}
    search = GridSearchCV(
        Ridge(), grid, cv=cv, scoring="neg_mean_squared_error", error_score="raise"
    ).fit(X, y)
    expected = []
    for alpha in grid["alpha"]:
        errors = []
        for train, test in cv.split(X):
            forecast = Ridge(alpha).fit(X[train], y[train]).predict(X[test])
            errors.append(mean_squared_error(y[test], forecast))
        expected.append(-np.mean(errors))
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected)
    assert search.best_params_["alpha"] == grid["alpha"][int(np.argmax(expected))]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"horizon": 0}, ValueError, "horizon must be an int >= 1, got 0"),
        ({"horizon": "long"}, TypeError, "horizon must be an int >= 1, got 'long'"),
        ({"horizon": 2, "stride": 0}, ValueError, "stride must be an int >= 1, got 0"),
        ({"horizon": 2, "n_splits": 1}, ValueError, "n_splits=1"),
    ],
)
def test_bad_parameters_are_refused(params, error, message):
    with pytest.raises(error, match=message):
        WindowSplit(**params)


def test_too_few_windows_are_refused():
    with pytest.raises(ValueError, match=r"Too many splits=3 .* gap=23"):
        list(WindowSplit(3, horizon=24).split(np.zeros(30)))
