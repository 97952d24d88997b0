"""A fit from series to clusters, step by step.

series -> features -> graph -> network, drawn to the graph -> centres -> both together
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skts._random import DrawnFromOwn, drawing
from skts.clustering._graph import GraphClusters, cluster_graph
from skts.clustering._state import FittedClusters
from skts.clustering._training import (
    JointLoss,
    Record,
    Weights,
    latent_target,
    place_centers,
    place_centers_at_means,
    pretrain,
    train_jointly,
)
from skts.data import augment
from skts.nn import LoSTer, SeriesFeatures
from skts.training import Stop

StartEpoch = Callable[[str, int], None]  # told the phase and the epoch, from 0
# Told the record and, once there are clusters, the state; a true value stops.
EndEpoch = Callable[[Record, FittedClusters | None], object]


@dataclass(frozen=True)
class Settings:
    """Parameters of the clusterer that a fit depends on, under the same names."""

    n_clusters: int
    hidden_size: int
    n_layers: int
    dropout: float
    spectral_weight: float
    local_weight: float
    start: str
    n_neighbors: int
    neighbor_weight: float
    n_landmarks: int
    alpha: float
    instance_weight: float
    cluster_weight: float
    entropy_weight: float
    temperature: float
    annealing: float
    augmentation: tuple[str, ...]
    standardize: bool
    n_init: int
    pretrain_epochs: int
    pretrain_lr: float
    max_epochs: int
    lr: float
    batch_size: int
    tol: float

    @property
    def needs_graph(self) -> bool:
        """Whether anything comes from the neighbours."""
        return self.start == "graph" or self.neighbor_weight > 0

    @property
    def needs_second_view(self) -> bool:
        """Whether an augmented copy is trained, too: always in the paper's form."""
        contrasts = self.instance_weight > 0 or self.cluster_weight > 0
        return contrasts or not self.needs_graph


def fit_clusters(
    series: Tensor,
    settings: Settings,
    seed: int,
    start_epoch: StartEpoch,
    end_epoch: EndEpoch,
    stop: Stop,
) -> tuple[FittedClusters, list[Record]]:
    """Cluster series ``(N, C, L)``; return what was learned and a record per epoch.

    Training that is stopped leaves centres among the latents as they are by then.
    """
    if settings.needs_graph:
        series = _sample(series, settings.n_landmarks, seed)
    features = _new_features(settings).fit(series)
    views = _make_views(series, features, settings, seed)
    graph = None
    if settings.needs_graph:
        graph = cluster_graph(
            views[:, 0], settings.n_clusters, settings.n_neighbors, seed
        )
    with drawing(seed, series.device):
        with DrawnFromOwn(), torch.device(series.device):
            network = _new_network(settings, views.shape[-1])
        state = FittedClusters(features, network, settings.standardize)
        history = _train(
            state, views, graph, settings, seed, start_epoch, end_epoch, stop
        )
    return state, history


def state_again(
    settings: Settings, shape: Sequence[int], weights: dict[str, Tensor]
) -> FittedClusters:
    """Return what a fit to series of a shape ``(C, L)`` learned, of its weights.

    Raises
    ------
    ValueError
        If they are those of other settings.
    """
    features = _new_features(settings).fit(torch.zeros(2, *shape))
    n_features = features(torch.zeros(1, *shape)).shape[1]
    network = _new_network(settings, n_features)
    state = FittedClusters(features, network, settings.standardize)
    try:
        state.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(
            f"The file must hold the weights that its parameters speak of, but {error}"
        ) from error
    return state.eval()


def graph_features(series: Tensor, settings: Settings, seed: int) -> Tensor:
    """Return the rows ``(n, D)`` that a fit makes its graph of."""
    series = _sample(series, settings.n_landmarks, seed)
    return _new_features(settings).fit(series)(series)


def _sample(series: Tensor, size: int, seed: int) -> Tensor:
    """Return at most `size` of the series, in their order."""
    if len(series) <= size:
        return series
    order = np.random.default_rng(seed).permutation(len(series))
    return series[torch.from_numpy(np.sort(order[:size])).to(series.device)]


def _new_features(settings: Settings) -> SeriesFeatures:
    return SeriesFeatures(settings.spectral_weight, settings.local_weight)


def _new_network(settings: Settings, n_features: int) -> LoSTer:
    return LoSTer(
        n_features,
        settings.n_clusters,
        hidden_size=settings.hidden_size,
        n_layers=settings.n_layers,
        dropout=settings.dropout,
        n_views=2 if settings.needs_second_view else 1,
    )


def _make_views(
    series: Tensor, features: SeriesFeatures, settings: Settings, seed: int
) -> Tensor:
    """Return the features of series and, if wanted, augmented copies, ``(N, V, D)``."""
    views: list[Tensor] = [features(series)]
    if settings.needs_second_view:
        generator = torch.Generator(device="cpu").manual_seed(seed)
        augmented = augment(series, settings.augmentation, generator)
        # Each view has a network, and so a scaling, of its own.
        views.append(_new_features(settings).fit(augmented)(augmented))
    return torch.stack(views, dim=1)


def _train(
    state: FittedClusters,
    views: Tensor,
    graph: GraphClusters | None,
    settings: Settings,
    seed: int,
    start_epoch: StartEpoch,
    end_epoch: EndEpoch,
    stop: Stop,
) -> list[Record]:
    network = state.network
    target = None
    if graph is not None and settings.neighbor_weight:
        placed = latent_target(graph.embedding, settings.hidden_size, seed)
        target = torch.from_numpy(placed).to(views.device)
    batch_size = min(settings.batch_size, len(views))
    history = pretrain(
        network,
        views,
        target,
        settings.neighbor_weight,
        n_epochs=settings.pretrain_epochs,
        lr=settings.pretrain_lr,
        batch_size=batch_size,
        seed=seed,
        start_epoch=lambda epoch: start_epoch("pretraining", epoch),
        end_epoch=lambda record: end_epoch(record, None),
        stop=stop,
    )
    if graph is not None and settings.start == "graph":
        labels = torch.from_numpy(graph.labels).to(views.device)
        place_centers_at_means(network, views, labels)
    else:
        place_centers(network, views, settings.n_init, seed)
    if settings.max_epochs and stop.ends_training():
        return history
    weights = Weights(
        kmeans=settings.alpha,
        instance=settings.instance_weight,
        cluster=settings.cluster_weight,
        entropy=settings.entropy_weight,
        neighbor=settings.neighbor_weight,
    )
    loss = JointLoss(
        network,
        weights,
        settings.temperature,
        settings.annealing,
        with_neighbors=target is not None,
    )
    return history + train_jointly(
        network,
        views,
        target,
        loss,
        max_epochs=settings.max_epochs,
        lr=settings.lr,
        batch_size=batch_size,
        tol=settings.tol,
        seed=seed,
        start_epoch=lambda epoch: start_epoch("joint", epoch),
        end_epoch=lambda record: end_epoch(record, state),
        stop=stop,
    )
