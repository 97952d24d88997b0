"""Units of the data: in standard deviations inside, as they were outside."""

import numpy as np
import pandas as pd
import pytest

from skts.data import Windows
from skts.models import train_on_windows


def test_center_and_scale_are_those_of_the_training_part(make_frame, make_model):
    y = make_frame(100)
    model = make_model(validation_fraction=0.25).fit(y)
    np.testing.assert_allclose(model.center_, y[:75].mean(), rtol=1e-12)
    np.testing.assert_allclose(model.scale_, y[:75].std(ddof=0), rtol=1e-12)


def test_rows_held_out_are_rounded_to_the_nearest(make_frame, make_model):
    y = make_frame(59)  # a quarter is 14.75 rows
    model = make_model(validation_fraction=0.25).fit(y)
    np.testing.assert_allclose(model.center_, y[:44].mean(), rtol=1e-12)


def test_held_out_rows_that_leave_none_to_train_on_are_trained_on(
    make_frame, make_model
):
    y = make_frame(30)
    with pytest.warns(UserWarning, match="9 to train on and 21 to validate on do not"):
        model = make_model(validation_fraction=0.7).fit(y)
    pd.testing.assert_frame_equal(model.predict([1]), make_model().fit(y).predict([1]))


@pytest.mark.parametrize("standardize", [True, False])
def test_the_network_sees_standard_deviations(
    make_frame, make_model, monkeypatch, standardize
):
    seen = []

    def spy(network, train, valid, *args, **kwargs):
        seen.append(train)
        return train_on_windows(network, train, valid, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    y = make_frame(100)
    make_model(standardize=standardize, validation_fraction=0.25).fit(y)
    (train,) = seen
    assert isinstance(train, Windows)
    expected = (y - y[:75].mean()) / y[:75].std(ddof=0) if standardize else y
    # the series is kept in float32
    np.testing.assert_allclose(train.series.T, expected, rtol=1e-5, atol=1e-6)


def test_scaling_and_shifting_a_channel_scales_and_shifts_its_forecast(
    make_frame, make_model
):
    y = make_frame()
    factor, shift = np.array([1.0, 250.0, 0.01]), np.array([0.0, -40.0, 3.0])
    params = {"validation_fraction": 0.3, "max_epochs": 5, "context_length": 10}
    forecast = make_model(**params).fit(y).predict([1, 2, 3, 4])
    moved = make_model(**params).fit(y * factor + shift).predict([1, 2, 3, 4])
    back = (moved - shift) / factor
    np.testing.assert_allclose(back / y.std(), forecast / y.std(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("constant", [0.0, 3.7, 123456789.123, -1e-3])
@pytest.mark.parametrize("use_revin", [True, False])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_channels", [0, 2])
def test_a_channel_that_never_moves_stays_where_it_is(
    make_frame, make_model, constant, use_revin, standardize, n_channels
):
    y = make_frame(n_channels=n_channels) / 100
    y["still"] = constant
    model = make_model(use_revin=use_revin, standardize=standardize).fit(y)
    allowed = 1e-12 * max(1, abs(constant))
    assert (model.predict([1, 2, 3, 4])["still"] - constant).abs().max() <= allowed
    forecasts, _ = model.predict_windows(y)
    assert np.abs(forecasts[..., -1] - constant).max() <= allowed
    assert np.isfinite(forecasts).all()


def test_a_channel_that_starts_to_move_is_forecast_by_the_network(
    make_frame, make_model
):
    y = make_frame()
    still = y.assign(load=2.0)
    model = make_model().fit(still)
    later = y.assign(load=2 + 0.1 * y["load"])
    forecasts, _ = model.predict_windows(later)
    assert (np.ptp(forecasts[..., 0], axis=1) > 1e-6).all()


def test_huge_levels_lose_no_digits(make_frame, make_model):
    y = make_frame(n_channels=1)
    high = y + 2.0**26  # float32 has no digit left for the waves at this level
    forecast = make_model().fit(y).predict([1, 2])
    pd.testing.assert_frame_equal(
        make_model().fit(high).predict([1, 2]) - 2.0**26, forecast, atol=1e-4
    )
