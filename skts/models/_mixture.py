"""Linear maps and a network, mixed by weights that validation chose."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, nan
from typing import Any, Self

import torch
from torch import Tensor

from skts.data import Rows
from skts.linear import LinearMixture, Member
from skts.nn import WindowNetwork

Record = dict[str, Any]


@dataclass(frozen=True)
class Mixture:
    """What forecasts windows: a network, linear maps, or both.

    Attributes
    ----------
    network : WindowNetwork or None
        The network, if one was trained; maps standardised windows ``(B, C, L)`` to
        ``(B, C, H)``.
    network_context : int
        Rows that the network sees, the last ones of a window.
    network_weight : float
        Its weight in the forecast. The maps have the rest.
    maps : LinearMixture or None
        The linear maps as one, if there are any.
    members : tuple of Member
        The maps one by one, with their weights; these and the network's have sum 1.
    history : list of dict
        A record per epoch; with maps, the first one is theirs alone, of epoch 0.
    best_epoch : int
        Epoch whose weights the network has, counted from 1; 0 for the maps alone, with
        which a network has those of its last epoch.
    """

    network: WindowNetwork | None
    network_context: int
    network_weight: float
    maps: LinearMixture | None
    members: tuple[Member, ...]
    history: list[Record]
    best_epoch: int

    @property
    def bare(self) -> Self:
        """The mixture without its network, for files that hold its weights apart."""
        return replace(self, network=None)

    @property
    def device(self) -> torch.device:
        """Where it forecasts."""
        if self.network is not None:
            return next(self.network.parameters()).device
        assert self.maps is not None, "there is a network or a map"
        return self.maps.weight.device

    @property
    def n_epochs(self) -> int:
        """Epochs that the network was trained for."""
        return len(self.history) - (self.maps is not None)

    @property
    def network_error(self) -> float:
        """Validation error of the network alone, with the weights that it has."""
        name = "network_valid_loss" if self.maps is not None else "valid_loss"
        errors = {r["epoch"]: r[name] for r in self.history if name in r}
        last = next(reversed(errors.values()), nan)
        return errors.get(self.best_epoch, last)

    @torch.no_grad()
    def forecast(
        self,
        context: Tensor,
        still: Tensor | None = None,
        n_steps: int | None = None,
    ) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` as ``(B, C, H)``.

        With `n_steps`, as ``(B, C, n_steps)``: beyond H, each block of H steps is
        forecast as if those before it had come.

        What never moved, neither in training (`still`, ``(C,)`` or ``(B, C)``) nor in
        the window, stays where it is.
        """
        block = self._forecast_at_once(context, still)
        if n_steps is None:
            return block
        blocks = [block]
        for _ in range(1, ceil(n_steps / block.shape[-1])):
            context = torch.cat([context, block], dim=-1)[..., -context.shape[-1] :]
            block = self._forecast_at_once(context, still)
            blocks.append(block)
        return torch.cat(blocks, dim=-1)[..., :n_steps]

    def _forecast_at_once(self, context: Tensor, still: Tensor | None) -> Tensor:
        forecast = self._forecast(context)
        if still is None or not still.any():
            return forecast
        at_rest = still & (context == context[..., :1]).all(dim=-1)
        return torch.where(at_rest[..., None], context[..., -1:], forecast)

    def _forecast(self, context: Tensor) -> Tensor:
        weight = self.network_weight
        forecast: Tensor | None = None
        if self.maps is not None and weight < 1:
            forecast = (1 - weight) * self.maps(context)
        if self.network is not None and weight > 0:
            own = weight * self.network(context[..., -self.network_context :])
            forecast = own if forecast is None else forecast + own
        assert forecast is not None, "weights have sum 1"
        return forecast

    def forecast_rows(self, rows: Rows, n_steps: int | None = None) -> Tensor:
        """Forecast rows of contexts, and of what is still, ``(n, C, H)`` on the CPU.

        With `n_steps`, that many steps.
        """
        parts = []
        for context, *still in rows.in_order():
            known = still[0] if still else None
            parts.append(self.forecast(context, known, n_steps).cpu())
        return torch.cat(parts)

    @property
    def parts(self) -> dict[str, Self]:
        """The maps and the network, each alone, where there are any."""
        parts = {}
        if self.maps is not None:
            parts["maps"] = replace(self, network_weight=0.0)
        if self.network is not None:
            parts["network"] = replace(self, network_weight=1.0)
        return parts

    def with_maps(self, maps: LinearMixture) -> Self:
        """Return the mixture with its maps solved anew."""
        return replace(self, maps=maps)

    def to(self, device: torch.device) -> None:
        """Move network and maps."""
        for part in (self.network, self.maps):
            if part is not None:
                part.to(device)


# What a mixture makes of the fitted attributes of an estimator, for callbacks.
Attributes = Callable[[Mixture], dict[str, Any]]
