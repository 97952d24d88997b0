"""Attention between channels, connections between patches."""

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import LSINetForecaster
from skts.plotting import plot_attention, plot_connections


def test_attention_is_drawn_with_names_and_numbers(fitted, frame):
    ax = plot_attention(fitted)
    matrix = fitted.attention_matrix()[0]
    np.testing.assert_array_equal(ax.images[0].get_array(), matrix)
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [text.get_text() for text in labels] == list(frame.columns)
    written = [float(text.get_text()) for text in ax.texts]
    np.testing.assert_allclose(written, matrix.ravel(), atol=0.005)


def test_channels_of_two_levels_are_named_by_their_tuple(make_model, frame):
    columns = pd.MultiIndex.from_tuples([("b", "x"), ("a", "y"), ("a", "x")])
    ax = plot_attention(make_model().fit(frame.set_axis(columns, axis=1)))
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert names == ["('b', 'x')", "('a', 'y')", "('a', 'x')"]


def test_attention_for_given_rows_is_that_of_these_rows(fitted, frame):
    drawn = plot_attention(fitted, frame[20:40]).images[0].get_array()
    matrix = fitted.attention_matrix(frame[20:40])[0]
    np.testing.assert_array_equal(drawn, matrix)


def test_attention_between_time_points_has_no_channel_names(make_model, frame):
    ax = plot_attention(make_model(attention="temporal").fit(frame))
    assert ax.images[0].get_array().shape == (8, 8)
    assert ax.get_xlabel() == "time point looked at"


@pytest.fixture(scope="module")
def connected(frame):
    tiny = {"hidden_size": 8, "n_heads": 2, "head_size": 4, "max_epochs": 1}
    tiny["linear_maps"] = None
    patches = {"patch_length": 4, "stride": 2, "validation_fraction": 0}
    model = LSINetForecaster(10, 2, **tiny, **patches, device="cpu", random_state=0)
    return model.fit(frame)


def test_connections_are_drawn_at_the_times_of_the_patches(connected):
    ax = plot_connections(connected, head=1)
    matrix = connected.connection_matrix_[0, 1]
    image = ax.images[0]
    np.testing.assert_array_equal(image.get_array(), matrix)
    # Rows -9 to 0; the first patch holds -9 to -6, the last one -1 to 2, two of them
    # copies of the last value. Half a stride lies around the centres.
    assert image.get_extent() == [-8.5, 1.5, -8.5, 1.5]
    assert len(matrix) == 5
    density = connected.density_[0, 1]
    assert ax.get_title() == f"head 1: {density:.0%} of connections"


def test_patches_lie_in_what_the_network_looks_at(connected, frame):
    usual = LSINetForecaster(**connected.get_params() | {"context_length": None})
    ax = plot_connections(usual.fit(frame))
    # The first patch holds the four oldest rows of the context.
    centre = 1 - usual.context_length_ + (4 - 1) / 2
    assert ax.images[0].get_extent()[0] == centre - 1


@pytest.mark.parametrize("name", ["head", "module"])
def test_what_the_model_lacks_is_named(connected, fitted, name):
    with pytest.raises(ValueError, match=f"{name} must be below [12], got 2"):
        plot_connections(connected, **{name: 2})
    with pytest.raises(ValueError, match="head must be below 1, got 1"):
        plot_attention(fitted, head=1)
