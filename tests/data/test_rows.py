"""Rows of tensors: the same samples of each."""

import pytest
import torch

from skts.data import Rows, ShuffledBatches

CONTEXTS = torch.arange(24.0).reshape(4, 3, 2)
TARGETS = 10 * torch.arange(4.0)[:, None]


def test_rows_are_taken_of_every_tensor():
    rows = Rows(CONTEXTS, TARGETS)
    assert len(rows) == 4
    contexts, targets = rows.take(torch.tensor([3, 1]))
    assert torch.equal(contexts, CONTEXTS[[3, 1]])
    assert targets.flatten().tolist() == [30, 10]


@pytest.mark.parametrize(
    ("max_values", "sizes"), [(1, [1] * 4), (14, [2, 2]), (27, [3, 1]), (99, [4])]
)
def test_rows_come_in_order_a_few_at_a_time(max_values, sizes):
    parts = list(Rows(CONTEXTS, TARGETS).in_order(max_values))
    assert [len(contexts) for contexts, _ in parts] == sizes
    assert torch.equal(torch.cat([contexts for contexts, _ in parts]), CONTEXTS)
    assert torch.equal(torch.cat([targets for _, targets in parts]), TARGETS)


def test_batches_keep_contexts_and_targets_together():
    rows = Rows(TARGETS[:, 0], TARGETS[:, 0] + 1)
    batches = ShuffledBatches(rows, 3, 0, lambda *tensors: tensors)
    for _ in range(3):
        first, second = (torch.cat(tensors) for tensors in zip(*batches, strict=True))
        assert torch.equal(second, first + 1)
        assert sorted(first.tolist()) == TARGETS[:, 0].tolist()
