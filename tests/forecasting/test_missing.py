"""NaN in y is data: contexts are filled, and missing targets count nowhere."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.model_selection import rolling_scorer
from skts.models import prepare_batch, prepare_known, window_loss
from skts.series import fill_causally
from tests.linear.naive import make_series

L, H = 8, 4


def spoil(y, share=0.1, seed=0):
    """Return a frame of which some values are missing."""
    missing = np.random.default_rng(seed).random(y.shape) < share
    return y.mask(missing)


@pytest.fixture(scope="module")
def make_maps():
    def make(**params):
        return SAMformerForecaster(
            **{"context_length": L, "horizon": H, "max_epochs": 0, **params}
        )

    return make


def small(cls, **params):
    heads = {"n_heads": 2, "head_size": 4} if cls is LSINetForecaster else {}
    sizes = {"hidden_size": 4, "max_epochs": 2, "batch_size": 16, "random_state": 0}
    return cls(L, H, device="cpu", **{**sizes, **heads, **params})


@pytest.mark.parametrize("cls", [SAMformerForecaster, LSINetForecaster])
@pytest.mark.parametrize("linear_maps", ["auto", None])
@pytest.mark.parametrize("where", ["random", "days", "end", "late"])
def test_whatever_is_missing(make_frame, cls, linear_maps, where):
    y = make_frame(300)
    if where == "random":
        y = spoil(y, 0.2)
    elif where == "days":
        y.iloc[100:148, 1] = np.nan
        y.iloc[230:254, 2] = np.nan
    elif where == "end":
        y.iloc[-6:] = np.nan
    else:
        y.iloc[:120, 0] = np.nan  # a sensor that came late
    model = small(cls, linear_maps=linear_maps).fit(y)
    forecast = model.predict([1, 4])
    assert np.isfinite(forecast).all(axis=None)
    assert forecast.index[0] == y.index[-1] + pd.Timedelta(hours=1)
    assert np.isfinite(model.predict_interval([1, 4])).all(axis=None)
    assert np.isfinite(model.predict_var([1, 4])).all(axis=None)
    for record in model.history_:
        assert np.isfinite(record["valid_loss"])
    np.testing.assert_allclose(model.center_, y[:240].mean(), rtol=1e-6)
    np.testing.assert_allclose(model.scale_, y[:240].std(ddof=0), rtol=1e-6)


def test_a_sine_is_learned_through_what_is_missing(make_frame):
    y = make_frame(700, n_channels=1)
    test = y[600:]
    errors = {}
    for share in (0.0, 0.05, 0.3):
        model = SAMformerForecaster(24, H, sp=6, max_epochs=0)
        model.fit(spoil(y[:600], share))
        errors[share] = -model.score(test)
    assert errors[0.05] < 1.05 * errors[0.0]
    assert errors[0.3] < 1.2 * errors[0.0]


def test_the_context_is_filled_by_what_came_before(make_frame, make_model):
    y = make_frame(80)
    model = make_model(sp=6).fit(y[:60])
    holes = y[60:].copy()
    holes.iloc[[2, 5, 6, 18, 19], 1] = np.nan
    model.update(holes, update_params=False)
    known = y.copy()
    known[60:] = np.nan
    known.update(holes)
    filled = fill_causally(known.to_numpy(), model.center_, 6)
    expected = make_model(sp=6).fit(y[:60])
    rows = pd.DataFrame(filled, y.index, y.columns)[60:]
    expected.update(rows, update_params=False)
    np.testing.assert_allclose(model.predict([1, 4]), expected.predict([1, 4]))
    # late values take the place of what was missing
    model.update(y[60:], update_params=False)
    complete = make_model(sp=6).fit(y[:60]).update(y[60:], update_params=False)
    np.testing.assert_array_equal(model.predict([1, 4]), complete.predict([1, 4]))


def test_missing_truths_count_nowhere(make_frame, make_maps):
    y = make_frame(200)
    model = make_maps().fit(y[:120])
    test = spoil(y[120:], 0.2)
    test.iloc[:, 2] = np.nan  # one channel has no truth at all
    forecasts, truths = model.predict_rolling(test)
    assert np.isnan(truths).any(axis=(0, 1)).all()
    assert np.isfinite(forecasts).all()
    np.testing.assert_array_equal(truths[:, 0], test[: len(truths)])
    deviation = y[:120].std(ddof=0).to_numpy()
    squared = ((forecasts - truths) / deviation) ** 2
    of_channels = np.nanmean(squared[..., :2], axis=(0, 1))
    assert model.score(test) == pytest.approx(-of_channels.mean(), rel=1e-5)
    assert rolling_scorer()(model, test) == pytest.approx(-of_channels.mean(), rel=1e-5)
    result = model.backtest(test, return_forecasts=True)
    absolute = np.nanmean(np.abs(forecasts - truths)[..., :2], axis=0).mean(0)
    np.testing.assert_allclose(result.by_variable["mae"][:2], absolute, rtol=1e-5)
    assert np.isnan(result.by_variable.loc["pressure", "mae"])
    assert np.isfinite(result.overall).all()
    assert result.forecasts["truth"].isna().sum() == np.isnan(truths).sum()
    percentage = model.score(test[:3], fh=[1, 2, 3])
    relative = (model.predict([1, 2, 3]) - test[:3]).abs() / test[:3].abs()
    assert percentage == pytest.approx(relative.mean().mean(), rel=1e-6)
    with pytest.raises(ValueError, match="nothing to compare forecasts with"):
        model.score(test * np.nan)


@pytest.mark.parametrize("use_revin", [True, False])
def test_the_loss_is_the_mean_over_known_targets(make_frame, make_model, use_revin):
    network = make_model(use_revin=use_revin).fit(make_frame(60)).network_
    rows = make_series(3, 40).float()
    context = rows.unfold(1, L + H, 1).transpose(0, 1)
    target = context[..., L:].clone()
    target[:5, 1] = torch.nan
    target[7, :, 2] = torch.nan
    loss = window_loss(network, "float32", False, torch.device("cpu"))
    found = loss(prepare_known(network, context[..., :L], target))
    expected = (network(context[..., :L]) - target).square().nanmean()
    torch.testing.assert_close(found, expected)
    if found.requires_grad:
        found.backward()
    for weight in network.parameters():
        assert weight.grad.isfinite().all()
    whole = context[..., :L], context[..., L:]
    torch.testing.assert_close(
        loss(prepare_known(network, *whole)), loss(prepare_batch(network, *whole))
    )
    nothing = loss(prepare_known(network, whole[0], torch.full_like(target, torch.nan)))
    assert nothing == 0


def test_windows_of_which_too_much_is_missing_are_left_out(make_frame, make_model):
    y = make_frame(100)
    y.iloc[40:60] = np.nan
    left_out = sum(
        y[s : s + L].isna().to_numpy().mean() > 0.5 for s in range(100 - L - H + 1)
    )
    with pytest.warns(UserWarning, match=rf"^{left_out} of 89 windows of y are left"):
        make_model().fit(y)
    with pytest.raises(ValueError, match="too many missing values: of each of its 89"):
        make_model().fit(y[y.index.hour % 8 == 0].reindex(y.index))


@pytest.mark.parametrize("n_known", [0, 10])
def test_a_channel_without_values_is_named(make_frame, make_maps, n_known):
    y = make_frame(100)
    y.iloc[: 100 - n_known, 1] = np.nan
    with pytest.raises(ValueError, match=r"each channel, but all .* of \['temperatur"):
        make_maps().fit(y)


def test_new_rows_without_any_value(make_frame, make_maps):
    y = make_frame(110)
    model = make_maps().fit(y[:100]).update(y[100:] * np.nan)
    forecast = model.predict([1])
    assert np.isfinite(forecast).all(axis=None)
    assert forecast.index[0] == y.index[-1] + pd.Timedelta(hours=1)


def test_a_panel_with_a_sparse_series(make_frame, make_maps):
    panel = {name: make_frame(100, seed=i) for i, name in enumerate("abc")}
    panel["b"] = spoil(panel["b"], 0.7)
    y = pd.concat(panel, names=["name", "time"])
    with pytest.warns(UserWarning, match=r"windows of y are left out"):
        model = make_maps().fit(y)
    assert np.isfinite(model.predict([1, 2])).all(axis=None)
    np.testing.assert_allclose(model.center_.loc["b"], panel["b"][:80].mean())
    new = spoil(make_frame(30), 0.2)
    new.iloc[:, 0] = np.nan
    unseen = pd.concat({"new": new}, names=["name", "time"])
    with pytest.raises(ValueError, match=r"instance 'new' of y .* \['load'\]"):
        model.update(unseen)


def test_an_update_with_missing_rows(make_mixture, make_pair):
    y = spoil(make_pair(1500), 0.05)
    model = make_mixture().fit(y[:1400])
    before = model.predict([1])
    model.update(y[1400:])
    assert np.isfinite(model.predict([1])).all(axis=None)
    assert not before.equals(model.predict([1]))


def test_a_search_over_rows_with_holes(make_frame):
    y = spoil(make_frame(150), 0.05)
    search = GridSearchCV(
        SAMformerForecaster(L, horizon=H, max_epochs=0),
        {"linear_maps": ["auto", "shared"]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ETTh1", "ETTh2"])
def test_five_per_cent_missing_cost_less_than_five_per_cent(ett, name):
    y = ett(name)[: 8640 + 2 * 2880]
    holes = spoil(y, 0.05)
    n_known = 8640 + 2880
    whole, missing = (
        SAMformerForecaster(horizon=96, max_epochs=0, validation_fraction=0.25)
        .fit(each[:n_known])
        .backtest(each[n_known:])
        .overall["standardised_mse"]
        for each in (y, holes)
    )
    assert missing < 1.05 * whole
