"""LSINet written plainly, as a yardstick for the real one.

Every step follows the paper and builds what the authors build: one-hot matrices that
pick the sender and the receiver of each pair, pairwise features of width ``2 d``, two
Gumbel variables per pair, transposes around every map along the patch axis, torch's own
dropout. It loads the weights of `skts.nn._lsinet.LSINet` by name. Tests compare the
two, the speed benchmark times them.

Only the paper's form is here: one head and one set of connections for all channels, no
row normalisation, and in evaluation mode the connections with a probability above 1/2.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn import WindowNetwork


class PlainLSINet(WindowNetwork):
    """Forecast as LSINet does, slowly; see there for the parameters."""

    def __init__(
        self,
        *,
        n_channels: int,
        context_length: int,
        prediction_length: int,
        patch_length: int,
        stride: int,
        hidden_size: int,
        n_heads: int,
        head_size: int,
        n_modules: int,
        residual_stack: bool,
        sparsity: float,
        temperature: float,
        use_revin: bool,
        embedding_dropout: float,
        dropout: float,
    ) -> None:
        super().__init__(use_revin)
        self.n_channels = n_channels
        self.patch_length, self.stride = patch_length, stride
        self.n_modules, self.residual_stack = n_modules, residual_stack
        n_patches = (context_length - patch_length) // stride + 2
        self.embedding = nn.Linear(patch_length, hidden_size)
        self.position = nn.Parameter(torch.zeros(n_patches, hidden_size))
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.blocks = nn.ModuleList(
            PlainBlock(
                n_patches,
                hidden_size,
                n_heads,
                head_size,
                sparsity,
                temperature,
                dropout,
            )
            for _ in range(n_modules * (2 if residual_stack else 1))
        )
        self.head = nn.Module()
        self.head.maps = nn.ModuleList(
            [nn.Linear(n_patches * hidden_size, prediction_length)]
        )

    def forward_normalised(self, normalised: Tensor, *_: Tensor) -> Tensor:
        """Forecast a normalised window, in normalised units: ``(B, C, H)``."""
        last = normalised[:, :, -1:]
        extended = torch.cat([normalised, last.repeat(1, 1, self.stride)], dim=2)
        patches = extended.unfold(2, self.patch_length, self.stride)  # (B, C, N, P)
        z = self.embedding(patches.flatten(0, 1))  # (B * C, N, d)
        z = self.embedding_dropout(z + self.position)
        for block in self.blocks[: self.n_modules]:
            z = block(z)
        if self.residual_stack:
            residual = z
            for block in self.blocks[self.n_modules :]:
                z = block(z)
            z = z + residual
        forecast = cast(nn.ModuleList, self.head.maps)[0](z.flatten(1))
        return forecast.view(len(normalised), self.n_channels, -1)

    def penalty(self) -> Tensor:
        """Return the sparsity loss of the last module in the last pass."""
        last = cast(PlainBlock, self.blocks[-1])
        return last.interaction.connections.sparsity_loss


class PlainBlock(nn.Module):
    """Interaction, then patch integration with its two residuals."""

    def __init__(
        self,
        n_patches: int,
        hidden_size: int,
        n_heads: int,
        head_size: int,
        sparsity: float,
        temperature: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.interaction = PlainInteraction(
            n_patches, hidden_size, n_heads, head_size, sparsity, temperature, dropout
        )
        self.integration = PlainMap(hidden_size, dropout)

    def forward(self, z: Tensor) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)``."""
        updated = self.interaction(z)
        return self.integration(updated) + updated + z


class PlainInteraction(nn.Module):
    """Time-invariant mixing, sparse propagation, alignment, time updating."""

    def __init__(
        self,
        n_patches: int,
        hidden_size: int,
        n_heads: int,
        head_size: int,
        sparsity: float,
        temperature: float,
        dropout: float,
    ) -> None:
        super().__init__()
        self.n_heads, self.head_size = n_heads, head_size
        self.connections = PlainConnections(
            n_patches, hidden_size, n_heads, sparsity, temperature
        )
        self.time_invariant = PlainMap(n_patches, dropout)
        self.value = nn.Linear(hidden_size, n_heads * head_size)
        self.align = nn.Linear(n_heads * head_size, hidden_size)
        self.time_updating = PlainMap(n_patches, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, z: Tensor) -> Tensor:
        """Map ``(R, N, d)`` to ``(R, N, d)``."""
        n_rows, n_patches, _ = z.shape
        mixed = self.time_invariant(z.transpose(1, 2)).transpose(1, 2)
        values = self.dropout(self.value(mixed))
        values = values.view(n_rows, n_patches, self.n_heads, self.head_size)
        received = torch.matmul(self.connections(), values.transpose(1, 2))
        received = received.transpose(1, 2).contiguous().view(n_rows, n_patches, -1)
        updated = self.dropout(self.align(received)) + z
        return self.time_updating(updated.transpose(1, 2)).transpose(1, 2)


class PlainConnections(nn.Module):
    """Two logits per pair of patches, from one-hot matrices ``(N^2, N)``."""

    pick_receiver: Tensor
    pick_sender: Tensor

    def __init__(
        self,
        n_patches: int,
        hidden_size: int,
        n_heads: int,
        sparsity: float,
        temperature: float,
    ) -> None:
        super().__init__()
        self.n_kept = round((1 - sparsity) * n_patches**2)
        self.temperature = temperature
        self.memory = nn.Parameter(torch.randn(n_heads, n_patches, hidden_size))
        self.encoder = nn.Sequential(
            nn.Linear(hidden_size, hidden_size // 2),
            nn.Linear(hidden_size // 2, hidden_size // 4),
            nn.Linear(hidden_size // 4, hidden_size),
        )
        self.pair = nn.Linear(2 * hidden_size, hidden_size)
        self.decision = nn.Linear(hidden_size, 2)
        one_hot = torch.eye(n_patches)
        pick_receiver = one_hot.repeat_interleave(n_patches, dim=0)  # i of pair (i, j)
        pick_sender = one_hot.repeat(n_patches, 1)  # j of pair (i, j)
        self.register_buffer("pick_receiver", pick_receiver, persistent=False)
        self.register_buffer("pick_sender", pick_sender, persistent=False)

    def forward(self) -> Tensor:
        """Return one matrix per head, ``(h, N, N)``, and keep the sparsity loss."""
        embedded = self.encoder(self.memory)
        receivers = torch.matmul(self.pick_receiver, embedded)  # (h, N^2, d)
        senders = torch.matmul(self.pick_sender, embedded)
        features = torch.cat([senders, receivers], dim=-1)  # (h, N^2, 2 d)
        logits = self.decision(torch.relu(self.pair(features)))  # (h, N^2, 2)
        probability = logits.softmax(-1)[:, :, 1]
        labels = torch.zeros_like(probability)
        labels.scatter_(1, torch.topk(probability, self.n_kept, dim=1).indices, 1.0)
        self.sparsity_loss = F.binary_cross_entropy(probability, labels)
        if self.training:
            connected = gumbel_softmax(logits, self.temperature)[:, :, 1]
        else:
            connected = (probability > 0.5).to(probability.dtype)
        return connected.reshape(self.memory.shape[0], self.memory.shape[1], -1)


class PlainMap(nn.Module):
    """Linear, GELU, dropout, linear, dropout along the last axis."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Linear(size, size)
        self.second = nn.Linear(size, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Map ``(..., size)`` to ``(..., size)``."""
        hidden = self.dropout(F.gelu(self.first(values)))
        return self.dropout(self.second(hidden))


def gumbel_softmax(logits: Tensor, temperature: float) -> Tensor:
    """Sample one-hot vectors whose gradient is that of the tempered softmax."""
    soft = F.softmax((logits + gumbel_noise(logits)) / temperature, dim=-1)
    hard = F.one_hot(soft.argmax(-1), soft.shape[-1]).to(soft.dtype)
    return hard - soft.detach() + soft


def gumbel_noise(like: Tensor) -> Tensor:
    """Draw standard Gumbel noise."""
    return -torch.log(-torch.log(torch.rand_like(like) + 1e-10) + 1e-10)
