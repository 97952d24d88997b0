"""How LoSTer learns: autoencoders first, centres among their latents, then both.

With a graph of neighbours, each series has a place in the latent from the start, which
both phases pull it to.

Axes: ``V`` views, ``N`` series, ``D`` features, ``d`` hidden size, ``K`` clusters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import StepLR

from skts.data import Rows, ShuffledBatches
from skts.nn import (
    LoSTer,
    assignment,
    cluster_losses,
    contrastive_loss,
    kmeans_loss,
    neighbor_loss,
)
from skts.training import SGD, Adam, Stop, fit_network

LOWEST_TEMPERATURE = 0.01
LR_PERIOD, LR_FACTOR = 5, 0.1
MAX_ROWS = 4096  # encoded at a time

Record = dict[str, Any]
StartEpoch = Callable[[int], None]
EndEpoch = Callable[[Record], object]  # a true value stops


@dataclass(frozen=True)
class Weights:
    """What each term of the loss counts; reconstruction counts 1."""

    kmeans: float
    instance: float
    cluster: float
    entropy: float
    neighbor: float


def pretrain(
    network: LoSTer,
    views: Tensor,
    target: Tensor | None,
    neighbor_weight: float,
    *,
    n_epochs: int,
    lr: float,
    batch_size: int,
    seed: int,
    start_epoch: StartEpoch,
    end_epoch: EndEpoch,
    stop: Stop,
) -> list[Record]:
    """Train the autoencoders on views ``(N, V, D)`` to reconstruct them.

    With a target ``(N, d)``, their latents are pulled to it at the same time.
    """
    if not n_epochs:
        return []

    def compute_loss(batch: tuple[Tensor, ...]) -> Tensor:
        x = batch[0].transpose(0, 1)
        z = network.encode(x)
        loss = len(x) * mse_loss(network.decode(z), x)
        if target is not None:
            loss = loss + neighbor_weight * neighbor_loss(z, batch[1])
        return loss

    def end(record: Record) -> bool:
        record["phase"] = "pretraining"
        return bool(end_epoch(record))

    weights = [w for name, w in network.named_parameters() if name != "centers"]
    return fit_network(
        network,
        compute_loss,
        _batches(views, target, batch_size, seed),
        Adam(weights, lr=lr, fused=views.device.type in ("cpu", "cuda")),
        max_epochs=n_epochs,
        start_epoch=start_epoch,
        end_epoch=end,
        kind=tuple,  # all steps are alike
        stop=stop,
    )


def latent_target(
    embedding: NDArray[np.float64], hidden_size: int, seed: int
) -> NDArray[np.float32]:
    """Place the rows of an embedding ``(N, k)`` in the latent, ``(N, d)``.

    Latents leave a layer normalisation: their sum is 0, their squared length d. So rows
    of length 1 are turned by a random rotation into the space of vectors whose sum is 0
    and stretched. Angles stay as they are, or nearly so where k does not fit into d.
    """
    axes = np.random.default_rng(seed).standard_normal(
        (hidden_size, embedding.shape[1])
    )
    axes -= axes.mean(axis=0)
    if embedding.shape[1] < hidden_size:
        axes = np.linalg.qr(axes)[0]
    else:
        axes /= sqrt(hidden_size)
    return (sqrt(hidden_size) * embedding @ axes.T).astype(np.float32)


def place_centers(network: LoSTer, views: Tensor, n_init: int, seed: int) -> None:
    """Put the centres of each view where k-means finds them among the latents."""
    latents = encode(network, views)
    kmeans = KMeans(network.centers.shape[1], n_init=n_init, random_state=seed % 2**32)
    for centers, z in zip(network.centers, latents, strict=True):
        found = kmeans.fit(z.cpu().numpy()).cluster_centers_
        with torch.no_grad():
            centers.copy_(torch.from_numpy(found))


@torch.no_grad()
def place_centers_at_means(network: LoSTer, views: Tensor, labels: Tensor) -> None:
    """Put each centre of each view at the mean of the latents with its label.

    A label that no series has (copies may leave some) gets the mean of all.
    """
    latents = encode(network, views)  # (V, N, d)
    network.centers.copy_(latents.mean(dim=1, keepdim=True))
    for label in range(network.centers.shape[1]):
        if not (labels == label).any():
            continue
        network.centers[:, label] = latents[:, labels == label].mean(dim=1)


class JointLoss:
    """The weighted sum of all terms, and their means over an epoch."""

    def __init__(
        self,
        network: LoSTer,
        weights: Weights,
        temperature: float,
        annealing: float,
        *,
        with_neighbors: bool = False,
    ) -> None:
        self.network = network
        self.first_temperature = temperature
        self.annealing = annealing
        parts = {
            "reconstruction": 1.0,
            "kmeans": weights.kmeans,
            "instance": weights.instance,
            "cluster": weights.cluster,
            "entropy": weights.entropy,
        }
        if with_neighbors:
            parts["neighbor"] = weights.neighbor
        self.names = tuple(parts)
        device = network.centers.device
        self.weights = torch.tensor(
            [*parts.values()], dtype=torch.float32, device=device
        )
        self.totals = torch.zeros(len(self.names), device=device)
        self.n_samples = 0
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Cool the assignments."""
        temperature = self.first_temperature * self.annealing**epoch
        self.temperature = max(temperature, LOWEST_TEMPERATURE)
        self.totals.zero_()
        self.n_samples = 0

    def __call__(self, batch: tuple[Tensor, ...]) -> Tensor:
        """Return the loss of a batch ``(B, V, D)``, its target beside it if any."""
        network = self.network
        x = batch[0].transpose(0, 1)
        z = network.encode(x)
        assigned = assignment(network.squared_distances(z), self.temperature)
        values = [
            len(x) * mse_loss(network.decode(z), x),
            kmeans_loss(z, assigned, network.centers),
            contrastive_loss(z),
            *cluster_losses(assigned),
            *(neighbor_loss(z, target) for target in batch[1:]),
        ]
        terms = torch.stack(values)
        self.totals += len(batch[0]) * terms.detach()
        self.n_samples += len(batch[0])
        return self.weights @ terms

    def means(self) -> Record:
        """Return the mean of each term, without its weight, over the epoch."""
        means = (self.totals / self.n_samples).tolist()
        return dict(zip(self.names, means, strict=True))


def train_jointly(
    network: LoSTer,
    views: Tensor,
    target: Tensor | None,
    loss: JointLoss,
    *,
    max_epochs: int,
    lr: float,
    batch_size: int,
    tol: float,
    seed: int,
    start_epoch: StartEpoch,
    end_epoch: EndEpoch,
    stop: Stop,
) -> list[Record]:
    """Train autoencoders and centres until fewer than `tol` of the labels change."""
    if not max_epochs:
        return []
    labels = nearest(network, views)

    def start(epoch: int) -> None:
        loss.start_epoch(epoch)
        start_epoch(epoch)

    def end(record: Record) -> bool:
        nonlocal labels
        previous, labels = labels, nearest(network, views)
        changed = float((labels != previous).float().mean())
        record |= {"phase": "joint", "changed": changed} | loss.means()
        stop = bool(end_epoch(record))
        return stop or (record["epoch"] > 1 and changed < tol)

    optimizer = SGD(network.parameters(), lr=lr)
    return fit_network(
        network,
        loss,
        _batches(views, target, batch_size, seed),
        optimizer,
        max_epochs=max_epochs,
        schedule=StepLR(optimizer, LR_PERIOD, LR_FACTOR),
        start_epoch=start,
        end_epoch=end,
        stop=stop,
    )


def _batches(
    views: Tensor, target: Tensor | None, batch_size: int, seed: int
) -> ShuffledBatches:
    rows = Rows(views) if target is None else Rows(views, target)
    # A small last batch would weigh as much as a full one, and contrast less.
    return ShuffledBatches(rows, batch_size, seed, lambda *row: row, drop_last=True)


@torch.no_grad()
def encode(network: LoSTer, views: Tensor) -> Tensor:
    """Return latents ``(V, N, d)`` of ``(N, V, D)``; later views may be left out."""
    network.eval()  # training switches back by itself
    firsts = range(0, max(len(views), 1), MAX_ROWS)
    parts = (views[first : first + MAX_ROWS].transpose(0, 1) for first in firsts)
    return torch.cat([network.encode(part) for part in parts], dim=1)


@torch.no_grad()
def nearest(network: LoSTer, views: Tensor) -> Tensor:
    """Return the nearest centre of the first view to each series, ``(N,)``."""
    return network.squared_distances(encode(network, views[:, :1]))[0].argmin(-1)
