"""What does not move in training has no unit: it is certain, and decides nothing."""

import numpy as np
import pandas as pd
import pytest

STEPS = range(1, 5)
LEVELS = [0.5, 0.9]
RESTING = 7.3


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(80)


@pytest.fixture
def fit(make_model):
    """Return a function that fits with windows held out."""

    def fit(y, **params):
        held_out = {"validation_fraction": 0.3, "max_epochs": 4}
        return make_model(**{**held_out, **params}).fit(y)

    return fit


def panel_of(**series):
    return pd.concat(series, names=["name", "time"])


def at_rest(y, like="load"):
    """Return one channel that stays where it is."""
    return y[[like]] * 0 + RESTING


def awake(y, unit=1e6):
    """Return one channel that stays where it is in training, and moves after it."""
    rows = at_rest(y)
    rows.iloc[-10:] += unit * np.arange(10)[:, None]
    return rows


def losses(model):
    return [(record["train_loss"], record["valid_loss"]) for record in model.history_]


def widths(model):
    ends = model.predict_interval(STEPS, coverage=LEVELS)
    lower = ends.xs("lower", axis=1, level=2)
    return ends.xs("upper", axis=1, level=2) - lower


# Alone ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["following", "conformal", "adaptive"])
@pytest.mark.parametrize("standardize", [True, False])
def test_a_series_at_rest_is_certain(fit, y, method, standardize):
    model = fit(at_rest(y), interval_method=method, standardize=standardize)
    assert (model.predict(STEPS) == RESTING).all(axis=None)
    assert (widths(model) == 0).all(axis=None)
    assert (model.predict_quantiles(STEPS, alpha=[0.1]) == RESTING).all(axis=None)
    assert (model.predict_var(STEPS) == 0).all(axis=None)


@pytest.mark.parametrize("method", ["following", "conformal", "adaptive"])
def test_a_channel_at_rest_is_certain_beside_one_that_moves(fit, y, method):
    both = y[["load"]].assign(valve=RESTING)
    width = widths(fit(both, interval_method=method))
    assert (width["valve"] == 0).all(axis=None)
    assert (width["load"] > 0).all(axis=None)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_series_that_wakes_up_after_the_fit_stays_certain(fit, y, unit):
    model = fit(at_rest(y)[:70])
    model.update(awake(y, unit)[70:])
    assert (widths(model) == 0).all(axis=None)
    assert (model.predict_var(STEPS) == 0).all(axis=None)


# In training ----------------------------------------------------------------------


def test_what_wakes_up_in_validation_decides_nothing_there(fit, y):
    # The network sees the same training rows; in numbers as they come, a million
    # would decide the error by itself.
    still = fit(y[["load"]].assign(valve=RESTING))
    woken = fit(y[["load"]].assign(valve=awake(y)))
    assert losses(still) == losses(woken)
    assert still.best_epoch_ == woken.best_epoch_
    pd.testing.assert_frame_equal(widths(still), widths(woken))


def test_a_series_that_wakes_up_alone_decides_nothing(fit, y):
    model = fit(awake(y))
    assert all(record["valid_loss"] == 0 for record in model.history_)
    assert (widths(model) == 0).all(axis=None)


def test_what_wakes_up_in_a_panel_decides_nothing(fit, y):
    moving = y[["load"]]
    still = fit(panel_of(moves=moving, rests=at_rest(y)))
    woken = fit(panel_of(moves=moving, rests=awake(y)))
    assert losses(still) == losses(woken)
    pd.testing.assert_frame_equal(widths(still), widths(woken))


# In a panel -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["following", "conformal", "adaptive"])
def test_series_at_rest_stay_out_of_the_pool_of_errors(fit, y, method):
    # Their errors are NaN, at the end; without them the pool is that of the rest.
    moving = {name: y[[name]].set_axis(["load"], axis=1) for name in y}
    resting = {f"rest {i}": at_rest(y) for i in range(5)}
    model = fit(panel_of(**moving, **resting), interval_method=method)
    errors = model._model.held_out.pool.errors
    of_moving = errors[: np.sum(~np.isnan(errors[:, 0, 0]))]
    n_valid = 24 - 4 + 1
    assert len(of_moving) == 3 * n_valid
    assert (of_moving[..., 0] > 0).mean() > 0.9
    width = widths(model)
    assert (width.loc[list(resting)] == 0).all(axis=None)
    assert (width.loc[list(moving)] > 0).all(axis=None)


@pytest.mark.parametrize("method", ["following", "conformal", "adaptive"])
def test_intervals_are_as_wide_with_and_without_series_at_rest(
    fit, y, method, monkeypatch
):
    # The same network in both: it is only the pool that must not differ.
    moving = {name: y[[name]].set_axis(["load"], axis=1) for name in y}
    alone = fit(panel_of(**moving), interval_method=method)
    mixture = alone._model.solved

    def keep(self, chosen, train, valid, X, y, attributes, finish, initial):
        finish(mixture)

    monkeypatch.setattr(type(alone), "_fit_mixture", keep)
    resting = {f"rest {i}": at_rest(y) for i in range(5)}
    beside = fit(panel_of(**moving, **resting), interval_method=method)
    pd.testing.assert_frame_equal(
        widths(beside).loc[list(moving)], widths(alone), check_freq=False
    )


def test_a_channel_may_rest_in_one_series_and_move_in_another(fit, y):
    first = y[["load"]].assign(valve=y["temperature"])
    second = y[["load"]].assign(valve=RESTING)
    width = widths(fit(panel_of(first=first, second=second)))
    assert (width.loc["first"] > 0).all(axis=None)
    assert (width.loc["second"]["load"] > 0).all(axis=None)
    assert (width.loc["second"]["valve"] == 0).all(axis=None)


def test_a_panel_all_at_rest_is_certain(fit, y):
    model = fit(panel_of(first=at_rest(y), second=at_rest(y) + 1))
    assert (widths(model) == 0).all(axis=None)
    assert (model.predict_var(STEPS) == 0).all(axis=None)
    forecast = model.predict(STEPS)["load"].groupby(level=0).unique()
    assert forecast.explode().tolist() == [RESTING, RESTING + 1]


# Scores ---------------------------------------------------------------------------


def test_the_score_is_that_of_what_moves(fit, y):
    both = y[["load"]].assign(valve=awake(y))
    model = fit(both[:70])
    forecasts, truths = model.predict_rolling(both[70:])
    errors = (forecasts - truths)[..., 0] / model.score_scale_[0]
    assert model.score(both[70:]) == pytest.approx(-np.mean(errors**2), rel=1e-5)


def test_standardised_errors_are_those_of_what_moves(fit, y):
    both = y[["load"]].assign(valve=awake(y))
    result = fit(both[:70]).backtest(both[70:])
    for metric in ("mase", "standardised_mse", "standardised_mae"):
        table = result.by_variable[metric]
        assert np.isnan(table["valve"])
        assert result.overall[metric] == table["load"]
        assert result.by_step[metric].mean() == pytest.approx(table["load"])
    # In the units of the data it has an error like any other.
    assert result.by_variable["mse"]["valve"] > 1e6


def test_standardised_errors_of_a_series_at_rest_are_undefined(fit, y):
    rows = at_rest(y)
    result = fit(rows[:70]).backtest(rows[70:])
    undefined = ["mase", "standardised_mse", "standardised_mae"]
    assert result.overall[undefined].isna().all()
    assert result.overall[["mse", "mae"]].tolist() == [0, 0]


def test_the_score_of_a_series_at_rest_is_perfect_until_it_wakes_up(fit, y):
    model = fit(at_rest(y)[:70])
    assert model.score(at_rest(y)[70:]) == 0
    assert model.score(awake(y, unit=1.0)[70:]) < 0
