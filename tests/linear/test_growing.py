"""Growing moments: exactly those of all windows, however the rows came."""

import pytest
import torch
from torch.testing import assert_close

from skts.linear import GrowingMoments, WindowMoments, last_rows
from skts.linear import _growing as module
from tests.linear.naive import make_series, make_windows

CONTEXT, HORIZON = 5, 3
WIDTH = CONTEXT + HORIZON


def growing(series, n_known, per_channel=True, stretches=None):
    stretches = stretches or [(0, n_known)]
    known = series[:, :n_known]
    windows = make_windows(known, CONTEXT, HORIZON, stretches)
    tail = last_rows(known, stretches, WIDTH)
    return GrowingMoments(WindowMoments(windows), [tail], per_channel)


def assert_same(found, expected):
    assert found.n_windows == expected.n_windows
    assert_close(found.total(), expected.total(), rtol=1e-12, atol=1e-10)
    if found.per_channel:
        for channel in range(found.n_channels):
            assert_close(
                found.channel(channel),
                expected.channel(channel),
                rtol=1e-12,
                atol=1e-10,
            )


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("size", [1, 7, 200])
def test_rows_that_come_later_count_as_if_they_had_been_there(size, per_channel):
    series = make_series()
    moments = growing(series, 100, per_channel)
    for rows in series[:, 100:].split(size, dim=1):
        moments.extend(rows)
    assert_same(moments, WindowMoments(make_windows(series, CONTEXT, HORIZON)))


def test_asking_in_between_changes_nothing():
    series = make_series(n_rows=60)
    moments = growing(series, 40)
    for n_known, rows in enumerate(series[:, 40:].split(1, dim=1), start=41):
        moments.extend(rows)
        known = make_windows(series[:, :n_known], CONTEXT, HORIZON)
        assert_same(moments, WindowMoments(known))


def test_many_waiting_rows_are_summed_without_being_asked(monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 16)
    series = make_series()
    moments = growing(series, 100)
    for rows in series[:, 100:].split(1, dim=1):
        moments.extend(rows)
        assert moments._waiting[0].n_rows < 16 + WIDTH
    assert_same(moments, WindowMoments(make_windows(series, CONTEXT, HORIZON)))


def test_no_window_crosses_a_gap():
    series = make_series()
    moments = growing(series, 100)
    moments.extend(series[:, 100:110])
    moments.extend(series[:, 110:114], after_gap=True)
    moments.extend(series[:, 114:200])
    windows = make_windows(series, CONTEXT, HORIZON, [(0, 110), (110, 200)])
    assert_same(moments, WindowMoments(windows))


def test_a_first_part_shorter_than_a_window_is_not_lost():
    series = make_series(n_rows=40)
    stretches = [(0, 20), (25, 29)]
    moments = growing(series, 29, stretches=stretches)
    moments.extend(series[:, 29:])
    windows = make_windows(series, CONTEXT, HORIZON, [(0, 20), (25, 40)])
    assert_same(moments, WindowMoments(windows))


def test_windows_with_a_missing_value_are_left_out():
    series = make_series(n_rows=80)
    moments = growing(series, 40)
    broken = series.clone()
    broken[0, 50] = torch.nan
    moments.extend(broken[:, 40:])
    windows = make_windows(series, CONTEXT, HORIZON, [(0, 50), (51, 80)])
    assert_same(moments, WindowMoments(windows))


def test_each_series_of_a_panel_grows_by_itself():
    panel = [make_series(n_rows=90, seed=seed) for seed in range(2)]
    known = [make_windows(series[:, :50], CONTEXT, HORIZON) for series in panel]
    tails = [last_rows(series[:, :50], [(0, 50)], WIDTH) for series in panel]
    moments = GrowingMoments(WindowMoments(known), tails, per_channel=True)
    for first in range(50, 90, 10):
        moments.extend(panel[1][:, first : first + 10], series=1)
    windows = [known[0], make_windows(panel[1], CONTEXT, HORIZON)]
    assert_same(moments, WindowMoments(windows))


def test_the_moments_given_are_left_as_they_are():
    series = make_series()
    first = WindowMoments(make_windows(series[:, :100], CONTEXT, HORIZON))
    before = first.total().clone(), first.channel(1).clone()
    for per_channel in (True, False):
        tail = last_rows(series, [(0, 100)], WIDTH)
        GrowingMoments(first, [tail], per_channel).extend(series[:, 100:])
    assert_close((first.total(), first.channel(1)), before, rtol=0, atol=0)


def test_sums_alone_hold_no_channel():
    moments = growing(make_series(), 100, per_channel=False)
    with pytest.raises(ValueError, match="per_channel=False keeps only the sum"):
        moments.channel(0)
    assert GrowingMoments.n_bytes(3, 10, True) == 3 * GrowingMoments.n_bytes(
        3, 10, False
    )


def test_what_grows_is_kept_on_the_cpu_and_its_own():
    series = make_series(n_rows=60)
    moments = growing(series, 50)
    before = moments.total().clone()
    new = series[:, 50:55].clone()
    moments.extend(new)
    new += 1000  # what is given may change afterwards
    assert moments.total().device.type == "cpu"
    assert_close(moments.total(), growing(series, 55).total())
    assert not torch.equal(moments.total(), before)
