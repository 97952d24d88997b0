"""Samples that are the rows of resident tensors."""

from collections.abc import Iterator

import torch
from torch import Tensor


def slices(n_samples: int, size: int, max_values: int) -> Iterator[slice]:
    """Yield samples of some size in order, at most `max_values` numbers at a time."""
    n_each = max(1, max_values // size)
    for first in range(0, n_samples, n_each):
        yield slice(first, first + n_each)


def pick(tensor: Tensor, which: Tensor | slice) -> Tensor:
    """Return some rows of a tensor or of a view of one."""
    # Picked by indexing, rows are copied number by number, which takes five times as
    # long.
    return tensor[which] if isinstance(which, slice) else tensor.index_select(0, which)


class Rows:
    """Rows of one or more tensors whose first axes count the same samples."""

    def __init__(self, *tensors: Tensor) -> None:
        self.tensors = tensors

    def __len__(self) -> int:
        return len(self.tensors[0])

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.tensors[0].device

    def take(self, which: Tensor | slice) -> tuple[Tensor, ...]:
        """Return some rows of each tensor."""
        return tuple(pick(tensor, which) for tensor in self.tensors)

    def in_order(self, max_values: int = 2**22) -> Iterator[tuple[Tensor, ...]]:
        """Yield the rows of each tensor in order, `max_values` numbers at a time."""
        size = sum(tensor[0].numel() for tensor in self.tensors)
        return map(self.take, slices(len(self), size, max_values))
