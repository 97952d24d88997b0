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
        In this order: gain and shift of RevIN's affine part, ``(C, 1)``; weights
        ``(H + E, L)`` and biases ``(H + E,)`` of the head and of the maps to queries,
        to keys and to values, one below the other; and those of the map from mixed
        values back to a window, ``(L, h * d)`` and ``(L,)``.
    n_heads : int
        Number of heads ``h``.

    Returns
    -------
    forecast : Tensor of shape (B, C, H)
        The forecast.
    saved : tuple of Tensor
        What `gradients` needs.
    """
    gain, shift, maps, biases, output, output_bias = weights
    n_windows, n_channels, _ = x.shape
    n_inner = 3 * output.shape[1]
    horizon = len(maps) - n_inner
    lanes = Lanes(x)
    rows = x.flatten(0, 1)  # (B * C, L)
    unit = gain.reciprocal()
    ones = torch.ones_like(shift)

    # From what is added to the window, which is mixed values, 1 and the shift in the
    # units of `gain`, straight to the forecast.
    with lanes.beside(0):
        outer = torch.cat(
            [output, output_bias.unsqueeze(1), ones.new_ones(len(output), 1)], 1
        )
        path = torch.mm(outer.t(), maps[:horizon].t())  # (h * d + 2, H)
        path[-2].add_(biases[:horizon])
        path[-1].sub_(1)  # RevIN takes the shift away again

    mapped = torch.mm(rows, maps.t())  # (B * C, H + E)
    maps_sum = maps[horizon:].sum(1)
    raw = mapped[:, horizon:].view(n_windows, n_channels, n_inner)
    inner = torch.addcmul(
        torch.addcmul(biases[horizon:], shift, maps_sum), raw, gain
    )  # (B, C, E)
    inner = inner.view(n_windows, n_channels, 3, n_heads, -1)
    queries, keys, values = _heads_first(inner)  # (B * h, C, d) each
    # Keys before queries: a softmax over an axis that is not the last is faster.
    scores = torch.bmm(keys, queries.mT)
    attention = scores.div_(sqrt(queries.shape[-1])).softmax(1)
    mixed = torch.bmm(attention.mT, values)
    mixed = mixed.view(n_windows, n_heads, n_channels, -1).transpose(1, 2).flatten(2)
    beside = torch.cat([ones, shift], 1).expand(n_windows, -1, -1)
    added = torch.cat([mixed, beside], 2).mul_(unit).flatten(0, 1)  # (B * C, h * d + 2)

    lanes.join(0)
    forecast = mapped[:, :horizon].addmm_(added, path)
    saved = (
        *(rows, gain, shift, unit, maps, maps_sum, outer, path),
        *(raw, queries, keys, values, attention, added),
    )
    return forecast.view(n_windows, n_channels, horizon), saved


def gradients(
    saved: Saved, gradient: Tensor, of_maps: Tensor | None = None
) -> tuple[Tensor, ...]:
    """Return the gradients of all weights, in the order in which `project` takes them.

    Parameters
    ----------
    saved : tuple of Tensor
        What `project` returned.
    gradient : Tensor of shape (B, C, H)
        Gradient of the forecast.
    of_maps : Tensor of shape (H + E, L) or None, default=None
        Where to put the gradient of the weights of the maps. None for a new tensor.
    """
    rows, gain, shift, unit, maps, maps_sum, outer, path, *of_attention = saved
    raw, queries, keys, values, attention, added = of_attention
    n_windows, n_channels, horizon = gradient.shape
    n_heads = len(queries) // n_windows
    lanes = Lanes(gradient)

    # Through the head: forecast = rows head^T + added path, with path = (head outer)^T.
    flat = gradient.flatten(0, 1)  # (B * C, H)
    with lanes.beside(0):
        d_path = torch.mm(added.t(), flat)  # (h * d + 2, H)
        d_outer = torch.mm(d_path[:-1], maps[:horizon])  # (h * d + 1, L)
    d_added = torch.mm(flat, path.t())  # (B * C, h * d + 2)
    with lanes.beside(1):
        of_unit = (d_added * added).view(n_windows, n_channels, -1).sum((0, 2))
    d_mixed = d_added.view(n_windows, n_channels, -1) * unit

    # Through attention: mixed = softmax(keys queries^T / sqrt(d))^T values.
    (d_heads,) = _heads_first(
        d_mixed[..., :-2].view(n_windows, n_channels, 1, n_heads, -1)
    )
    d_scores = torch._softmax_backward_data(
        torch.bmm(values, d_heads.mT), attention, 1, attention.dtype
    )
    d_scores /= sqrt(queries.shape[-1])
    d_inner = torch.stack(
        [
            torch.bmm(d_scores.mT, keys),
            torch.bmm(d_scores, queries),
            torch.bmm(attention, d_heads),
        ],
        2,
    )  # (B * h, C, 3, d)
    d_inner = d_inner.view(n_windows, n_heads, n_channels, 3, -1)
    d_inner = d_inner.permute(0, 2, 3, 1, 4).flatten(2)
    d_mapped = torch.cat([gradient, d_inner], 2)  # (B, C, H + E)

    # Through the maps: inner = gain * raw + shift * column sums + biases.
    by_channel = d_inner.sum(0)  # (C, E)
    with lanes.beside(1):
        d_gain = (d_inner * raw).sum((0, 2))
    with lanes.beside(2):
        d_bias = by_channel.sum(0)
        d_shift = torch.mv(by_channel, maps_sum) + d_mixed[..., -1].sum(0)
    d_mapped[..., horizon:].mul_(gain)
    d_maps = torch.mm(d_mapped.flatten(0, 1).t(), rows, out=of_maps)  # (H + E, L)
    d_maps[horizon:].add_(torch.mm(by_channel.t(), shift))
    lanes.join(0, 1, 2)
    d_maps[:horizon].addmm_(d_path.t(), outer.t())
    d_gain -= of_unit * unit.squeeze(1)
    return (
        d_gain.unsqueeze(1),
        d_shift.unsqueeze(1),
        d_maps,
        torch.cat([d_path[-2], d_bias]),
        d_outer[:-1].t(),
        d_outer[-1],
    )


def _heads_first(inner: Tensor) -> tuple[Tensor, ...]:
    """Take ``(B, C, n, h, d)`` apart into n tensors ``(B * h, C, d)``."""
    return inner.permute(2, 0, 3, 1, 4).flatten(1, 2).unbind()
