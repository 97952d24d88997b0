"""Sharpness-aware minimisation (Foret et al., ICLR 2021) around any torch optimiser.

SAM looks for weights whose whole neighbourhood of radius ``rho`` has a low loss: it
climbs to the worst point nearby, takes the gradient there, and steps from where it
started. Each step therefore evaluates the closure twice.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from skts.training._optimizers import Uncompiled

# Keeps the direction finite where the gradient vanishes.
NORM_EPS = 1e-12


class SAM(Uncompiled):
    """Step `base` with the gradient found at the worst point within `rho`.

    Parameters
    ----------
    base : Optimizer
        Optimiser that takes the step. Its parameter groups are shared, so a
        learning-rate schedule may be given either of the two.
    rho : float
        Radius of the neighbourhood, at least 0. The larger, the flatter the minimum
        that is looked for.
    adaptive : bool, default=False
        Measure the radius relative to each weight (ASAM, Kwon et al., ICML 2021).
    """

    def __init__(self, base: Optimizer, rho: float, *, adaptive: bool = False) -> None:
        if rho < 0:
            raise ValueError(f"rho must be >= 0, got {rho}.")
        super().__init__(base.param_groups, {})
        self.param_groups = base.param_groups
        self.base = base
        self.rho = rho
        self.adaptive = adaptive

    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Take one step and return the loss at the weights it started from.

        Parameters
        ----------
        closure : callable
            Clears the gradients, computes the loss, calls ``backward`` and returns
            the loss.
        """
        loss = closure()
        weights, starts = self._climb()
        try:
            closure()
        finally:  # an interrupt must not leave the weights up there
            with torch.no_grad():
                torch._foreach_copy_(weights, starts)
        self.base.step()
        return loss

    @torch.no_grad()
    def _climb(self) -> tuple[list[Tensor], list[Tensor]]:
        """Move to the worst point nearby; return the weights and where they were."""
        weights = [
            weight
            for group in self.param_groups
            for weight in group["params"]
            if weight.grad is not None
        ]
        starts = list(torch._foreach_mul(weights, 1.0))  # copies, at once on a GPU
        climb = [weight.grad for weight in weights]
        if self.adaptive:  # e = rho * w^2 g / ||w g||
            sizes = torch._foreach_abs(weights)
            climb = list(torch._foreach_mul(climb, sizes))
        norms = torch._foreach_norm(climb)
        length = torch.linalg.vector_norm(torch.stack(norms))
        if self.adaptive:
            climb = list(torch._foreach_mul(climb, sizes))
        # In place: the next evaluation clears the gradients anyway.
        torch._foreach_mul_(climb, self.rho / (length + NORM_EPS))
        torch._foreach_add_(weights, climb)
        return weights, starts
