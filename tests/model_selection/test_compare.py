"""All forecasters forecast the same windows and are measured in the same unit."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.compose import EnsembleForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.trend import PolynomialTrendForecaster
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteScaledError,
    MeanSquaredScaledError,
)
from sktime.transformations.series.difference import Differencer

from skts.forecasting import SAMformerForecaster
from skts.model_selection import compare
from skts.model_selection._roll import keeps_up

H, N_TEST = 4, 14


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(84, n_channels=2)


def windows(y, stride=H):
    """Yield the rows before each window and those in it."""
    for start in range(len(y) - N_TEST, len(y) - H + 1, stride):
        yield y[:start], y[start : start + H]


@pytest.mark.parametrize("stride", [None, 3])
@pytest.mark.parametrize("sp", [1, 6])
def test_the_naive_row_is_what_the_slow_forecaster_has(y, sp, stride):
    table = compare(
        {"slow": NaiveForecaster(sp=sp)},
        y,
        horizon=H,
        test_size=N_TEST,
        sp=sp,
        stride=stride,
    )
    errors = ["mse", "mae", "mase", "rmsse"]
    np.testing.assert_allclose(*table[errors].to_numpy(), rtol=1e-9)
    unit = y[:-N_TEST].std(ddof=0).to_numpy()
    by_hand = [
        (before.to_numpy()[len(before) - sp + np.arange(H) % sp] - after) / unit
        for before, after in windows(y, stride or H)
    ]
    assert table.loc["slow", "mse"] == pytest.approx(np.mean(np.square(by_hand)))
    assert table.loc["slow", "mae"] == pytest.approx(np.mean(np.abs(by_hand)))
    assert table.attrs["n_windows"] == len(by_hand)
    # It is fitted again for each window, unless told not to; rows seen are enough.
    assert table.loc["slow", "n_fits"] == len(by_hand)
    once = compare(
        [NaiveForecaster(sp=sp)],
        y,
        horizon=H,
        test_size=N_TEST,
        sp=sp,
        stride=stride,
        refit=False,
    )
    np.testing.assert_allclose(once[errors], table[errors])
    assert (once["n_fits"] == 1).all()


def test_scaled_errors_of_one_window_are_those_of_sktime(make_frame):
    y = make_frame(60, n_channels=1)
    table = compare([PolynomialTrendForecaster()], y, horizon=H, test_size=H, sp=3)
    line = PolynomialTrendForecaster().fit(y[:-H], fh=range(1, H + 1)).predict()
    row = table.loc["PolynomialTrendForecaster"]
    for name, metric in {
        "mase": MeanAbsoluteScaledError(sp=3),
        "rmsse": MeanSquaredScaledError(sp=3, square_root=True),
    }.items():
        assert row[name] == pytest.approx(metric(y[-H:], line, y_train=y[:-H]))
    assert np.isnan(row["coverage"])  # it has no intervals
    assert list(table["mse"]) == sorted(table["mse"])


def test_ours_are_measured_as_they_measure_themselves(y, make_model):
    model = make_model(validation_fraction=0.4)
    table = compare(
        {"bare": model, "piped": StandardScaler() * model},
        y,
        horizon=H,
        test_size=N_TEST,
        stride=1,
    )
    fitted = model.clone().fit(y[:-N_TEST])
    assert table.loc["bare", "mse"] == pytest.approx(-fitted.score(y[-N_TEST:]), 1e-4)
    _, truths = fitted.predict_rolling(y[-N_TEST:])
    assert table.attrs["n_windows"] == len(truths)
    assert (table.loc[["bare", "piped"], "n_fits"] == 1).all()
    # One after the other, updates bring what was wrong by then to the intervals.
    found, widths = [], []
    for before, after in windows(y, 1):
        seen = y[len(y) - N_TEST : len(before)]
        moved = fitted.clone().fit(y[:-N_TEST])
        for row in range(len(seen)):
            moved.update(seen[row : row + 1], update_params=False)
        ends = moved.predict_interval(range(1, H + 1), coverage=0.9)
        lower, upper = ends.to_numpy()[:, ::2], ends.to_numpy()[:, 1::2]
        found.append((lower <= after) & (after <= upper))
        widths.append((upper - lower) / fitted.score_scale_)
    assert table.loc["bare", "coverage"] == pytest.approx(np.mean(found))
    assert table.loc["bare", "width"] == pytest.approx(np.mean(widths), rel=1e-4)


def test_the_naive_intervals_hold_as_often_as_asked():
    rng = np.random.default_rng(0)
    walk = pd.Series(rng.standard_normal(4000).cumsum())
    for coverage in (0.5, 0.9):
        table = compare([], walk, horizon=3, test_size=0.5, sp=1, coverage=coverage)
        row = table.loc["seasonal naive"]
        assert row["coverage"] == pytest.approx(coverage, abs=0.03)
        assert row["mase"] > 1  # it is measured one step ahead


def test_the_unit_of_the_data_changes_nothing(y):
    names = ["mse", "mae", "mase", "rmsse", "coverage", "width"]
    options = {"horizon": H, "test_size": N_TEST}
    tables = [compare([NaiveForecaster()], unit * y, **options) for unit in (1, 1000)]
    np.testing.assert_allclose(*(table[names] for table in tables))


def test_the_season_is_what_the_index_tells(make_frame):
    hourly = make_frame(200, n_channels=1)
    assert compare([], hourly, horizon=H).attrs["sp"] == 24
    # 5 * 24 rows are fewer than the week of the index; the day is taken
    assert compare([], hourly[:60], horizon=H, test_size=10).attrs["sp"] == 24
    wave = np.tile([0.0, 1.0, 5.0, 2.0, 8.0, 3.0], 20)
    assert compare([], wave, horizon=H).attrs["sp"] == 6
    noise = np.random.default_rng(0).standard_normal(50)
    assert compare([], noise, horizon=H).attrs["sp"] == 1


def test_each_series_of_a_panel_counts_the_same(make_frame, make_model):
    series = {"a": make_frame(70), "b": -100 * make_frame(60, seed=1)}
    panel = pd.concat(series, names=["place", "time"])
    models = {"ours": make_model(), "last": NaiveForecaster()}
    options = {"horizon": H, "test_size": 12, "sp": 6}
    table = compare(models, panel, **options)
    alone = [
        compare({"last": NaiveForecaster()}, y, **options) for y in series.values()
    ]
    columns = ["mse", "mae", "mase", "rmsse", "coverage", "width"]
    for row in ("seasonal naive", "last"):
        mean = (alone[0].loc[row, columns] + alone[1].loc[row, columns]) / 2
        np.testing.assert_allclose(
            table.loc[row, columns].astype(float), mean, rtol=1e-6
        )
    fitted = make_model().fit(
        pd.concat({n: y[:-12] for n, y in series.items()}, names=["place", "time"])
    )
    test = pd.concat({n: y[-12:] for n, y in series.items()}, names=["place", "time"])
    scores = []
    for name in series:
        forecasts, truths = fitted.predict_rolling(test.loc[[name]], stride=H)
        unit = fitted.score_scale_.loc[name].to_numpy()
        scores.append(np.mean(((forecasts - truths) / unit) ** 2))
    assert table.loc["ours", "mse"] == pytest.approx(np.mean(scores), rel=1e-4)


def test_who_fails_has_a_row_of_nan_and_the_others_go_on(y, make_model):
    models = {"broken": make_model(context_length=500), "last": NaiveForecaster()}
    with pytest.warns(FitFailedWarning, match="broken failed, .*context_length=500"):
        table = compare(models, y, horizon=H, test_size=N_TEST)
    assert table.index[-1] == "broken"
    assert table.loc["broken"].drop("n_fits").isna().all()
    assert table.loc["last", "mse"] > 0


class Warns(NaiveForecaster):
    def _fit(self, y, X, fh):
        warnings.warn("heard in fit", FutureWarning, stacklevel=2)
        return super()._fit(y, X, fh)


def test_warnings_are_heard_but_for_what_sktime_announces_at_each_fit(y):
    models = {"last": NaiveForecaster(), "warning": Warns()}
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        filters = warnings.filters.copy()
        compare(models, y, horizon=H, test_size=N_TEST)
        assert warnings.filters == filters  # which sktime has changed
    assert {str(each.message) for each in heard} == {"heard in fit"}


def test_covariates_reach_who_takes_them(make_frame):
    """Sales follow a price drawn anew each day, which tells nothing of the next."""
    rng = np.random.default_rng(0)
    base = make_frame(600, n_channels=1)["load"]
    price = pd.DataFrame({"price": rng.standard_normal(600)}, base.index)
    sales = base - 3 * price["price"]
    ours = SAMformerForecaster(24, max_epochs=0)
    models = {"ours": ours, "last": NaiveForecaster()}
    options = {"horizon": H, "test_size": 40}
    without, given = (compare(models, sales, X, **options) for X in (None, price))
    assert given.loc["ours", "mse"] < 0.2 * without.loc["ours", "mse"]
    for row in ("last", "seasonal naive"):
        assert given.loc[row, "mse"] == without.loc[row, "mse"]
    with pytest.raises(ValueError, match=r"X must have the times of y, 600 rows"):
        compare(models, sales, price[1:], **options)


def test_what_moves_on_by_itself_is_known(make_model):
    ours = make_model()
    assert keeps_up(ours)
    assert keeps_up(StandardScaler() * ours)
    assert not keeps_up(NaiveForecaster())
    assert not keeps_up(Differencer() * ours)  # it stays on the level of fit
    both = EnsembleForecaster([("ours", ours), ("last", NaiveForecaster())])
    assert not keeps_up(both)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"horizon": 0}, ValueError, "horizon must be an int >= 1, got 0"),
        ({"test_size": 3}, ValueError, "test_size must hold horizon=4 rows at least"),
        ({"test_size": 1.5}, ValueError, "test_size must be a number > 0 and < 1"),
        ({"test_size": 83}, ValueError, "test_size must leave rows to fit on, got 83"),
        ({"coverage": 90}, ValueError, "coverage must be a number > 0 and < 1, got 90"),
        ({"sp": 70}, ValueError, "sp must be < 67, the rows before the test part"),
        ({"refit": "yes"}, TypeError, "refit must be True or False"),
    ],
)
def test_bad_options_are_named(y, options, error, message):
    with pytest.raises(error, match=message):
        compare([], y, **{"horizon": H, **options})


def test_bad_forecasters_and_data_are_named(y):
    with pytest.raises(TypeError, match="must be sktime forecasters, got 3 for 'x'"):
        compare({"x": 3}, y, horizon=H)
    with pytest.raises(ValueError, match="different names, got NaiveForecaster sev"):
        compare([NaiveForecaster(), NaiveForecaster(sp=2)], y, horizon=H)
    with pytest.raises(ValueError, match="must not have the name 'seasonal naive'"):
        compare({"seasonal naive": NaiveForecaster()}, y, horizon=H)
    with pytest.raises(ValueError, match=r"y must have no gaps .* got 1"):
        compare([], y.drop(y.index[40]), horizon=H)
