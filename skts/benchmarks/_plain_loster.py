"""LoSTer written down as one would at first: what the speed benchmark compares with.

Two networks one after the other, loaders that collect series one by one, and
augmentations that work on one series at a time. Settings, losses and stopping are the
paper's, as the docstring of ``LoSTerClusterer`` has them.
"""

import numpy as np
import torch
from scipy.interpolate import CubicSpline
from sklearn.cluster import KMeans
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

from skts.nn import assignment, cluster_losses, contrastive_loss, kmeans_loss

HIDDEN_SIZE = 256
BATCH_SIZE = 128
DROPOUT = 0.1
PRETRAIN_EPOCHS, PRETRAIN_LR = 50, 1e-3
MAX_EPOCHS, LR = 100, 0.01
TOL = 1e-3


class Block(nn.Module):
    """Two linear maps and a linear skip, as a rule with dropout and LayerNorm."""

    def __init__(self, n_in: int, n_out: int, plain: bool = False) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(n_in, HIDDEN_SIZE),
            nn.ReLU(),
            nn.Linear(HIDDEN_SIZE, n_out),
            nn.Dropout(0.0 if plain else DROPOUT),
        )
        self.skip = nn.Linear(n_in, n_out)
        self.norm = nn.Identity() if plain else nn.LayerNorm(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, n_in)`` to ``(B, n_out)``."""
        return self.norm(self.main(x) + self.skip(x))


class Autoencoder(nn.Module):
    """The network of one view, with its centres."""

    def __init__(self, length: int, n_clusters: int) -> None:
        super().__init__()
        d = HIDDEN_SIZE
        self.encoder = nn.Sequential(Block(length, d), Block(d, d), Block(d, d))
        self.decoder = nn.Sequential(
            Block(d, d), Block(d, d), Block(d, length, plain=True)
        )
        self.centers = nn.Parameter(torch.zeros(n_clusters, d))

    def squared_distances(self, z: Tensor) -> Tensor:
        """Return the squared distances of latents to the centres, ``(B, K)``."""
        return torch.cdist(z, self.centers).square()


def augment_one(series: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Flip, permute and warp one series."""
    series = series * rng.choice([-1.0, 1.0])
    parts = np.array_split(series, rng.integers(1, 5))
    series = np.concatenate([parts[i] for i in rng.permutation(len(parts))])
    time = np.arange(len(series))
    knots = np.linspace(0, len(series) - 1, 6)
    speed = np.exp(CubicSpline(knots, rng.normal(0, 0.2, 6))(time))
    path = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
    return np.interp(time, path * (len(series) - 1) / path[-1], series)


def plain_fit_predict(
    X: np.ndarray, n_clusters: int, seed: int, pretrain_epochs: int = PRETRAIN_EPOCHS
) -> np.ndarray:
    """Cluster series ``(N, L)`` and return their labels."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    X = (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True)
    augmented = np.stack([augment_one(series, rng) for series in X])
    views = [torch.tensor(x, dtype=torch.float32) for x in (X, augmented)]
    networks = [Autoencoder(X.shape[1], n_clusters) for _ in views]
    for network, view in zip(networks, views, strict=True):
        _pretrain(network, view, pretrain_epochs)
        _place_centers(network, view, seed)
    return _train_jointly(networks, views)


def _loader(*views: Tensor) -> DataLoader:
    return DataLoader(
        TensorDataset(*views),
        batch_size=min(BATCH_SIZE, len(views[0])),
        shuffle=True,
        drop_last=True,
    )


def _pretrain(network: Autoencoder, view: Tensor, n_epochs: int) -> None:
    optimizer = Adam(network.parameters(), lr=PRETRAIN_LR)
    for _ in range(n_epochs):
        for (x,) in _loader(view):
            optimizer.zero_grad()
            loss = mse_loss(network.decoder(network.encoder(x)), x)
            loss.backward()
            optimizer.step()


@torch.no_grad()
def _place_centers(network: Autoencoder, view: Tensor, seed: int) -> None:
    network.eval()
    kmeans = KMeans(len(network.centers), n_init=1, random_state=seed)
    latents = torch.cat([network.encoder(x) for x in view.split(BATCH_SIZE)])
    centers = kmeans.fit(latents.numpy()).cluster_centers_
    network.centers.copy_(torch.from_numpy(centers))
    network.train()


def _train_jointly(networks: list[Autoencoder], views: list[Tensor]) -> np.ndarray:
    weights = [weight for network in networks for weight in network.parameters()]
    optimizer = SGD(weights, lr=LR)
    schedule = StepLR(optimizer, 5, 0.1)
    labels = _labels(networks[0], views[0])
    for epoch in range(MAX_EPOCHS):
        temperature = max(10 * 0.65**epoch, 0.01)
        for batch in _loader(*views):
            optimizer.zero_grad()
            _joint_loss(networks, batch, temperature).backward()
            optimizer.step()
        schedule.step()
        previous, labels = labels, _labels(networks[0], views[0])
        if epoch and np.mean(labels != previous) < TOL:
            break
    return labels


def _joint_loss(
    networks: list[Autoencoder], batch: list[Tensor], temperature: float
) -> Tensor:
    latents, assigned, losses = [], [], []
    for network, x in zip(networks, batch, strict=True):
        z = network.encoder(x)
        q = assignment(network.squared_distances(z), temperature)
        losses.append(mse_loss(network.decoder(z), x))
        losses.append(kmeans_loss(z[None], q[None], network.centers[None]) / 2)
        latents.append(z)
        assigned.append(q)
    losses.append(contrastive_loss(torch.stack(latents)))
    losses.extend(cluster_losses(torch.stack(assigned)))
    return torch.stack(losses).sum()


@torch.no_grad()
def _labels(network: Autoencoder, view: Tensor) -> np.ndarray:
    network.eval()
    nearest = [
        network.squared_distances(network.encoder(x)).argmin(1)
        for x in view.split(BATCH_SIZE)
    ]
    network.train()
    return torch.cat(nearest).numpy()
