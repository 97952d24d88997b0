"""Windows: by hand, against a naive loop, and without copies."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from skts.data import (
    ShuffledBatches,
    Windows,
    cut_windows,
    split_chronologically,
    spread_out,
    window_starts,
)


def keep(context, target):
    return context, target


def make_windows(n_rows=50, n_channels=3, context_length=6, prediction_length=2):
    series = torch.arange(n_channels * n_rows, dtype=torch.float32)
    series = series.reshape(n_channels, n_rows)
    starts = window_starts([(0, n_rows)], context_length + prediction_length)
    return Windows(series, torch.from_numpy(starts), context_length, prediction_length)


# Which windows there are ----------------------------------------------------------


def test_starts_by_hand():
    # Rows 0-4 and 7-11: three windows of three rows in each.
    starts = window_starts([(0, 5), (7, 12)], 3)
    assert starts.tolist() == [0, 1, 2, 7, 8, 9]
    assert starts.dtype == np.int64


def test_a_stretch_of_exactly_one_window_gives_one():
    assert window_starts([(4, 9)], 5).tolist() == [4]
    assert window_starts([(4, 9)], 6).tolist() == []
    assert window_starts([], 6).tolist() == []


@pytest.mark.parametrize(
    ("starts", "is_view"), [([1], True), ([0, 2, 4], True), ([0, 1, 4], False)]
)
def test_windows_are_cut_as_a_view_where_starts_are_evenly_spaced(starts, is_view):
    values = np.arange(14.0).reshape(7, 2)
    windows = cut_windows(values, np.array(starts), 3)
    assert windows.tolist() == [values[i : i + 3].tolist() for i in starts]
    assert np.shares_memory(windows, values) == is_view


def test_split_by_hand():
    # Ten rows, two to look at and one to forecast, the last four rows held out.
    train, valid = split_chronologically([(0, 10)], 6, 2, 1)
    assert train.tolist() == [0, 1, 2, 3]  # the last forecasts row 5
    assert valid.tolist() == [4, 5, 6, 7]  # the first looks at rows 4 and 5


def naive_split(stretches, boundary, context_length, prediction_length):
    """Try every row; keep a window if all its rows lie in one stretch."""
    train, valid = [], []
    for start in range(-5, 100):
        rows = range(start, start + context_length + prediction_length)
        if not any(all(b <= row < e for row in rows) for b, e in stretches):
            continue
        if rows[-1] < boundary:
            train.append(start)
        if rows[context_length] >= boundary:
            valid.append(start)
    return train, valid


@pytest.mark.parametrize("seed", range(20))
def test_split_agrees_with_trying_every_row(seed):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.choice(60, size=6, replace=False)).tolist()
    stretches = list(zip(edges[::2], edges[1::2], strict=True))
    boundary = int(rng.integers(0, 60))
    lengths = int(rng.integers(1, 6)), int(rng.integers(1, 6))
    train, valid = split_chronologically(stretches, boundary, *lengths)
    expected = naive_split(stretches, boundary, *lengths)
    assert (train.tolist(), valid.tolist()) == expected


def test_no_training_window_reaches_a_validation_target():
    context_length, prediction_length, boundary = 7, 4, 61
    stretches = [(0, 30), (33, 90)]
    train, valid = split_chronologically(
        stretches, boundary, context_length, prediction_length
    )
    trained = {
        row
        for start in train
        for row in range(start, start + context_length + prediction_length)
    }
    forecast = {
        row
        for start in valid
        for row in range(
            start + context_length, start + context_length + prediction_length
        )
    }
    assert not trained & forecast
    # Each side uses every row it may: none is wasted at the boundary.
    assert max(trained) == boundary - 1
    assert min(forecast) == boundary


def test_validation_contexts_reach_back_into_the_training_part():
    _, valid = split_chronologically([(0, 40)], 30, 8, 2)
    assert valid.min() == 30 - 8


def test_stretches_are_never_crossed():
    stretches = [(0, 10), (12, 19), (25, 40)]
    train, valid = split_chronologically(stretches, 28, 3, 2)
    for start in (*train, *valid):
        rows = range(start, start + 5)
        assert any(rows[0] >= b and rows[-1] < e for b, e in stretches)
    assert len(train) == 6 + 3  # rows 25-27 before the boundary hold no window
    assert min(valid) == 25  # the context stops at the gap


@pytest.mark.parametrize(
    ("rows_per_hour", "horizon", "n_train", "n_valid"),
    [
        (1, 96, 8033, 2785),
        (1, 192, 7937, 2689),
        (1, 336, 7793, 2545),
        (1, 720, 7409, 2161),
        (4, 96, 33953, 11425),
        (4, 192, 33857, 11329),
        (4, 336, 33713, 11185),
        (4, 720, 33329, 10801),
    ],
)
def test_counts_are_those_of_the_papers_protocol(
    rows_per_hour, horizon, n_train, n_valid
):
    # papers.md, 1.C: 12 months of 30 days to train on, 4 to validate, 4 to test.
    boundary, known, end = (rows * rows_per_hour for rows in (8640, 11520, 14400))
    train, valid = split_chronologically([(0, known)], boundary, 512, horizon)
    test = window_starts([(known - 512, end)], 512 + horizon)
    assert (len(train), len(valid), len(test)) == (n_train, n_valid, n_valid)


# What a window holds --------------------------------------------------------------


def test_contexts_and_targets_by_hand():
    series = torch.tensor([[0.0, 1, 2, 3, 4], [10, 11, 12, 13, 14]])
    windows = Windows(series, torch.tensor([0, 2]), 2, 1)
    context, target = windows.take(torch.tensor([1, 0]))
    assert context.tolist() == [[[2, 3], [12, 13]], [[0, 1], [10, 11]]]
    assert target.tolist() == [[[4], [14]], [[2], [12]]]
    assert len(windows) == 2


@pytest.mark.parametrize("which", [slice(3, 9), torch.tensor([11, 0, 4, 4])])
def test_batches_agree_with_a_naive_loop(which):
    windows = make_windows()
    context, target = windows.take(which)
    for i, start in enumerate(windows.starts[which].tolist()):
        assert_close(context[i], windows.series[:, start : start + 6], rtol=0, atol=0)
        assert_close(
            target[i], windows.series[:, start + 6 : start + 8], rtol=0, atol=0
        )
    assert len(context) == len(windows.starts[which])


class LargestTensor(TorchDispatchMode):
    """Watch every operation and remember the largest memory behind a result."""

    n_bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor):
                self.n_bytes = max(self.n_bytes, leaf.untyped_storage().nbytes())
        return result


def test_nothing_larger_than_the_series_or_a_batch_is_ever_built():
    windows = make_windows(n_rows=5000, context_length=96, prediction_length=24)
    series_bytes = windows.series.untyped_storage().nbytes()
    batch_bytes = 16 * 3 * 120 * 4
    with LargestTensor() as largest:
        context, target = windows.take(torch.arange(100, 116))
        for _ in ShuffledBatches(windows, 16, 0, keep):
            pass
        for _ in windows.in_order(max_values=16 * 3 * 120):
            pass
    assert largest.n_bytes == max(series_bytes, batch_bytes)  # all windows: 7 MB
    assert context.untyped_storage().nbytes() == batch_bytes
    assert target.untyped_storage().nbytes() == batch_bytes


def test_windows_in_order_come_in_chunks_of_bounded_size():
    windows = make_windows()  # 43 windows of 3 * 8 numbers
    chunks = list(windows.in_order(max_values=10 * 24 + 5))
    assert [len(context) for context, _ in chunks] == [10, 10, 10, 10, 3]
    contexts = torch.cat([context for context, _ in chunks])
    targets = torch.cat([target for _, target in chunks])
    expected = windows.take(slice(None))
    assert_close((contexts, targets), expected, rtol=0, atol=0)


def test_a_window_larger_than_the_bound_still_comes_alone():
    chunks = list(make_windows().in_order(max_values=1))
    assert [len(context) for context, _ in chunks] == [1] * 43


# Batches --------------------------------------------------------------------------


def epoch_order(batches):
    """Return the first number of each window's first channel: its start."""
    return [int(start) for context, _ in batches for start in context[:, 0, 0]]


def test_an_epoch_holds_each_window_exactly_once():
    batches = ShuffledBatches(make_windows(), 8, 0, keep)
    for _ in range(3):
        assert sorted(epoch_order(batches)) == list(range(43))


def test_an_epoch_of_some_windows_draws_others_each_time():
    batches = ShuffledBatches(make_windows(), 8, 0, keep, n_samples=20)
    epochs = [epoch_order(batches) for _ in range(12)]
    assert [len(set(epoch)) for epoch in epochs] == [20] * 12
    assert set().union(*epochs) == set(range(43))
    whole = ShuffledBatches(make_windows(), 8, 0, keep, n_samples=99)
    assert sorted(epoch_order(whole)) == list(range(43))


def test_the_last_batch_takes_what_is_left():
    batches = ShuffledBatches(make_windows(), 8, 0, keep)
    assert [len(context) for context, _ in batches] == [8, 8, 8, 8, 8, 3]


def test_a_last_batch_that_is_not_full_may_be_dropped_unless_it_is_the_only_one():
    sizes = {}
    for batch_size in (8, 43, 50):
        batches = ShuffledBatches(make_windows(), batch_size, 0, keep, drop_last=True)
        sizes[batch_size] = [len(context) for context, _ in batches]
    assert sizes == {8: [8] * 5, 43: [43], 50: [43]}


def test_each_epoch_has_a_new_order_far_from_that_of_time():
    batches = ShuffledBatches(make_windows(), 8, 0, keep)
    first, second = epoch_order(batches), epoch_order(batches)
    assert first != second
    assert sorted(first) != first


def test_the_same_seed_gives_the_same_orders():
    orders = []
    for seed in (1, 1, 2):
        batches = ShuffledBatches(make_windows(), 8, seed, keep)
        torch.rand(3)  # the global generator has no say
        orders.append([epoch_order(batches), epoch_order(batches)])
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]


def test_shuffling_leaves_the_global_generator_untouched():
    before = torch.get_rng_state()
    list(ShuffledBatches(make_windows(), 8, 0, keep))
    assert torch.equal(torch.get_rng_state(), before)


def test_orders_are_sent_to_the_device_of_the_series_once_per_epoch(monkeypatch):
    seen = []

    def take(windows, which):
        seen.append(which.device.type)
        return windows.series, windows.series

    monkeypatch.setattr(Windows, "take", take)
    elsewhere = torch.empty(3, 50, device="meta"), torch.empty(43, device="meta")
    list(ShuffledBatches(Windows(*elsewhere, 6, 2), 20, 0, keep))
    assert seen == ["meta"] * 3


def test_a_batch_is_prepared_once():
    sizes = []

    def prepare(context, target):
        sizes.append(len(context))
        return context, target, 2 * target

    batches = list(ShuffledBatches(make_windows(), 20, 0, prepare))
    assert sizes == [20, 20, 3]
    for _, target, doubled in batches:
        assert_close(doubled, 2 * target)


def test_thousands_of_starts_are_thinned_out_evenly():
    assert list(spread_out(np.arange(5, 9), 4)) == [5, 6, 7, 8]
    some = spread_out(torch.arange(10_000), 1000)
    assert len(some) == len(some.unique()) == 1000
    assert (some[0], some[-1]) == (0, 9999)
    assert set(some.diff().tolist()) == {10, 11}
