"""SAMformer: one layer of attention between channels and a linear map over time.

Ilbert et al., "SAMformer: Unlocking the Potential of Transformers in Time Series
Forecasting with Sharpness-Aware Minimization and Channel-Wise Attention", ICML 2024,
equations (3) and (4). As in the authors' TensorFlow code, and unlike those equations,
every linear map has a bias. Known differences from that code:

- The head may start at zero (``head_init="zeros"``) instead of Glorot-uniform.
- ``sigma_reparam`` normalises the weight matrices, as the paper's equation (5) says;
  the released code rescales activations instead.
- Identity and temporal attention follow the paper's description; no code is public.

The forward pass is written projection first. Every linear map acts on time, so it
commutes with RevIN's affine part, and the output projection can be multiplied into the
head before it meets the data: the ``L``-wide result of attention is never formed, and
all maps of the normalised window are one matrix product. ``skts.benchmarks`` has the
plain form; both give the same outputs and gradients.
"""

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn._window_network import WindowNetwork

ATTENTIONS = ("channel", "identity", "random", "temporal", "none")
VALUE_PROJECTIONS = ("factorised", "full")
HEAD_INITS = ("zeros", "glorot")


class Affine(nn.Module):
    """Weight ``(n_out, n_in)`` and bias of a linear map, for callers that fuse maps.

    With `sigma_reparam` the weight used is ``gain * W / ||W||_2``, equation (5).
    """

    def __init__(
        self, n_in: int, n_out: int, limit: float, *, sigma_reparam: bool
    ) -> None:
        super().__init__()
        self.raw_weight = nn.Parameter(torch.empty(n_out, n_in).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.gain = nn.Parameter(torch.ones(())) if sigma_reparam else None

    @property
    def weight(self) -> Tensor:
        """The weight as used, ``(n_out, n_in)``."""
        if self.gain is None:
            return self.raw_weight
        norm = torch.linalg.matrix_norm(self.raw_weight, ord=2)
        return self.gain * self.raw_weight / norm

    def forward(self, x: Tensor) -> Tensor:
        """Apply the map to the last axis."""
        return F.linear(x, self.weight, self.bias)


class SAMformer(WindowNetwork):
    """Channel attention and a linear head between RevIN and its inverse.

    Parameters
    ----------
    n_channels, context_length, prediction_length : int
        Sizes ``C``, ``L`` and ``H`` of a window.
    hidden_size : int
        Width of queries, keys and values per head.
    n_heads : int
        Number of attention heads.
    attention : {"channel", "identity", "random", "temporal", "none"}
        Attention between channels; the identity matrix in its place; attention frozen
        at its random start; attention between time points; or the linear head alone.
    value_projection : {"factorised", "full"}
        Values of width `hidden_size` and an output projection (TensorFlow code), or
        one ``L x L`` map and no output projection (PyTorch port; one head).
    head_init : {"zeros", "glorot"}
        How the head starts.
    sigma_reparam : bool
        Divide each weight matrix by its spectral norm and multiply by a learned gain.
    use_revin : bool
        Normalise windows, with a learned gain and shift per channel.
    """

    def __init__(
        self,
        n_channels: int,
        context_length: int,
        prediction_length: int,
        *,
        hidden_size: int,
        n_heads: int,
        attention: str,
        value_projection: str,
        head_init: str,
        sigma_reparam: bool,
        use_revin: bool,
    ) -> None:
        super().__init__(use_revin)
        self.attention = attention
        self.value_projection = value_projection
        self.n_heads = n_heads
        self.hidden_size = hidden_size
        if use_revin:
            self.gain = nn.Parameter(torch.ones(n_channels, 1))
            self.shift = nn.Parameter(torch.zeros(n_channels, 1))

        def affine(n_in: int, n_out: int, limit: float) -> Affine:
            return Affine(n_in, n_out, limit, sigma_reparam=sigma_reparam)

        limit = sqrt(6 / (context_length + prediction_length))
        limit = 0.0 if head_init == "zeros" else limit
        self.head = affine(context_length, prediction_length, limit)
        if attention == "none":
            return

        # A token is a channel's window, or all channels at one time point.
        width = n_channels if attention == "temporal" else context_length
        inner = n_heads * hidden_size
        # Keras counts the fans of its rank-3 kernels as a convolution's, which makes
        # attention start almost uniform; a matrix's Glorot limit would be 4 times this.
        near_uniform = sqrt(6 / (width * (n_heads + hidden_size)))
        self.query = affine(width, inner, near_uniform)
        self.key = affine(width, inner, near_uniform)
        if value_projection == "full":
            self.value = affine(width, width, 1 / sqrt(width))
        else:
            self.value = affine(width, inner, near_uniform)
            glorot = sqrt(6 / (n_heads * (hidden_size + width)))
            self.output = affine(inner, width, glorot)
        if attention == "random":
            for name in ("query", "key", "value", "output"):
                if hasattr(self, name):
                    getattr(self, name).requires_grad_(False)

    def forward_normalised(self, normalised: Tensor) -> Tensor:
        """Forecast a normalised window ``(B, C, L)``, in normalised units."""
        if self.attention == "temporal":
            return self._through_time(normalised)
        return self._through_channels(normalised)

    def attention_weights(self, context: Tensor) -> Tensor:
        """Return how much each token looks at each other one, ``(B, heads, N, N)``.

        Tokens are channels, or time points with temporal attention. Equation (3).
        """
        tokens = self._tokens(self.normalise(context)[0])
        queries, keys = (self._split_heads(m(tokens)) for m in (self.query, self.key))
        scores = queries @ keys.transpose(-2, -1) / sqrt(self.hidden_size)
        return scores.softmax(dim=-1)

    def _through_channels(self, normalised: Tensor) -> Tensor:
        """Return equation (4), restored, with all maps of the window as one product.

        A linear map ``W`` over time commutes with RevIN's affine part::

            (gain * x + shift) W = gain * (x W) + shift * colsum(W)

        A row of ones below the windows brings ``colsum(W)`` along. RevIN's inverse
        divides by `gain` again, so the linear path needs no product with it at all.
        """
        head = self.head.weight  # (H, L)
        maps = self._maps_into_attention(head)
        weight = torch.cat([*(weight for weight, _ in maps), head])
        ones = normalised.new_ones(1, normalised.shape[-1])
        rows = torch.cat([normalised.flatten(0, 1), ones])  # (B * C + 1, L)
        # Splits, not slices: their gradient is a single concatenation.
        inner, forecast = _split(
            rows @ weight.T, -1, len(weight) - len(head), len(head)
        )
        inner, inner_sum = _split(inner, 0, len(rows) - 1, 1)
        forecast, head_sum = _split(forecast, 0, len(rows) - 1, 1)  # (B * C, H), (1, H)
        size = normalised.shape[:2]
        offset: Tensor = self.head.bias
        if self.use_revin:
            unit = self.gain.reciprocal()
            offset = offset + self.shift * (head_sum - 1)  # (C, H)
        if maps:
            inner = inner.view(*size, -1)
            bias = torch.cat([bias for _, bias in maps])
            if self.use_revin:
                bias = bias + self.shift * inner_sum
                inner = torch.addcmul(bias, self.gain, inner)
            else:
                inner = inner + bias
            residual = self._attend(inner)
            if self.use_revin:
                residual = residual * unit
            if self.value_projection == "full":
                forecast = forecast + residual.flatten(0, 1)
            else:
                # The L-wide output of attention goes through the head: (h * d, H).
                output = (head @ self.output.weight).T
                forecast = torch.addmm(forecast, residual.flatten(0, 1), output)
                offset = offset + head @ self.output.bias
        forecast = forecast.view(*size, -1)  # (B, C, H)
        return forecast + (offset * unit if self.use_revin else offset)

    def _maps_into_attention(self, head: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return weight and bias of queries, keys and values, as far as needed."""
        if self.attention == "none":
            return []
        values: tuple[Tensor, Tensor] = (self.value.weight, self.value.bias)
        if self.value_projection == "full":  # formed in forecast space, not L wide
            values = head @ values[0], head @ values[1]
        if self.attention == "identity":
            return [values]
        return [*((m.weight, m.bias) for m in (self.query, self.key)), values]

    def _attend(self, inner: Tensor) -> Tensor:
        """Mix the values among ``(queries, keys, values)``, side by side in `inner`."""
        if self.attention == "identity":
            return inner
        width = self.n_heads * self.hidden_size
        queries, keys, values = _split(
            inner, -1, width, width, inner.shape[-1] - 2 * width
        )
        mixed = F.scaled_dot_product_attention(
            self._split_heads(queries),
            self._split_heads(keys),
            self._split_heads(values),
            scale=1 / sqrt(self.hidden_size),
        )
        return mixed.transpose(-3, -2).flatten(-2)  # (B, N, h * d)

    def _through_time(self, normalised: Tensor) -> Tensor:
        """Return the same, restored, with time points as tokens."""
        tokens = self._tokens(normalised)  # (B, L, C)
        maps = (self.query, self.key, self.value)
        mixed = self._attend(torch.cat([m(tokens) for m in maps], dim=-1))
        if self.value_projection == "factorised":
            mixed = self.output(mixed)
        forecast = self.head((tokens + mixed).transpose(-2, -1))  # (B, C, H)
        return (forecast - self.shift) / self.gain if self.use_revin else forecast

    def _tokens(self, normalised: Tensor) -> Tensor:
        """Return what attention looks at: ``(B, C, L)``, or ``(B, L, C)`` over time."""
        tokens = normalised
        if self.use_revin:
            tokens = self.gain * tokens + self.shift
        return tokens.transpose(-2, -1) if self.attention == "temporal" else tokens

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.n_heads, -1).transpose(1, 2)  # (B, h, N, d)


def _split(x: Tensor, dim: int, *sizes: int) -> tuple[Tensor, ...]:
    # The operator itself: the method's checks take longer than what it does here.
    return torch.split_with_sizes(x, sizes, dim)
