"""LSINet forwards and backwards for a few rows, without autograd.

What lies between the maps of LSINet is many times as large as its input. With autograd
each result is new memory, which the system hands over page by page, and which has left
every cache when the backward pass asks for it. Here a few rows go forwards and at once
backwards, in memory that the next rows use again, so that most of the time goes into
products of matrices. `_lsinet` and `_interaction` have the same equations for autograd.

Every class is made for a number of rows. `forward` keeps what `backward` needs, which
takes the gradient of the result, adds to those of the weights and returns that of the
input. What they return lasts until they are called again, or those around them are.

Axes: as in `_lsinet` and `_interaction`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from skts.nn._dropout import draw_mask
from skts.nn._interaction import PatchIntegration, PatchMixing

gelu, gelu_backward = torch.ops.aten.gelu, torch.ops.aten.gelu_backward


class Passes:
    """The pass of a network for each number of windows that comes."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._passes: dict[object, Pass] = {}

    def of(self, patches: Tensor) -> "Pass":
        """Return the pass for patches ``(N, C, B, P)``."""
        key = patches.shape, patches.dtype
        if key not in self._passes:
            self._passes[key] = Pass(self._network, patches)
        return self._passes[key]


class Pass:
    """From patches ``(N, C, B, P)`` to forecasts ``(C, B, H)``."""

    def __init__(self, network: Any, patches: Tensor) -> None:
        self.network = network
        n_patches, self.n_channels, n_windows, length = patches.shape
        width = network.position.shape[1]
        n_rows = self.n_channels * n_windows
        self.rows = patches.new_empty(n_patches, n_rows, length)
        self.z, self.keep = patches.new_empty(2, n_patches, n_rows, width)
        self.block_rows = [n * n_windows for n in network.connection_groups]
        self.blocks = [
            [_Block(b, self.z.new_empty(n_patches, n, width)) for b in network.blocks]
            for n in self.block_rows
        ]
        self.head_rows = [n * n_windows for n in network.head.sizes]
        self.heads = [
            _Head(linear, self.z.new_empty(n, n_patches, width))
            for linear, n in zip(network.head.maps, self.head_rows, strict=True)
        ]
        half = len(network.blocks) // 2
        self.residual_at = half if network.residual_stack else None

    def forward(self, patches: Tensor, connections: Sequence[Tensor]) -> Tensor:
        """Return the forecasts, given what `LSINet.shared` returns."""
        embedding, n_heads = self.network.embedding, self.network.n_heads
        self.rows.copy_(patches.flatten(1, 2))
        is_training = self.network.training
        draw_mask(self.keep, self.network.embedding_dropout if is_training else 0.0)
        rows, z = self.rows.flatten(0, 1), self.z.flatten(0, 1)
        torch.mm(rows, embedding.weight.t(), out=z)
        self.z += (self.network.position + embedding.bias).unsqueeze(1)
        self.z *= self.keep
        self.connections = connections
        by_group = zip(*(c.split(n_heads) for c in connections), strict=True)
        groups = zip(
            self.blocks, self.z.split(self.block_rows, 1), by_group, strict=True
        )
        refined = _join([self._through(*group) for group in groups], 1)
        heads = zip(self.heads, refined.split(self.head_rows, 1), strict=True)
        forecasts = _join([head.forward(group) for head, group in heads], 0)
        return forecasts.unflatten(0, (self.n_channels, -1))

    def backward(self, gradient: Tensor) -> None:
        """Take the gradient of the forecasts, ``(C, B, H)``."""
        by_head = gradient.flatten(0, 1).split(self.head_rows)
        heads = zip(self.heads, by_head, strict=True)
        d_z = _join([head.backward(group) for head, group in heads], 1)
        groups = zip(self.blocks, d_z.split(self.block_rows, 1), strict=True)
        d_z = _join([self._back_through(*group) for group in groups], 1)
        self._add_connections()
        torch.mul(d_z, self.keep, out=self.z)
        flat, rows = self.z.flatten(0, 1), self.rows.flatten(0, 1)
        _add_product(self.network.embedding.weight, flat.t(), rows)
        by_patch = self.z.sum(1)
        _add(self.network.position, by_patch)
        _add(self.network.embedding.bias, by_patch.sum(0))

    def _through(
        self, blocks: Sequence["_Block"], z: Tensor, connections: Sequence[Tensor]
    ) -> Tensor:
        residual = None
        z = z.contiguous()
        for i, (block, matrices) in enumerate(zip(blocks, connections, strict=True)):
            if i == self.residual_at:
                residual = z
            z = block.forward(z, matrices)
        return z if residual is None else z + residual

    def _back_through(self, blocks: Sequence["_Block"], gradient: Tensor) -> Tensor:
        d_z = gradient = gradient.contiguous()
        for i in reversed(range(len(blocks))):
            d_z = blocks[i].backward(d_z)
            if i == self.residual_at:
                d_z = d_z + gradient
        return d_z

    def _add_connections(self) -> None:
        """Give connections their gradients, group by group."""
        for i, connections in enumerate(self.connections):
            groups = [blocks[i].receive.d_connections for blocks in self.blocks]
            _add(connections, torch.cat(groups))


class _Block:
    """What `InteractionBlock` does with ``(N, R, d)``."""

    def __init__(self, block: Any, like: Tensor) -> None:
        interaction = block.interaction
        self.block = block
        n_values = interaction.value.out_features * like[..., 0].numel()
        sizes = [n_values, *[like.numel()] * 7]
        self.keep = like.new_empty(sum(sizes))  # all masks, drawn in one go
        of_values, *keep = self.keep.split(sizes)
        of_result, *keep = (mask.view_as(like) for mask in keep)
        self.receive = _Receive(interaction, like, of_values, of_result)
        self.mix = _Maps(interaction.time_invariant, like, *keep[:2])
        self.update = _Maps(interaction.time_updating, like, *keep[2:4])
        self.integrate = _Maps(block.integration, like, *keep[4:])
        self.result, self.d_z = like.new_empty(2, *like.shape)

    def forward(self, z: Tensor, connections: Tensor) -> Tensor:
        is_training = self.block.training
        draw_mask(self.keep, self.block.interaction.dropout if is_training else 0.0)
        received = self.receive.forward(self.mix.forward(z), connections)
        received += z
        updated = self.update.forward(received)
        torch.add(self.integrate.forward(updated), updated, out=self.result)
        return self.result.add_(z)

    def backward(self, gradient: Tensor) -> Tensor:
        d_updated = self.integrate.backward(gradient)
        d_updated += gradient
        d_received = self.update.backward(d_updated)
        torch.add(gradient, d_received, out=self.d_z)
        d_mixed = self.receive.backward(d_received)
        return self.d_z.add_(self.mix.backward(d_mixed))


class _Maps:
    """What `PatchIntegration` and `PatchMixing` do with ``(N, R, d)``."""

    def __init__(self, maps: PatchIntegration, like: Tensor, *keep: Tensor) -> None:
        self.maps = maps
        self.keep_hidden, self.keep_result = (self._turn(mask) for mask in keep)
        self.result, self.d_z, inner, hidden, d_inner = like.new_empty(5, *like.shape)
        self.turned = [self._turn(t) for t in (self.result, self.d_z)]
        self.inner, self.hidden, self.d_inner = map(
            self._turn, (inner, hidden, d_inner)
        )

    def _turn(self, values: Tensor) -> Tensor:
        """View values as a matrix whose first axis is the one that is mapped."""
        if isinstance(self.maps, PatchMixing):
            return values.view(len(values), -1)
        return values.view(-1, values.shape[-1]).t()

    def forward(self, z: Tensor) -> Tensor:
        first, second = self.maps.first, self.maps.second
        self.x = self._turn(z)
        torch.addmm(first.bias.unsqueeze(1), first.weight, self.x, out=self.inner)
        gelu.out(self.inner, out=self.hidden).mul_(self.keep_hidden)
        result = self.turned[0]
        torch.addmm(second.bias.unsqueeze(1), second.weight, self.hidden, out=result)
        result *= self.keep_result
        return self.result

    def backward(self, gradient: Tensor) -> Tensor:
        first, second = self.maps.first, self.maps.second
        d_result, d_inner = self.turned[1], self.d_inner
        torch.mul(self._turn(gradient), self.keep_result, out=d_result)
        _add_product(second.weight, d_result, self.hidden.t())
        _add(second.bias, d_result.sum(1))
        torch.mm(second.weight.t(), d_result, out=d_inner).mul_(self.keep_hidden)
        gelu_backward.grad_input(d_inner, self.inner, grad_input=d_inner)
        _add_product(first.weight, d_inner, self.x.t())
        _add(first.bias, d_inner.sum(1))
        torch.mm(first.weight.t(), d_inner, out=self.turned[1])
        return self.d_z


class _Receive:
    """What each patch hears, aligned, ``(N, R, d)``: part of `SparseInteraction`."""

    def __init__(
        self, interaction: Any, like: Tensor, keep_values: Tensor, keep_result: Tensor
    ) -> None:
        n_patches, self.n_rows, width = like.shape
        n_heads, head_size = interaction.n_heads, interaction.head_size
        self.interaction = interaction
        self.keep_values = keep_values.view(n_heads, -1, head_size)
        self.keep_result = keep_result
        self.result = torch.empty_like(like)
        self.values = torch.empty_like(self.keep_values)  # (h, N * R, v)
        self.aligned = like.new_empty(n_heads, n_patches * self.n_rows, width)
        self.sent = self.aligned.view(n_heads * n_patches, -1)  # (h * N, R * d)
        self.received = self.result.view(n_patches, -1)  # (N, R * d)

    def forward(self, z: Tensor, connections: Tensor) -> Tensor:
        self.rows = z.view(1, -1, z.shape[2]).expand(len(connections), -1, -1)
        value, align = self._weights()
        bias = self.interaction.value.bias.view(len(value), 1, -1)
        torch.baddbmm(bias, self.rows, value.mT, out=self.values)
        self.values *= self.keep_values
        torch.bmm(self.values, align, out=self.aligned)
        self.listening = connections.transpose(0, 1).flatten(1)  # (N, h * N)
        align_bias = self.interaction.align.bias.repeat(self.n_rows)
        torch.addmm(align_bias, self.listening, self.sent, out=self.received)
        self.result *= self.keep_result
        return self.result

    def backward(self, gradient: Tensor) -> Tensor:
        """Write over what is not needed any more."""
        value, align = self._weights()
        maps, n_heads = self.interaction, len(value)
        d_received = torch.mul(gradient, self.keep_result, out=self.result)
        _add(maps.align.bias, d_received.flatten(0, 1).sum(0))
        d_received = self.received
        d_listening = torch.mm(d_received, self.sent.t())
        self.d_connections = d_listening.unflatten(1, (n_heads, -1)).transpose(0, 1)
        torch.mm(self.listening.t(), d_received, out=self.sent)
        d_aligned = self.aligned
        d_align = torch.bmm(self.values.mT, d_aligned).permute(2, 0, 1)  # (d, h, v)
        _add(maps.align.weight, d_align.flatten(1))
        torch.bmm(d_aligned, align.mT, out=self.values)
        d_values = self.values.mul_(self.keep_values)
        _add(maps.value.weight, torch.bmm(d_values.mT, self.rows).flatten(0, 1))
        _add(maps.value.bias, d_values.sum(1).flatten())
        d_rows = torch.mm(d_values[0], value[0], out=self.result.flatten(0, 1))
        for d_head, head in zip(d_values[1:], value[1:], strict=True):
            d_rows.addmm_(d_head, head)
        return self.result

    def _weights(self) -> tuple[Tensor, Tensor]:
        """Return the maps to values and from them, ``(h, v, d)`` each."""
        value, align = self.interaction.value.weight, self.interaction.align.weight
        n_heads, width = len(self.values), len(align)
        value = value.view(n_heads, -1, width)
        return value, align.view(width, n_heads, -1).permute(1, 2, 0)


class _Head:
    """Forecasts ``(R, H)`` from ``(N, R, d)``."""

    def __init__(self, linear: nn.Linear, features: Tensor) -> None:
        self.linear = linear
        self.features = features  # (R, N, d)
        self.flat = features.flatten(1)
        self.d_z = torch.empty_like(features.transpose(0, 1)).contiguous()

    def forward(self, z: Tensor) -> Tensor:
        self.features.copy_(z.transpose(0, 1))
        return torch.addmm(self.linear.bias, self.flat, self.linear.weight.t())

    def backward(self, gradient: Tensor) -> Tensor:
        _add_product(self.linear.weight, gradient.t(), self.flat)
        _add(self.linear.bias, gradient.sum(0))
        torch.mm(gradient, self.linear.weight, out=self.flat)
        return self.d_z.copy_(self.features.transpose(0, 1))


def _join(groups: Sequence[Tensor], dim: int) -> Tensor:
    return groups[0] if len(groups) == 1 else torch.cat(list(groups), dim)


def _add_product(weight: Tensor, left: Tensor, right: Tensor) -> None:
    if weight.grad is None:
        weight.grad = torch.mm(left, right)
    else:
        weight.grad.addmm_(left, right)


def _add(weight: Tensor, gradient: Tensor) -> None:
    weight.grad = gradient if weight.grad is None else weight.grad.add_(gradient)
