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
from torch import Tensor, nn

from skts.nn._window_network import WindowNetwork

ATTENTIONS = ("channel", "identity", "random", "temporal", "none")
VALUE_PROJECTIONS = ("factorised", "full")
HEAD_INITS = ("zeros", "glorot")


class Affine(nn.Module):
    """Weight ``(n_in, n_out)`` and bias of a linear map, for callers that fuse maps.

    With `sigma_reparam` the weight used is ``gain * W / ||W||_2``, equation (5).
    """

    def __init__(
        self, n_in: int, n_out: int, limit: float, *, sigma_reparam: bool
    ) -> None:
        super().__init__()
        self.raw_weight = nn.Parameter(torch.empty(n_in, n_out).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.gain = nn.Parameter(torch.ones(())) if sigma_reparam else None

    @property
    def weight(self) -> Tensor:
        """The weight as used, ``(n_in, n_out)``."""
        if self.gain is None:
            return self.raw_weight
        norm = torch.linalg.matrix_norm(self.raw_weight, ord=2)
        return self.gain * self.raw_weight / norm

    @property
    def pair(self) -> tuple[Tensor, Tensor]:
        """Weight and bias."""
        return self.weight, self.bias

    def then(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return weight and bias of this map followed by a product with `weight`."""
        return self.weight @ weight, self.bias @ weight


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
        if self.attention == "none":
            forecast = self._project(normalised, [self.head.pair])
        elif self.attention == "temporal":
            forecast = self._temporal(normalised)
        else:
            forecast = self._channel(normalised)
        return (forecast - self.shift) / self.gain if self.use_revin else forecast

    def attention_weights(self, context: Tensor) -> Tensor:
        """Return how much each token looks at each other one, ``(B, heads, N, N)``.

        Tokens are channels, or time points with temporal attention.
        """
        normalised, _, _ = self.normalise(context)
        return self._attention(*self._queries_and_keys(normalised))

    def _project(self, normalised: Tensor, maps: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Apply linear maps over time to the window after RevIN's affine part.

        ``(gain * x + shift) W + b = gain * (x W) + shift * colsum(W) + b``, and all
        maps together are one product.
        """
        weight = torch.cat([weight for weight, _ in maps], dim=1)
        bias = torch.cat([bias for _, bias in maps])
        projected = normalised @ weight
        if not self.use_revin:
            return projected + bias
        # (C, 1) * (B, C, M) + ((C, 1) * (M,) + (M,))
        return torch.addcmul(self.shift * weight.sum(0) + bias, self.gain, projected)

    def _channel(self, normalised: Tensor) -> Tensor:
        """Return ``P W + b`` of equation (4) for channels as tokens: ``(B, C, H)``."""
        head = self.head.weight
        # Full values are formed in forecast space: L of them are never needed.
        full = self.value_projection == "full"
        maps = [self.value.then(head) if full else self.value.pair, self.head.pair]
        if self.attention != "identity":
            maps = [self.query.pair, self.key.pair, *maps]
        parts = self._project(normalised, maps).split(
            [weight.shape[1] for weight, _ in maps], dim=-1
        )
        *queries_and_keys, values, forecast = parts
        if queries_and_keys:
            attention = self._attention(*map(self._split_heads, queries_and_keys))
            values = self._merge_heads(attention @ self._split_heads(values))
        if full:
            return forecast + values
        weight, bias = self.output.then(head)
        return forecast + values @ weight + bias

    def _temporal(self, normalised: Tensor) -> Tensor:
        """Return ``P W + b`` for time points as tokens: ``(B, C, H)``."""
        head = self.head.weight
        tokens = self._tokens(normalised)  # (B, L, C)
        attention = self._attention(*self._queries_and_keys(normalised))
        values = tokens @ self.value.weight + self.value.bias
        mixed = self._merge_heads(attention @ self._split_heads(values))
        if self.value_projection == "factorised":
            mixed = mixed @ self.output.weight + self.output.bias  # (B, L, C)
        mixed = tokens + mixed
        return mixed.transpose(-2, -1) @ head + self.head.bias

    def _tokens(self, normalised: Tensor) -> Tensor:
        """Return what attention looks at: ``(B, C, L)``, or ``(B, L, C)`` over time."""
        tokens = normalised
        if self.use_revin:
            tokens = self.gain * tokens + self.shift
        return tokens.transpose(-2, -1) if self.attention == "temporal" else tokens

    def _queries_and_keys(self, normalised: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self._tokens(normalised)
        queries, keys = (
            self._split_heads(tokens @ m.weight + m.bias)
            for m in (self.query, self.key)
        )
        return queries, keys

    def _attention(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return ``softmax(Q K^T / sqrt(d))``, equation (3): ``(B, heads, N, N)``."""
        scores = queries @ keys.transpose(-2, -1) / sqrt(self.hidden_size)
        return scores.softmax(dim=-1)

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.n_heads, -1)).transpose(-3, -2)  # (B, h, N, d)

    def _merge_heads(self, x: Tensor) -> Tensor:
        return x.transpose(-3, -2).flatten(-2)  # (B, N, h * d)
