"""Features by hand: what is scaled how, and back."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.nn._series_features import (
    SeriesFeatures,
    amplitude_spectrum,
    local_spectra,
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


def test_local_spectra_are_those_of_tapered_quarters(series):
    x = torch.cat([series, series.flip(-1)], dim=-1)  # 60 points: pieces of 15
    spectra = local_spectra(x).unflatten(2, (-1, 7))
    starts = range(0, 60 - 15 + 1, 3)
    assert spectra.shape == (50, 2, len(starts), 7)
    taper = np.sin(np.pi * np.arange(1, 16) / 16) ** 2
    for number, start in enumerate(starts):
        piece = x[..., start : start + 15].numpy() * taper
        expected = np.sqrt(np.abs(np.fft.rfft(piece))[..., 1:] / np.sqrt(15))
        np.testing.assert_allclose(spectra[:, :, number], expected, rtol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 9, 31, 400])
def test_local_spectra_of_any_length(length):
    spectra = local_spectra(torch.randn(3, 2, length))
    assert spectra.shape[:2] == (3, 2)
    assert spectra.isfinite().all()


def test_each_part_has_the_variance_asked_for(series):
    joined = SeriesFeatures(1.5, 0.5).fit(series)(series)
    assert_close(joined.mean(0), torch.zeros(joined.shape[1], dtype=torch.float64))
    variances = joined.var(0, correction=0)
    ends = 60, 60 + 30
    assert variances[: ends[0]].sum() == pytest.approx(60)
    assert variances[ends[0] : ends[1]].sum() == pytest.approx(60 * 1.5**2)
    assert variances[ends[1] :].sum() == pytest.approx(60 * 0.5**2)
    alone = SeriesFeatures(0, 0.5).fit(series)
    assert_close(alone.invert(alone(series)), series)
