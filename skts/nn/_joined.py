"""Weights of several maps as one, without a copy where their memory is one."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor


class Joined:
    """Weights of one width, one below the other.

    Parameters
    ----------
    weights : sequence of Tensor
        The weights. For as long as this is used they, and the gradients that they have
        from the start, stay where they are in memory.
    """

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self.weights = weights
        self._sizes = [len(weight) for weight in weights]
        self._value = _as_one(weights)
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self.gradient = _as_one(gradients) if len(gradients) == len(weights) else None

    def value(self) -> Tensor:
        """Return the weights as they are now."""
        return torch.cat([*self.weights]) if self._value is None else self._value

    def set_gradient(self, new: Tensor) -> None:
        """Set the gradients of those weights that have one."""
        if self.gradient is not None:
            if new is not self.gradient:
                self.gradient.copy_(new)
            return
        for weight, its_own in zip(self.weights, new.split(self._sizes), strict=True):
            if not weight.requires_grad:
                continue
            if weight.grad is None:
                weight.grad = its_own
            else:
                weight.grad.copy_(its_own)


def _as_one(tensors: Sequence[Tensor]) -> Tensor | None:
    """Return tensors as one if each begins where the one before it ends in memory."""
    first = tensors[0].detach()
    for before, after in pairwise(tensors):
        end = before.storage_offset() + before.numel()
        same = _memory(before) == _memory(after) and after.storage_offset() == end
        if not same or not before.is_contiguous() or not after.is_contiguous():
            return None
    shape = sum(len(tensor) for tensor in tensors), *first.shape[1:]
    return first.as_strided(shape, first.stride())


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
