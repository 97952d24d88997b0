"""Learning rates epoch by epoch."""

from math import cos, pi

import pytest
import torch
from torch import nn
from torch.optim import SGD

from skts.training import SCHEDULES, make_schedule


def rates(name, lr, n_epochs, *max_epochs):
    optimizer = SGD([nn.Parameter(torch.zeros(()))], lr=lr)
    schedule = make_schedule(name, optimizer, *max_epochs)
    seen = []
    for _ in range(n_epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return seen


def test_cosine_restarts_every_five_epochs():
    # papers.md, 1.B, printed there to three digits
    expected = [1.0e-3, 9.05e-4, 6.55e-4, 3.46e-4, 9.6e-5]
    seen = rates("cosine", 1e-3, 15)
    assert seen[:5] == pytest.approx(expected, rel=5e-3)
    assert seen[5:10] == seen[10:] == seen[:5]


def test_cosine_is_the_formula_of_the_authors_code():
    expected = [
        1e-6 + (3e-4 - 1e-6) * (1 + cos(pi * (epoch % 5) / 5)) / 2
        for epoch in range(12)
    ]
    assert rates("cosine", 3e-4, 12) == pytest.approx(expected, rel=1e-12)


def test_a_rate_at_or_below_the_floor_is_never_raised():
    assert rates("cosine", 1e-7, 7) == pytest.approx([1e-7] * 7, rel=1e-12)
    assert rates("cosine", 1e-6, 7) == pytest.approx([1e-6] * 7, rel=1e-12)


def test_a_rate_of_zero_stays_zero():
    assert rates("cosine", 0.0, 6) == [0.0] * 6


def test_decay_keeps_the_rate_for_three_epochs_then_takes_a_tenth_off():
    expected = [1e-4, 1e-4, 1e-4, 9e-5, 8.1e-5, 7.29e-5]
    assert rates("decay", 1e-4, 6) == pytest.approx(expected, rel=1e-12)


def test_constant_leaves_the_rate_alone():
    assert rates("constant", 0.3, 8) == [0.3] * 8


def test_half_a_cosine_is_read_in_the_middle_of_each_epoch():
    # cos(pi / 8) = 0.92388, cos(3 pi / 8) = 0.38268
    expected = [0.96194, 0.69134, 0.30866, 0.03806]
    assert rates("half-cosine", 1.0, 4, 4) == pytest.approx(expected, abs=1e-5)


def test_every_other_schedule_starts_at_the_given_rate():
    others = set(SCHEDULES) - {"half-cosine"}
    assert [rates(name, 0.25, 1, 9) for name in others] == [[0.25]] * 3
