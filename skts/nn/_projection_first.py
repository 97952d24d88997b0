"""SAMformer's forward pass, projection first, with its gradient written by hand.

Every linear map of SAMformer acts on time, so it commutes with RevIN's affine part::

    (gain * x + shift) W = gain * (x W) + shift * colsum(W)

RevIN's inverse divides by `gain` again, so the path from the window straight to the
head needs no product with it. The output projection is multiplied into the head before
it meets the data: the ``L``-wide result of attention is never formed.

These networks are small: with autograd's own gradient, most of a training step goes
into recording and dispatching fifty operations of microseconds. Written by hand, the
gradient needs half of them, fills the weights' gradients in one pass each, and can be
had without autograd, which takes a fifth of what is left. ``skts.benchmarks`` has the
plain form; both give the same outputs and gradients. What does not need attention, or
is not needed by it, goes on lanes of its own (`_lanes`).

Axes: ``B`` windows, ``C`` channels, ``L`` context, ``H`` prediction, ``h`` heads,
``d`` hidden size, ``E = 3 h d`` for queries, keys and values side by side.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skts.nn._lanes import Lanes

Saved = tuple[Tensor, ...]


class ProjectionFirst(torch.autograd.Function):
    """`project` with its gradient, as autograd wants them; parameters as there."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, n_heads: int, *weights: Tensor) -> Tensor:
        """Return the forecast ``(B, C, H)``."""
        forecast, saved = project(x, weights, n_heads)
        ctx.save_for_backward(*saved)
        return forecast

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of all weights."""
        return None, None, *gradients(ctx.saved_tensors, gradient)


def project(x: Tensor, weights: Sequence[Tensor], n_heads: int) -> tuple[Tensor, Saved]:
    """Map a normalised window ``(B, C, L)`` to a forecast in the same units.

    Parameters
    ----------
    x : Tensor of shape (B, C, L)
        Normalised windows, which get no gradient.
    weights : sequence of Tensor
        In this order: gain and shift of RevIN's affine part, ``(C, 1)``; weight
        ``(h * d, L)`` and bias ``(h * d,)`` of the maps to queries, to keys and to
        values; those of the map from mixed values back to a window, ``(L, h * d)`` and
        ``(L,)``; and those of the head, ``(H, L)`` and ``(H,)``.
    n_heads : int
        Number of heads ``h``.

    Returns
    -------
    forecast : Tensor of shape (B, C, H)
        The forecast.
    saved : tuple of Tensor
        What `gradients` needs.
    """
    gain, shift, *maps_in, output, output_bias, head, head_bias = weights
    n_windows, n_channels, _ = x.shape
    lanes = Lanes(x)
    rows = x.flatten(0, 1)  # (B * C, L)
    unit = gain.reciprocal()

    # The path from the window straight to the head, and what meets it at the end.
    with lanes.beside(0):
        forecast = torch.mm(rows, head.t())
    with lanes.beside(1):
        ones = output.new_ones(len(output), 1)
        outer = torch.cat([output, output_bias.unsqueeze(1), ones], 1)
        path = torch.mm(head, outer)  # (H, h * d + 2)
        path[:, -1] -= 1  # RevIN takes the shift away again
        offset = torch.addcmul(path[:, -2] + head_bias, shift, path[:, -1])
        offset *= unit  # (C, H)

    maps = torch.cat(maps_in[::2])
    bias = torch.cat(maps_in[1::2])
    maps_sum = maps.sum(1)
    raw = torch.mm(rows, maps.t()).view(n_windows, n_channels, -1)  # (B, C, E)
    inner = torch.addcmul(shift * maps_sum + bias, raw, gain)
    inner = inner.view(n_windows, n_channels, 3, n_heads, -1)
    queries, keys, values = _heads_first(inner)  # (B * h, C, d) each
    scores = torch.bmm(queries, keys.mT)
    attention = scores.div_(sqrt(queries.shape[-1])).softmax(-1)
    mixed = torch.bmm(attention, values)
    mixed = mixed.view(n_windows, n_heads, n_channels, -1).transpose(1, 2)
    residual = (mixed.flatten(2) * unit).flatten(0, 1)  # (B * C, h * d)

    lanes.join(0, 1)
    forecast.addmm_(residual, path[:, :-2].t())
    saved = (
        *(rows, gain, shift, unit, maps_sum, outer, head, path),
        *(raw, queries, keys, values, attention, residual, offset),
    )
    return forecast.view(n_windows, n_channels, -1).add_(offset), saved


def gradients(saved: Saved, gradient: Tensor) -> tuple[Tensor, ...]:
    """Return the gradients of all weights, in the order in which `project` takes them.

    Parameters
    ----------
    saved : tuple of Tensor
        What `project` returned.
    gradient : Tensor of shape (B, C, H)
        Gradient of the forecast.
    """
    # fmt: off
    (
        rows, gain, shift, unit, maps_sum, outer, head, path,
        raw, queries, keys, values, attention, residual, offset,
    ) = saved
    # fmt: on
    n_windows, n_channels, _ = gradient.shape
    lanes = Lanes(gradient)

    # Through the head: forecast = rows head^T + residual path^T + offset, with
    # path = head outer, where outer is the output map, its bias and ones.
    flat = gradient.flatten(0, 1)  # (B * C, H)
    with lanes.beside(0):
        by_channel = gradient.sum(0)  # (C, H)
        d_offset = by_channel * unit  # before the product with unit
        beside = torch.cat([torch.ones_like(shift), shift], 1)
        d_path = torch.cat(
            [torch.mm(flat.t(), residual), torch.mm(d_offset.t(), beside)], 1
        )  # (H, h * d + 2)
        d_head = torch.mm(flat.t(), rows).addmm_(d_path, outer.t())
        d_outer = torch.mm(d_path[:, :-1].t(), head)  # (h * d + 1, L)
        d_unit_of_offset = (by_channel * offset).sum(1)
    d_residual = torch.mm(flat, path[:, :-2])  # (B * C, h * d)
    # What was multiplied by unit: the residual and the offset.
    with lanes.beside(1):
        d_unit = (d_residual * residual).view(n_windows, n_channels, -1).sum((0, 2))

    # Through attention: mixed = softmax(queries keys^T / sqrt(d)) values.
    d_mixed = d_residual.view(n_windows, n_channels, -1) * unit
    (d_mixed,) = _heads_first(
        d_mixed.view(n_windows, n_channels, 1, -1, values.shape[-1])
    )
    d_scores = torch.bmm(d_mixed, values.mT).mul_(attention)
    d_scores -= attention * d_scores.sum(-1, keepdim=True)
    d_scores /= sqrt(queries.shape[-1])
    d_inner = torch.stack(
        [
            torch.bmm(d_scores, keys),
            torch.bmm(d_scores.mT, queries),
            torch.bmm(attention.mT, d_mixed),
        ]
    )
    d_inner = d_inner.view(3, n_windows, -1, n_channels, values.shape[-1])
    d_inner = d_inner.permute(1, 3, 0, 2, 4).reshape(raw.shape)  # (B, C, E)

    # Through the maps: inner = gain * raw + shift * column sums + bias.
    with lanes.beside(1):
        d_gain = (d_inner * raw).sum((0, 2))
    inner_by_channel = d_inner.sum(0)  # (C, E)
    with lanes.beside(2):
        d_bias = inner_by_channel.sum(0)
        d_shift = torch.mv(inner_by_channel, maps_sum)
    d_maps = torch.addmm(
        torch.mm(inner_by_channel.t(), shift),
        (d_inner * gain).flatten(0, 1).t(),
        rows,
    )
    lanes.join(0, 1, 2)
    d_unit += d_unit_of_offset
    d_gain -= d_unit * unit.squeeze(1)
    d_shift += torch.mv(d_offset, path[:, -1])
    weights = zip(d_maps.chunk(3), d_bias.chunk(3), strict=True)
    return (
        d_gain.unsqueeze(1),
        d_shift.unsqueeze(1),
        *(gradient for pair in weights for gradient in pair),
        d_outer[:-1].t(),
        d_outer[-1],
        d_head,
        d_path[:, -2],
    )


def _heads_first(inner: Tensor) -> tuple[Tensor, ...]:
    """Take ``(B, C, n, h, d)`` apart into n tensors ``(B * h, C, d)``."""
    return inner.permute(2, 0, 3, 1, 4).flatten(1, 2).unbind()
