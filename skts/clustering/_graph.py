"""The graph of nearest neighbours, and what its slowest modes tell of clusters.

Series of one class lie on curved sheets, which centres cannot follow and neighbours
can. The steps are those of spectral clustering (von Luxburg, 2007), with weights by
local scaling (Zelnik-Manor and Perona, NIPS 2004). Everything after the search for
neighbours is sparse.

Axes: ``n`` series, ``D`` features, ``m`` neighbours, ``k`` components.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigsh
from sklearn.cluster import KMeans
from torch import Tensor

SCALE_NEIGHBOR = 7  # whose distance is the local scale
LEAST_SCALE = 0.05  # of the median scale: copies are at distance 0
LEAST_WEIGHT = 1e-3  # of an edge, so that no edge is lost to rounding
MAX_DENSE = 400  # series up to which all modes are computed
MAX_DISTANCES = 2**24  # held at a time
N_INIT = 10  # of k-means among the modes


@dataclass(frozen=True)
class GraphClusters:
    """What the graph says of the series it was made of.

    Attributes
    ----------
    embedding : ndarray of shape (n, k)
        The slowest modes of a random walk on the graph, rows of length 1.
    labels : ndarray of shape (n,)
        Clusters that k-means finds among the rows of the unscaled modes.
    eigenvalues : ndarray of shape (k,)
        Of the walk's Laplacian, from 0 upwards.
    """

    embedding: NDArray[np.float64]
    labels: NDArray[np.int64]
    eigenvalues: NDArray[np.float64]


def cluster_graph(
    features: Tensor, n_clusters: int, n_neighbors: int, seed: int
) -> GraphClusters:
    """Cluster the rows of features ``(n, D)`` on the graph of their neighbours."""
    graph = neighbor_graph(features, n_neighbors, max_parts=n_clusters)
    eigenvalues, modes = slowest_modes(graph, n_clusters, seed)
    labels = cluster_modes(modes, n_clusters, seed)
    return GraphClusters(unit_rows(modes), labels, eigenvalues)


def neighbor_graph(
    features: Tensor, n_neighbors: int, max_parts: int | None = None
) -> csr_array:
    """Return the symmetric weights between nearest neighbours, ``(n, n)``.

    Each series counts as the first of its own neighbours and has no link to itself;
    where there are fewer series than neighbours, all are linked. With `max_parts`, a
    graph that falls into more parts is joined along the shortest edges until it does
    not.
    """
    n_series = len(features)
    distances, neighbors = nearest_neighbors(features, min(n_neighbors, n_series))
    scales = distances[:, min(SCALE_NEIGHBOR, distances.shape[1] - 1)]
    median = np.median(scales)
    scales = np.maximum(scales, LEAST_SCALE * median if median > 0 else 1.0)
    # A link to itself, of the largest weight, would keep a walk where it is: the slower
    # the farther the others are.
    rows = np.repeat(np.arange(n_series), neighbors.shape[1] - 1)
    graph = _weigh(rows, neighbors[:, 1:].ravel(), distances[:, 1:].ravel(), scales)
    while max_parts is not None:
        n_parts, part = connected_components(graph, directed=False)
        if n_parts <= max_parts:
            break
        graph = graph.maximum(_weigh(*_shortest_bridges(features, part), scales))
    return graph


def _weigh(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    distances: NDArray[np.float64],
    scales: NDArray[np.float64],
) -> csr_array:
    """Return edges in both directions; those found from both ends weigh double."""
    weights = np.exp(-(distances**2) / (scales[rows] * scales[columns]))
    weights = np.maximum(weights, LEAST_WEIGHT)
    shape = (len(scales), len(scales))
    directed = csr_array((weights, (rows, columns)), shape=shape)
    return csr_array(0.5 * (directed + directed.T))


def nearest_neighbors(
    features: Tensor, n_neighbors: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distances and numbers of each row's nearest rows, itself first."""
    squares = features.square().sum(1)
    n_rows = max(
        1, MAX_DISTANCES // max(len(features), n_neighbors * features.shape[1])
    )
    distances, neighbors = [], []
    for first in range(0, len(features), n_rows):
        some = features[first : first + n_rows]
        # Up to a constant per row: enough to find the nearest.
        d = torch.addmm(squares[None], some, features.T, alpha=-2)
        own = torch.arange(len(some), device=d.device)
        d[own, own + first] = -torch.inf
        found = d.topk(n_neighbors, largest=False).indices
        # Differences are exact where products are not, above all between copies.
        exact = (features[found] - some[:, None]).square().sum(-1).sqrt()
        exact, order = exact.sort(dim=1, stable=True)
        distances.append(exact.double().cpu().numpy())
        neighbors.append(found.gather(1, order).cpu().numpy())
    return np.concatenate(distances), np.concatenate(neighbors)


def _shortest_bridges(
    features: Tensor, part: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return, for each part, its shortest edge to another one."""
    membership = torch.from_numpy(part).to(features.device)
    squares = features.square().sum(1)
    n_rows = max(1, MAX_DISTANCES // len(features))
    least, nearest = [], []
    for first in range(0, len(features), n_rows):
        some = slice(first, first + n_rows)
        d = torch.addmm(squares[None], features[some], features.T, alpha=-2)
        d += squares[some, None]
        d.masked_fill_(membership[some, None] == membership[None], torch.inf)
        values, columns = d.min(dim=1)
        least.append(values.cpu().numpy())
        nearest.append(columns.cpu().numpy())
    order = np.lexsort((np.concatenate(least), part))
    starts = order[np.unique(part[order], return_index=True)[1]]
    ends = np.concatenate(nearest)[starts]
    gaps = (features[starts] - features[ends]).square().sum(-1).sqrt()
    return starts, ends, gaps.double().cpu().numpy()


def slowest_modes(
    graph: csr_array, n_modes: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least eigenvalues ``(k,)`` of the walk's Laplacian and its modes.

    The first modes are constant on one part of the graph each, and 0 on all others.
    With fewer series than modes, columns of zeros fill up.
    """
    n_parts, part = connected_components(graph, directed=False)
    values, modes = [], []
    for number in range(n_parts):
        # One by one: a search from one vector finds one of equal eigenvalues.
        members = np.flatnonzero(part == number)
        inside = csr_array(graph[members][:, members])
        found, vectors = _modes_of_part(inside, n_modes, seed)
        whole = np.zeros((len(part), len(found)))
        whole[members] = vectors
        values.append(found)
        modes.append(whole)
    eigenvalues, columns = np.concatenate(values), np.hstack(modes)
    order = np.argsort(eigenvalues, kind="stable")[:n_modes]
    missing = n_modes - len(order)
    return (
        np.pad(eigenvalues[order], (0, missing), constant_values=np.nan),
        np.pad(columns[:, order], ((0, 0), (0, missing))),
    )


def _modes_of_part(
    graph: csr_array, n_modes: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the eigenvalues and modes of a connected graph, at most all it has."""
    n_series = graph.shape[0]
    degrees = graph.sum(axis=1)
    roots = 1 / np.sqrt(np.where(degrees > 0, degrees, 1.0))  # 0: a series alone
    if n_series == 1:
        return np.zeros(1), np.ones((1, 1))
    walk = csr_array(diags_array(roots) @ graph @ diags_array(roots))
    count = min(n_modes, n_series)
    if n_series <= MAX_DENSE or count > n_series // 3:
        first = n_series - count
        values, vectors = eigh(walk.toarray(), subset_by_index=[first, n_series - 1])
    else:
        start = np.random.default_rng(seed).uniform(0.5, 1, n_series)
        values, vectors = _largest(walk, count, start)
    modes = roots[:, None] * vectors
    # The sign of an eigenvector is anyone's choice.
    largest = np.abs(modes).argmax(axis=0)
    modes *= np.where(modes[largest, np.arange(count)] < 0, -1.0, 1.0)
    return np.maximum(1 - values, 0.0), modes


def _largest(
    matrix: csr_array, count: int, start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest eigenvalues of a symmetric matrix and their vectors."""
    size = min(matrix.shape[0] - 1, max(2 * count + 1, 40))
    try:
        found = eigsh(matrix, count, which="LA", v0=start, ncv=size, tol=1e-6)
    except ArpackNoConvergence:
        # Eigenvalues close to 1 are told apart by inverting around it.
        found = eigsh(matrix, count, sigma=1 + 1e-5, which="LM", v0=start)
    return found[0], found[1]


def cluster_modes(
    modes: NDArray[np.float64], n_clusters: int, seed: int
) -> NDArray[np.int64]:
    """Return the labels that k-means finds among the rows of modes ``(n, k)``."""
    if n_clusters == 1:
        return np.zeros(len(modes), dtype=np.int64)
    kmeans = KMeans(n_clusters, n_init=N_INIT, random_state=seed % 2**32)
    scale = np.abs(modes).max() or 1.0
    labels: NDArray[np.int64] = kmeans.fit_predict(modes / scale).astype(np.int64)
    return labels


def unit_rows(modes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give each row length 1, rows of zeros apart."""
    lengths = np.linalg.norm(modes, axis=1, keepdims=True)
    return modes / np.where(lengths > 0, lengths, 1.0)
