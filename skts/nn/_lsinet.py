"""LSINet: a lightweight sparse interaction network for forecasting.

AAAI 2025, arXiv 2602.01585. Each channel is cut into overlapping patches; patches
exchange information over a few learned connections that all windows and channels share
(see `_connections`); a linear head maps all patches to the horizon.

Differences from the authors' code: predictions are deterministic; the second patch
integration network, created there and never called, is left out; the head flattens
patch by patch instead of feature by feature, which only reorders its weights; dropout
masks are drawn as `_dropout` explains.

Axes: ``R`` rows (channels times windows, channel by channel), ``N`` patches, ``P``
patch length, ``d`` hidden size, ``h`` heads; ``B``, ``C``, ``L``, ``H`` as everywhere.
"""

from collections.abc import Callable, Hashable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn._connections import PatchConnections
from skts.nn._dropout import dropout
from skts.nn._interaction import InteractionBlock, SelfAttention, SparseInteraction
from skts.nn._lsinet_by_hand import Passes
from skts.nn._window_network import ByHand, WindowNetwork

INTERACTIONS = ("sparse", "attention", "none")
CONNECTION_MODES = ("threshold", "topk", "mean")
LOWEST_TEMPERATURE = 0.05
CACHED_ELEMENTS = 2**17  # a float32 tensor of half a megabyte
PARTS_AT_A_TIME = 4  # kept for a backward pass by autograd or of several groups


def default_patches(context_length: int) -> tuple[int, int]:
    """Return patch length and stride: 64 strides per context, 32 below 128 points."""
    if context_length >= 128:
        stride = context_length // 64
    else:
        stride = -(-context_length // 32)
    return min(2 * stride, context_length), stride


class LSINet(WindowNetwork):
    """Forecast each channel from patches that talk over sparse learned connections.

    Parameters
    ----------
    n_channels, context_length, prediction_length : int
        Sizes of a window ``(B, C, L)`` and its forecast ``(B, C, H)``.
    patch_length, stride : int
        Length of a patch and distance between two of them. The context is continued by
        `stride` copies of its last value, so there are
        ``(context_length - patch_length) // stride + 2`` patches.
    hidden_size : int
        Width of a patch inside the network, divisible by 4.
    n_heads, head_size : int
        Number of connection matrices per module and width of what each one carries.
    n_modules : int
        Number of interaction modules in sequence.
    residual_stack : bool
        Whether as many modules follow again, with a residual around them; the authors
        do so for short contexts.
    interaction : {"sparse", "attention", "none"}
        How patches talk: the sparse connections, self-attention (the ablation of the
        paper), or not at all before the head.
    n_connection_groups : int
        Number of groups of consecutive channels with connections of their own; 1 shares
        them among all channels.
    connection_mode : {"threshold", "topk", "mean"}
        Which connections predictions use, see `PatchConnections`.
    normalise_rows : bool
        Whether a patch averages the patches it listens to instead of adding them up.
    sparsity : float
        Share of the connections that the penalty drives to zero.
    sparsity_interval : int
        The penalty counts in epochs divisible by it, but not in epoch 0; 0 is never,
        1 is every epoch, epoch 0 included.
    sparsity_weight : float
        Weight of the penalty in the loss.
    temperature : float
        Softness of the relaxed connections that carry the gradient.
    annealing : float
        Factor of the temperature from epoch to epoch, down to 0.05; 1 keeps it
        constant.
    head : {"shared", "channel"} or int
        One head for all channels, one per channel, or the number of groups of
        consecutive channels with a head of their own.
    use_revin : bool
        Whether windows are normalised.
    embedding_dropout, dropout : float
        Dropout of the embedded patches and inside the modules.
    """

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
        interaction: str,
        n_connection_groups: int,
        connection_mode: str,
        normalise_rows: bool,
        sparsity: float,
        sparsity_interval: int,
        sparsity_weight: float,
        temperature: float,
        annealing: float,
        head: str | int,
        use_revin: bool,
        embedding_dropout: float,
        dropout: float,
    ) -> None:
        super().__init__(use_revin)
        self.patch_length = patch_length
        self.stride = stride
        self.n_heads = n_heads
        self.head_size = head_size
        self.residual_stack = residual_stack
        self.interaction = interaction
        self.sparsity_interval = sparsity_interval
        self.sparsity_weight = sparsity_weight
        self.temperature = temperature
        self.annealing = annealing
        self.embedding_dropout = embedding_dropout
        n_patches = (context_length - patch_length) // stride + 2
        self.embedding = nn.Linear(patch_length, hidden_size)
        self.position = nn.Parameter(
            torch.empty(n_patches, hidden_size).uniform_(-0.02, 0.02)
        )
        if interaction != "sparse":
            n_connection_groups = 1
        self.connection_groups = _group_sizes(n_channels, n_connection_groups)

        def make_interaction() -> nn.Module | None:
            if interaction == "none":
                return None
            if interaction == "attention":
                return SelfAttention(hidden_size, n_heads)
            connections = PatchConnections(
                n_matrices=n_heads * len(self.connection_groups),
                n_patches=n_patches,
                hidden_size=hidden_size,
                sparsity=sparsity,
                mode=connection_mode,
                normalise_rows=normalise_rows,
                temperature=temperature,
            )
            return SparseInteraction(
                connections, n_patches, hidden_size, n_heads, head_size, dropout
            )

        self.blocks = nn.ModuleList(
            InteractionBlock(make_interaction(), hidden_size, dropout)
            for _ in range(2 * n_modules if residual_stack else n_modules)
        )
        n_head_groups = {"shared": 1, "channel": n_channels}.get(str(head)) or int(head)
        self.head = GroupedHead(
            n_patches * hidden_size,
            prediction_length,
            _group_sizes(n_channels, n_head_groups),
        )
        self.start_epoch(0)

    def shared(self) -> tuple[Tensor, ...]:
        """Return the connections of each block, ``(groups * heads, N, N)``."""
        return tuple(connections() for connections in self._all_connections())

    def windows_at_a_time(self, n_channels: int) -> int:
        """Return how many windows keep a few dozen megabytes for the backward pass."""
        # Each group of connections goes by itself: a few rows of each would be too few.
        is_whole = self._is_by_hand() and len(self.connection_groups) == 1
        n_parts = 1 if is_whole else PARTS_AT_A_TIME
        n_rows = n_parts * CACHED_ELEMENTS // self.position.numel()
        return max(1, n_rows // n_channels)

    def forward_normalised(self, normalised: Tensor, *connections: Tensor) -> Tensor:
        """Forecast a normalised window, in normalised units: ``(B, C, H)``."""
        patches = self._cut(normalised)  # (N, C, B, P)
        by_group = [c.split(self.n_heads) for c in connections]
        refined = [
            self._refine(rows, matrices)
            for group, *matrices in zip(
                patches.split(self.connection_groups, dim=1),
                *(by_group or [(None,)] * len(self.blocks)),
                strict=True,
            )
            for rows in self._split_rows(group.flatten(1, 2))
        ]  # (N, R, d) each
        by_row = torch.cat([z.transpose(0, 1).flatten(1) for z in refined])
        flat = by_row.view(*patches.shape[1:3], -1)  # (C, B, N * d)
        return self.head(flat).transpose(0, 1)

    def by_hand(self) -> ByHand | None:
        """Return a forward pass that knows its gradient.

        On a CPU, for sparse connections that carry features as wide as the network.
        """
        if not self._is_by_hand():
            return None
        passes = Passes(self)

        def forward(
            normalised: Tensor, *connections: Tensor
        ) -> tuple[Tensor, Callable[[Tensor], None]]:
            patches = self._cut(normalised)
            rows = passes.of(patches)
            forecast = rows.forward(patches, connections).transpose(0, 1)
            return forecast, lambda gradient: rows.backward(gradient.transpose(0, 1))

        return forward

    def _is_by_hand(self) -> bool:
        is_wide = self.head_size >= self.position.shape[1]
        on_cpu = self.position.device.type == "cpu"
        return self.interaction == "sparse" and is_wide and on_cpu

    def _cut(self, normalised: Tensor) -> Tensor:
        """Cut every channel into patches, patch first: ``(N, C, B, P)``."""
        extended = F.pad(normalised, (0, self.stride), mode="replicate")
        return extended.unfold(-1, self.patch_length, self.stride).permute(2, 1, 0, 3)

    def _split_rows(self, patches: Tensor) -> tuple[Tensor, ...]:
        """Split ``(N, R, P)`` into what goes through the network at a time.

        Rows do not see each other. On a CPU a few at a time are faster, because the
        intermediate results of few rows stay in its cache. A compiler fuses them away.
        """
        if patches.device.type != "cpu" or torch.compiler.is_compiling():
            return (patches,)
        return patches.split(max(1, CACHED_ELEMENTS // self.position.numel()), dim=1)

    def _refine(self, patches: Tensor, connections: list[Tensor | None]) -> Tensor:
        """Map patches ``(N, R, P)`` to features ``(N, R, d)``."""
        z = self.embedding(patches) + self.position.unsqueeze(1)  # (N, R, d)
        z = dropout(z, self.embedding_dropout, self.training)
        residual = None
        for i, (block, matrix) in enumerate(zip(self.blocks, connections, strict=True)):
            if self.residual_stack and 2 * i == len(self.blocks):
                residual = z
            z = block(z, matrix)
        return z if residual is None else z + residual

    def start_epoch(self, epoch: int) -> None:
        """Cool the connections and decide whether the penalty counts."""
        temperature = self.temperature * self.annealing**epoch
        for connections in self._all_connections():
            connections.temperature = max(temperature, LOWEST_TEMPERATURE)
        self._penalised = self._is_penalised(epoch)

    def step_kind(self) -> Hashable:
        """Return the temperatures, and whether the penalty counts."""
        return self._penalised, *(c.temperature for c in self._all_connections())

    def _is_penalised(self, epoch: int) -> bool:
        if self.sparsity_interval in (0, 1):
            return self.sparsity_interval == 1
        return epoch > 0 and epoch % self.sparsity_interval == 0

    def penalty(self) -> Tensor | None:
        """Return the weighted sparsity loss of the last module, None if not due."""
        connections = self._all_connections()
        if not (connections and self.training and self._penalised):
            return None
        return self.sparsity_weight * connections[-1].sparsity_loss()

    def diagnostics(self) -> dict[str, float]:
        """Return the share of connections that predictions use."""
        if self.interaction != "sparse":
            return {}
        return {"density": float(self.connection_matrix().mean())}

    def connection_matrix(self) -> Tensor:
        """Return the connections of predictions, ``(modules, heads, N, N)``.

        Entry ``[m, h, i, j]`` tells whether patch i listens to patch j; rows are never
        normalised here. With several channel groups, the heads of the first come first,
        then those of the second.
        """
        return torch.stack([c.matrix() for c in self._all_connections()])

    def connection_probability(self) -> Tensor:
        """Return the probability of each connection, shaped as the matrix."""
        return torch.stack([c.probability() for c in self._all_connections()])

    def _all_connections(self) -> list[PatchConnections]:
        return [m for m in self.modules() if isinstance(m, PatchConnections)]


class GroupedHead(nn.Module):
    """Map all features of a channel to its forecast, one linear map per group."""

    def __init__(self, n_features: int, n_outputs: int, sizes: list[int]) -> None:
        super().__init__()
        self.sizes = sizes
        self.maps = nn.ModuleList(nn.Linear(n_features, n_outputs) for _ in sizes)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(C, B, N * d)`` to ``(C, B, H)``."""
        groups = features.split(self.sizes)
        return torch.cat([m(g) for m, g in zip(self.maps, groups, strict=True)])


def _group_sizes(n_channels: int, n_groups: int) -> list[int]:
    """Return the sizes of consecutive channel groups, equal but for the last."""
    return [len(group) for group in torch.arange(n_channels).chunk(n_groups)]
