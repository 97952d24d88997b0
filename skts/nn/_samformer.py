"""SAMformer: one layer of attention between channels and a linear map over time.

Ilbert et al., "SAMformer: Unlocking the Potential of Transformers in Time Series
Forecasting with Sharpness-Aware Minimization and Channel-Wise Attention", ICML 2024,
equations (3) and (4). As in the authors' TensorFlow code, and unlike those equations,
every linear map has a bias. Known differences from that code:

- The head may start at zero (``head_init="zeros"``) instead of Glorot-uniform.
- ``sigma_reparam`` normalises the weight matrices, as the paper's equation (5) says;
  the released code rescales activations instead.
- Identity and temporal attention follow the paper's description; no code is public.

The default takes the faster route of `_projection_first`; the options that the paper's
ablations need go step by step.
"""

from collections.abc import Callable, Hashable
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn._joined import Joined
from skts.nn._projection_first import ProjectionFirst, gradients, project
from skts.nn._window_network import ByHand, WindowNetwork

ATTENTIONS = ("channel", "identity", "random", "temporal", "none")
VALUE_PROJECTIONS = ("factorised", "full")
HEAD_INITS = ("zeros", "glorot")


class Affine(nn.Module):
    """Weight ``(n_out, n_in)`` and bias of a linear map, for callers that join maps.

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
        self.n_channels = n_channels
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

    def forward_normalised(self, normalised: Tensor, *shared: Tensor) -> Tensor:
        """Forecast a normalised window ``(B, C, L)``, in normalised units."""
        by_hand = not normalised.requires_grad and self._is_by_hand()
        if not by_hand or _is_autocast(normalised.device.type):
            return self._step_by_step(normalised)
        weights = [torch.cat(part) for part in self._parts()]
        return ProjectionFirst.apply(normalised, self.n_heads, *weights)  # type: ignore[no-untyped-call]

    def by_hand(self) -> ByHand | None:
        """Return a forward pass that knows its gradient."""
        # With `sigma_reparam` it would be that of what is made of the weights.
        if self.head.gain is not None or not self._is_by_hand():
            return None
        parts = [Joined(part) for part in self._parts()]
        _, _, maps, *_ = parts

        def forward(normalised: Tensor) -> tuple[Tensor, Callable[[Tensor], None]]:
            weights = [part.value() for part in parts]
            forecast, saved = project(normalised, weights, self.n_heads)

            def differentiate(gradient: Tensor) -> None:
                new = gradients(saved, gradient, maps.gradient)
                for part, of_part in zip(parts, new, strict=True):
                    part.set_gradient(of_part)

            return forecast, differentiate

        return forward

    def step_kind(self) -> Hashable:
        """Return None with `sigma_reparam`: the CPU checks spectral norms."""
        return None if self.head.gain is not None else ()

    def attention_weights(self, context: Tensor) -> Tensor:
        """Return how much each token looks at each other one, ``(B, heads, N, N)``.

        Tokens are channels, or time points with temporal attention. Equation (3).
        """
        tokens = self._tokens(self.normalise(context)[0])
        queries, keys = (self._split_heads(m(tokens)) for m in (self.query, self.key))
        scores = queries @ keys.transpose(-2, -1) / sqrt(self.hidden_size)
        return scores.softmax(dim=-1)

    def _is_by_hand(self) -> bool:
        """Return whether the gradient is the one written by hand."""
        is_default = self.value_projection == "factorised"
        return is_default and self.attention in ("channel", "random")

    def _parts(self) -> list[list[Tensor]]:
        """Return the weights that `project` takes, each as those it consists of."""
        ones = self.head.bias.new_ones(self.n_channels, 1)
        gain: Tensor = self.gain if self.use_revin else ones
        shift: Tensor = self.shift if self.use_revin else torch.zeros_like(ones)
        maps = self.head, self.query, self.key, self.value
        return [
            [gain],
            [shift],
            [m.weight for m in maps],
            [m.bias for m in maps],
            [self.output.weight],
            [self.output.bias],
        ]

    def _step_by_step(self, normalised: Tensor) -> Tensor:
        """Return equation (4), restored, for any kind of attention."""
        tokens = self._tokens(normalised)
        if self.attention != "none":
            tokens = tokens + self._attend(tokens)
        if self.attention == "temporal":
            tokens = tokens.transpose(-2, -1)
        forecast = self.head(tokens)  # (B, C, H)
        return (forecast - self.shift) / self.gain if self.use_revin else forecast

    def _attend(self, tokens: Tensor) -> Tensor:
        """Return what attention adds to the tokens."""
        mixed = self.value(tokens)
        if self.attention != "identity":
            mixed = F.scaled_dot_product_attention(
                self._split_heads(self.query(tokens)),
                self._split_heads(self.key(tokens)),
                self._split_heads(mixed),
                scale=1 / sqrt(self.hidden_size),
            )
            mixed = mixed.transpose(-3, -2).flatten(-2)  # (B, N, h * d)
        return self.output(mixed) if self.value_projection == "factorised" else mixed

    def _tokens(self, normalised: Tensor) -> Tensor:
        """Return what attention looks at: ``(B, C, L)``, or ``(B, L, C)`` over time."""
        tokens = normalised
        if self.use_revin:
            tokens = self.gain * tokens + self.shift
        return tokens.transpose(-2, -1) if self.attention == "temporal" else tokens

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.n_heads, -1).transpose(1, 2)  # (B, h, N, d)


def _is_autocast(device_type: str) -> bool:
    """Return whether the precision of each operation is chosen automatically.

    A gradient written by hand would ignore that choice.
    """
    available = torch.amp.is_autocast_available(device_type)
    return available and torch.is_autocast_enabled(device_type)
