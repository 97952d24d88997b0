"""What cannot be fitted or forecast says so, before any training."""

import numpy as np
import pandas as pd
import pytest

from skts.regression import LSINetRegressor, SAMformerRegressor

N, L, H, C = 20, 6, 4, 3
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(N, L, C)), RNG.normal(size=(N, H, C))
FLAT_X, FLAT_Y = X.reshape(N, -1), Y.reshape(N, -1)


def with_value(array, value):
    array = array.copy()
    array.flat[7] = value
    return array


BAD_DATA = {
    "columns that channels do not divide": (
        {"n_channels": 4},
        FLAT_X,
        FLAT_Y,
        "X must have context_length * n_channels columns, got 18, which 4 channels",
    ),
    "another number of channels than the array": (
        {"n_channels": 6},
        X,
        Y,
        r"X must have n_channels=6 channels on its last axis, got shape \(20, 6, 3\)",
    ),
    "targets that channels do not divide": (
        {"n_channels": 3},
        FLAT_X,
        FLAT_Y[:, 1:],
        "y must have horizon \\* n_channels columns, got 11, which 3 channels",
    ),
    "a vector for several channels": (
        {},
        X,
        FLAT_Y[:, 0],
        "y must have horizon \\* n_channels columns, got 1, which 3 channels",
    ),
    "targets of other channels": (
        {},
        X,
        Y[:, :, :2],
        r"with the 3 channel\(s\) of X, got \(20, 4, 2\)",
    ),
    "targets of flat windows of one channel": (
        {},
        FLAT_X,
        Y,
        r"with the 1 channel\(s\) of X, got \(20, 4, 3\)",
    ),
    "four dimensions of X": ({}, X[None], Y, "Found array with dim 4"),
    "four dimensions of y": ({}, X, Y[..., None], "y must be of shape"),
    "fewer targets than windows": ({}, X, Y[1:], r"inconsistent numbers of samples"),
    "no rows": ({}, X[:0], Y[:0], r"Found array with 0 sample\(s\)"),
    "no time points": ({}, X[:, :0], Y, r"must hold windows.*got shape \(20, 0, 3\)"),
    "no columns": ({}, FLAT_X[:, :0], Y, r"0 feature\(s\)"),
    "a number that is missing": ({}, with_value(X, np.nan), Y, "X contains NaN"),
    "an infinite number": ({}, with_value(FLAT_X, np.inf), Y, "X contains infinity"),
    "a target that is missing": ({}, X, with_value(Y, np.nan), "y contains NaN"),
    "an infinite target": ({}, X, with_value(FLAT_Y, np.inf), "y contains infinity"),
    "no targets": ({}, X, None, "requires y to be passed"),
    "rows of several lengths": (
        {},
        [[1.0, 2.0], [1.0]],
        [1.0, 2.0],
        "X must be an array of numbers with rows of one length",
    ),
    "complex numbers": (
        {},
        [[1j, 2.0], [1.0, 2.0]],
        [1.0, 2.0],
        "Complex data not supported, got them in X",
    ),
    "columns of the same name": (
        {},
        pd.DataFrame(FLAT_X[:, :2], columns=["a", "a"]),
        Y,
        r"X must have unique column names, got \['a', 'a'\]",
    ),
    "a table without columns": (
        {},
        X,
        pd.DataFrame(index=range(N)),
        "y must have columns, got a table without any",
    ),
    "numbers that have no squares": (
        {},
        with_value(X, 1e200),
        Y,
        "X must hold numbers up to 1e\\+150",
    ),
    "targets that have no squares": (
        {},
        X,
        with_value(Y, 1e200),
        "y must hold numbers up to 1e\\+150",
    ),
    "words": ({}, np.full((N, L), "a"), Y, "could not convert string|dtype='numeric'"),
}


@pytest.fixture
def no_training(monkeypatch):
    def train(*args, **kwargs):
        pytest.fail("trained")

    monkeypatch.setattr("skts.models._trained.train_on_windows", train)


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_refused_before_training(case):
    params, X, y, words = BAD_DATA[case]
    words = words.replace("context_length * n", r"context_length \* n")
    with pytest.raises(ValueError, match=words):
        SAMformerRegressor(**params).fit(X, y)


BAD_PARAMETERS = [
    (SAMformerRegressor, {"n_channels": 0}, ValueError, "n_channels must be an int"),
    (SAMformerRegressor, {"n_channels": 1.0}, TypeError, "n_channels must be an int"),
    (SAMformerRegressor, {"rho": -1}, ValueError, "rho must be a number >= 0, got -1"),
    (SAMformerRegressor, {"lr": 0}, ValueError, "lr must be a number > 0, got 0"),
    (SAMformerRegressor, {"device": "tpu"}, ValueError, "device must be 'auto'"),
    (
        SAMformerRegressor,
        {"validation_fraction": 1},
        ValueError,
        "validation_fraction must be a number >= 0 and < 1, got 1",
    ),
    (LSINetRegressor, {"sparsity": 1}, ValueError, "sparsity must be a number"),
    (
        LSINetRegressor,
        {"patch_length": 7},
        ValueError,
        "patch_length must be <= context_length=6, got 7. Use a shorter patch",
    ),
    (LSINetRegressor, {"head": 4}, ValueError, "head must be at most the number of"),
]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(("regressor", "params", "error", "words"), BAD_PARAMETERS)
def test_bad_parameters_are_refused_before_training(regressor, params, error, words):
    with pytest.raises(error, match=words):
        regressor(**params).fit(X, Y)


@pytest.fixture(scope="module")
def fitted(make_regressor):
    return make_regressor().fit(X, Y)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (FLAT_X[:, 3:], "X has 15 features, but SAMformerRegressor is expecting 18"),
        (X[:, 1:], r"windows in fit, \(n_windows, 6, 3\), got \(20, 5, 3\)"),
        (X[:, :, :2], r"windows in fit, \(n_windows, 6, 3\), got \(20, 6, 2\)"),
        (with_value(X, np.inf), "X contains infinity"),
        (with_value(X, 1e40), r"Values must lie within 1e\+17 units"),
        (FLAT_X[0], "Reshape your data"),
    ],
)
@pytest.mark.parametrize("method", ["predict", "score"])
def test_bad_windows_are_refused_after_fit(fitted, method, bad, words):
    arguments = (bad, Y) if method == "score" else (bad,)
    with pytest.raises(ValueError, match=words):
        getattr(fitted, method)(*arguments)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Y[:, 1:], r"y must have the 4 steps of 3 channels seen in fit, got shape"),
        (Y[1:], "inconsistent numbers of samples"),
        (with_value(Y, np.nan), "y contains NaN"),
    ],
)
def test_bad_targets_are_refused_by_score(fitted, bad, words):
    with pytest.raises(ValueError, match=words):
        fitted.score(X, bad)


def test_columns_in_another_order_are_refused(make_regressor):
    frame = pd.DataFrame(FLAT_X).add_prefix("x")
    model = make_regressor(n_channels=3).fit(frame, FLAT_Y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[frame.columns[::-1]])


def test_training_that_goes_astray_names_the_way_out(make_regressor):
    with pytest.raises(ValueError, match=r"Use a smaller lr"):
        make_regressor(lr=1e30, rho=0.0, max_epochs=5).fit(X, Y)
