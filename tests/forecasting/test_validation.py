"""The held-out end of the series chooses the epoch, and is not trained on."""

import warnings

import numpy as np
import pytest
import torch

from skts.models import train_on_windows

L, H = 8, 4


@pytest.fixture
def spy(monkeypatch):
    """Return a list that gathers the windows of every training."""
    seen = []

    def train(network, train, valid, *args, **kwargs):
        seen.append((train, valid))
        return train_on_windows(network, train, valid, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", train)
    return seen


def test_no_training_window_reaches_into_the_validation_targets(
    make_frame, make_model, spy
):
    make_model(validation_fraction=0.3).fit(make_frame(100))
    ((train, valid),) = spy
    assert train.starts.tolist() == list(range(70 - L - H + 1))
    # targets in the last 30 rows; the first context is the end of the training part
    assert valid.starts.tolist() == list(range(70 - L, 100 - L - H + 1))


def test_without_validation_all_rows_are_trained_on(make_frame, make_model, spy):
    model = make_model(max_epochs=3).fit(make_frame(100))
    ((train, valid),) = spy
    assert train.starts.tolist() == list(range(100 - L - H + 1))
    assert valid is None
    assert model.n_epochs_ == model.best_epoch_ == 3
    assert all("valid_loss" not in record for record in model.history_)


@pytest.fixture(scope="module")
def overfitted(make_frame, make_model):
    """Return a forecaster whose best epoch is not its last, and its series."""
    y = make_frame(70, noise=2)
    model = make_model(validation_fraction=0.3, max_epochs=60, lr=0.1, rho=0.0)
    model.set_params(patience=6, lr_schedule="constant")
    return model.fit(y), y


def test_the_best_epoch_has_the_lowest_validation_loss(overfitted):
    model, _ = overfitted
    losses = [record["valid_loss"] for record in model.history_]
    assert model.best_epoch_ == 1 + int(np.argmin(losses))
    assert [record["epoch"] for record in model.history_] == [
        *range(1, model.n_epochs_ + 1)
    ]


def test_training_stops_when_patience_is_over(overfitted):
    model, _ = overfitted
    assert model.n_epochs_ == model.best_epoch_ + model.patience < model.max_epochs


def test_the_weights_of_the_best_epoch_are_kept(overfitted):
    model, y = overfitted
    n_train = 49
    values = (y - y[:n_train].mean()) / y[:n_train].std(ddof=0)
    errors = []
    for first in range(n_train - L, len(y) - L - H + 1):
        window = values[first : first + L + H].to_numpy().T
        with torch.no_grad():
            context = torch.tensor(window[None, :, :L], dtype=torch.float32)
            forecast = model.network_(context)[0].numpy()
        errors.append(np.mean((forecast - window[:, L:]) ** 2))
    best = model.history_[model.best_epoch_ - 1]["valid_loss"]
    assert model.best_epoch_ < model.n_epochs_
    assert np.mean(errors) == pytest.approx(best, rel=1e-5)


def test_patience_none_trains_to_the_end_and_keeps_the_best(make_frame, make_model):
    model = make_model(
        validation_fraction=0.3, max_epochs=12, lr=0.1, patience=None, rho=0.0
    ).fit(make_frame(70, noise=2))
    losses = [record["valid_loss"] for record in model.history_]
    assert len(losses) == 12
    assert model.best_epoch_ == 1 + int(np.argmin(losses)) < 12


@pytest.mark.parametrize("n_rows", [12, 14])
def test_a_series_too_short_for_validation_is_warned_of_once(
    make_frame, make_model, spy, n_rows
):
    y = make_frame(n_rows)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = make_model(validation_fraction=0.2).fit(y)
    (warning,) = caught
    assert "y is too short for validation_fraction=0.2" in str(warning.message)
    assert "validation_fraction=0 does so without this warning" in str(warning.message)
    ((train, valid),) = spy
    assert valid is None
    assert train.starts.tolist() == list(range(n_rows - L - H + 1))
    np.testing.assert_allclose(model.center_, y.mean())
    assert "valid_loss" not in model.history_[0]
