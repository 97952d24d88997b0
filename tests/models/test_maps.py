"""Maps as estimators choose them, beside a network that takes a share."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from skts.data import Windows
from skts.linear import WindowMoments, choose_mixture, solve_mixture
from skts.models import MapWindows, NewRows, choose_maps, follow
from skts.models._kept_choices import KeptChoices

L, H = 6, 2


def windows(n_rows=800, n_channels=2, begin=0, end=None):
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.standard_normal((n_channels, n_rows)).cumsum(1) / 5)
    starts = torch.arange(begin, (end or n_rows) - L - H + 1)
    return Windows(rows, starts, L, H)


def of_parts(n_rows, n_train):
    train, valid = windows(n_rows, end=n_train), windows(n_rows, begin=n_train - L)
    return MapWindows([train], [valid], [windows(n_rows)])


def test_many_validation_windows_choose_and_few_leave_it_to_blocks():
    n = 600 + 500 + H - 1
    chosen = choose_maps(of_parts(n, 600), [3, L], (), "auto")
    assert not chosen.by_blocks
    assert len(chosen.folds) == 1
    assert chosen.choice.n_windows == 500
    assert chosen.learned.n_windows == 600 - L - H + 1
    chosen = choose_maps(of_parts(n - 1, 600), [3, L], (), "auto")
    assert chosen.by_blocks
    assert len(chosen.folds) == 5
    assert chosen.choice.n_windows == chosen.learned.n_windows == n - L - H


def test_the_same_rows_and_settings_have_one_choice(monkeypatch):
    made = []

    def choose(*given):
        made.append(choose_mixture(*given))
        return made[-1]

    monkeypatch.setattr("skts.models._maps.choose_mixture", choose)
    monkeypatch.setattr("skts.models._maps.CHOICES", KeptChoices())
    parts = of_parts(1200, 600)
    chosen = [choose_maps(of_parts(1200, 600), [3, L], (), "auto") for _ in range(2)]
    assert [each.choice for each in chosen] == made * 2
    assert torch.equal(chosen[0].solve().weight, chosen[1].solve().weight)
    for other in [[3, L], (4,), "auto"], [[3, L], (), "shared"], [[4, L], (), "auto"]:
        choose_maps(parts, *other)
    assert len(made) == 4


@pytest.fixture(scope="module")
def chosen():
    return choose_maps(of_parts(1200, 600), [3, L], (), "auto")


def test_maps_apart_have_weights_of_sum_1(chosen):
    alone = chosen.solve().weight
    halved = tuple(replace(m, weight=m.weight / 2) for m in chosen.members)
    beside = chosen.with_members(halved)
    assert sum(m.weight for m in beside.apart) == pytest.approx(1)
    torch.testing.assert_close(beside.solve().weight, alone)


def test_beside_a_network_with_all_the_weight_maps_stay_what_they_were(chosen):
    nothing = tuple(replace(m, weight=0.0) for m in chosen.members)
    silent = chosen.with_members(nothing)
    torch.testing.assert_close(silent.solve().weight, chosen.solve().weight)


def test_one_window_has_no_block_and_is_forecast_naively():
    one = windows(L + H)
    parts = MapWindows([one], [windows(L + H, end=0)], [one])
    chosen = choose_maps(parts, [L], (4,), "auto")
    assert chosen.is_naive
    (member,) = chosen.members
    assert (member.kind, member.naive.name, member.naive.period) == (
        "naive",
        "seasonal",
        4,
    )
    forecast = chosen.solve()(one.series[None, :, :L].float())
    torch.testing.assert_close(forecast[0], one.series[:, L - 4 : L - 2].float())


def test_rows_that_wait_are_summed_after_some_time(chosen, monkeypatch):
    monkeypatch.setattr("skts.models._following.MAX_WAITING", 3)
    whole = windows(800)
    moments = WindowMoments([windows(800, end=790)])
    following = follow(moments, [whole.series[:, :790]], chosen.apart, H)
    for row in range(790, 800):
        new = NewRows(0, whole.series[:, row : row + 1], False)
        following = following.followed_by([new])
    assert len(following.waiting) == 10 % 3
    expected = solve_mixture(WindowMoments([whole]), chosen.apart, H)
    torch.testing.assert_close(following.solve().weight, expected.weight)
    assert len(following.waiting) == 10 % 3
