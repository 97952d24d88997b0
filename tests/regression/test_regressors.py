"""Window regressors: forms, units, validation, and the forecaster they equal."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sktime.base import load

from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.models import train_on_windows
from skts.regression import SAMformerRegressor

KINDS = ["SAMformer", "LSINet"]
FORECASTERS = {"SAMformer": SAMformerForecaster, "LSINet": LSINetForecaster}


def flat(windows):
    """Flatten rows as written by hand: time after time, channel after channel."""
    return np.array(
        [[row[t, c] for t in range(len(row)) for c in range(3)] for row in windows]
    )


@pytest.fixture
def spy(monkeypatch):
    """Return a list that collects the training and validation rows of each fit."""
    seen = []

    def watch(network, train, valid, *args, **kwargs):
        seen.append((train, valid))
        return train_on_windows(network, train, valid, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", watch)
    return seen


# Forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_flat_rows_are_time_after_time(windows, make_regressor, kind):
    X, y = windows
    deep = make_regressor(kind).fit(X, y)
    wide = make_regressor(kind, n_channels=3).fit(flat(X), flat(y))
    np.testing.assert_array_equal(wide.predict(flat(X)), flat(deep.predict(X)))
    # channel after channel is something else
    other = make_regressor(kind, n_channels=3).fit(
        X.transpose(0, 2, 1).reshape(len(X), -1), flat(y)
    )
    assert not np.allclose(other.predict(flat(X)), wide.predict(flat(X)))


@pytest.mark.parametrize("form_of_X", ["flat", "deep", "list", "frame"])
@pytest.mark.parametrize("form_of_y", ["flat", "deep", "list"])
def test_forecasts_have_the_form_of_y(windows, make_regressor, form_of_X, form_of_y):
    forms = {"flat": flat, "deep": np.asarray, "list": np.ndarray.tolist}
    X = pd.DataFrame(flat(windows[0])) if form_of_X == "frame" else None
    X = forms[form_of_X](windows[0]) if X is None else X
    y = forms[form_of_y](windows[1])
    model = make_regressor(n_channels=3).fit(X, y)
    forecasts = model.predict(X)
    assert forecasts.shape == np.shape(y)
    assert forecasts.dtype == np.float64
    expected = make_regressor().fit(*windows).predict(windows[0])
    np.testing.assert_array_equal(forecasts, np.reshape(expected, np.shape(y)))
    assert model.score(X, y) == pytest.approx(model.score(*windows), abs=1e-12)


def test_one_channel_and_one_step_may_be_a_vector(windows, make_regressor):
    X, y = windows[0][:, :, 1], windows[1][:, 0, 1]
    model = make_regressor().fit(X, y)
    assert model.predict(X).shape == y.shape
    column = make_regressor().fit(X, y[:, None])
    np.testing.assert_array_equal(column.predict(X)[:, 0], model.predict(X))
    assert column.score(X, y[:, None]) == model.score(X, y)


def test_either_form_may_be_forecast_from(windows, make_regressor):
    model = make_regressor().fit(*windows)
    wide = model.predict(flat(windows[0]))
    np.testing.assert_array_equal(wide, model.predict(windows[0]))


def test_names_and_number_of_columns_are_known(windows, make_regressor):
    X = pd.DataFrame(flat(windows[0])).add_prefix("x")
    model = make_regressor(n_channels=3).fit(X, windows[1])
    assert model.n_features_in_ == 24
    assert list(model.feature_names_in_) == list(X.columns)
    model.fit(*windows)
    assert model.n_features_in_ == 24
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context_length", [1, 2, 3, 5])
def test_contexts_may_be_short(make_frame, cut, make_regressor, kind, context_length):
    X, y = cut(make_frame(30), context_length, 2)
    model = make_regressor(kind).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_one_row_is_enough(windows, make_regressor):
    X, y = (part[:1] for part in windows)
    model = make_regressor(validation_fraction=0.2).fit(X, y)
    assert model.predict(X).shape == (1, 4, 3)


# Numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("standardize", [True, False])
def test_forecasts_are_the_networks_in_units_of_y(windows, make_regressor, standardize):
    X, y = windows
    y = 100 * y + 7  # other units than those of X
    model = make_regressor(standardize=standardize, validation_fraction=0.25)
    model.fit(X, y)
    n_train = 37 - 3  # 49 rows, 12 to validate on, 3 that reach into their targets
    center, scale = np.zeros(3), np.ones(3)
    target_center, target_scale = np.zeros(3), np.ones(3)
    if standardize:
        center, scale = X[:n_train].mean((0, 1)), X[:n_train].std((0, 1))
        target_center = y[:n_train].mean((0, 1))
        target_scale = y[:n_train].std((0, 1))
    np.testing.assert_allclose(model.center_, center)
    np.testing.assert_allclose(model.target_scale_, target_scale)
    network = copy.deepcopy(model.network_).double()
    seen = torch.from_numpy(((X - center) / scale).transpose(0, 2, 1))
    with torch.no_grad():
        expected = network(seen).numpy().transpose(0, 2, 1)
    expected = expected * target_scale + target_center
    # single precision, around 1e4
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-5, atol=1e-2)


def test_y_may_have_other_units_than_x(windows, make_regressor):
    X, y = windows
    plain = make_regressor().fit(X, y)
    other = make_regressor().fit(X / 1000 - 5, 64 * y + 1024)
    np.testing.assert_allclose(
        other.predict(X / 1000 - 5), 64 * plain.predict(X) + 1024, rtol=1e-3
    )


@pytest.mark.parametrize("kind", KINDS)
def test_training_is_that_of_the_forecaster(make_frame, cut, make_regressor, kind):
    """Same seed, same windows: the same weights, not only the same function."""
    y = make_frame(60) / [1, 10, 100]
    X, targets = cut(y)
    model = make_regressor(kind, standardize=False).fit(X, targets)
    params = model.get_params()
    del params["n_channels"]
    forecaster = FORECASTERS[kind](8, 4, **params).fit(y)
    forecasts, truths = forecaster.predict_windows(y)
    np.testing.assert_array_equal(truths, targets)
    np.testing.assert_allclose(model.predict(X), forecasts, rtol=1e-5, atol=1e-5)
    assert [r["train_loss"] for r in model.history_] == pytest.approx(
        [r["train_loss"] for r in forecaster.history_], rel=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_with_its_weights_and_units_it_is_the_forecaster(
    make_frame, cut, make_regressor, kind
):
    y = make_frame(60)
    X, targets = cut(y)
    model = make_regressor(kind).fit(X, targets)
    params = model.get_params() | {"random_state": 1}
    del params["n_channels"]
    forecaster = FORECASTERS[kind](8, 4, **params).fit(y)
    model.network_.load_state_dict(forecaster.network_.state_dict())
    units = forecaster._model.known[None].units
    model._model = replace(model._model, units=units, target_units=units)
    forecasts, _ = forecaster.predict_windows(y)
    np.testing.assert_allclose(model.predict(X), forecasts, rtol=1e-5, atol=1e-4)


def test_windows_are_held_once_in_single_precision(windows, make_regressor, spy):
    make_regressor(validation_fraction=0.25).fit(*windows)
    ((train, valid),) = spy
    for of_train, of_valid in zip(train.tensors, valid.tensors, strict=True):
        assert of_train.dtype == torch.float32
        storages = {t.untyped_storage().data_ptr() for t in (of_train, of_valid)}
        assert len(storages) == 1


# Validation -------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("scaled", ["", "X", "y"])
def test_no_training_target_is_seen_in_validation(
    cut, make_regressor, spy, stride, scaled
):
    """The values are the times; scaling by column hides that in one of the two."""
    X, y = cut(np.arange(100.0)[:, None], stride=stride)
    times = y
    if scaled == "X":
        X = X + np.linspace(0, 0.1, 8)[:, None]
    if scaled == "y":
        y = y + np.linspace(0, 0.1, 4)[:, None]
    make_regressor(standardize=False, validation_fraction=0.25).fit(X, y)
    ((train, valid),) = spy
    n_train, n_valid = len(train), len(valid)
    assert n_valid == round(0.25 * len(X))
    first = len(X) - n_valid
    assert not np.intersect1d(times[:n_train], times[first:]).size
    # and no more is left out than that takes
    assert np.intersect1d(times[: n_train + 1], times[first:]).size or n_train == first
    expected = torch.tensor(y[first:].transpose(0, 2, 1)).float()
    assert torch.equal(valid.tensors[1], expected)


def test_rows_that_do_not_overlap_leave_no_gap(make_regressor, spy):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 5)), rng.normal(size=(20, 4))
    make_regressor(validation_fraction=0.25).fit(X, y)
    ((train, valid),) = spy
    assert (len(train), len(valid)) == (15, 5)


def test_validation_chooses_the_epoch(windows, make_regressor):
    model = make_regressor(validation_fraction=0.25, max_epochs=30, patience=3, lr=0.1)
    model.fit(*windows)
    losses = [record["valid_loss"] for record in model.history_]
    assert model.best_epoch_ == np.argmin(losses) + 1
    assert model.n_epochs_ == min(30, model.best_epoch_ + 3) == len(losses)


@pytest.mark.parametrize("fraction", [0.25, 0.9])
def test_too_few_rows_to_validate_on_warn(windows, make_regressor, spy, fraction):
    X, y = (part[:4] for part in windows)
    words = f"X has too few rows for validation_fraction={fraction}"
    with pytest.warns(UserWarning, match=words):
        model = make_regressor(validation_fraction=fraction).fit(X, y)
    ((train, valid),) = spy
    assert len(train) == 4
    assert valid is None
    assert model.best_epoch_ == 2


def test_one_row_to_train_on_is_enough_to_validate(make_regressor, spy):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2, 5)), rng.normal(size=(2, 4))
    make_regressor(validation_fraction=0.5).fit(X, y)  # a warning would be an error
    ((train, valid),) = spy
    assert (len(train), len(valid)) == (1, 1)


@pytest.mark.parametrize(
    "fitted", [slice(20, None), slice(30)], ids=["later", "earlier"]
)
def test_rows_that_touch_those_of_fit_at_either_end_are_warned_of(
    windows, make_regressor, fitted
):
    X, y = windows
    model = make_regressor().fit(X[fitted], y[fitted])
    scored = slice(19) if fitted.start else slice(31, None)
    with pytest.warns(UserWarning, match="y shares targets with the rows seen in fit"):
        model.score(X[scored], y[scored])


# State ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_files_forecast_the_same(windows, make_regressor, kind, tmp_path):
    model = make_regressor(kind).fit(*windows)
    path = model.save(tmp_path / "m_rho0.7").filename
    copies = [
        pickle.loads(pickle.dumps(model)),
        copy.deepcopy(model),
        type(model).load_from_path(path),
        load(model.save()),
    ]
    for copied in copies:
        assert copied.network_ is not model.network_
        np.testing.assert_array_equal(
            copied.predict(windows[0]), model.predict(windows[0])
        )
    assert not hasattr(clone(model), "network_")


def test_a_second_fit_leaves_no_trace_of_the_first(windows, make_regressor):
    X, y = windows
    names = pd.DataFrame(flat(X)).add_prefix("x")
    model = make_regressor(n_channels=3, max_epochs=4).fit(names, flat(y))
    model.fit(X[:30, 2:], y[:30])
    fresh = make_regressor(n_channels=3, max_epochs=4).fit(X[:30, 2:], y[:30])
    assert vars(model).keys() == vars(fresh).keys()
    np.testing.assert_array_equal(model.predict(X[:, 2:]), fresh.predict(X[:, 2:]))


def test_a_seed_decides_and_global_generators_are_left_alone(windows, make_regressor):
    X, y = windows
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (
        make_regressor(random_state=seed).fit(X, y).predict(X) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_nothing_is_printed_but_one_line_on_request(windows, make_regressor, capsys):
    make_regressor().fit(*windows)
    assert capsys.readouterr() == ("", "")
    make_regressor(verbose=1).fit(*windows)
    assert "epoch 2/2" in capsys.readouterr().err


def test_connections_of_lsinet_are_there_after_fit(windows, make_regressor):
    model = make_regressor("LSINet")
    with pytest.raises(NotFittedError):
        model.connection_matrix_  # noqa: B018
    model.fit(*windows)
    assert model.connection_matrix_.shape == (1, 2, 8, 8)
    assert model.connection_probability_.shape == (1, 2, 8, 8)
    np.testing.assert_allclose(model.density_, model.connection_matrix_.mean((2, 3)))


@pytest.mark.parametrize("method", ["predict", "score"])
def test_before_fit_scikit_learn_knows_the_error(windows, method):
    arguments = windows if method == "score" else windows[:1]
    with pytest.raises(NotFittedError):
        getattr(SAMformerRegressor(), method)(*arguments)
