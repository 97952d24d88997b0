"""A mixture of linear maps is one linear map of the longest context.

Axes: ``B`` batch, ``C`` channels, ``L`` context, ``H`` steps of a forecast.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skts.linear._members import Member, SolvedMaps
from skts.linear._moments import Moments

# Maps per channel of more bytes than this are left out.
MAX_BYTES = 2**28


class LinearMixture(nn.Module):
    """Forecast each channel by one linear map of its last rows.

    Parameters
    ----------
    weight : Tensor of shape (L, H) or (C, L, H)
        The map of all channels, or one for each. Its columns sum to 1, so what is
        added to the rows is added to the forecast.
    members : sequence of Member
        What the map is a mixture of, with weights.
    """

    weight: Tensor

    def __init__(self, weight: Tensor, members: Sequence[Member]) -> None:
        super().__init__()
        self.register_buffer("weight", weight.float())
        self.members = tuple(members)

    @property
    def context_length(self) -> int:
        """Rows ``L`` that are looked at."""
        return self.weight.shape[-2]

    @property
    def prediction_length(self) -> int:
        """Steps ``H`` that are forecast."""
        return self.weight.shape[-1]

    def forward(self, context: Tensor) -> Tensor:
        """Forecast ``(B, C, H)`` from contexts ``(B, C, L or more)``."""
        context = context[..., -self.context_length :]
        # Equal to the map itself, but for rounding far from zero.
        level = context.mean(-1, keepdim=True)
        change = context - level
        if self.weight.ndim == 2:
            return change @ self.weight + level
        by_channel = change.transpose(0, 1) @ self.weight  # (C, B, H)
        return by_channel.transpose(0, 1) + level


def solve_mixture(
    moments: Moments, members: Sequence[Member], horizon: int
) -> LinearMixture:
    """Solve the members' maps from moments, and add them up by their weights.

    Contexts, strengths and weights stay as they are, so this serves the first time,
    again on all rows, and after every update.

    Parameters
    ----------
    moments : Moments
        Moments of the windows to learn from.
    members : sequence of Member
        Members with weights; those of weight 0 cost nothing.
    horizon : int
        Steps ``H`` of a forecast, the last rows of each window.
    """
    used = [member for member in members if member.weight > 0]
    length = max((member.context for member in used), default=1)
    maps = SolvedMaps(moments, used, horizon)
    shared = moments.total().new_zeros(length, horizon)
    for i, A in maps.shared:
        shared[length - len(A) :] += used[i].weight * A.to(shared)
    if not maps.has_own:
        return LinearMixture(shared, members)
    size = (moments.n_channels, length, horizon)
    weight = torch.empty(size, dtype=torch.float32, device=shared.device)
    for channel in range(moments.n_channels):
        own = shared.clone()
        for i, A in maps.of_channel(channel):
            own[length - len(A) :] += used[i].weight * A
        weight[channel] = own
    return LinearMixture(weight, members)


def kinds_that_fit(n_channels: int, context: int, horizon: int) -> tuple[str, ...]:
    """Return the kinds of map to solve: with maps per channel where they fit.

    One channel needs no map of its own beside the one for all.
    """
    size = 4 * n_channels * context * horizon
    fits = n_channels > 1 and size <= MAX_BYTES
    return ("shared", "channel") if fits else ("shared",)
