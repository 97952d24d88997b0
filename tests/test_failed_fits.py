"""A fit that fails in training leaves an estimator that is not fitted."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skts.forecasting import LSINetForecaster, SAMformerForecaster
from tests.small_estimators import data_to_fit, small_estimators

TINY = {"max_epochs": 2, "device": "cpu", "random_state": 0}
WINDOWS = TINY | {"linear_maps": None, "validation_fraction": 0, "batch_size": 16}
MODELS = small_estimators(WINDOWS, TINY | {"batch_size": 8})


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def data(make_frame):
    """Return a function that gives data to fit a named model to, in some unit."""

    def give(name, unit=1.0):
        return data_to_fit(name, unit * make_frame(60))

    return give


def fail_in_training(model, data):
    lr = model.lr
    model.lr = 1e30  # not by set_params, with which sktime resets by itself
    with pytest.raises(ValueError, match="Use a smaller lr"):
        model.fit(*data)
    model.lr = lr


def predict(model, X):
    forecasts = isinstance(model, SAMformerForecaster | LSINetForecaster)
    return model.predict([1, 4] if forecasts else X)


@pytest.mark.parametrize("before", ["never fitted", "fitted", "fitted in other units"])
def test_a_fit_that_fails_in_training_leaves_no_fit(name, data, before):
    model = clone(MODELS[name])
    if before != "never fitted":
        model.fit(*data(name, 100.0 if before == "fitted in other units" else 1.0))
    fail_in_training(model, data(name))
    with pytest.raises(NotFittedError):
        predict(model, data(name)[0])
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    for learned in ("network_", "history_", "n_epochs_", "labels_"):
        assert not hasattr(model, learned)


def test_after_a_failed_fit_one_that_succeeds_leaves_no_trace_of_it(name, data):
    model = clone(MODELS[name]).fit(*data(name, 100.0))
    fail_in_training(model, data(name, 10.0))
    model.fit(*data(name))
    fresh = clone(MODELS[name]).fit(*data(name))
    assert vars(model).keys() == vars(fresh).keys()
    X = data(name)[0]
    np.testing.assert_array_equal(predict(model, X), predict(fresh, X))
