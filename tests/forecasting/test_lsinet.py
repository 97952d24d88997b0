"""LSINet as a forecaster; what all forecasters share is tested with SAMformer."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.datasets import load_airline
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter

from skts.forecasting import LSINetForecaster

TINY = {
    "context_length": 12,
    "horizon": 4,
    "hidden_size": 8,
    "n_heads": 2,
    "head_size": 4,
    "max_epochs": 2,
    "validation_fraction": 0,
    "device": "cpu",
    "random_state": 0,
}


def make(**params):
    return LSINetForecaster(**{**TINY, **params})


@pytest.fixture(scope="module")
def fitted(make_frame):
    return make(sparsity_interval=1).fit(make_frame(60))


# Fitted attributes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "shape"),
    [
        ({}, (1, 2, 12, 12)),
        ({"n_modules": 2, "n_heads": 3}, (2, 3, 12, 12)),
        ({"residual_stack": True, "patch_length": 3, "stride": 3}, (2, 2, 5, 5)),
        ({"n_connection_groups": 3}, (1, 6, 12, 12)),
    ],
    ids=str,
)
def test_connections_have_one_matrix_per_module_and_head(make_frame, params, shape):
    model = make(**params).fit(make_frame(60))
    assert model.connection_matrix_.shape == shape
    assert model.connection_probability_.shape == shape
    assert model.density_.shape == shape[:2]


def test_connections_are_those_with_a_probability_above_one_half(fitted):
    chosen = fitted.connection_probability_ > 0.5
    np.testing.assert_array_equal(fitted.connection_matrix_, chosen)
    np.testing.assert_allclose(fitted.density_, chosen.mean(axis=(2, 3)), rtol=1e-6)


def test_topk_leaves_what_sparsity_says(make_frame):
    model = make(connection_mode="topk", sparsity=0.75).fit(make_frame(60))
    np.testing.assert_allclose(model.density_, 36 / 144)


def test_history_tells_the_density(fitted):
    assert [sorted(record) for record in fitted.history_] == [
        ["density", "epoch", "lr", "seconds", "train_loss"]
    ] * 2
    assert fitted.history_[-1]["density"] == pytest.approx(fitted.density_.mean())


def test_connections_follow_an_update(make_frame):
    y = make_frame(90)
    model = make(lr=0.1, update_epochs=3).fit(y[:60])
    before = model.connection_probability_
    model.update(y[60:])
    assert not np.array_equal(model.connection_probability_, before)


@pytest.mark.parametrize("interaction", ["attention", "none"])
def test_other_interactions_have_no_connections(make_frame, interaction):
    model = make(interaction=interaction).fit(make_frame(60))
    assert model.predict([1, 4]).notna().all(axis=None)
    with pytest.raises(AttributeError, match=f"interaction='{interaction}' has no"):
        model.connection_matrix_  # noqa: B018


# Forecasts --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["threshold", "topk", "mean"])
def test_two_forecasts_are_the_same(make_frame, mode):
    y = make_frame(60)
    model = make(connection_mode=mode).fit(y)
    first = model.predict([1, 2, 3, 4])
    pd.testing.assert_frame_equal(model.predict([1, 2, 3, 4]), first)
    windows = model.predict_windows(y)[0]
    np.testing.assert_array_equal(model.predict_windows(y)[0], windows)
    again = make(connection_mode=mode).fit(y).predict([1, 2, 3, 4])
    pd.testing.assert_frame_equal(again, first)


def test_a_pickled_forecaster_forecasts_the_same(fitted):
    copy = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(copy.predict([1, 4]), fitted.predict([1, 4]))
    np.testing.assert_array_equal(copy.connection_matrix_, fitted.connection_matrix_)


@pytest.mark.parametrize("context_length", [96, 36, 10, 3, 2])
def test_short_contexts_have_sensible_patches(make_frame, context_length):
    model = make(context_length=context_length).fit(make_frame(140))
    n_patches = model.connection_matrix_.shape[-1]
    assert context_length / 4 <= n_patches <= min(64, context_length)


def test_channels_are_forecast_without_looking_at_others(make_frame):
    y = make_frame(60)
    model = make().fit(y)
    other = y.copy()
    other["temperature"] = other["temperature"].to_numpy()[::-1]
    ours, theirs = (model.predict_windows(rows)[0] for rows in (y, other))
    np.testing.assert_allclose(ours[..., [0, 2]], theirs[..., [0, 2]], rtol=1e-5)
    assert not np.allclose(ours[..., 1], theirs[..., 1])


def test_a_noisy_wave_is_learned(make_frame):
    y = make_frame(300)
    model = make(max_epochs=30, lr=3e-3, batch_size=32).fit(y[:240])
    forecasts, truths = model.predict_windows(y[228:])
    now = y.to_numpy()[239 : 239 + len(truths)][:, None]
    error = (((forecasts - truths) / model.scale_) ** 2).mean()
    assert error < 0.2 * (((now - truths) / model.scale_) ** 2).mean()


# Searches ---------------------------------------------------------------------------

SEARCHED = {
    "context_length": 24,
    "horizon": 6,
    "sparsity_interval": 1,
    "max_epochs": 40,
    "lr": 1e-2,
    "lr_schedule": "constant",
    "batch_size": 32,
}


@pytest.fixture(scope="module")
def airline():
    return np.log(load_airline())


def test_grid_search_over_sparsity_changes_scores_and_density(airline):
    grid = {"sparsity": [0.1, 0.5, 0.9]}
    cv = TimeSeriesSplit(2, test_size=24)
    search = GridSearchCV(make(**SEARCHED), grid, cv=cv, error_score="raise")
    scores = search.fit(airline).cv_results_["mean_test_score"]
    assert len(set(scores)) == 3
    assert search.best_score_ == scores.max()
    densities = [
        make(**SEARCHED, sparsity=sparsity).fit(airline).density_.mean()
        for sparsity in grid["sparsity"]
    ]
    assert densities[0] > densities[1] > densities[2]
    assert densities[2] < 0.2


@pytest.mark.filterwarnings(
    "ignore:The default of config:FutureWarning"
)  # sktime's own
def test_sktime_searches_sparsity_and_its_interval(airline):
    search = ForecastingGridSearchCV(
        make(**SEARCHED | {"max_epochs": 10}),
        ExpandingWindowSplitter(fh=range(1, 7), initial_window=108, step_length=18),
        {"sparsity": [0.1, 0.9], "sparsity_interval": [1, 3]},
        backend=None,
        error_score="raise",
    ).fit(airline)
    errors = search.cv_results_["mean_test_MeanAbsolutePercentageError"]
    assert len(set(errors)) == 4
    assert search.best_score_ == errors.min()


# Bad input --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"patch_length": 13}, ValueError, ["patch_length must be <=", "12", "got 13"]),
        ({"patch_length": 0}, ValueError, ["patch_length must be", ">= 1", "got 0"]),
        ({"stride": 0}, ValueError, ["stride must be an int >= 1", "got 0"]),
        ({"stride": 2.0}, TypeError, ["stride must be an int >= 1", "got 2.0"]),
        ({"hidden_size": 6}, ValueError, ["divisible by 4", "got 6", "Use 4 or 8"]),
        ({"sparsity": 1}, ValueError, ["sparsity must be", ">= 0 and < 1", "got 1"]),
        ({"sparsity": -0.1}, ValueError, ["sparsity must be", "got -0.1"]),
        ({"sparsity_interval": -1}, ValueError, ["sparsity_interval", "got -1"]),
        ({"sparsity_weight": -1.0}, ValueError, ["sparsity_weight", "got -1.0"]),
        ({"temperature": 0}, ValueError, ["temperature must be", "> 0", "got 0"]),
        ({"interaction": "dense"}, ValueError, ["interaction", "'sparse'", "'dense'"]),
        ({"connection_mode": "best"}, ValueError, ["'topk'", "got 'best'"]),
        (
            {"head": "own"},
            TypeError,
            ["head must be", "'channel'", ">= 1", "got 'own'"],
        ),
        ({"head": 4}, ValueError, ["head", "3 channels", "got 4"]),
        ({"n_connection_groups": 5}, ValueError, ["n_connection_groups", "got 5"]),
        ({"n_heads": 0}, ValueError, ["n_heads must be an int >= 1", "got 0"]),
        ({"dropout": 1.0}, ValueError, ["dropout must be", "< 1", "got 1.0"]),
    ],
    ids=str,
)
def test_wrong_parameters_are_refused_before_training(
    make_frame, monkeypatch, params, error, words
):
    monkeypatch.setattr(
        "skts.models._trained.train_on_windows",
        lambda *args, **kwargs: pytest.fail("trained"),
    )
    with pytest.raises(error) as raised:
        make(**params).fit(make_frame(60))
    for word in words:
        assert word in str(raised.value)


def test_a_patch_may_be_as_long_as_the_context_and_is_never_longer(make_frame):
    y = make_frame(40)
    whole = make(stride=7, patch_length=12).fit(y)
    twice_the_stride = make(stride=7).fit(y)
    pd.testing.assert_frame_equal(
        twice_the_stride.predict([1, 2]), whole.predict([1, 2])
    )


@pytest.mark.parametrize("name", ["head", "n_connection_groups"])
def test_there_may_be_as_many_groups_as_channels(make_frame, name):
    model = make(**{name: 3}).fit(make_frame(40))
    assert np.isfinite(model.predict([1, 2])).all(axis=None)
