"""Windows given as arrays: which rows overlap."""

import numpy as np
import pytest

from skts.regression._windows import n_rows_into, share_targets, steps_apart


def column(*values):
    return np.array(values, dtype=float)[:, None]


@pytest.mark.parametrize(
    ("later", "steps"),
    [
        (column(2, 3, 4, 5), 1),
        (column(3, 4, 9, 9), 2),
        (column(4, 0, 0, 0), 3),
        (column(5, 6, 7, 8), None),
        (column(1, 2, 3, 4), None),
    ],
)
def test_steps_between_windows_by_hand(later, steps):
    assert steps_apart(column(1, 2, 3, 4), later) == steps


@pytest.mark.parametrize(
    ("stride", "expected"), [(1, 3), (2, 1), (3, 1), (4, 0), (5, 0), (20, 0)]
)
def test_rows_whose_targets_reach_into_another_are_counted(cut, stride, expected):
    contexts, targets = cut(np.arange(200.0)[:, None], 8, 4, stride)
    assert n_rows_into(contexts, targets, 6) == expected
    # the definition, on the times that the values are
    reaching = [np.isin(targets[6 - k], targets[6]).any() for k in range(1, 6)]
    assert sum(reaching) == expected


def test_rows_are_counted_where_either_part_was_scaled_by_column(cut):
    contexts, targets = cut(np.random.default_rng(0).normal(size=(40, 2)), 8, 4)

    def scaled(windows):
        return windows - windows.mean(axis=0)

    assert n_rows_into(scaled(contexts), targets, 6) == 3
    assert n_rows_into(contexts, scaled(targets), 6) == 3


@pytest.mark.parametrize(
    ("start", "shared"),
    [(2, True), (4, True), (5, False), (0, True), (-2, True), (-3, False)],
)
def test_overlapping_targets_are_told_by_five_values(start, shared):
    first, second = np.arange(1, 9)[:, None], np.arange(start, start + 8)[:, None]
    assert share_targets(first, second) is shared


def test_values_of_which_there_are_few_tell_no_overlap():
    assert not share_targets(np.full((20, 1), 3.0), np.full((20, 1), 3.0))
    assert not share_targets(*np.tile(column(0, 1, 2, 3), (2, 5, 1)))
