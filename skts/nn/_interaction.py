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
        """Map ``(N, R, d)`` to ``(N, R, d)``."""
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
        self.head_size = head_size
        self.dropout = dropout
        self.connections = connections
        self.time_invariant = PatchMixing(n_patches, dropout)
        self.value = nn.Linear(hidden_size, n_heads * head_size)
        self.align = nn.Linear(n_heads * head_size, hidden_size)
        self.time_updating = PatchMixing(n_patches, dropout)

    def forward(self, z: Tensor, connections: Tensor) -> Tensor:
        """Map ``(N, R, d)`` to ``(N, R, d)`` with connections ``(h, N, N)``."""
        received = self._receive(self.time_invariant(z), connections)
        return self.time_updating(self._drop(received) + z)

    def _receive(self, z: Tensor, connections: Tensor) -> Tensor:
        """Map ``(N, R, d)`` to what each patch hears, aligned: ``(N, R, d)``."""
        n_heads, n_patches, _ = connections.shape
        n_features = z.shape[-1]
        value = self.value.weight.view(n_heads, -1, n_features)  # (h, v, d)
        bias = self.value.bias.view(n_heads, 1, -1)
        align = self.align.weight.view(n_features, n_heads, -1).permute(1, 2, 0)
        if align.shape[1] < n_features:
            values = self._drop(_by_head(z, value, bias))  # (h, N * R, v)
            received = connections @ values.view(n_heads, n_patches, -1)
            by_patch = received.view_as(values).transpose(0, 1).flatten(1)
            return self.align(by_patch).view_as(z)
        # Aligned before they are sent, the features of all heads add up in one product.
        if self.training and self.dropout > 0:
            aligned = self._drop(_by_head(z, value, bias)) @ align  # (h, N * R, d)
        else:  # both maps in one
            aligned = _by_head(z, (value.mT @ align).mT, bias @ align)
        sent = aligned.view(n_heads * n_patches, -1)  # (h * N, R * d)
        all_connections = connections.transpose(0, 1).flatten(1)  # (N, h * N)
        align_bias = self.align.bias.repeat(z.shape[1])
        return torch.addmm(align_bias, all_connections, sent).view_as(z)

    def _drop(self, values: Tensor) -> Tensor:
        return dropout(values, self.dropout, self.training)


def _by_head(z: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Map ``(N, R, d)`` by one weight ``(v, d)`` per head: ``(h, N * R, v)``."""
    rows = z.flatten(0, 1).expand(len(weight), -1, -1)
    return torch.baddbmm(bias, rows, weight.mT)


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
        """Map ``(N, R, d)`` to ``(N, R, d)``; there are no connections to follow."""
        projected = self.query_key_value(z).unflatten(2, (3, self.n_heads, -1))
        query, key, value = projected.permute(2, 1, 3, 0, 4)  # (R, h, N, d) each
        attended = F.scaled_dot_product_attention(query, key, value, scale=self.scale)
        return self.align(attended.permute(2, 0, 1, 3).flatten(2))


class PatchIntegration(nn.Module):
    """Two linear maps over the features of a patch with a GELU between them."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.first = nn.Linear(size, size)
        self.second = nn.Linear(size, size)

    def forward(self, z: Tensor) -> Tensor:
        """Map ``(N, R, d)`` to ``(N, R, d)``."""
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
        flat = z.flatten(1)  # (N, R * d)
        return torch.addmm(layer.bias.unsqueeze(1), layer.weight, flat).view_as(z)
