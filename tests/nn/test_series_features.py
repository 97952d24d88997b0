"""Features by hand: what is scaled how, and back."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.nn._series_features import (
    SeriesFeatures,
    amplitude_spectrum,
    standardise_each,
)


@pytest.fixture
def series():
    x = torch.randn(50, 2, 30, generator=torch.Generator().manual_seed(0))
    return standardise_each(x.double().cumsum(-1))


def test_without_a_weight_features_are_the_series(series):
    features = SeriesFeatures(0).fit(series)
    assert torch.equal(features(series), series.flatten(1))
    assert torch.equal(features.invert(features(series)), series)


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0])
def test_both_parts_are_centred_and_have_the_variances_asked_for(series, weight):
    joined = SeriesFeatures(weight).fit(series)(series)
    assert joined.shape == (50, 60 + 2 * 15)
    assert_close(joined.mean(0), torch.zeros(90, dtype=torch.float64))
    variances = joined.var(0, correction=0)
    assert variances[:60].sum() == pytest.approx(60)
    assert variances[60:].sum() == pytest.approx(60 * weight**2)


@pytest.mark.parametrize("factor", [2.0**-100, 2.0**90])
def test_the_size_of_the_series_makes_no_difference(series, factor):
    series = series.float()
    expected = SeriesFeatures(1.5).fit(series)(series)
    scaled = SeriesFeatures(1.5).fit(factor * series)
    assert_close(scaled(factor * series), expected)
    assert_close(scaled.invert(expected) / factor, series)


def test_series_come_back_from_their_features(series):
    features = SeriesFeatures(2.0).fit(series)
    assert_close(features.invert(features(series)), series)


def test_the_spectrum_by_hand_and_under_a_shift(series):
    spectrum = amplitude_spectrum(series)
    amplitudes = np.abs(np.fft.rfft(series.numpy()))[..., 1:]
    np.testing.assert_allclose(spectrum, np.sqrt(amplitudes / np.sqrt(30)))
    assert_close(amplitude_spectrum(series.roll(7, -1)), spectrum)


def test_new_series_are_scaled_as_those_of_fit(series):
    features = SeriesFeatures(1.0).fit(series)
    assert_close(features(series[:3]), features(series)[:3])


def test_each_channel_of_each_series_has_mean_zero_and_deviation_one(series):
    x = standardise_each(5 + 100 * series)
    assert_close(x.mean(-1), torch.zeros(50, 2, dtype=torch.float64))
    assert_close(x.std(-1, correction=0), torch.ones(50, 2, dtype=torch.float64))


@pytest.mark.parametrize("value", [0.0, 0.1, -3.7e9])
def test_a_constant_series_becomes_zero(value):
    x = torch.full((1, 1, 1000), value, dtype=torch.float64)
    assert not standardise_each(x).any()
