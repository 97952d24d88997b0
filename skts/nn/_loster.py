"""LoSTer: two dense autoencoders, one per view of a series, with centres in between.

"Concrete Dense Network for Long-Sequence Time Series Clustering", 2024. The first view
is the series as it is, the second an augmented copy; their networks have one form and
separate weights, so both are computed as one batch of matrix products.

Differences from the authors' code: RevIN and the global linear skip, off in all their
runs, are left out; augmented time never runs backwards, and one augmented copy serves
training and the start of its centres (theirs draws two).

Axes: ``V`` views, ``B`` series, ``D`` features of a series, ``d`` hidden size, ``K``
clusters.
"""

from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skts.nn._dropout import dropout

N_VIEWS = 2  # a series and its augmented copy


def of_first_views(n_views: int, *parameters: Tensor) -> tuple[Tensor, ...]:
    """Return the part of parameters ``(V, ...)`` that belongs to the first views."""
    if n_views == len(parameters[0]):
        return parameters  # the gradient of a slice fills a tensor of zeros first
    return tuple(parameter[:n_views] for parameter in parameters)


class ViewLinear(nn.Module):
    """One linear map per view, started as torch's own."""

    def __init__(self, n_in: int, n_out: int, n_views: int) -> None:
        super().__init__()
        limit = 1 / sqrt(n_in)
        self.weight = nn.Parameter(
            torch.empty(n_views, n_in, n_out).uniform_(-limit, limit)
        )
        self.bias = nn.Parameter(torch.empty(n_views, 1, n_out).uniform_(-limit, limit))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(V, B, n_in)``, of which the later views may be left out."""
        weight, bias = of_first_views(len(x), self.weight, self.bias)
        return torch.baddbmm(bias, x, weight)


class DenseBlock(nn.Module):
    """Two linear maps with a ReLU between them, and a learned linear skip."""

    def __init__(self, n_in: int, hidden_size: int, n_out: int, n_views: int) -> None:
        super().__init__()
        self.first = ViewLinear(n_in, hidden_size, n_views)
        self.second = ViewLinear(hidden_size, n_out, n_views)
        self.skip = ViewLinear(n_in, n_out, n_views)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(V, B, n_in)`` to ``(V, B, n_out)``."""
        return self.second(self.first(x).relu()) + self.skip(x)


class ResidualBlock(DenseBlock):
    """The same with dropout on the main branch and a normalised sum."""

    def __init__(
        self, n_in: int, hidden_size: int, dropout: float, n_views: int = N_VIEWS
    ) -> None:
        super().__init__(n_in, hidden_size, hidden_size, n_views)
        self.dropout = dropout
        self.gain = nn.Parameter(torch.ones(n_views, 1, hidden_size))
        self.shift = nn.Parameter(torch.zeros(n_views, 1, hidden_size))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(V, B, n_in)`` to ``(V, B, d)``."""
        main = dropout(self.second(self.first(x).relu()), self.dropout, self.training)
        normal = F.layer_norm(main + self.skip(x), main.shape[-1:])
        gain, shift = of_first_views(len(x), self.gain, self.shift)
        return torch.addcmul(shift, normal, gain)


class LoSTer(nn.Module):
    """Autoencoders of the views, and the centres of clusters among their latents.

    Parameters
    ----------
    n_features : int
        Width ``D`` of what is encoded and decoded.
    n_clusters : int
        Number of centres per view.
    hidden_size : int
        Width of the latent and of everything between it and the features.
    n_layers : int
        Blocks of the encoder, and of the decoder.
    dropout : float
        Dropout inside the residual blocks.
    n_views : int, default=2
        Views, each with an autoencoder and centres of its own.

    Attributes
    ----------
    centers : Parameter of shape (V, K, d)
        Centres in the latent space of each view.
    """

    def __init__(
        self,
        n_features: int,
        n_clusters: int,
        *,
        hidden_size: int,
        n_layers: int,
        dropout: float,
        n_views: int = N_VIEWS,
    ) -> None:
        super().__init__()
        widths = [n_features] + [hidden_size] * (n_layers - 1)
        self.encoder = nn.Sequential(
            *(ResidualBlock(n_in, hidden_size, dropout, n_views) for n_in in widths)
        )
        # The last block has neither dropout nor normalisation.
        self.decoder = nn.Sequential(
            *(
                ResidualBlock(hidden_size, hidden_size, dropout, n_views)
                for _ in range(n_layers - 1)
            ),
            DenseBlock(hidden_size, hidden_size, n_features, n_views),
        )
        self.centers = nn.Parameter(torch.zeros(n_views, n_clusters, hidden_size))

    def encode(self, x: Tensor) -> Tensor:
        """Map features ``(V, B, D)`` to latents ``(V, B, d)``."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map latents ``(V, B, d)`` to features ``(V, B, D)``."""
        return self.decoder(z)

    def squared_distances(self, z: Tensor) -> Tensor:
        """Return the squared distances of latents to the centres, ``(V, B, K)``."""
        (centers,) = of_first_views(len(z), self.centers)
        squares = z.square().sum(-1, keepdim=True), centers.square().sum(-1)
        products = torch.bmm(z, centers.mT)
        return squares[0] - 2 * products + squares[1].unsqueeze(1)
