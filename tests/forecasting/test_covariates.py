"""Covariates: effects that are found, split off, carried on, and asked for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter

from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.model_selection import rolling_scorer

N_ROWS, N_TRAIN = 260, 220
STEPS = [1, 2, 3, 4]
TRUE = np.array([[3.0, 0.0], [-2.0, 20.0]])  # covariates by channels


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    values = {"holiday": rng.random(N_ROWS) < 0.1, "price": rng.normal(10, 1, N_ROWS)}
    times = pd.period_range("2020-01-01", periods=N_ROWS, freq="D", name="day")
    return pd.DataFrame(values, times, dtype=float)


@pytest.fixture(scope="module")
def y(X):
    rng = np.random.default_rng(1)
    season = np.sin(2 * np.pi * np.arange(N_ROWS) / 7)[:, None] * [1, 10]
    noise = rng.normal(0, [0.2, 2], (N_ROWS, 2))
    values = X.to_numpy() @ TRUE + season + noise
    return pd.DataFrame(values, X.index, ["shop", "kiosk"])


def make(**params):
    small = {"context_length": 14, "horizon": 4, "max_epochs": 0, "random_state": 0}
    return SAMformerForecaster(**{**small, **params})


def fit(y, X, **params):
    return make(**params).fit(y[:N_TRAIN], X[:N_TRAIN])


@pytest.fixture(scope="module")
def fitted(y, X):
    return fit(y, X)


@pytest.fixture(scope="module")
def led(y, X):
    """Return a forecaster of a series in which a covariate comes one row late."""
    early = y.copy()
    early["shop"] += 5 * X["holiday"].shift(-1, fill_value=0)
    return early, fit(early, X)


def following(model, y, X):
    """Forecast from each of three cutoffs in turn, by updates that learn nothing."""
    frames = []
    for n_known in range(N_TRAIN, N_TRAIN + 3):
        if n_known > N_TRAIN:
            rows = slice(n_known - 1, n_known)
            model.update(y[rows], X[rows], update_params=False)
        frames.append(model.predict(STEPS, X[n_known:]).to_numpy())
    return np.stack(frames)


# Effects ------------------------------------------------------------------------------


def test_coefficients_have_names_and_the_units_of_the_data(fitted):
    coef = fitted.coef_
    assert list(coef.columns) == ["shop", "kiosk"]
    assert coef.index.names == ["covariate", "lag"]
    now = coef.xs(0, level="lag")
    assert list(now.index) == ["holiday", "price"]
    np.testing.assert_allclose(now / [1, 10], TRUE / [1, 10], atol=0.3)


@pytest.mark.parametrize(
    "model",
    [
        make(),
        make(linear_maps=None, max_epochs=20, lr=1e-2, standardize=False),
        LSINetForecaster(14, 4, linear_maps=None, max_epochs=20, random_state=0),
    ],
    ids=["maps", "samformer", "lsinet"],
)
def test_they_take_most_of_the_squared_error(model, y, X):
    without = model.clone().fit(y[:N_TRAIN]).score(y[N_TRAIN:])
    with_them = model.fit(y[:N_TRAIN], X[:N_TRAIN]).score(y[N_TRAIN:], X[N_TRAIN:])
    assert with_them > without / 4


def test_a_forecast_is_its_base_and_effects(fitted, X):
    forecast = fitted.predict(STEPS, X[N_TRAIN:])
    parts = fitted.predict_effects(STEPS, X[N_TRAIN:])
    assert list(parts["shop"].columns) == ["base", "holiday", "price"]
    np.testing.assert_allclose(parts.T.groupby(level=0, sort=False).sum().T, forecast)
    assert set(fitted.coef_.index.get_level_values("lag")) == {0}
    # What it was in the mean, which the base has, takes no part in changes.
    changes = X[N_TRAIN : N_TRAIN + 4].diff()["price"]
    wanted = fitted.coef_.loc[("price", 0), "kiosk"] * changes[1:]
    np.testing.assert_allclose(parts["kiosk", "price"].diff()[1:], wanted)


def test_parts_and_intervals_have_the_effects(fitted, X):
    ahead = X[N_TRAIN:]
    forecast = fitted.predict(STEPS, ahead)
    parts = fitted.predict_parts(STEPS, ahead)
    np.testing.assert_allclose(parts.xs("mixture", axis=1, level=1), forecast)
    median = fitted.predict_quantiles(STEPS, ahead, alpha=0.5)
    np.testing.assert_allclose(median, forecast)
    interval = fitted.predict_interval(STEPS, ahead, coverage=0.8)
    middle = interval.iloc[:, :2].mean(axis=1)
    np.testing.assert_allclose(middle, forecast["shop"])
    assert fitted.predict_var(STEPS, ahead).shape == (4, 2)


def test_leads_are_known_once_the_rows_come(led, X):
    early, model = led
    np.testing.assert_allclose(model.coef_.loc[("holiday", -1), "shop"], 5, rtol=0.1)
    rolled, _ = model.predict_rolling(early[N_TRAIN:], X=X[N_TRAIN:])
    forecast = model.predict(STEPS, X[N_TRAIN:])
    np.testing.assert_allclose(forecast, rolled[0], rtol=1e-5, atol=1e-5)


def test_updates_and_rolling_windows_forecast_alike(led, X):
    early, model = led
    rolled, truths = model.predict_rolling(early[N_TRAIN:], X=X[N_TRAIN:])
    np.testing.assert_allclose(truths[1], early[N_TRAIN + 1 :][:4])
    one_by_one = following(pickled(model), early, X)
    np.testing.assert_allclose(one_by_one, rolled[:3], rtol=1e-4, atol=1e-4)


def test_rows_given_again_replace_those_known(led, X):
    early, model = led
    again = pickled(model).update(
        early[N_TRAIN - 5 : N_TRAIN + 1],
        X[N_TRAIN - 5 : N_TRAIN + 1],
        update_params=False,
    )
    once = pickled(model).update(
        early[N_TRAIN : N_TRAIN + 1], X[N_TRAIN : N_TRAIN + 1], update_params=False
    )
    ahead = X[N_TRAIN + 1 :]
    np.testing.assert_allclose(again.predict(STEPS, ahead), once.predict(STEPS, ahead))


def pickled(model):
    import pickle

    return pickle.loads(pickle.dumps(model))


def test_backtests_hold_the_same_forecasts(fitted, y, X):
    rows = slice(N_TRAIN, N_TRAIN + 12)
    forecasts, truths = fitted.predict_rolling(y[rows], X=X[rows])
    result = fitted.backtest(y[rows], X=X[rows], return_forecasts=True)
    np.testing.assert_allclose(result.forecasts["forecast"], forecasts.reshape(-1))
    np.testing.assert_allclose(result.forecasts["truth"], truths.reshape(-1))
    np.testing.assert_allclose(
        result.overall["mse"], ((forecasts - truths) ** 2).mean()
    )


def test_arrays_are_rows_that_follow(fitted, y, X):
    rows = slice(N_TRAIN, N_TRAIN + 12)
    named = fitted.predict_rolling(y[rows], X=X[rows])
    bare = fitted.predict_rolling(y[rows].to_numpy(), X=X[rows].to_numpy())
    np.testing.assert_allclose(bare, named)
    forecast = fitted.predict(STEPS, X[rows].to_numpy())
    pd.testing.assert_frame_equal(forecast, fitted.predict(STEPS, X[rows]))


def test_a_covariate_alone_may_have_another_name_or_none(y, X):
    price = X[["price"]]
    model = fit(y, price)
    forecast = model.predict(STEPS, price[N_TRAIN:])
    for name in ("costs", None):
        renamed = price["price"].rename(name)[N_TRAIN:]
        pd.testing.assert_frame_equal(model.predict(STEPS, renamed), forecast)


def test_attention_is_that_of_rows_without_effects(y, X):
    model = fit(y, X, max_epochs=1, linear_maps=None)
    assert model.attention_matrix().shape == (1, 2, 2)
    with pytest.raises(NotImplementedError, match="Leave Y out"):
        model.attention_matrix(y[:N_TRAIN])


def test_covariates_in_a_list_are_checked_as_those_in_frames(y, X):
    numbered = X[:60].reset_index(drop=True)
    holey = numbered.copy()
    holey.iloc[5, 1] = np.nan
    series = [y[:60].reset_index(drop=True)] * 2
    with pytest.raises(ValueError, match="X must be finite, got 1 NaN"):
        make().fit(series, X=[numbered, holey], fh=STEPS)
    assert make().fit(series, X=[numbered, numbered], fh=STEPS).is_fitted


def test_windows_of_a_series_alone_need_its_own_covariates(fitted, y, X):
    rows = slice(30, 60)
    forecasts, truths = fitted.predict_windows(y[rows], X=X[rows])
    np.testing.assert_allclose(truths[0], y[44:48])
    assert np.mean((forecasts - truths)[..., 0] ** 2) < 0.5


def test_nothing_is_taken_from_noise(y, X):
    noise = X.set_axis(["a", "b"], axis=1).sample(frac=1, random_state=0)
    model = make().fit(y[:N_TRAIN], noise.set_axis(X.index)[:N_TRAIN])
    assert (model.coef_.abs() < 0.1 * y.std()).all(axis=None)


def test_missing_values_take_little_from_effects(fitted, y, X):
    rng = np.random.default_rng(2)
    holes = y.mask(rng.random(y.shape) < 0.1)
    model = make().fit(holes[:N_TRAIN], X[:N_TRAIN])
    now = model.coef_.xs(0, level="lag")
    np.testing.assert_allclose(now / [1, 10], TRUE / [1, 10], atol=0.5)
    with_all = fitted.score(y[N_TRAIN:], X[N_TRAIN:])
    assert model.score(y[N_TRAIN:], X[N_TRAIN:]) > 2 * with_all  # higher is better
    assert np.isfinite(model.predict(STEPS, X[N_TRAIN:])).all(axis=None)


# Panels -------------------------------------------------------------------------------


def test_a_panel_shares_effects_in_the_units_of_its_series(y, X):
    series = {"small": y[["shop"]], "large": 100 * y[["shop"]] + 7}
    panel = pd.concat(series, names=["size", "day"])
    many = pd.concat(dict.fromkeys(series, X), names=["size", "day"])
    times = panel.index.get_level_values("day")
    known = times < X.index[N_TRAIN]
    model = make().fit(panel[known], X=many[known])
    np.testing.assert_allclose(model.coef_.loc["large"], 100 * model.coef_.loc["small"])
    forecast = model.predict(STEPS, many[~known])
    np.testing.assert_allclose(
        forecast.loc["large"], 100 * forecast.loc["small"] + 7, rtol=1e-4
    )
    # Covariates of the times alone are those of each series.
    shared = make().fit(panel[known], X=X[:N_TRAIN]).predict(STEPS, X[N_TRAIN:])
    pd.testing.assert_frame_equal(shared, forecast)
    new = pd.concat({"new": 3 * y[["shop"]][:N_TRAIN]}, names=["size", "day"])
    model.update(new, X[:N_TRAIN])
    seen_later = model.predict(STEPS, X[N_TRAIN:]).loc["new"]
    np.testing.assert_allclose(seen_later, 3 * forecast.loc["small"], rtol=0.1)
    rows = slice(30, 60)  # which follow nothing that is known
    of_new, of_small = (
        model.predict_windows(pd.concat({name: each[rows]}, names=["size", "day"]), X=X)
        for name, each in {"new": 3 * y[["shop"]], "small": y[["shop"]]}.items()
    )
    np.testing.assert_allclose(of_new[0], 3 * of_small[0], rtol=0.15)


# Tools --------------------------------------------------------------------------------


def test_searches_of_scikit_learn_pass_covariates_on(y, X):
    search = GridSearchCV(
        make(),
        {"linear_maps": ["auto", "shared"]},
        cv=TimeSeriesSplit(2, test_size=20),
        error_score="raise",
    )
    scores = [
        search.set_params(scoring=scoring).fit(y, X).best_score_
        for scoring in (None, rolling_scorer("mse"))
    ]
    np.testing.assert_allclose(*scores, rtol=1e-4)
    assert scores[0] > search.fit(y).best_score_ / 4


def test_evaluate_and_update_predict_of_sktime_pass_covariates_on(fitted, y, X):
    cv = ExpandingWindowSplitter(STEPS, initial_window=N_TRAIN, step_length=20)
    folds = evaluate(make(), cv, y, X, strategy="no-update_params", return_data=True)
    first = folds["y_pred"].iloc[0]
    pd.testing.assert_frame_equal(first, fitted.predict(STEPS, X[N_TRAIN:]))
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=6, step_length=6)
    moving = fitted.update_predict(y[N_TRAIN:], cv, X[N_TRAIN:], update_params=False)
    assert np.isfinite(moving.to_numpy()).sum() == 6 * 2 * 2


# What cannot be used ------------------------------------------------------------------

AHEAD = slice(N_TRAIN, N_TRAIN + 4)
BAD = {
    "X is missing: .*fitted with covariates": lambda X: None,
    r"each step to forecast, fh=\[1, 2, 3, 4\], got none for 2 of 4: 2020-08-10": (
        lambda X: X[N_TRAIN : N_TRAIN + 2]
    ),
    "missing \\['holiday'\\]": lambda X: X[AHEAD][["price"]],
    "in another order.*Use X\\[": lambda X: X[AHEAD][["price", "holiday"]],
    "not seen in fit \\['sun'\\]": lambda X: X[AHEAD].assign(sun=1),
    "X must be finite, got 4 NaN": lambda X: X[AHEAD].assign(price=np.nan),
    "X must have numeric columns": lambda X: X[AHEAD].assign(price="cheap"),
    "numeric columns": lambda X: X[AHEAD].astype({"holiday": "category"}),
    "X must have its times in order": lambda X: X[AHEAD][::-1],
    "must be indexed by periods of 'D', like y, got integers": (
        lambda X: X[AHEAD].reset_index(drop=True)
    ),
    "X must be in an sktime compatible format": lambda X: "a holiday",
}


@pytest.mark.parametrize("message", BAD)
def test_covariates_that_cannot_be_used_are_refused(fitted, X, message):
    with pytest.raises((TypeError, ValueError), match=message):
        fitted.predict(STEPS, BAD[message](X))


def test_every_method_asks_for_covariates(fitted, y):
    rows = y[N_TRAIN:]
    for call in (
        lambda: fitted.predict_interval(STEPS),
        lambda: fitted.predict_parts(STEPS),
        lambda: fitted.predict_effects(STEPS),
        lambda: fitted.score(rows),
        lambda: fitted.backtest(rows),
        lambda: fitted.predict_windows(rows),
        lambda: fitted.update(rows),
    ):
        with pytest.raises(ValueError, match="X is missing"):
            call()


def test_covariates_not_given_in_fit_are_refused(y, X):
    model = make().fit(y[:N_TRAIN])
    with pytest.raises(ValueError, match="was fitted without X"):
        model.predict(STEPS, X[N_TRAIN:])
    with pytest.raises(AttributeError, match="fit was given no X"):
        _ = model.coef_


def test_rows_missing_in_fit_are_refused(y, X):
    with pytest.raises(ValueError, match="a row for each row of y, got none for 3 of"):
        make().fit(y[:N_TRAIN], X[3:N_TRAIN])


def test_a_covariate_that_never_changes_has_no_effect(y, X):
    with pytest.warns(UserWarning, match=r"never change .*\['law'\]"):
        model = fit(y, X.assign(law=1.0))
    assert (model.coef_.loc["law"] == 0).all(axis=None)


def test_rows_between_steps_may_be_missing_with_a_warning(y, X):
    late = y.add(5 * X["holiday"].shift(1, fill_value=0), axis=0)
    model = fit(late, X)
    with pytest.warns(UserWarning, match="X has no rows for 1 of the times between"):
        model.predict([1, 3], X[AHEAD].iloc[[0, 2]])
