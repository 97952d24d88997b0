"""SAMformer as a port to torch is usually written, to see what a user gains.

The full value map of the PyTorch port, layers and attention of torch's own, instance
normalisation in every pass, sharpness-aware minimisation one weight after the other,
plain Adam, and a loader that collates windows cut beforehand.
"""

from collections.abc import Callable
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from skts.data import Windows

EPS = 1e-5


class PortSAMformer(nn.Module):
    """Attention between channels and a linear head, between RevIN and its inverse."""

    def __init__(self, n_channels: int, context_length: int, horizon: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(n_channels))
        self.shift = nn.Parameter(torch.zeros(n_channels))
        self.queries = nn.Linear(context_length, 16)
        self.keys = nn.Linear(context_length, 16)
        self.values = nn.Linear(context_length, context_length)
        self.head = nn.Linear(context_length, horizon)

    def forward(self, context: Tensor) -> Tensor:
        """Forecast windows ``(B, C, L)`` as ``(B, C, H)``."""
        x = context.transpose(1, 2)
        mean = x.mean(1, keepdim=True).detach()
        scale = torch.sqrt(x.var(1, keepdim=True, correction=0) + EPS).detach()
        x = (x - mean) / scale * self.gain + self.shift
        x = x.transpose(1, 2)
        x = x + F.scaled_dot_product_attention(
            self.queries(x), self.keys(x), self.values(x)
        )
        y = self.head(x).transpose(1, 2)
        y = (y - self.shift) / (self.gain + EPS**2)
        return (y * scale + mean).transpose(1, 2)


class PortSAM(torch.optim.Optimizer):
    """SAM around Adam, weight by weight."""

    def __init__(self, weights: list[nn.Parameter], lr: float, rho: float) -> None:
        super().__init__(weights, {})
        self.base = Adam(weights, lr=lr, weight_decay=1e-5)
        self.rho = rho

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Climb, take the gradient there, go back and step."""
        with torch.enable_grad():
            loss = closure()
        weights = self.param_groups[0]["params"]
        norm = torch.stack([weight.grad.norm(p=2) for weight in weights]).norm(p=2)
        starts = []
        for weight in weights:
            starts.append(weight.clone())
            weight.add_(weight.grad * (self.rho / (norm + 1e-12)))
        self.base.zero_grad()
        with torch.enable_grad():
            closure()
        for weight, start in zip(weights, starts, strict=True):
            weight.data = start
        self.base.step()
        self.base.zero_grad()
        return loss


class PortTraining:
    """The port in training, an epoch at a time."""

    def __init__(self, windows: Windows, batch_size: int, rho: float) -> None:
        context, target = windows.take(slice(None))
        _, n_channels, context_length = context.shape
        self.network = PortSAMformer(n_channels, context_length, target.shape[-1])
        self.optimizer = PortSAM(list(self.network.parameters()), 1e-3, rho)
        data = TensorDataset(context.contiguous(), target.contiguous())
        self.batches = DataLoader(data, batch_size, shuffle=True)

    def run(self) -> float:
        """Take one step per batch and return the seconds they took."""
        started = perf_counter()
        total = 0.0
        for context, target in self.batches:

            def closure(context: Tensor = context, target: Tensor = target) -> Tensor:
                loss = F.mse_loss(self.network(context), target)
                loss.backward()
                return loss

            total += self.optimizer.step(closure).item() * len(context)
        return perf_counter() - started
