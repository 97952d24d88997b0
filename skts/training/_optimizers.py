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
    """Adam, to the last bit as torch's own.

    Fused, all steps but the first go straight to torch's kernel: what torch does before
    takes longer than the step of a small network.
    """

    _usual_step = _itself(torch.optim.Adam.step)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step and return what `closure` returned."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        groups = [
            (group, [weight for weight in group["params"] if weight.grad is not None])
            for group in self.param_groups
        ]
        if not all(
            group["fused"] and not group["amsgrad"] and self.state[weight]
            for group, weights in groups
            for weight in weights
        ):
            self._usual_step()
            return loss
        for group, weights in groups:
            if not weights:
                continue
            states = [self.state[weight] for weight in weights]
            counts = [state["step"] for state in states]
            torch._foreach_add_(counts, 1)
            torch._fused_adam_(
                weights,
                [weight.grad for weight in weights],
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                counts,
                lr=group["lr"],
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=False,
                maximize=group["maximize"],
            )
        return loss


class SGD(Uncompiled, torch.optim.SGD):
    """Gradient descent, to the last bit as torch's own."""

    step = _itself(torch.optim.SGD.step)
