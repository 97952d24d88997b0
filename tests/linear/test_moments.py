"""Moments: by hand, against literal windows, and without losing digits."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.data import Windows
from skts.linear import WindowMoments
from skts.linear import _moments as module
from tests.linear.naive import literal_moments, make_series, make_windows


def windows_of(rows, starts, context=1, horizon=1):
    return Windows(
        torch.tensor([rows], dtype=torch.float64),
        torch.tensor(starts),
        context,
        horizon,
    )


def test_moments_by_hand():
    # Windows (1, 2), (2, 4) and (4, 3).
    moments = WindowMoments(windows_of([1.0, 2, 4, 3], [0, 1, 2]))
    assert moments.channel(0).tolist() == [[1 + 4 + 16, 2 + 8 + 12], [22, 4 + 16 + 9]]
    assert (moments.n_windows, moments.n_channels, moments.width) == (3, 1, 2)


@pytest.fixture(params=[0, 10**6], ids=["diagonals", "products"])
def few(request, monkeypatch):
    """Go one way and the other: diagonal by diagonal, and product by product."""
    monkeypatch.setattr(module, "FEW_VALUES", request.param)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    "stretches", [[(0, 300)], [(3, 100), (104, 112), (150, 299)], [(0, 12), (20, 31)]]
)
def test_moments_are_those_of_literal_windows(stretches):
    windows = make_windows(make_series(), 7, 4, stretches)
    moments = WindowMoments(windows)
    for channel in range(2):
        expected = literal_moments(windows, channel)
        found = moments.channel(channel).numpy()
        assert np.abs(found - expected).max() <= 1e-13 * np.abs(expected).max()
        assert np.abs(found - found.T).max() <= 1e-13 * np.abs(expected).max()
    assert_close(moments.total(), moments.channel(0) + moments.channel(1))


def test_no_digits_are_lost_on_long_wandering_rows():
    # Sums over all rows, from which windows' sums were taken as differences, would.
    rows = torch.randn(1, 40_000, generator=torch.Generator().manual_seed(0))
    rows[:, :20_000] *= 1e5
    windows = make_windows(rows.double(), 40, 8, begin=25_000)
    found = WindowMoments(windows).channel(0).numpy()
    expected = literal_moments(windows, 0)
    assert np.abs(found / expected - 1).max() < 1e-6  # entries near 0 among them
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


def test_windows_that_are_left_out_are_never_looked_at():
    series = make_series(n_rows=200)
    windows = make_windows(series, 5, 3)
    clean = WindowMoments(Windows(series, windows.starts[100:], 5, 3)).total()
    series[:, :100] = torch.nan
    assert_close(
        WindowMoments(Windows(series, windows.starts[100:], 5, 3)).total(), clean
    )
    assert clean.isfinite().all()


def test_windows_that_are_no_series_are_laid_end_to_end(monkeypatch):
    monkeypatch.setattr(module, "MAX_VALUES", 100)
    each = torch.randn(30, 2, 11, generator=torch.Generator().manual_seed(0)).double()
    series = each.transpose(0, 1).reshape(2, -1)
    moments = WindowMoments(Windows(series, torch.arange(0, 330, 11), 7, 4))
    assert_close(moments.channel(1), each[:, 1].T @ each[:, 1])


def test_no_windows_have_moments_of_zero():
    windows = windows_of([1.0, 2, 4], [])
    moments = WindowMoments(Windows(windows.series, windows.starts.long(), 1, 1))
    assert moments.total().tolist() == [[0, 0], [0, 0]]


def test_a_panel_sums_its_series():
    panel = [make_windows(make_series(n_rows=n, seed=n), 5, 3) for n in (40, 200, 90)]
    each = [WindowMoments(windows) for windows in panel]
    together = WindowMoments(panel)
    assert together.n_windows == sum(moments.n_windows for moments in each)
    for channel in range(2):
        assert_close(
            together.channel(channel), sum(moments.channel(channel) for moments in each)
        )


def test_single_precision_rows_are_summed_in_double():
    series = make_series().float()
    windows = make_windows(series, 7, 4)
    found = WindowMoments(windows).channel(1).numpy()
    expected = literal_moments(windows, 1)
    assert found.dtype == np.float64
    assert np.abs(found - expected).max() <= 1e-13 * np.abs(expected).max()


def test_matrices_too_large_to_keep_are_made_again(monkeypatch):
    windows = make_windows(make_series(), 7, 4)
    kept = WindowMoments(windows)
    assert kept.channel(0) is kept.channel(0)
    monkeypatch.setattr(module, "KEPT_BYTES", 2 * 11 * 11 * 8 - 1)
    made = WindowMoments(windows)
    assert made.channel(0) is not made.channel(0)
    assert_close(made.channel(0), kept.channel(0), rtol=0, atol=0)
    assert_close(made.total(), kept.total(), rtol=0, atol=0)
