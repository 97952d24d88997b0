"""torch's optimisers without its compiler, which takes seconds and memory to load.

Methods that optimisers inherit keep the compiler from looking into them, and load it to
do so. Nothing here is compiled: a network may be, its optimiser is not.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch


class Uncompiled(torch.optim.Optimizer):
    """Base of the optimisers here. Groups of weights are taken as they are given."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add weights, with the defaults where nothing else is said."""
        self.param_groups.append(self.defaults | param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the weights."""
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad = None


def _itself(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of torch's without what is around it."""
    return torch.no_grad()(inspect.unwrap(step))


class Adam(Uncompiled, torch.optim.Adam):
    """Adam, to the last bit as torch's own."""

    step = _itself(torch.optim.Adam.step)


class SGD(Uncompiled, torch.optim.SGD):
    """Gradient descent, to the last bit as torch's own."""

    step = _itself(torch.optim.SGD.step)
