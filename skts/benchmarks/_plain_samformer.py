"""SAMformer written down as the paper does, one operation after the other.

The slow twin of :class:`skts.nn.SAMformer`: it takes the same weights and must give the
same outputs and gradients, which the tests check, and it is what the speed benchmark
compares with.
"""

from math import sqrt

import torch
from torch import Tensor

from skts.nn import REVIN_EPS, SAMformer


class PlainSAMformer(SAMformer):
    """The weights of SAMformer behind a forward pass without any rearrangement."""

    def forward(self, context: Tensor) -> Tensor:
        """Forecast windows ``(B, C, L)`` as ``(B, C, H)``."""
        x = context
        if self.use_revin:
            mean = context.mean(-1, keepdim=True)
            scale = torch.sqrt(context.var(-1, correction=0, keepdim=True) + REVIN_EPS)
            x = self.gain * ((context - mean) / scale) + self.shift
        y = self.head(self._residual(x))
        if self.use_revin:
            y = (y - self.shift) / self.gain * scale + mean
        return y

    def _residual(self, x: Tensor) -> Tensor:
        """Return the window with what attention adds to it, ``(B, C, L)``."""
        if self.attention == "none":
            return x
        tokens = x.transpose(1, 2) if self.attention == "temporal" else x
        values = self.value(tokens)
        if self.attention == "identity":
            mixed = values
        else:
            mixed = self._mix(tokens, values)
        if self.value_projection == "factorised":
            mixed = self.output(mixed)
        return x + (mixed.transpose(1, 2) if self.attention == "temporal" else mixed)

    def _mix(self, tokens: Tensor, values: Tensor) -> Tensor:
        heads = zip(
            self.query(tokens).chunk(self.n_heads, -1),
            self.key(tokens).chunk(self.n_heads, -1),
            values.chunk(self.n_heads, -1),
            strict=True,
        )
        return torch.cat(
            [
                torch.softmax(q @ k.transpose(1, 2) / sqrt(self.hidden_size), -1) @ v
                for q, k, v in heads
            ],
            dim=-1,
        )
