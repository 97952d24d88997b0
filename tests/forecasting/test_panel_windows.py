"""Windows of a panel are those of its series, and each series counts the same."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GridSearchCV
from sktime.split import ExpandingWindowSplitter
from sktime.utils._testing.hierarchical import _make_hierarchical

from skts.model_selection import rolling_scorer

L, H = 8, 4
SEEN = {"north": 60, "south": 45}


@pytest.fixture(scope="module")
def series(make_frame):
    return {
        "north": make_frame(90),
        "south": 100 * make_frame(60, seed=1) + 7,
    }


@pytest.fixture(scope="module")
def panel(series):
    return pd.concat(series, names=["place"])


@pytest.fixture(scope="module")
def seen(series):
    return pd.concat({n: y[: SEEN[n]] for n, y in series.items()}, names=["place"])


@pytest.fixture(scope="module")
def new(series):
    return pd.concat({n: y[SEEN[n] :] for n, y in series.items()}, names=["place"])


@pytest.fixture(scope="module")
def fitted(make_model, seen):
    return make_model(validation_fraction=0.2, max_epochs=5).fit(seen)


def test_windows_are_those_of_each_series_forecast_from_its_end(
    fitted, series, new, seen
):
    forecasts, truths = fitted.predict_rolling(new)
    n_north = 90 - SEEN["north"] - H + 1
    assert len(forecasts) == len(truths) == n_north + 60 - SEEN["south"] - H + 1
    ends = fitted.predict(range(1, H + 1))
    np.testing.assert_allclose(forecasts[0], ends.loc["north"], rtol=1e-5)
    np.testing.assert_allclose(forecasts[n_north], ends.loc["south"], rtol=1e-5)
    moved = pd.concat({"south": series["south"][45:48]}, names=["place"])
    later = fitted.clone().fit(seen).update(moved, update_params=False)
    np.testing.assert_allclose(
        forecasts[n_north + 3], later.predict(range(1, H + 1)).loc["south"], rtol=1e-5
    )
    np.testing.assert_array_equal(truths[n_north], series["south"][45:49])
    inside, _ = fitted.predict_windows(new)  # nothing is taken from the rows seen
    assert len(inside) == 90 - 60 - L - H + 1 + 60 - 45 - L - H + 1
    np.testing.assert_allclose(inside[0], forecasts[L], rtol=1e-5)


def test_a_backtest_is_the_mean_of_those_of_its_series(fitted, new):
    whole = fitted.backtest(new, sp=12, return_forecasts=True)
    alone = [fitted.backtest(new.loc[[name]], sp=12) for name in SEEN]
    assert whole.n_windows == sum(one.n_windows for one in alone)
    assert list(whole.by_series.index) == list(SEEN)
    assert whole.by_series.index.name == "place"
    for table in ("overall", "by_step", "by_variable"):
        mean = sum(getattr(one, table) for one in alone) / 2
        np.testing.assert_allclose(getattr(whole, table), mean, rtol=1e-6)
    np.testing.assert_allclose(whole.by_series, [one.overall for one in alone])
    rows = whole.forecasts
    assert list(rows.columns[:3]) == ["place", "cutoff", "step"]
    south = rows[rows["place"] == "south"]
    error = (south["forecast"] - south["truth"]).abs().mean()
    assert whole.by_series.loc["south", "mae"] == pytest.approx(error, rel=1e-4)


def test_mase_is_in_units_of_each_series_naive_forecast(fitted, series, new):
    result = fitted.backtest(new, sp=24)
    for name, n_seen in SEEN.items():
        train = series[name].to_numpy()[: n_seen - round(0.2 * n_seen)]
        naive = np.abs(train[24:] - train[:-24]).mean(axis=0)
        forecasts, truths = fitted.predict_rolling(new.loc[[name]])
        scaled = np.abs(forecasts - truths) / naive
        assert result.by_series.loc[name, "mase"] == pytest.approx(scaled.mean(), 1e-4)


def test_scores_count_each_series_once_in_its_own_units(fitted, seen, new):
    units = seen.groupby(level=0).std(ddof=0)
    np.testing.assert_allclose(fitted.score_scale_, units)
    squared, absolute = [], []
    for name in SEEN:
        forecasts, truths = fitted.predict_rolling(new.loc[[name]])
        errors = (forecasts - truths) / units.loc[name].to_numpy()
        squared.append(np.mean(errors**2))
        absolute.append(np.mean(np.abs(errors)))
    assert fitted.score(new) == pytest.approx(-np.mean(squared), rel=1e-5)
    scores = rolling_scorer(("mse", mean_absolute_error))(fitted, new)
    assert scores["mse"] == pytest.approx(-np.mean(squared), rel=1e-5)
    assert scores["mean_absolute_error"] == pytest.approx(-np.mean(absolute))


def test_searches_score_forecasters_of_panels(make_model, seen):
    """sktime's splitters cut each series by itself."""
    cv = ExpandingWindowSplitter(range(1, 9), initial_window=30, step_length=8)
    folds = list(cv.split(seen))
    grid = {"rho": [0.0, 2.0]}
    search = GridSearchCV(make_model(), grid, cv=folds, error_score="raise").fit(seen)
    for rho, found in zip(
        grid["rho"], search.cv_results_["mean_test_score"], strict=True
    ):
        scores = [
            make_model(rho=rho).fit(seen.iloc[train]).score(seen.iloc[test])
            for train, test in folds
        ]
        assert found == pytest.approx(np.mean(scores), rel=1e-6)
    assert len(search.predict([1])) == 2


def test_a_series_not_seen_is_measured_in_units_of_what_it_brings(fitted, series):
    east = series["north"][20:60]
    results = [
        fitted.backtest(pd.concat({"east": rows}, names=["place"]))
        for rows in (east, 1000 * east - 5)
    ]
    assert results[0].n_windows == 40 - L - H + 1
    names = ["standardised_mse", "standardised_mae"]
    np.testing.assert_allclose(*(r.overall[names] for r in results), rtol=1e-3)
    assert np.isnan(results[0].overall["mase"])  # it was not in training
    assert results[1].overall["mse"] == pytest.approx(
        1e6 * results[0].overall["mse"], rel=1e-3
    )


def test_series_too_short_for_a_window_are_left_out_with_a_warning(fitted, series):
    new = {"north": series["north"][60:], "south": series["south"][45:48]}
    panel = pd.concat(new, names=["place"])
    with pytest.warns(UserWarning, match=r"1 series of Y .* 'south' has 3 time points"):
        result = fitted.backtest(panel)
    assert list(result.by_series.index) == ["north"]
    with pytest.raises(ValueError, match=r"Y has 3 time points .* horizon=4 needs at"):
        fitted.backtest(panel.loc[["south"]])


def test_hierarchies_keep_their_levels(make_model):
    y = _make_hierarchical(min_timepoints=40, max_timepoints=40, random_state=0)
    model = make_model().fit(y)
    result = model.backtest(y, return_forecasts=True)
    assert result.by_series.index.names == y.index.names[:-1]
    assert list(result.forecasts.columns[:2]) == y.index.names[:-1]
    assert len(result.by_series) == len(y.index.droplevel(-1).unique())


def test_arrays_of_series_are_taken_to_follow(make_model, make_frame):
    values = np.stack([make_frame(60, seed=seed).to_numpy().T for seed in (0, 1)])
    model = make_model().fit(values[..., :50])
    assert model.backtest(values[..., 50:]).n_windows == 2 * (10 - H + 1)


def test_one_series_is_no_panel(fitted, series):
    for method in ("predict_windows", "predict_rolling", "backtest", "score"):
        with pytest.raises(TypeError, match=r"Y must be a panel|y must be a panel"):
            getattr(fitted, method)(series["north"])


# One step ahead -------------------------------------------------------------------


def test_each_row_is_forecast_from_the_rows_before_it(make_model, make_frame):
    y = make_frame(40)
    model = make_model().fit(y)
    found = model.predict_one_step(y.drop(y.index[20]))
    times = [*y.index[L:20], *y.index[21 + L :]]  # no window goes across a gap
    assert list(found.index) == times
    for time in (times[0], times[-1]):
        row = y.index.get_loc(time)
        window = y[row - L : row + H].to_numpy()
        if len(window) < L + H:  # the last rows have no whole horizon after them
            window = np.concatenate([window, np.zeros((L + H - len(window), 3))])
        by_hand = model.predict_windows(window)[0][0, 0]
        np.testing.assert_allclose(found.loc[time], by_hand, rtol=1e-5, atol=1e-4)
    residuals = y - found
    assert residuals.isna().any(axis=1).sum() == len(y) - len(times)
    assert model.predict_one_step(y[:L]).shape == (0, 3)


def test_rows_of_a_panel_are_forecast_one_step_ahead(fitted, panel, series):
    found = fitted.predict_one_step(panel)
    assert found.index.names == panel.index.names
    for name, y in series.items():
        assert list(found.loc[name].index) == list(y.index[L:])
    forecasts, _ = fitted.predict_windows(panel.loc[["south"]])
    rows = found.loc["south"].to_numpy()[: len(forecasts)]
    np.testing.assert_allclose(rows, forecasts[:, 0], rtol=1e-5)
