"""Blocks: each window is held out once, and shares no target with what is learned."""

import numpy as np
import pytest
import torch

from skts.data import Windows
from skts.linear import _blocks as module
from skts.linear import block_folds
from tests.linear.naive import make_series, make_windows

CONTEXT, HORIZON = 5, 3


@pytest.fixture
def starts_of(monkeypatch):
    """Return a function that gives the starts in each fold, instead of moments."""
    monkeypatch.setattr(
        module, "WindowMoments", lambda panel, _: [w.starts.tolist() for w in panel]
    )
    return block_folds


def test_blocks_by_hand(starts_of):
    series = make_series(n_rows=17)  # ten windows
    folds = starts_of(make_windows(series, CONTEXT, HORIZON))
    assert folds[0] == ([[4, 5, 6, 7, 8, 9]], [[0, 1]])
    assert folds[2] == ([[0, 1, 8, 9]], [[4, 5]])
    assert len(folds) == 5


@pytest.mark.parametrize("stretches", [[(0, 90)], [(0, 30), (33, 90)]])
def test_no_target_is_both_learned_from_and_forecast(starts_of, stretches):
    windows = make_windows(make_series(n_rows=90), CONTEXT, HORIZON, stretches)
    held_out = []
    for (learned,), (block,) in starts_of(windows):
        gaps = np.abs(np.subtract.outer(learned, block))
        assert gaps.min() >= HORIZON
        left_out = set(windows.starts.tolist()) - {*learned, *block}
        assert all(
            np.abs(np.array(block) - start).min() < HORIZON for start in left_out
        )
        held_out += block
    assert sorted(held_out) == windows.starts.tolist()


def test_each_series_of_a_panel_has_its_blocks(starts_of):
    panel = [make_windows(make_series(n_rows=n), CONTEXT, HORIZON) for n in (40, 27)]
    for learned, block in starts_of(panel):
        assert [len(each) for each in block] in ([7, 4], [6, 4])
        assert all(map(len, learned))


def test_many_series_of_few_windows_are_blocks_themselves(starts_of):
    panel = [make_windows(make_series(n_rows=9), CONTEXT, HORIZON) for _ in range(10)]
    folds = starts_of(panel)
    held_out = np.array([[len(each) for each in block] for _, block in folds])
    assert (held_out.sum(0) == 2).all()
    assert (held_out.sum(1) == 4).all()
    for learned, block in folds:
        assert all(bool(a) != bool(b) for a, b in zip(learned, block, strict=True))


def test_blocks_that_leave_nothing_are_left_out(starts_of):
    windows = make_windows(make_series(n_rows=20), 2, 10)  # nine windows
    assert starts_of(windows) == []
    none = Windows(make_series(), torch.empty(0, dtype=torch.long), 2, 10)
    assert starts_of(none) == []
