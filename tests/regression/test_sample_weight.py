"""A weight counts as so many windows, in maps, network, units and validation."""

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts.models import prepare_batch, window_loss
from skts.regression import SAMformerRegressor

L, H, C = 6, 2, 2


@pytest.fixture(scope="module")
def independent():
    """Return 1500 windows that share no row, of two kinds that go on differently."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1500, L, C)) * [1.0, 20.0] + [0.0, 5.0]
    mean = X.mean(axis=1, keepdims=True)
    kind = rng.random(1500) < 0.5
    sign = np.where(kind, 1, -1)[:, None, None]
    y = mean + sign * (X[:, -2:] - mean) + 0.1 * rng.standard_normal((1500, H, C))
    return X, y, kind


def make(**params):
    small = {"hidden_size": 4, "rho": 0.0, "lr": 1e-2, "batch_size": 64}
    small |= {"validation_fraction": 0.4, "device": "cpu", "random_state": 0}
    return SAMformerRegressor(**small | params)


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_weight_of_0_leaves_out_and_equal_weights_are_none(independent, epochs):
    X, y, _ = independent
    weights = np.where(np.arange(len(X)) % 7, 3.0, 0.0)
    weighted = make(max_epochs=epochs).fit(X, y, weights)
    without = make(max_epochs=epochs).fit(X[weights > 0], y[weights > 0])
    np.testing.assert_array_equal(weighted.predict(X), without.predict(X))


@pytest.mark.parametrize("refit_maps", [True, False])
def test_linear_maps_take_a_weight_for_so_many_windows(independent, refit_maps):
    X, y, _ = independent
    weights = np.tile([1, 2, 3, 4, 5], 300)
    options = {"max_epochs": 0, "refit_maps": refit_maps}
    weighted = make(**options).fit(X, y, weights)
    again = np.repeat(np.arange(1500), weights)
    repeated = make(**options).fit(X[again], y[again])
    for name in ("center_", "scale_", "target_center_", "target_scale_"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name))
    assert weighted.history_[0]["valid_loss"] == pytest.approx(
        repeated.history_[0]["valid_loss"], rel=1e-4
    )
    errors = (weighted.predict(X) - repeated.predict(X)) / repeated.target_scale_
    assert np.abs(errors).max() < 1e-3
    plain = make(**options).fit(X, y)
    assert np.abs(weighted.predict(X) - plain.predict(X)).max() > 0.01


def test_the_loss_of_a_batch_is_weighted(independent):
    X, y, _ = independent
    model = make(max_epochs=1, linear_maps=None).fit(X, y)
    network = model.network_.cpu()
    context = torch.from_numpy(X[:5].swapaxes(1, 2)).float()
    target = torch.from_numpy(y[:5].swapaxes(1, 2)).float()
    weights = np.array([0.2, 0.4, 3.0, 1.0, 0.4])
    root = torch.from_numpy(np.sqrt(weights)).float()[:, None, None]
    compute = window_loss(network, "float32", False, torch.device("cpu"))
    with torch.no_grad():
        loss = compute(prepare_batch(network, context, target, root))
        errors = (network(context) - target).square().mean(dim=(1, 2)).numpy()
    assert float(loss) == pytest.approx(np.mean(weights * errors), rel=1e-5)


@pytest.mark.parametrize("linear_maps", [None, "auto"])
def test_the_validation_error_is_weighted(independent, linear_maps):
    X, y, _ = independent
    weights = np.random.default_rng(1).uniform(0.1, 4, len(X))
    options = {"max_epochs": 1, "linear_maps": linear_maps, "refit_maps": False}
    model = make(**options).fit(X, y, weights)
    valid = slice(900, None)
    errors = ((model.predict(X) - y) / model.target_scale_)[valid]
    by_hand = np.average(np.mean(errors**2, axis=(1, 2)), weights=weights[valid])
    best = {r["epoch"]: r for r in model.history_}[model.best_epoch_]
    assert best["valid_loss"] == pytest.approx(by_hand, rel=1e-3)


@pytest.mark.parametrize("options", [{"max_epochs": 0}, {"linear_maps": None}])
def test_what_counts_more_is_learned_better(independent, options):
    X, y, kind = independent
    plain = make(**{"max_epochs": 10} | options).fit(X, y)
    weights = np.where(kind, 20.0, 1.0)
    weighted = make(**{"max_epochs": 10} | options).fit(X, y, weights)
    errors = [
        np.mean(((model.predict(X) - y) / plain.target_scale_)[kind] ** 2)
        for model in (plain, weighted)
    ]
    assert errors[1] < 0.25 * errors[0]


def test_pipelines_pass_weights_on(independent):
    X, y, kind = independent
    flat, targets, weights = X.reshape(1500, -1), y.reshape(1500, -1), kind + 0.5
    pipeline = make_pipeline(StandardScaler(), make(max_epochs=0, n_channels=C))
    pipeline.fit(flat, targets, samformerregressor__sample_weight=weights)
    alone = make(max_epochs=0, n_channels=C)
    alone.fit(StandardScaler().fit_transform(flat), targets, sample_weight=weights)
    scaled = pipeline[0].transform(flat)
    np.testing.assert_array_equal(pipeline.predict(flat), alone.predict(scaled))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), r"a weight for each of the 1500 windows, .* got shape \(3,\)"),
        (np.ones((1500, 1)), r"got shape \(1500, 1\)"),
        (np.r_[-1.0, np.ones(1499)], "must not be negative, .* got -1 to 1"),
        (np.zeros(1500), "nor zero for all windows, got 0 to 0"),
        (np.r_[np.nan, np.ones(1499)], "sample_weight contains NaN"),
    ],
)
def test_bad_weights_are_named(independent, weights, message):
    X, y, _ = independent
    with pytest.raises(ValueError, match=message):
        make(max_epochs=0).fit(X, y, weights)
