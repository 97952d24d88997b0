"""All windows in one pass are what one window after the other gives."""

import numpy as np
import pandas as pd
import pytest
import torch

L, H = 8, 4


def forecast_one_by_one(model, values, stride=1):
    """Return forecasts of all windows by one call of the network each."""
    offset = model.center_ if model.standardize else 0
    factor = model.scale_ if model.standardize else 1
    forecasts, truths = [], []
    for first in range(0, len(values) - L - H + 1, stride):
        context = (values[first : first + L] - offset) / factor
        batch = torch.tensor(context.T[None], dtype=torch.float32)
        with torch.no_grad():
            forecast = model.network_(batch)[0].numpy().T
        forecasts.append(forecast * factor + offset)
        truths.append(values[first + L : first + L + H])
    return np.array(forecasts), np.array(truths)


def assert_close(model, forecasts, expected):
    # float32 sums over other batches, in units of each channel
    np.testing.assert_allclose(
        forecasts / model.scale_, expected / model.scale_, rtol=0, atol=5e-5
    )


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("use_revin", [True, False])
def test_windows_are_forecast_as_one_by_one(
    make_frame, make_model, standardize, use_revin
):
    y = make_frame(90)
    model = make_model(standardize=standardize, use_revin=use_revin).fit(y[:60])
    forecasts, truths = model.predict_windows(y[60:])
    expected, expected_truths = forecast_one_by_one(model, y[60:].to_numpy())
    assert forecasts.shape == (30 - L - H + 1, H, 3)
    assert np.ptp(forecasts, axis=0).min() > 0.1
    assert_close(model, forecasts, expected)
    np.testing.assert_array_equal(truths, expected_truths)


def test_predict_is_the_last_window(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y[:50])
    forecasts, truths = model.predict_windows(y[: 50 + H])
    assert_close(model, model.predict(range(1, H + 1)), forecasts[-1])
    np.testing.assert_array_equal(truths[-1], y[50 : 50 + H])


@pytest.mark.parametrize("stride", [2, 5, 17, 100])
def test_stride_leaves_windows_out(make_frame, make_model, stride):
    y = make_frame(60)
    model = make_model().fit(y)
    forecasts, truths = model.predict_windows(y)
    some, some_truths = model.predict_windows(y, stride=stride)
    assert len(some) == len(forecasts[::stride]) == len(some_truths)
    assert_close(model, some, forecasts[::stride])
    np.testing.assert_array_equal(some_truths, truths[::stride])


def test_truths_are_a_view_that_cannot_be_written(make_frame, make_model):
    y = make_frame(60)
    _, truths = make_model().fit(y).predict_windows(y)
    assert truths.strides[0] == truths.strides[1]  # windows overlap in memory
    assert not truths.flags.writeable


def test_windows_that_cross_a_gap_are_left_out(make_frame, make_model):
    y = make_frame(80)
    model = make_model().fit(y)
    broken = y.drop(y.index[[13, 40]])
    first, last = broken.index[: -L - H + 1], broken.index[L + H - 1 :]
    starts = np.flatnonzero(last - first == pd.Timedelta(hours=L + H - 1))
    assert 0 < len(starts) < len(broken) - L - H + 1
    everything, all_truths = model.predict_windows(broken.to_numpy())
    forecasts, truths = model.predict_windows(broken)
    assert_close(model, forecasts, everything[starts])
    np.testing.assert_array_equal(truths, all_truths[starts])
    np.testing.assert_array_equal(
        model.predict_windows(broken, stride=3)[1], all_truths[starts[::3]]
    )


def test_frames_arrays_and_series_give_the_same(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y)
    expected = model.predict_windows(y)[0]
    np.testing.assert_array_equal(model.predict_windows(y.to_numpy())[0], expected)
    one = y["pressure"]
    model = make_model().fit(one)
    expected = model.predict_windows(one)[0]
    assert expected.shape == (60 - L - H + 1, H, 1)
    for same in (one.to_frame(), one.to_numpy(), one.rename("other")):
        np.testing.assert_array_equal(model.predict_windows(same)[0], expected)
