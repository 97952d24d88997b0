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


@pytest.mark.parametrize("what", ["interval", "band"])
def test_the_legend_tells_bands_from_intervals(fitted, labels, what):
    ends = getattr(fitted, f"predict_{what}")(STEPS, coverage=[0.5, 0.8])
    ax = plot_forecast(fitted.predict(STEPS), intervals=ends, variable="load")
    assert labels(ax) == [f"80% {what}", f"50% {what}", "forecast"]


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


def test_ticks_that_are_set_stay(make_frame, make_model):
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    ax.set_xticks([0, 10, 63])
    y = make_frame(index=pd.RangeIndex(60), n_channels=1)["load"]
    plot_forecast(make_model().fit(y).predict(STEPS), y, ax=ax)
    assert list(ax.get_xticks()) == [0, 10, 63]


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


def test_all_variables_are_drawn_side_by_side(fitted, frame, labels):
    forecast = fitted.predict(STEPS)
    intervals = fitted.predict_interval(STEPS, coverage=0.5)
    axes = plot_forecast(forecast, frame[:48], intervals=intervals)
    assert [ax.get_ylabel() for ax in axes] == list(frame.columns)
    for ax, name in zip(axes, frame.columns, strict=True):
        np.testing.assert_array_equal(line(ax, "forecast").get_ydata(), forecast[name])
        assert len(ax.collections) == 1
    assert [ax.get_legend() is not None for ax in axes] == [False, True, False]

    Y = frame[48:]
    names = ["pressure", "load"]
    fans = plot_fan(fitted, Y, variable=names)
    assert [ax.get_ylabel() for ax in fans] == names
    forecasts, _ = fitted.predict_rolling(Y, stride=4)  # the horizon
    for ax, channel in zip(fans, [2, 0], strict=True):
        drawn = [fan.get_ydata() for fan in ax.lines[1:]]
        np.testing.assert_allclose(drawn, forecasts[:, :, channel])


def test_axes_are_given_one_for_each_variable(fitted):
    import matplotlib.pyplot as plt

    _, grid = plt.subplots(3, 1)
    forecast = fitted.predict(STEPS)
    assert list(plot_forecast(forecast, ax=grid)) == list(grid)
    with pytest.raises(ValueError, match=r"one Axes for each of 3 .* got 1\. Name one"):
        plot_forecast(forecast, ax=grid[0])


def test_more_variables_than_can_be_seen_want_some_to_be_named(fitted):
    forecast = pd.DataFrame(np.ones((2, 30))).add_prefix("x")
    with pytest.raises(ValueError, match=r"1 to 24 of the 30 .* got 30.*\['x0', 'x1'"):
        plot_forecast(forecast)
    assert len(plot_forecast(forecast, variable=["x29", "x3"])) == 2


def test_a_variable_that_is_not_there_is_refused(fitted):
    forecast = fitted.predict(STEPS)
    with pytest.raises(ValueError, match="got 'lod'"):
        plot_forecast(forecast, variable="lod")


@pytest.fixture(scope="module")
def two_levels(make_frame):
    """Return a frame whose columns have two levels, not in the order of their names."""
    columns = pd.MultiIndex.from_tuples(
        [("south", "load"), ("north", "price"), ("north", "load")],
        names=["place", "what"],
    )
    return make_frame().set_axis(columns, axis=1)


@pytest.fixture(scope="module")
def fitted_on_two_levels(two_levels, make_model):
    return make_model(validation_fraction=0.3).fit(two_levels[:48])


def test_columns_of_two_levels_are_drawn_by_their_tuple(
    two_levels, fitted_on_two_levels
):
    model, variable = fitted_on_two_levels, ("north", "price")
    forecast = model.predict(STEPS)
    intervals = model.predict_interval(STEPS, coverage=[0.5, 0.7])
    ax = plot_forecast(
        forecast,
        two_levels[:48],
        intervals=intervals,
        truth=two_levels[48:52],
        variable=variable,
    )
    for label, data in [
        ("history", two_levels[:48]),
        ("what came", two_levels[48:52]),
        ("forecast", forecast),
    ]:
        np.testing.assert_array_equal(line(ax, label).get_ydata(), data.iloc[:, 1])
    assert len(ax.collections) == 2
    band = ax.collections[0].get_datalim(ax.transData)
    assert band.y1 == pytest.approx(intervals.iloc[:, 7].max())
    assert ax.get_ylabel() == "('north', 'price')"


@pytest.mark.parametrize("kind", ["frame", "series"])
def test_the_only_column_of_two_levels_needs_no_name(two_levels, make_model, kind):
    one = two_levels.iloc[:, [1]]
    if kind == "series":
        one = one.iloc[:, 0]
    model = make_model(validation_fraction=0.3).fit(one[:48])
    forecast, intervals = (
        model.predict(STEPS),
        model.predict_interval(STEPS, coverage=0.5),
    )
    ax = plot_forecast(forecast, one[:48], intervals=intervals, truth=one[48:52])
    assert len(ax.lines) == 3
    assert len(ax.collections) == 1
    result = model.backtest(one[48:], return_forecasts=True)
    ax = plot_fan(result, one[48:])
    assert len(ax.lines) == 1 + result.n_windows
    assert ax.get_ylabel() == "('north', 'price')"


def test_a_fan_of_columns_of_two_levels(two_levels, fitted_on_two_levels):
    Y, model = two_levels[48:], fitted_on_two_levels
    result = model.backtest(Y, stride=3, return_forecasts=True)
    ax = plot_fan(result, Y, variable=("north", "load"))
    truth, *fans = ax.lines
    np.testing.assert_array_equal(truth.get_ydata(), Y.iloc[:, 2])
    forecasts, _ = model.predict_rolling(Y, stride=3)
    np.testing.assert_allclose(
        [fan.get_ydata() for fan in fans], forecasts[:, :, 2], rtol=1e-12
    )
    # A series of the frame has lost the others, the result has not.
    alone = plot_fan(result, Y[("north", "load")])
    assert len(alone.lines) == len(ax.lines)
    assert len(plot_error_by_step(result).lines) == 1


@pytest.mark.parametrize("variable", ["north", "load", ("north", "rest")])
def test_what_names_no_column_of_two_levels_is_refused(
    two_levels, fitted_on_two_levels, variable
):
    model = fitted_on_two_levels
    forecast, intervals = (
        model.predict(STEPS),
        model.predict_interval(STEPS, coverage=0.5),
    )
    match = r"variable must be one of .*\('north', 'price'\).* got "
    with pytest.raises(ValueError, match=match):
        plot_forecast(forecast, intervals=intervals, variable=variable)
    result = model.backtest(two_levels[48:], return_forecasts=True)
    with pytest.raises(ValueError, match=match):
        plot_fan(result, two_levels[48:], variable=variable)


def test_a_series_that_the_backtest_has_not_seen_has_no_fan(fitted, frame):
    result = fitted.backtest(frame[48:], return_forecasts=True)
    with pytest.raises(ValueError, match=r"columns of result, .* got 'demand'"):
        plot_fan(result, frame["load"][48:].rename("demand"))


def test_quantiles_are_no_intervals(fitted):
    forecast = fitted.predict(STEPS)
    quantiles = fitted.predict_quantiles(STEPS, alpha=[0.1, 0.9])
    for wrong in (quantiles, forecast, fitted.predict_var(STEPS)):
        with pytest.raises(ValueError, match="what predict_interval or"):
            plot_forecast(forecast, intervals=wrong, variable="load")


def test_a_plot_that_is_refused_leaves_no_empty_figure(fitted, frame):
    import matplotlib.pyplot as plt

    forecast = fitted.predict(STEPS)
    with pytest.raises(TypeError, match="truth must be"):
        plot_forecast(forecast, truth=[1.0, 2.0], variable="load")
    assert not plt.get_fignums()


def test_arrays_and_panels_are_refused_with_a_way_out(fitted, frame):
    forecast = fitted.predict(STEPS)
    with pytest.raises(TypeError, match="history must be a Series or a DataFrame"):
        plot_forecast(forecast, frame.to_numpy(), variable="load")
    panel = pd.concat({"a": forecast, "b": forecast})
    with pytest.raises(TypeError, match=r"forecast\.loc\[instance\]"):
        plot_forecast(panel, variable="load")
