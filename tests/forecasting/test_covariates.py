"""X, which no method uses yet, is said not to be used: once, where it is given."""

import warnings

import pandas as pd
import pytest
from sktime.split import SlidingWindowSplitter

WORDS = "takes no covariates yet: X is not used"
FOLDS = SlidingWindowSplitter(fh=[1, 2], window_length=9, step_length=3)


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(60)


@pytest.fixture(scope="module")
def X(y):
    return pd.DataFrame({"holiday": 0.0}, index=y.index)


@pytest.fixture
def model(make_model, y):
    return make_model(validation_fraction=0.3).fit(y[:40], fh=[1, 2])


def panel_of(rows):
    return pd.concat({"a": rows, "b": rows}, names=["name", "time"])


CALLS = {
    "fit": lambda m, y, X: m.fit(y[:40], X[:40]),
    "fit to a panel": lambda m, y, X: m.fit(panel_of(y), X=panel_of(X)),
    "pretrain": lambda m, y, X: m.clone().pretrain(panel_of(y), panel_of(X)),
    "fit_predict": lambda m, y, X: m.fit_predict(y[:40], fh=[1], X=X[:40]),
    "predict": lambda m, y, X: m.predict([1], X[40:]),
    "predict without fh": lambda m, y, X: m.predict(X=X[40:]),
    "predict_interval": lambda m, y, X: m.predict_interval([1], X[40:], coverage=0.5),
    "predict_quantiles": lambda m, y, X: m.predict_quantiles([1], X[40:], alpha=0.4),
    "predict_var": lambda m, y, X: m.predict_var([1], X[40:]),
    "predict_residuals": lambda m, y, X: m.predict_residuals(y[40:42], X=X[40:42]),
    "score": lambda m, y, X: m.score(y[40:], X[40:]),
    "score of steps": lambda m, y, X: m.score(y[40:42], X=X[40:42], fh=[1, 2]),
    "update": lambda m, y, X: m.update(y[40:], X[40:]),
    "update_predict_single": lambda m, y, X: m.update_predict_single(
        y[40:45], fh=[1], X=X[40:45]
    ),
    "update_predict": lambda m, y, X: m.update_predict(
        y[40:], FOLDS, X[40:], update_params=False
    ),
    "update_predict with params": lambda m, y, X: m.update_predict(
        y[40:], FOLDS, X[40:]
    ),
}


@pytest.mark.parametrize("method", CALLS)
def test_what_is_not_used_is_said_once_at_the_line_that_gives_it(model, y, X, method):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CALLS[method](model, y, X)
    (told,) = [warning for warning in caught if WORDS in str(warning.message)]
    assert told.filename == __file__
    assert "SAMformerForecaster" in str(told.message)
    assert "Leave it out, or model its effect apart" in str(told.message)


@pytest.mark.parametrize("method", CALLS)
def test_nothing_is_said_without_it(model, y, method):
    class Nothing:
        def __getitem__(self, rows):
            return None

    if "panel" in method or method == "pretrain":
        model.fit(panel_of(y))
        return
    CALLS[method](model, y, Nothing())


def test_it_changes_nothing(model, y, X):
    wanted = model.predict([1, 2])
    with pytest.warns(UserWarning, match=WORDS):
        given = model.predict([1, 2], X[40:])
    pd.testing.assert_frame_equal(given, wanted)
