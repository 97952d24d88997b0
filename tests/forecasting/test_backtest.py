"""backtest is predict_rolling, measured: in one pass, step by step and by variable."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.performance_metrics.forecasting import (
    mean_absolute_error,
    mean_absolute_scaled_error,
    mean_squared_error,
)

from skts.data import Windows
from skts.fitted import error_means, mean_change

L, H = 8, 4
METRICS = ["mse", "mae", "mase", "standardised_mse", "standardised_mae"]


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(90)


@pytest.fixture(scope="module", params=[True, False], ids=["standardized", "raw"])
def fitted(request, make_model, y):
    model = make_model(standardize=request.param, validation_fraction=0.2)
    return model.fit(y[:50])  # trains on 40 rows


def naive_error(train, sp):
    return np.abs(train[sp:] - train[:-sp]).mean(axis=0)


def tables_from_rolling(model, Y, stride, train, sp):
    """Return the tables from forecasts that are all there at once."""
    forecasts, truths = model.predict_rolling(Y, stride)
    errors = forecasts - truths  # (n, H, C)
    units = {
        "mse": errors**2,
        "mae": np.abs(errors),
        "mase": np.abs(errors) / naive_error(train, sp),
        "standardised_mse": (errors / model.scale_) ** 2,
        "standardised_mae": np.abs(errors / model.scale_),
    }
    return len(errors), *(
        {name: values.mean(axis) for name, values in units.items()}
        for axis in [(0, 1, 2), (0, 2), (0, 1)]
    )


@pytest.mark.parametrize("stride", [1, 3, 100])
@pytest.mark.parametrize("sp", [1, 6])
@pytest.mark.parametrize("first", [50, 60], ids=["what follows", "later"])
def test_metrics_are_those_of_the_rolling_forecasts(fitted, y, stride, sp, first):
    result = fitted.backtest(y[first:], stride, sp=sp)
    n, overall, by_step, by_variable = tables_from_rolling(
        fitted, y[first:], stride, y[:40].to_numpy(), sp
    )
    assert result.n_windows == n
    assert list(result.overall.index) == METRICS
    assert list(result.by_step.columns) == list(result.by_variable.columns) == METRICS
    assert list(result.by_step.index) == [1, 2, 3, 4]
    assert list(result.by_variable.index) == list(y.columns)
    for name in METRICS:
        # float32 errors, summed in another order
        assert result.overall[name] == pytest.approx(overall[name], rel=1e-4)
        np.testing.assert_allclose(result.by_step[name], by_step[name], rtol=1e-4)
        np.testing.assert_allclose(
            result.by_variable[name], by_variable[name], rtol=1e-4
        )


def test_the_score_is_in_units_of_all_rows_seen(fitted, y):
    errors = fitted.backtest(y[50:]).by_variable["mse"]
    units = y[:50].std(ddof=0)  # 40 of them are the training part
    assert -fitted.score(y[50:]) == pytest.approx((errors / units**2).mean(), rel=1e-6)


@pytest.mark.parametrize("sp", [1, 3, 24])
def test_metrics_of_one_window_are_those_of_sktime(fitted, y, sp):
    result = fitted.backtest(y[50 : 50 + H], sp=sp)
    assert result.n_windows == 1
    truth, forecast = y[50 : 50 + H], fitted.predict([1, 2, 3, 4])
    own = {
        "mse": mean_squared_error(truth, forecast, multioutput="raw_values"),
        "mae": mean_absolute_error(truth, forecast, multioutput="raw_values"),
        "mase": mean_absolute_scaled_error(
            truth, forecast, y_train=y[:40], sp=sp, multioutput="raw_values"
        ),
    }
    for name, values in own.items():
        np.testing.assert_allclose(result.by_variable[name], values, rtol=1e-4)
        assert result.overall[name] == pytest.approx(np.mean(values), rel=1e-4)


def test_forecasts_come_back_as_a_long_frame(fitted, y):
    result = fitted.backtest(y[50:], stride=5, return_forecasts=True)
    frame = result.forecasts
    forecasts, truths = fitted.predict_rolling(y[50:], stride=5)
    assert list(frame.columns) == ["cutoff", "step", "variable", "forecast", "truth"]
    np.testing.assert_array_equal(frame["forecast"], forecasts.ravel())
    np.testing.assert_array_equal(frame["truth"], truths.ravel())
    assert list(frame["cutoff"].unique()) == list(y.index[49:86:5])
    times = frame["cutoff"] + pd.to_timedelta(frame["step"], unit="h")
    for (time, name), row in frame.set_index([times, "variable"]).iterrows():
        assert row["truth"] == y.loc[time, name]
    errors = (frame["forecast"] - frame["truth"]).abs()
    np.testing.assert_allclose(
        errors.groupby(frame["step"]).mean(), result.by_step["mae"], rtol=1e-4
    )
    assert fitted.backtest(y[50:]).forecasts is None


@pytest.mark.parametrize("kind", ["array", "range", "period"])
def test_cutoffs_are_in_the_words_of_the_index(make_frame, make_model, kind):
    index = None
    if kind == "range":
        index = pd.RangeIndex(5, 65)
    elif kind == "period":
        index = pd.period_range("2000-01", periods=60, freq="M")
    y = make_frame(60, index=index)
    model = make_model().fit(y[:40])
    new = y[40:].to_numpy() if kind == "array" else y[40:]
    frame = model.backtest(new, return_forecasts=True).forecasts
    assert list(frame["cutoff"].unique()) == list(y.index[39:56])
    later = model.backtest(y[45:], return_forecasts=True).forecasts
    assert list(later["cutoff"].unique()) == list(y.index[52:56])


def test_windows_across_a_gap_are_left_out(fitted, y):
    broken = y[50:].drop(y.index[65])
    result = fitted.backtest(broken, return_forecasts=True)
    forecasts, _ = fitted.predict_rolling(broken)
    assert result.n_windows == len(forecasts) < len(broken) - H + 1
    cutoffs = set(result.forecasts["cutoff"])
    assert cutoffs == {*y.index[49:61], *y.index[73:86]}


def test_a_series_and_an_array_give_the_same(make_model, y):
    one = y["pressure"]
    model = make_model().fit(one[:50])
    expected = model.backtest(one[50:])
    assert list(expected.by_variable.index) == ["pressure"]
    for same in (one[50:].to_frame(), one[50:].to_numpy()):
        result = model.backtest(same)
        pd.testing.assert_series_equal(result.overall, expected.overall)
        pd.testing.assert_frame_equal(result.by_variable, expected.by_variable)


def test_a_variable_that_never_moved_has_no_mase(make_frame, make_model):
    y = make_frame(60)
    y["temperature"] = 3.0
    result = make_model().fit(y[:40]).backtest(y[40:])
    assert np.isnan(result.by_variable.loc["temperature", "mase"])
    rest = result.by_variable["mase"].drop("temperature")
    assert result.overall["mase"] == pytest.approx(rest.mean())
    assert result.by_variable.loc["temperature", "mse"] == pytest.approx(0, abs=1e-9)


def test_forecasts_are_never_all_there_at_once(monkeypatch):
    sizes = []
    values = np.random.default_rng(0).standard_normal((3, 500)).astype(np.float32)
    windows = Windows(torch.from_numpy(values), torch.arange(500 - L - H + 1), L, H)
    in_order = Windows.in_order
    monkeypatch.setattr(Windows, "in_order", lambda self: in_order(self, 1000))

    def forecast(context):
        sizes.append(len(context))
        return context[..., -1:].expand(-1, -1, H)

    squared, absolute = error_means(forecast, windows)
    assert max(sizes) == 1000 // (3 * (L + H))
    assert sum(sizes) == len(windows)
    for step in range(H):
        errors = values[:, L + step : 500 - H + 1 + step] - values[:, L - 1 : -H]
        np.testing.assert_allclose(absolute[:, step], np.abs(errors).mean(1), rtol=1e-5)
        np.testing.assert_allclose(squared[:, step], (errors**2).mean(1), rtol=1e-5)


def test_naive_errors_by_hand():
    series = np.array([[1.0, 2.0, 4.0, 8.0, 0.0]])
    whole = [mean_change(series, [(0, 5)], period)[0] for period in (1, 2, 3)]
    np.testing.assert_allclose(whole, [15 / 4, (3 + 6 + 4) / 3, (7 + 2) / 2])
    # Between the third and the fourth row there is a gap.
    torn = [mean_change(series, [(0, 3), (3, 5)], period)[0] for period in (1, 2, 3)]
    np.testing.assert_allclose(torn, [(1 + 2 + 8) / 3, 3, np.nan])


def test_bad_input_is_named(fitted, y):
    with pytest.raises(ValueError, match="stride must be an int >= 1, got 0"):
        fitted.backtest(y[50:], 0)
    with pytest.raises(ValueError, match="sp must be an int >= 1, got 0"):
        fitted.backtest(y[50:], sp=0)
    with pytest.raises(ValueError, match=r"sp must be < 40, the rows .*, got 40"):
        fitted.backtest(y[50:], sp=40)
    with pytest.raises(TypeError, match="return_forecasts must be True or False"):
        fitted.backtest(y[50:], return_forecasts="yes")
    with pytest.raises(ValueError, match="Y has 3 time points"):
        fitted.backtest(y[50:53])


def test_the_folds_of_ett_are_measured_as_the_benchmark_does(ett, make_model):
    y = ett("ETTh1")[:2000]
    model = make_model(context_length=24, horizon=12, max_epochs=1).fit(y[:1500])
    result = model.backtest(y[1500:], sp=24)
    forecasts, truths = model.predict_rolling(y[1500:])
    errors = (forecasts - truths) / model.scale_
    assert result.n_windows == 489
    assert result.overall["standardised_mse"] == pytest.approx(np.mean(errors**2), 1e-4)
    scaled = np.abs(forecasts - truths) / naive_error(y[:1500].to_numpy(), 24)
    assert result.overall["mase"] == pytest.approx(scaled.mean(), 1e-4)


def test_names_of_variables_may_be_tuples(make_model, y):
    names = [("load", "kW"), ("temperature", "C"), ("pressure", "hPa")]
    named = y.set_axis(pd.MultiIndex.from_tuples(names), axis=1)
    result = make_model().fit(named[:50]).backtest(named[50:], return_forecasts=True)
    plain = make_model().fit(y[:50]).backtest(y[50:])
    assert list(result.by_variable.index) == names
    assert list(result.forecasts["variable"].cat.categories) == names
    np.testing.assert_array_equal(result.by_variable, plain.by_variable)
    assert result.overall.equals(plain.overall)


def test_it_tells_its_errors_and_their_units(fitted, y):
    result = fitted.backtest(y[50:])
    lines = repr(result).splitlines()
    assert lines[0] == "Backtest of 37 window(s), 4 step(s), 3 variable(s)"
    told = [line.split()[0] for line in lines[1:-1]]
    assert told == ["standardised_mae", "standardised_mse", "mase", "mae", "mse"]
    for line in lines[1:-1]:
        name, value, *_ = line.split()
        assert float(value) == pytest.approx(result.overall[name], rel=1e-3)
    assert lines[4].endswith("units of the data")

    html = result._repr_html_()
    assert html.count("<tr") == 5 + 2 + 3
    assert html.index("standardised_mae") < html.index("mase</th>")
    renamed = make_result(result, "<b>")
    assert "&lt;b&gt;" in renamed._repr_html_()


def make_result(result, name):
    by_variable = result.by_variable.rename(lambda _: name)
    return replace(result, by_variable=by_variable)
