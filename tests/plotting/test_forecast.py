"""Forecasts, fans and errors by step: what is drawn is what was given."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skts.plotting import plot_error_by_step, plot_fan, plot_forecast

STEPS = range(1, 5)


def line(ax, label):
    return next(line for line in ax.lines if line.get_label() == label)


def test_history_truth_and_forecast_are_drawn_at_their_times(fitted, frame, labels):
    forecast = fitted.predict(STEPS)
    ax = plot_forecast(
        forecast, frame[:48], truth=frame[48:52], variable="load", unit="MW"
    )
    assert labels(ax) == ["history", "what came", "forecast"]
    for label, data in [
        ("history", frame[:48]),
        ("what came", frame[48:52]),
        ("forecast", forecast),
    ]:
        drawn = line(ax, label)
        np.testing.assert_array_equal(drawn.get_ydata(), data["load"])
        np.testing.assert_array_equal(drawn.get_xdata(), data.index.to_numpy())
    assert ax.get_ylabel() == "load (MW)"
    assert ax.get_xlabel() == "time"


def test_a_band_per_coverage_reaches_from_its_lower_to_its_upper_end(
    fitted, labels, recwarn
):
    intervals = fitted.predict_interval(STEPS, coverage=[0.5, 0.7])
    ax = plot_forecast(
        fitted.predict(STEPS), intervals=intervals, variable="temperature"
    )
    assert labels(ax) == ["70% interval", "50% interval", "forecast"]
    for band, coverage in zip(ax.collections, [0.7, 0.5], strict=True):
        drawn = band.get_datalim(ax.transData)
        ends = intervals["temperature"][coverage]
        assert drawn.y0 == pytest.approx(ends["lower"].min())
        assert drawn.y1 == pytest.approx(ends["upper"].max())
    assert not len(recwarn)


def test_intervals_of_other_variables_are_refused(fitted):
    intervals = fitted.predict_interval(STEPS, coverage=0.5)
    forecast = fitted.predict(STEPS)["load"].rename("demand")
    with pytest.raises(ValueError, match=r"columns of intervals, .* got 'demand'"):
        plot_forecast(forecast, intervals=intervals)
    ax = plot_forecast(forecast, intervals=intervals[["load"]])
    assert len(ax.collections) == 1


def test_hours_are_those_of_the_time_zone():
    index = pd.date_range("2024-06-01", periods=6, freq="h", tz="America/New_York")
    ax = plot_forecast(pd.Series(range(6), index=index))
    ax.figure.canvas.draw()
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert shown[1] == "01:00"


def test_a_single_step_has_an_interval_that_is_seen(fitted):
    intervals = fitted.predict_interval([2], coverage=0.5)
    ax = plot_forecast(fitted.predict([2]), intervals=intervals, variable="load")
    (bar,) = ax.collections
    ends = intervals["load"][0.5].to_numpy()[0]
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], ends)
    assert line(ax, "forecast").get_marker() == "."


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (pd.period_range("2020-01", periods=60, freq="M"), "time"),
        (pd.RangeIndex(100, 160), "time point"),
        (pd.date_range("2020", periods=60, freq="D", name="day", tz="UTC"), "day"),
    ],
    ids=["periods", "integers", "time zone"],
)
def test_any_index_is_drawn(make_frame, make_model, index, name):
    y = make_frame(index=index, n_channels=1)["load"]
    model = make_model().fit(y[:50])
    ax = plot_forecast(model.predict(STEPS), y[:50])
    assert ax.get_xlabel() == name
    assert line(ax, "history").get_xdata()[-1] < line(ax, "forecast").get_xdata()[0]
    result = model.backtest(y[50:], stride=4, return_forecasts=True)
    assert len(plot_fan(result, y[50:]).lines) == 1 + result.n_windows


def test_a_given_axes_is_drawn_into_and_returned(fitted, frame):
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(1, 2)
    assert plot_forecast(fitted.predict(STEPS), variable="load", ax=right) is right
    assert len(right.lines) == 1
    assert not left.lines
    assert len(plt.get_fignums()) == 1


def test_a_fan_has_each_forecast_at_the_steps_after_its_cutoff(fitted, frame):
    Y = frame[48:]
    result = fitted.backtest(Y, stride=3, return_forecasts=True)
    ax = plot_fan(result, Y, variable="pressure")
    truth, *fans = ax.lines
    np.testing.assert_array_equal(truth.get_ydata(), Y["pressure"])
    assert len(fans) == result.n_windows == 3
    forecasts, _ = fitted.predict_rolling(Y, stride=3)
    for number, fan in enumerate(fans):
        np.testing.assert_allclose(fan.get_ydata(), forecasts[number, :, 2])
        first = 3 * number
        times = Y.index[first : first + 4].to_numpy()
        np.testing.assert_array_equal(fan.get_xdata(), times)
    assert ax.get_ylabel() == "pressure"


def test_a_fan_without_forecasts_says_how_to_get_them(fitted, frame):
    with pytest.raises(ValueError, match="Pass return_forecasts=True to backtest"):
        plot_fan(fitted.backtest(frame[48:]), frame[48:], variable="load")


def test_errors_by_step_of_two_forecasters_are_told_apart(fitted, frame, labels):
    result = fitted.backtest(frame[48:])
    ax = plot_error_by_step(result, "mae", label="one")
    plot_error_by_step(result, "mae", label="two", ax=ax)
    assert labels(ax) == ["one", "two"]
    assert len({line.get_color() for line in ax.lines}) == 2
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), result.by_step["mae"])
    assert ax.get_ylabel() == "MAE (units of the data)"


def test_errors_by_step_are_all_in_sight_from_zero(fitted, frame):
    result = fitted.backtest(frame[48:])
    larger = SimpleNamespace(by_step=100 * result.by_step)
    ax = plot_error_by_step(result)
    plot_error_by_step(larger, ax=ax)
    bottom, top = ax.get_ylim()
    assert bottom <= 0
    assert top >= larger.by_step["standardised_mae"].max()


def test_all_metrics_of_a_backtest_have_a_label(fitted, frame):
    result = fitted.backtest(frame[48:])
    drawn = {
        name: plot_error_by_step(result, name).get_ylabel() for name in result.by_step
    }
    assert len(set(drawn.values())) == len(drawn)
    with pytest.raises(ValueError, match=r"metric must be one of 'mse', .* got 'rmse'"):
        plot_error_by_step(result, "rmse")


def test_several_variables_want_one_to_be_named(fitted):
    forecast = fitted.predict(STEPS)
    with pytest.raises(ValueError, match=r"variable must be one of .*'load'.*got None"):
        plot_forecast(forecast)
    with pytest.raises(ValueError, match="got 'lod'"):
        plot_forecast(forecast, variable="lod")


def test_arrays_and_panels_are_refused_with_a_way_out(fitted, frame):
    forecast = fitted.predict(STEPS)
    with pytest.raises(TypeError, match="history must be a Series or a DataFrame"):
        plot_forecast(forecast, frame.to_numpy(), variable="load")
    panel = pd.concat({"a": forecast, "b": forecast})
    with pytest.raises(TypeError, match=r"forecast\.loc\[instance\]"):
        plot_forecast(panel, variable="load")
