"""What maps and network each forecast, and the weights of past rows."""

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_learning_curves, plot_linear_map, plot_mixture


def test_maps_network_and_mixture_are_drawn_with_their_weights(mixed, pair, labels):
    weight = mixed.network_weight_
    assert 0.05 < weight < 0.95
    ax = plot_mixture(mixed, [1, 2, 3], pair[-20:], variable="echo", unit="m")
    assert labels(ax) == [
        "history",
        f"maps (weight {1 - weight:.2f})",
        f"network (weight {weight:.2f})",
        "mixture",
    ]
    history, maps, network, mixture = (line.get_ydata() for line in ax.lines)
    np.testing.assert_array_equal(history, pair["echo"][-20:])
    np.testing.assert_array_equal(mixture, mixed.predict([1, 2, 3])["echo"])
    np.testing.assert_allclose(
        mixture, (1 - weight) * maps + weight * network, rtol=1e-5
    )
    assert ax.lines[1].get_xdata()[0] == pair.index[-1] + pd.Timedelta("1h")
    assert ax.get_ylabel() == "echo (m)"


def test_a_part_that_is_not_there_is_not_drawn(make_model, pair, labels):
    alone = make_model(linear_maps="auto").fit(pair[:100])
    ax = plot_mixture(alone, [1], truth=pair[100:101], variable="call")
    assert labels(ax) == ["what came", "maps (weight 1.00)", "mixture"]
    network = make_model(max_epochs=1).fit(pair[:100])
    ax = plot_mixture(network, [1], variable="call")
    assert labels(ax) == ["network (weight 1.00)", "mixture"]


def test_a_series_without_a_name_is_drawn(make_model, pair):
    y = pair["call"].rename(None)
    model = make_model(linear_maps="auto").fit(y[:100])
    ax = plot_mixture(model, [1, 2], y[50:100], truth=y[100:102])
    assert len(ax.lines) == 4


def test_variables_and_panels_are_refused_with_a_way_out(mixed, make_model, pair):
    with pytest.raises(ValueError, match=r"variable must be one of .*got None"):
        plot_mixture(mixed, [1])
    panel = pd.concat({"a": pair[:60], "b": pair[60:120]}, names=["name", "time"])
    model = make_model(linear_maps="auto").fit(panel)
    with pytest.raises(TypeError, match="must be one series, got a panel"):
        plot_mixture(model, [1], variable="call")


def test_the_map_of_a_channel_is_drawn_by_steps(mixed, labels):
    ax = plot_linear_map(mixed, channel="echo")
    assert labels(ax) == ["step 1", "step 2", "step 3"]
    for step, line in enumerate(ax.lines[1:]):
        np.testing.assert_array_equal(line.get_xdata(), range(-7, 1))
        np.testing.assert_array_equal(line.get_ydata(), mixed.linear_map_[1][:, step])
        assert line.get_ydata().sum() == pytest.approx(1, abs=1e-5)
    assert ax.get_title() == "map of echo"
    other = plot_linear_map(mixed, 2, channel="call")
    assert labels(other) == ["step 2"]
    drawn = other.lines[1].get_ydata()
    np.testing.assert_array_equal(drawn, mixed.linear_map_[0][:, 1])


def test_one_map_for_all_channels_needs_no_name(make_model, pair, labels):
    model = make_model(linear_maps="shared", max_epochs=0).fit(pair[:200])
    ax = plot_linear_map(model, [1, 4])
    assert labels(ax) == ["step 1", "step 4"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), model.linear_map_[:, 0])
    assert ax.get_title() == ""


def test_steps_and_channels_that_are_not_there_are_named(mixed, make_model, pair):
    with pytest.raises(ValueError, match="steps must be at most horizon=3, got 4"):
        plot_linear_map(mixed, [1, 4], channel="call")
    with pytest.raises(ValueError, match="steps must be"):
        plot_linear_map(mixed, 0, channel="call")
    with pytest.raises(ValueError, match=r"channel must be one of \['call', 'echo'\]"):
        plot_linear_map(mixed)
    network = make_model(max_epochs=1).fit(pair[:100])
    with pytest.raises(AttributeError, match="no linear maps"):
        plot_linear_map(network)


def test_learning_curves_start_with_the_maps_alone(mixed, labels):
    ax = plot_learning_curves(mixed)
    assert labels(ax) == [
        "training",
        "validation, network alone",
        "validation, mixture",
        f"best epoch, {mixed.best_epoch_}",
    ]
    train, network, mixture, _ = ax.lines
    np.testing.assert_array_equal(mixture.get_xdata(), range(9))
    np.testing.assert_array_equal(network.get_xdata(), range(1, 9))
    np.testing.assert_array_equal(train.get_xdata(), range(1, 9))
    losses = [record["valid_loss"] for record in mixed.history_]
    np.testing.assert_array_equal(mixture.get_ydata(), losses)


def test_maps_alone_are_one_point(make_model, pair, labels):
    ax = plot_learning_curves(make_model(linear_maps="auto").fit(pair[:100]))
    assert labels(ax) == ["validation", "linear maps alone, 0"]
    assert len(ax.lines[0].get_ydata()) == 1


def test_a_naive_forecast_has_no_curves():
    with pytest.warns(UserWarning, match="naive forecast"):
        model = SAMformerForecaster(device="cpu").fit(np.arange(3.0), fh=[1, 2])
    with pytest.raises(ValueError, match="must have trained for an epoch"):
        plot_learning_curves(model)
