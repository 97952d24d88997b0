"""How the patches of LSINet exchange and digest information.

The sparse temporal interaction module of LSINet (AAAI 2025, arXiv 2602.01585) and the
self-attention that its ablation puts in the same place. Nothing here normalises layers:
the paper does not either.

Axes: ``R`` rows (one channel of one window each), ``N`` patches, ``d`` hidden size,
``h`` heads, ``v`` head size, ``G`` groups of channels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn._connections import PatchConnections
from skts.nn._dropout import dropout


class InteractionBlock(nn.Module):
    """Let patches interact, then refine each one, with the input added at the end."""

    def __init__(
        self, interaction: nn.Module | None, hidden_size: int, dropout: float
    ) -> None:
        super().__init__()
        self.interaction = interaction
        self.integration = PatchIntegration(hidden_size, dropout)

    def forward(self, z: Tensor, connections: Tensor | None) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)``."""
        updated = z if self.interaction is None else self.interaction(z, connections)
        return self.integration(updated) + updated + z


class SparseInteraction(nn.Module):
    """Send what each head sees of the patches along its connections."""

    def __init__(
        self,
        connections: PatchConnections,
        n_patches: int,
        hidden_size: int,
        n_heads: int,
        head_size: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.dropout = dropout
        self.connections = connections
        self.time_invariant = PatchMixing(n_patches, dropout)
        self.value = nn.Linear(hidden_size, n_heads * head_size)
        self.align = nn.Linear(n_heads * head_size, hidden_size)
        self.time_updating = PatchMixing(n_patches, dropout)

    def forward(self, z: Tensor, connections: Tensor) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)`` with connections ``(h, N, N)``."""
        values = self.value(self.time_invariant(z))  # (R, N, h * v)
        received = self._propagate(connections, self._drop(values))
        return self.time_updating(self._drop(self.align(received)) + z)

    def _propagate(self, connections: Tensor, values: Tensor) -> Tensor:
        # One large product per head: rows move next to the head's features.
        by_head = values.unflatten(2, (self.n_heads, -1)).permute(2, 1, 0, 3)
        received = connections @ by_head.flatten(2)  # (h, N, R * v)
        return received.view(by_head.shape).permute(2, 1, 0, 3).flatten(2)

    def _drop(self, values: Tensor) -> Tensor:
        return dropout(values, self.dropout, self.training)


class SelfAttention(nn.Module):
    """Multi-head attention between patches, each head as wide as the network.

    Scores are scaled as by the authors, as if the heads shared the hidden size.
    """

    def __init__(self, hidden_size: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.scale = (hidden_size // n_heads) ** -0.5
        self.query_key_value = nn.Linear(hidden_size, 3 * n_heads * hidden_size)
        self.align = nn.Linear(n_heads * hidden_size, hidden_size)

    def forward(self, z: Tensor, connections: None) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)``; there are no connections to follow."""
        projected = self.query_key_value(z).unflatten(2, (3, self.n_heads, -1))
        query, key, value = projected.permute(2, 0, 3, 1, 4)  # (R, h, N, d) each
        attended = F.scaled_dot_product_attention(query, key, value, scale=self.scale)
        return self.align(attended.transpose(1, 2).flatten(2))


class PatchIntegration(nn.Module):
    """Two linear maps over the features of a patch with a GELU between them."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.first = nn.Linear(size, size)
        self.second = nn.Linear(size, size)

    def forward(self, z: Tensor) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)``."""
        hidden = F.gelu(self._apply_layer(self.first, z))
        hidden = dropout(hidden, self.dropout, self.training)
        return dropout(
            self._apply_layer(self.second, hidden), self.dropout, self.training
        )

    def _apply_layer(self, layer: nn.Linear, z: Tensor) -> Tensor:
        return layer(z)


class PatchMixing(PatchIntegration):
    """The same along the patch axis: every feature sees all patches."""

    def _apply_layer(self, layer: nn.Linear, z: Tensor) -> Tensor:
        # Multiplying from the left spares two transposed copies of `z`.
        weight = layer.weight.expand(z.shape[0], -1, -1)  # (R, N, N)
        return torch.baddbmm(layer.bias.unsqueeze(-1), weight, z)
