"""SAMformerForecaster: its parameters, what it shows, and that it learns."""

import numpy as np
import pandas as pd
import pytest
import torch

from skts.forecasting import SAMformerForecaster
from skts.nn import SAMformer

L, H = 8, 4


@pytest.mark.parametrize(
    "change",
    [
        {"context_length": 7},
        {"hidden_size": 3},
        {"n_heads": 2},
        {"rho": 0.0},
        {"rho": 0.1},
        {"adaptive": True},
        {"attention": "identity"},
        {"attention": "random"},
        {"attention": "temporal"},
        {"attention": "none"},
        {"value_projection": "full"},
        {"head_init": "glorot"},
        {"head_init": "glorot", "sigma_reparam": True},
        {"use_revin": False},
        {"standardize": False},
        {"max_epochs": 4},
        {"batch_size": 5},
        {"lr": 1e-3},
        {"lr_schedule": "constant"},
        {"lr_schedule": "decay"},
        {"weight_decay": 0.1},
        {"validation_fraction": 0.3},
        {"random_state": 1},
    ],
    ids=str,
)
def test_every_parameter_reaches_the_model(make_frame, make_model, change):
    y = make_frame()
    base = {"max_epochs": 6}
    if "sigma_reparam" in change:
        base["head_init"] = "glorot"
    expected = make_model(**base).fit(y).predict([1, 2, 3, 4])
    forecast = make_model(**{**base, **change}).fit(y).predict([1, 2, 3, 4])
    assert np.isfinite(forecast).all(axis=None)
    # more than float32 rounding
    assert ((forecast - expected).abs() / y.std()).max(axis=None) > 1e-5


def test_the_fitted_attributes_tell_of_the_fit(make_frame, make_model):
    model = make_model(max_epochs=3, validation_fraction=0.3, lr_schedule="decay")
    model.fit(make_frame())
    assert isinstance(model.network_, SAMformer)
    assert not model.network_.training
    assert model.device_ == torch.device("cpu")
    assert model.n_epochs_ == len(model.history_) == 3
    assert 1 <= model.best_epoch_ <= 3
    for epoch, record in enumerate(model.history_, start=1):
        assert record.keys() == {"epoch", "train_loss", "valid_loss", "lr", "seconds"}
        assert record["epoch"] == epoch
        assert record["train_loss"] > 0 < record["valid_loss"]
        assert record["lr"] == pytest.approx(model.lr)


def test_a_head_of_zeros_starts_at_the_mean_of_the_window(make_frame, make_model):
    y = make_frame()
    model = make_model(lr=1e-12, max_epochs=1).fit(y)
    forecast = model.predict(range(1, H + 1))
    mean = y[-L:].mean().to_numpy()
    np.testing.assert_allclose(forecast, np.tile(mean, (H, 1)), rtol=1e-5, atol=1e-5)


def test_rho_zero_is_plain_adam(make_frame, make_model, monkeypatch):
    seen = []

    def spy(network, train, valid, recipe, *args):
        seen.append(type(recipe.make_optimizer(network).base).__name__)
        return [], 0

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    make_model(rho=0.0).fit(make_frame())
    make_model(rho=0.5).fit(make_frame())
    assert seen == ["Adam", "SAM"]


@pytest.mark.parametrize(("attention", "size"), [("channel", 3), ("temporal", L)])
@pytest.mark.parametrize("n_heads", [1, 2])
def test_rows_of_the_attention_matrix_sum_to_one(
    make_frame, make_model, attention, size, n_heads
):
    y = make_frame()
    model = make_model(attention=attention, n_heads=n_heads).fit(y)
    matrix = model.attention_matrix()
    assert matrix.shape == (n_heads, size, size)
    assert (matrix > 0).all()
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, rtol=1e-5)


def test_attention_is_that_of_the_last_context(make_frame, make_model):
    y = make_frame(80)
    model = make_model(max_epochs=10).fit(y[:60])
    np.testing.assert_array_equal(
        model.attention_matrix(), model.attention_matrix(y[60 - L : 60])
    )
    elsewhere = model.attention_matrix(y[:80])
    np.testing.assert_array_equal(elsewhere, model.attention_matrix(y[-L:]))
    assert not np.allclose(elsewhere, model.attention_matrix())
    window = (y[-L:].to_numpy() - model.center_) / model.scale_
    with torch.no_grad():
        context = torch.tensor(window.T[None], dtype=torch.float32)
        expected = model.network_.attention_weights(context)[0]
    np.testing.assert_allclose(elsewhere, expected, rtol=1e-5)


def test_attention_fills_what_is_missing_from_all_rows_before(make_frame, make_model):
    model = make_model(head_init="glorot").fit(make_frame(60))
    matrices = []
    for before in (1.0, -1.0):
        y = make_frame(40)
        y.iloc[-L - 1], y.iloc[-L:-2] = before * y.std(), np.nan
        matrices.append(model.attention_matrix(y))
    assert not np.allclose(*matrices, atol=1e-3)


@pytest.mark.parametrize("attention", ["identity", "none"])
def test_models_without_attention_weights_say_so(make_frame, make_model, attention):
    model = make_model(attention=attention).fit(make_frame())
    with pytest.raises(ValueError, match=f"attention='{attention}' has no") as raised:
        model.attention_matrix()
    assert "attention='channel', 'random' or 'temporal'" in str(raised.value)


def test_fit_prints_nothing_and_writes_nothing(
    make_frame, make_model, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    y = make_frame(70)
    model = make_model(validation_fraction=0.3).fit(y[:60])
    model.predict([1])
    model.update(y[60:])
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_verbose_shows_one_line(make_frame, make_model, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_model(validation_fraction=0.3, verbose=1, max_epochs=7).fit(make_frame())
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.endswith("\n")
    last = err.split("\r")[-1]
    assert "epoch 7/7" in last
    assert "train_loss" in last
    assert "valid_loss" in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("attention", ["channel", "none"])
def test_a_noisy_sine_is_forecast_better_than_its_last_value(make_frame, attention):
    y = make_frame(500, noise=0.3)
    model = SAMformerForecaster(
        24, 12, attention=attention, lr=3e-3, max_epochs=15, rho=0.3, device="cpu"
    )
    model.set_params(random_state=0).fit(y[:400])
    forecasts, truths = model.predict_windows(y[400 - 24 :])
    last = y[399:-12].to_numpy()[:, None]
    error = ((forecasts - truths) ** 2).mean(axis=(0, 1))
    naive = ((last - truths) ** 2).mean(axis=(0, 1))
    # In units of the sines: noise alone errs by 0.09, the last value by about 1.2.
    assert (error < 0.25 * naive).all()


def test_channels_are_told_apart_by_their_columns(make_frame, make_model):
    y = make_frame()
    model = make_model(max_epochs=5).fit(y)
    turned = make_model(max_epochs=5).fit(y[y.columns[::-1]])
    # a network starts with the same weights for every channel and treats all alike
    pd.testing.assert_frame_equal(
        turned.predict([1, 2, 3, 4])[y.columns], model.predict([1, 2, 3, 4]), rtol=1e-3
    )


def test_real_data_is_forecast_better_than_by_its_last_day(ett):
    y = ett("ETTh1").iloc[:1500]
    model = SAMformerForecaster(
        96, 24, lr=1e-3, max_epochs=5, device="cpu", random_state=0
    )
    model.fit(y[:1200])
    forecasts, truths = model.predict_windows(y[1200 - 96 :])
    days = np.lib.stride_tricks.sliding_window_view(y[1200 - 24 : -24], 24, axis=0)
    naive = days.transpose(0, 2, 1)
    assert naive.shape == truths.shape

    def error(forecasts):
        return (((forecasts - truths) / model.scale_) ** 2).mean()

    assert error(forecasts) < 0.9 * error(naive)
