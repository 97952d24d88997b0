"""What a network's forecasts are worth beside the maps, epoch by epoch."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from skts.data import errors_where_known
from skts.linear._choice import Choice
from skts.linear._members import SolvedMaps
from skts.linear._moments import Moments


class NetworkProducts:
    """Products of a network's residuals with those of the members.

    All are of held-out windows, where the members' own products are known. A residual
    ``e`` of the network and ``A' x - y`` of a map give ``<A, x e'> - e'y``, so one sum
    of ``x e'``, rows by steps, serves all members: an epoch costs about what one linear
    map costs on the same windows.

    Parameters
    ----------
    learned : Moments
        Moments that the members' maps were solved from.
    choice : Choice
        The mixture chosen on the held-out windows.
    """

    def __init__(self, learned: Moments, choice: Choice) -> None:
        self.choice = choice
        maps = SolvedMaps(learned, choice.members, choice.horizon)
        self._shared = [(i, A.float()) for i, A in maps.shared]
        self._own: dict[int, list[Tensor]] = {}
        for channel in range(learned.n_channels if maps.has_own else 0):
            for i, A in maps.of_channel(channel):
                self._own.setdefault(i, []).append(A.float())

    @torch.no_grad()
    def extended(self, batches: Iterable[tuple[Tensor, Tensor, Tensor]]) -> np.ndarray:
        """Return the products ``(n + 1, n + 1)`` with the network as the last member.

        Parameters
        ----------
        batches : iterable of (Tensor, Tensor, Tensor)
            Contexts ``(B, C, L)``, as long as the longest member's or longer, targets
            and the network's forecasts ``(B, C, H)`` of all held-out windows. Targets
            that are NaN do not count.
        """
        crossed, own, with_target, n_windows, n_values = None, 0.0, 0.0, 0, 0
        for context, target, forecast in batches:
            if target.isnan().any():
                residual, known = errors_where_known(forecast, target)
                target = target.nan_to_num()
                n_values += int(known.sum())
            else:
                residual = forecast - target
                n_values += target.numel()
            residual = residual.transpose(0, 1)  # (C, B, H)
            past = context.permute(1, 2, 0)  # (C, L, B)
            product = past @ residual
            crossed = product if crossed is None else crossed.add_(product)
            own += float(residual.square().sum())
            with_target += float((residual * target.transpose(0, 1)).sum())
            n_windows += len(target)
        if n_windows != self.choice.n_windows or crossed is None:
            raise ValueError(
                f"batches must hold all {self.choice.n_windows} held-out windows, got "
                f"{n_windows}."
            )
        column = np.empty(len(self.choice.products) + 1)
        total = crossed.sum(0)
        for i, A in self._shared:
            column[i] = float((A.to(total) * total[-len(A) :]).sum())
        for i, maps in self._own.items():
            column[i] = sum(
                float((A.to(total) * crossed[c, -len(A) :]).sum())
                for c, A in enumerate(maps)
            )
        column[:-1] -= with_target
        column[-1] = own
        n = len(self.choice.products)
        extended = np.empty((n + 1, n + 1))
        extended[:n, :n] = self.choice.products
        extended[n] = extended[:, n] = column / n_values
        return extended
