"""How LoSTer learns: autoencoders first, centres among their latents, then both."""

from collections.abc import Callable
from typing import Any

import torch
from sklearn.cluster import KMeans
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR

from skts._callbacks import FitTask
from skts.data import Rows, ShuffledBatches
from skts.nn import (
    LoSTer,
    assignment,
    cluster_losses,
    contrastive_loss,
    kmeans_loss,
)
from skts.training import fit_network

LOWEST_TEMPERATURE = 0.01
LR_PERIOD, LR_FACTOR = 5, 0.1
MAX_ROWS = 4096  # encoded at a time

Record = dict[str, Any]
Show = Callable[[Record], object] | None


def pretrain(
    network: LoSTer,
    views: Tensor,
    *,
    n_epochs: int,
    lr: float,
    batch_size: int,
    seed: int,
    task: FitTask,
    show: Show,
) -> list[Record]:
    """Train the autoencoders on views ``(N, V, D)`` to reconstruct them."""
    if not n_epochs:
        return []

    def compute_loss(batch: tuple[Tensor, ...]) -> Tensor:
        x = batch[0].transpose(0, 1)
        return len(x) * mse_loss(network.decode(network.encode(x)), x)

    def end_epoch(record: Record) -> bool:
        record["phase"] = "pretraining"
        if show is not None:
            show(record)
        return task.end_epoch(record)  # there are no clusters yet

    weights = [w for name, w in network.named_parameters() if name != "centers"]
    return fit_network(
        network,
        compute_loss,
        _batches(views, batch_size, seed),
        Adam(weights, lr=lr, fused=views.device.type in ("cpu", "cuda")),
        max_epochs=n_epochs,
        start_epoch=task.start_epoch,
        end_epoch=end_epoch,
    )


def place_centers(network: LoSTer, views: Tensor, n_init: int, seed: int) -> None:
    """Put the centres of each view where k-means finds them among the latents."""
    latents = encode(network, views)
    kmeans = KMeans(network.centers.shape[1], n_init=n_init, random_state=seed % 2**32)
    for centers, z in zip(network.centers, latents, strict=True):
        found = kmeans.fit(z.cpu().numpy()).cluster_centers_
        with torch.no_grad():
            centers.copy_(torch.from_numpy(found))


class JointLoss:
    """The weighted sum of all terms, and their means over an epoch."""

    names = ("reconstruction", "kmeans", "instance", "cluster", "entropy")

    def __init__(
        self,
        network: LoSTer,
        weights: tuple[float, ...],
        temperature: float,
        annealing: float,
    ) -> None:
        self.network = network
        self.first_temperature = temperature
        self.annealing = annealing
        device = network.centers.device
        self.weights = torch.tensor(weights, dtype=torch.float32, device=device)
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
        """Return the loss of a batch ``(B, V, D)``."""
        network = self.network
        x = batch[0].transpose(0, 1)
        z = network.encode(x)
        assigned = assignment(network.squared_distances(z), self.temperature)
        terms = torch.stack(
            [
                len(x) * mse_loss(network.decode(z), x),
                kmeans_loss(z, assigned, network.centers),
                contrastive_loss(z),
                *cluster_losses(assigned),
            ]
        )
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
    loss: JointLoss,
    *,
    max_epochs: int,
    lr: float,
    batch_size: int,
    tol: float,
    seed: int,
    task: FitTask,
    show: Show,
) -> list[Record]:
    """Train autoencoders and centres until fewer than `tol` of the labels change."""
    if not max_epochs:
        return []
    labels = nearest(network, views)

    def start_epoch(epoch: int) -> None:
        loss.start_epoch(epoch)
        task.start_epoch(epoch)

    def end_epoch(record: Record) -> bool:
        nonlocal labels
        previous, labels = labels, nearest(network, views)
        changed = float((labels != previous).float().mean())
        record |= {"phase": "joint", "changed": changed} | loss.means()
        if show is not None:
            show(record)
        stop = task.end_epoch(record, network)
        return stop or (record["epoch"] > 1 and changed < tol)

    optimizer = SGD(network.parameters(), lr=lr)
    return fit_network(
        network,
        loss,
        _batches(views, batch_size, seed),
        optimizer,
        max_epochs=max_epochs,
        schedule=StepLR(optimizer, LR_PERIOD, LR_FACTOR),
        start_epoch=start_epoch,
        end_epoch=end_epoch,
    )


def _batches(views: Tensor, batch_size: int, seed: int) -> ShuffledBatches:
    # A small last batch would weigh as much as a full one, and contrast less.
    return ShuffledBatches(
        Rows(views), batch_size, seed, lambda rows: (rows,), drop_last=True
    )


@torch.no_grad()
def encode(network: LoSTer, views: Tensor) -> Tensor:
    """Return latents ``(V, N, d)`` of ``(N, V, D)``; later views may be left out."""
    network.eval()  # training switches back by itself
    parts = [network.encode(part.transpose(0, 1)) for part in views.split(MAX_ROWS)]
    return torch.cat(parts, dim=1)


@torch.no_grad()
def nearest(network: LoSTer, views: Tensor) -> Tensor:
    """Return the nearest centre of the first view to each series, ``(N,)``."""
    return network.squared_distances(encode(network, views[:, :1]))[0].argmin(-1)
