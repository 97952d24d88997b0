"""Samples that are the rows of one resident tensor."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """Rows of a tensor whose first axis counts samples."""

    values: Tensor

    def __len__(self) -> int:
        return len(self.values)

    @property
    def device(self) -> torch.device:
        """Where the rows are."""
        return self.values.device

    def take(self, which: Tensor) -> tuple[Tensor]:
        """Return some rows."""
        return (self.values[which],)
