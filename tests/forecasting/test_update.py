"""New rows move the forecast on; the weights follow a little, or not at all."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import SlidingWindowSplitter

L, H = 8, 4


def assert_close(model, forecast, expected):
    # float32 sums over other batches, in units of each channel
    np.testing.assert_allclose(
        forecast / model.scale_, expected / model.scale_, rtol=0, atol=5e-5
    )


@pytest.mark.parametrize("n_new", [1, 3, 20])
@pytest.mark.parametrize("n_overlapping", [0, 5])
@pytest.mark.parametrize("update_params", [False, True])
def test_forecasts_after_update_are_those_of_the_windows_of_all_rows(
    make_frame, make_model, n_new, n_overlapping, update_params
):
    y = make_frame(80)
    model = make_model().fit(y[:40])
    now = 40 + n_new
    assert model.update(y[40 - n_overlapping : now], update_params=update_params) is (
        model
    )
    forecast = model.predict([1, 2, 3, 4])
    assert forecast.index.equals(y.index[now : now + H])
    assert_close(model, forecast, model.predict_windows(y[: now + H])[0][-1])
    assert not np.allclose(forecast, model.predict_windows(y[: 40 + H])[0][-1])


def test_without_params_the_weights_stay(make_frame, make_model, weights_of):
    y = make_frame(60)
    model = make_model().fit(y[:40])
    weights, scale = weights_of(model), (model.center_.copy(), model.scale_.copy())
    model.update(y[40:] * 5, update_params=False)
    assert all(torch.equal(weights[k], v) for k, v in weights_of(model).items())
    np.testing.assert_array_equal((model.center_, model.scale_), scale)


def test_with_params_the_weights_move_a_bit_and_the_scale_stays(
    make_frame, make_model, weights_of
):
    y = make_frame(60)
    model = make_model(max_epochs=10).fit(y[:40])
    start = weights_of(make_model(max_epochs=1, lr=1e-12).fit(y[:40]))
    weights, scale = weights_of(model), (model.center_.copy(), model.scale_.copy())
    history = model.history_
    model.update(y[40:] * 5)
    np.testing.assert_array_equal((model.center_, model.scale_), scale)
    assert model.history_ is history

    def distance(a, b):
        return sum(float(((a[k] - b[k]) ** 2).sum()) for k in a) ** 0.5

    moved = distance(weights_of(model), weights)
    assert 0 < moved < 0.2 * distance(start, weights)


def test_the_rate_of_an_update_does_not_fall(make_frame, make_model):
    y = make_frame(60)
    forecasts = []
    for schedule in ("constant", "cosine"):
        model = make_model(update_epochs=5, lr_schedule="constant").fit(y[:40])
        model.lr_schedule = schedule
        forecasts.append(model.update(y[40:]).predict([1, 4]))
    pd.testing.assert_frame_equal(*forecasts)


@pytest.mark.parametrize("first", [40, 38, 0])
def test_update_trains_on_new_windows_and_some_old_ones(
    make_frame, make_model, monkeypatch, first
):
    calls = []

    def spy(network, train, valid, recipe, *args):
        calls.append((train, valid, recipe, recipe.make_optimizer(network)))

    y = make_frame(60)
    model = make_model(update_epochs=3, lr=0.02).fit(y[:40])
    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    monkeypatch.setattr("skts.fitted._update.REPLAY_PER_WINDOW", 1)
    model.update(y[first:45])
    ((train, valid, recipe, optimizer),) = calls
    assert valid is None
    assert recipe.max_epochs == 3
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.002)
    targets = train.take(slice(None))[1][:, :, -1]
    # Rows 11 to 39 end the windows seen before; 11 of them fill up a batch of 16.
    rows = [*range(40, 45), *np.linspace(11, 39, 11).round().astype(int)]
    expected = ((y - model.center_) / model.scale_).to_numpy()[rows]
    np.testing.assert_allclose(targets, expected, rtol=1e-5, atol=1e-6)


def test_ten_old_windows_come_beside_each_new_one(make_frame, make_model, monkeypatch):
    calls = []
    y = make_frame(300)
    model = make_model().fit(y[:290])
    monkeypatch.setattr(
        "skts.models._trained.train_on_windows",
        lambda network, train, *a, **k: calls.append(train),
    )
    model.update(y[290:292])
    model.update(y[292:])
    assert [len(train) for train in calls] == [2 + 20, 8 + 80]


def test_only_the_recent_past_is_kept(make_frame, make_model):
    y = make_frame(1300)
    model = make_model().fit(y[:1200])
    assert len(model._only.recent) == L + H - 1 + 1000  # to learn from again
    model.update(y[1200:1203], update_params=False)
    pd.testing.assert_frame_equal(model._only.recent, y[192:1203])


def test_two_small_updates_move_as_far_as_one(make_frame, make_model):
    y = make_frame(60)
    one = make_model().fit(y[:40]).update(y[40:52], update_params=False)
    two = make_model().fit(y[:40])
    two.update(y[40:43], update_params=False).update(y[43:52], update_params=False)
    pd.testing.assert_frame_equal(one.predict([1, 4]), two.predict([1, 4]))


@pytest.mark.parametrize("update_params", [False, True])
def test_old_rows_alone_change_no_context(
    make_frame, make_model, update_params, weights_of
):
    y = make_frame(40)
    model = make_model().fit(y)
    expected = model.predict([1, 4])
    model.update(y[30:36], update_params=update_params)
    pd.testing.assert_frame_equal(model.predict([1, 4]), expected)


def test_corrected_rows_replace_the_old_ones(make_frame, make_model):
    y = make_frame(40)
    model = make_model().fit(y)
    corrected = y.copy()
    corrected.iloc[-3:] += 1
    model.update(corrected[-5:], update_params=False)
    longer = make_frame(44)
    longer.iloc[:40] = corrected
    assert_close(
        model, model.predict([1, 2, 3, 4]), model.predict_windows(longer)[0][-1]
    )


@pytest.mark.parametrize("update_params", [False, True])
def test_new_rows_may_start_with_the_last_one_known(
    make_frame, make_model, update_params
):
    y = make_frame(60)
    expected = make_model().fit(y[:40]).update(y[40:], update_params=update_params)
    model = make_model().fit(y[:40]).update(y[39:], update_params=update_params)
    pd.testing.assert_frame_equal(model.predict([1, 4]), expected.predict([1, 4]))


def test_few_rows_follow_the_step_of_the_series_not_their_own(make_frame, make_model):
    days = pd.date_range("2024-01-01", periods=42, freq="B")  # a Monday
    y = make_frame(42, index=days)
    model = make_model(context_length=2, horizon=1).fit(y[:40])  # up to a Friday
    model.update(y[40:41]).update(y[41:], update_params=False)
    assert model.predict([1]).index[0] == pd.Timestamp("2024-02-28")
    months = pd.date_range("2024-01-01", periods=20, freq="MS")
    y = make_frame(20, index=months)
    model = make_model(context_length=2, horizon=1).fit(y[:12])
    model.update(y[14:16])
    assert model.predict([1]).index[0] == months[16]


def test_a_gap_before_a_whole_context_is_no_obstacle(make_frame, make_model):
    y = make_frame(80)
    model = make_model().fit(y[:40])
    model.update(y[45 : 45 + L])
    forecast = model.predict([1, 2, 3, 4])
    assert forecast.index.equals(y.index[45 + L : 45 + L + H])
    assert_close(model, forecast, model.predict_windows(y[45 : 45 + L + H])[0][0])


@pytest.mark.parametrize("name", ["other", None])
def test_a_series_may_be_updated_under_another_name(make_frame, make_model, name):
    y = make_frame(60)["pressure"]
    model = make_model().fit(y[:40])
    expected = make_model().fit(y[:40]).update(y[40:]).predict([1, 2])
    forecast = model.update(y[40:].rename(name)).predict([1, 2])
    pd.testing.assert_series_equal(forecast, expected, check_names=False)


@pytest.mark.filterwarnings("ignore")  # sktime's, of its own future
def test_sktime_evaluate_moves_through_the_windows(make_frame, make_model):
    y = make_frame(70)
    cv = SlidingWindowSplitter(fh=[1, 2, 3, 4], window_length=50, step_length=3)
    results = evaluate(
        make_model(),
        cv=cv,
        y=y,
        strategy="no-update_params",
        return_data=True,
        error_score="raise",
    )
    model = make_model().fit(y[:50])
    expected = model.predict_windows(y[50 - L :], stride=3)[0]
    assert len(expected) == len(results) == 6
    for forecast, truth in zip(results["y_pred"], expected, strict=True):
        assert_close(model, forecast, truth)


def test_updates_and_fits_of_a_shallow_copy_leave_the_original(make_frame, make_model):
    y = make_frame(80)
    model = make_model(validation_fraction=0.3).fit(y[:60])
    forecast, interval = model.predict([1, 4]), model.predict_interval([1, 4])
    cutoff, score = model.cutoff, model.score(y[60:])
    copied = copy.copy(model)
    pd.testing.assert_frame_equal(copied.predict([1, 4]), forecast)
    moved = copied.update(y[60:]).predict([1, 4])
    assert copied.cutoff[0] == y.index[-1]
    # and a fit that holds nothing out, so that there are no intervals any more
    with pytest.warns(UserWarning, match="too short for validation_fraction"):
        copy.copy(model).fit(y[:14])
    assert model.cutoff.equals(cutoff)
    assert model.score(y[60:]) == score
    pd.testing.assert_frame_equal(model.predict([1, 4]), forecast)
    pd.testing.assert_frame_equal(model.predict_interval([1, 4]), interval)
    assert not moved.index.equals(forecast.index)


def test_rows_that_know_a_finer_frequency_go_on_all_the_same(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y[:40])
    quarters = pd.date_range(y.index[40], periods=8, freq="15min")
    one = pd.DataFrame(1.0, quarters, y.columns)[:1]
    model.update(one)
    assert model.cutoff[0] == y.index[40]
    assert model.cutoff.freq == "h"
