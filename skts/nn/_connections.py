"""Sparse connections between patches, learned once for all windows.

Equations (3) to (8) of LSINet (AAAI 2025, arXiv 2602.01585). Every patch of every head
has a learned embedding; a small network looks at the embeddings of a receiver and a
sender and decides whether the receiver listens. While training, the decision is drawn
with Gumbel noise and passes its gradient straight through; at prediction it is fixed.

Differences from the authors' code: the decision at prediction is not random; pairs are
scored from two ``(N, d)`` products and a broadcast sum instead of one-hot matrices; of
the two logits only their difference is formed, with the logistic noise that two Gumbel
variables differ by.

Axes: ``M`` connection matrices (groups of channels times heads), ``N`` patches, ``d``
hidden size. The receiver comes first: ``C[m, i, j]`` tells whether i listens to j.
"""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from skts._random import generator_for


class PatchConnections(nn.Module):
    """Learn ``M`` connection matrices between ``N`` patches.

    Calling it gives ``(M, N, N)``: a fresh 0/1 sample while training, the same matrix
    every time in evaluation mode, where it is formed once for a set of weights.

    Parameters
    ----------
    n_matrices : int
        Number of matrices.
    n_patches : int
        Number of patches.
    hidden_size : int
        Width of the patch embeddings, divisible by 4.
    sparsity : float
        Share of the connections that the penalty and the mode "topk" switch off.
    mode : {"threshold", "topk", "mean"}
        What predictions use: the connections with a probability above one half; the
        most probable ``(1 - sparsity) N^2`` of each matrix; or the probabilities, which
        are the mean of infinitely many samples.
    normalise_rows : bool
        Whether a patch averages the patches it listens to instead of adding them up.
    temperature : float
        Softness of the relaxation that carries the gradient.
    """

    def __init__(
        self,
        *,
        n_matrices: int,
        n_patches: int,
        hidden_size: int,
        sparsity: float,
        mode: str,
        normalise_rows: bool,
        temperature: float,
    ) -> None:
        super().__init__()
        self.n_kept = round((1 - sparsity) * n_patches**2)
        self.mode = mode
        self.normalise_rows = normalise_rows
        self.temperature = temperature
        self.memory = nn.Parameter(torch.randn(n_matrices, n_patches, hidden_size))
        self.encoder = nn.Sequential(
            nn.Linear(hidden_size, hidden_size // 2),
            nn.Linear(hidden_size // 2, hidden_size // 4),
            nn.Linear(hidden_size // 4, hidden_size),
        )
        self.pair = nn.Linear(2 * hidden_size, hidden_size)
        # Two outputs, off and on, keep the authors' parameters and initialisation.
        self.decision = nn.Linear(hidden_size, 2)
        self._fixed: tuple[object, Tensor] | None = None

    def train(self, mode: bool = True) -> Self:
        """Switch between training and evaluation, which forgets the fixed matrix."""
        self._fixed = None
        return super().train(mode)

    def forward(self) -> Tensor:
        """Return the matrices that patches exchange information with: ``(M, N, N)``."""
        if self.training:
            return self._finish(self.sample())
        if torch.compiler.is_compiling():
            # Compiled code keeps no state; it forms the matrix each time.
            return self._finish(self.matrix())
        return self._fixed_for_these_weights()

    def logits(self) -> Tensor:
        """Return the log odds of each connection, ``(M, N, N)``."""
        embedded = self.encoder(self.memory)  # (M, N, d)
        sender_weight, receiver_weight = self.pair.weight.chunk(2, dim=1)
        senders = F.linear(embedded, sender_weight)
        receivers = F.linear(embedded, receiver_weight, self.pair.bias)
        off_weight, on_weight = self.decision.weight
        off_bias, on_bias = self.decision.bias
        scores = _PairScores.apply(receivers, senders, on_weight - off_weight)  # type: ignore[no-untyped-call]
        return scores + (on_bias - off_bias)

    def sample(self) -> Tensor:
        """Draw 0/1 matrices whose gradient is that of a tempered sigmoid."""
        logits = self.logits()
        noisy = logits + _logistic_noise(logits)
        soft = torch.sigmoid(noisy / self.temperature)
        return (noisy > 0).to(soft.dtype) + (soft - soft.detach())

    @torch.no_grad()
    def probability(self) -> Tensor:
        """Return the probability of each connection."""
        return torch.sigmoid(self.logits())

    @torch.no_grad()
    def matrix(self) -> Tensor:
        """Return the matrices of predictions, before any normalisation of rows."""
        logits = self.logits()
        if self.mode == "threshold":
            return (logits > 0).to(logits.dtype)
        if self.mode == "topk":
            return _largest(logits, self.n_kept)
        return torch.sigmoid(logits)

    def sparsity_loss(self) -> Tensor:
        """Return the cross-entropy that pulls the most probable to 1, the rest to 0."""
        logits = self.logits()
        return F.binary_cross_entropy_with_logits(
            logits, _largest(logits.detach(), self.n_kept)
        )

    def _finish(self, matrix: Tensor) -> Tensor:
        if not self.normalise_rows:
            return matrix
        # At least 1: a row without connections stays empty, its gradient finite.
        return matrix / matrix.sum(dim=-1, keepdim=True).clamp(min=1)

    def _fixed_for_these_weights(self) -> Tensor:
        # The version of a tensor counts its changes in place, such as load_state_dict.
        # Fused optimisers do not count theirs, hence also `train`.
        weights = tuple((p.data_ptr(), p._version) for p in self.parameters())
        if self._fixed is None or self._fixed[0] != weights:
            # A matrix made in inference mode could not be used outside it.
            with torch.inference_mode(False):
                self._fixed = weights, self._finish(self.matrix())
        return self._fixed[1]


class _PairScores(torch.autograd.Function):
    """Scores ``(M, N, N)`` of all pairs: ``relu(receivers + senders) @ weight``.

    What it works on, ``(M, N, N, d)``, is large: autograd would go over it more often.
    """

    @staticmethod
    def forward(ctx: Any, receivers: Tensor, senders: Tensor, weight: Tensor) -> Tensor:
        pairs = (receivers.unsqueeze(2) + senders.unsqueeze(1)).relu_()
        ctx.save_for_backward(pairs, weight)
        return pairs @ weight

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pairs, weight = ctx.saved_tensors
        d_weight = gradient.flatten() @ pairs.flatten(0, 2)
        is_on = pairs.sign()  # 1 where relu lets through
        d_receivers = (gradient.unsqueeze(2) @ is_on).squeeze(2) * weight
        d_senders = is_on.mul_(gradient.unsqueeze(3)).sum(1) * weight
        return d_receivers, d_senders, d_weight


def _logistic_noise(like: Tensor) -> Tensor:
    """Draw standard logistic noise: the difference of two Gumbel variables."""
    uniform = torch.empty_like(like)
    uniform.uniform_(generator=generator_for(like.device))
    return torch.logit(uniform, eps=torch.finfo(like.dtype).eps)


def _largest(values: Tensor, count: int) -> Tensor:
    """Mark the `count` largest entries of each matrix with 1, the others with 0."""
    flat = values.flatten(1)
    marked = torch.zeros_like(flat).scatter_(1, flat.topk(count).indices, 1.0)
    return marked.view_as(values)
