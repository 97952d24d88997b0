"""What every forecasting network shares: normalise a window, map it, restore it.

Reversible instance normalisation (RevIN, Kim et al., ICLR 2022) takes the mean and the
standard deviation of each channel out of the context window and puts them back into the
forecast. Neither statistic carries a gradient. The learned affine part, where a model
has one, is the model's own.

Axes, here and in every network: ``B`` batch, ``C`` channels, ``L`` context,
``H`` prediction.
"""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor, nn

REVIN_EPS = 1e-5

ByHand = Callable[..., tuple[Tensor, Callable[[Tensor], None]]]


class WindowNetwork(nn.Module):
    """Map a context window ``(B, C, L)`` to a forecast ``(B, C, H)``.

    Subclasses write :meth:`forward_normalised`. Training calls :meth:`normalise` once
    per batch and :meth:`forward_normalised` as often as the optimiser asks for a loss,
    so nothing that carries no gradient is computed twice.

    Parameters
    ----------
    use_revin : bool
        Whether windows are normalised. If not, :meth:`normalise` changes nothing.
    """

    def __init__(self, use_revin: bool) -> None:
        super().__init__()
        self.use_revin = use_revin

    def normalise(self, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the normalised window and its mean and scale, which are constants."""
        if not self.use_revin:
            mean = context.new_zeros(context.shape[0], 1, 1)
            return context, mean, mean + 1
        mean = context.detach().mean(dim=-1, keepdim=True)
        centred = context - mean
        # torch.var takes ten times as long as this on a CPU.
        length = torch.linalg.vector_norm(centred.detach(), dim=-1, keepdim=True)
        scale = torch.sqrt(length.square() / context.shape[-1] + REVIN_EPS)
        return centred.div_(scale), mean, scale

    def shared(self) -> tuple[Tensor, ...]:
        """Return what is computed from the weights alone, once for all windows."""
        return ()

    def windows_at_a_time(self, n_channels: int) -> int | None:
        """Return how many windows a CPU should train on at a time, None for all."""
        return None

    def forward_normalised(self, normalised: Tensor, *shared: Tensor) -> Tensor:
        """Forecast a normalised window, in normalised units: ``(B, C, H)``.

        `shared` is what :meth:`shared` returns.
        """
        raise NotImplementedError

    def by_hand(self) -> ByHand | None:
        """Return a forward pass with a gradient that does without autograd.

        It is for use while weights, and the gradients that they have by now, stay where
        they are in memory.

        Returns
        -------
        callable or None
            Maps what :meth:`forward_normalised` takes to what that returns, and to a
            function that takes the gradient of this forecast and sets those of the
            weights; where :meth:`windows_at_a_time` tells a number, it adds to those of
            the weights and of what is shared. It is called before the next windows are
            forecast. None if the network leaves its gradient to autograd.
        """
        return None

    def forward(self, context: Tensor) -> Tensor:
        """Forecast a window in its own units."""
        normalised, mean, scale = self.normalise(context)
        return self.forward_normalised(normalised, *self.shared()) * scale + mean

    def start_epoch(self, epoch: int) -> None:
        """Prepare for an epoch, counted from 0; for networks with schedules."""

    def step_kind(self) -> Hashable:
        """Return the numbers that a training step depends on besides weights.

        None tells that it needs the CPU in between.
        """
        return ()

    def penalty(self) -> Tensor | None:
        """Return what the last training pass adds to the loss, None for nothing."""
        return None

    def diagnostics(self) -> dict[str, float]:
        """Return numbers about the network that belong into the history."""
        return {}
