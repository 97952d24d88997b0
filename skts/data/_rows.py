"""Samples that are the rows of resident tensors."""

from collections.abc import Iterator

import torch
from torch import Tensor


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
        return tuple(tensor[which] for tensor in self.tensors)

    def in_order(self, max_values: int = 2**22) -> Iterator[tuple[Tensor, ...]]:
        """Yield the rows of each tensor in order, `max_values` numbers at a time."""
        size = max(1, max_values // sum(tensor[0].numel() for tensor in self.tensors))
        for first in range(0, len(self), size):
            yield self.take(slice(first, first + size))
