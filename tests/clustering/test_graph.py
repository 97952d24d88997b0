"""The neighbour graph by hand, against slow twins, and in its odd cases."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score

from skts.clustering import _graph
from skts.clustering._graph import (
    cluster_graph,
    nearest_neighbors,
    neighbor_graph,
    slowest_modes,
    unit_rows,
)
from skts.clustering._training import latent_target


def points(n_points=30, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_points, 4, generator=generator)


def test_neighbours_are_those_of_all_distances(monkeypatch):
    monkeypatch.setattr(_graph, "MAX_DISTANCES", 200)  # several rounds
    x = points()
    distances, neighbors = nearest_neighbors(x, 6)
    whole = torch.cdist(x.double(), x.double())
    expected, order = whole.sort(dim=1)
    np.testing.assert_array_equal(neighbors, order[:, :6])
    np.testing.assert_allclose(distances, expected[:, :6], atol=1e-6)


def test_each_point_is_the_first_of_its_neighbours_among_copies_too():
    x = points(5).repeat(4, 1)
    distances, neighbors = nearest_neighbors(x, 4)
    assert not distances.any()
    assert (np.arange(20)[:, None] == neighbors).sum() == 20
    assert (neighbors % 5 == np.arange(20)[:, None] % 5).all()


def test_weights_by_hand():
    x = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    graph = neighbor_graph(x, 3).toarray()
    # Two others each, so the scale is the distance to the second: 3, 2, 3, 6.
    # 0 and 3 are not linked; 2 is among the neighbours of 3, and 3 not of 2.
    weights = np.exp([-1 / 6, -9 / 9, -4 / 6, -36 / 12, -16 / 18])
    expected = np.zeros((4, 4))
    expected[0, 1], expected[0, 2], expected[1, 2] = weights[:3]
    expected[1, 3], expected[2, 3] = weights[3:] / 2
    np.testing.assert_allclose(graph, expected + expected.T, rtol=1e-6)


@pytest.mark.parametrize("dense", [True, False])
def test_modes_solve_the_equation_of_the_walk(monkeypatch, dense):
    monkeypatch.setattr(_graph, "MAX_DENSE", 1000 if dense else 10)
    graph = neighbor_graph(points(90), 8)
    values, modes = slowest_modes(graph, 5, seed=0)
    walk = graph.toarray() / graph.toarray().sum(1, keepdims=True)
    np.testing.assert_allclose(walk @ modes, (1 - values) * modes, atol=1e-5)
    assert values[0] == pytest.approx(0, abs=1e-8)
    assert (np.diff(values) >= 0).all()
    every = np.sort(1 - np.linalg.eigvals(walk).real)
    np.testing.assert_allclose(values, every[:5], atol=1e-5)


@pytest.mark.parametrize("dense", [True, False])
def test_a_graph_in_parts_has_a_mode_for_each(monkeypatch, dense):
    monkeypatch.setattr(_graph, "MAX_DENSE", 1000 if dense else 10)
    x = torch.cat([points(40), points(50, seed=1) + 100, points(1) - 100])
    inside = neighbor_graph(x[:90], 8).toarray()
    whole = np.zeros((91, 91))  # the last one is alone
    whole[:90, :90] = inside
    values, modes = slowest_modes(csr_array(whole), 3, seed=0)
    np.testing.assert_allclose(values, 0, atol=1e-8)
    parts = np.repeat([0, 1, 2], [40, 50, 1])
    assert len(np.unique(unit_rows(modes).round(5), axis=0)) == 3
    labels = (np.abs(modes) > 1e-12).argmax(axis=1)
    assert adjusted_rand_score(parts, labels) == 1


def test_parts_are_joined_by_their_shortest_links_until_they_are_few():
    # Four groups on a line; the second and third are nearest to each other.
    x = torch.cat([points(10) / 10 + position for position in (0, 10, 13, 23)])
    assert connected_components(neighbor_graph(x, 5))[0] == 4
    assert connected_components(neighbor_graph(x, 5, max_parts=4))[0] == 4
    joined = neighbor_graph(x, 5, max_parts=3)
    n_parts, part = connected_components(joined)
    assert n_parts <= 3
    assert part[10] == part[20]


def test_the_graph_tells_curves_that_share_a_centre():
    angles = torch.arange(60) * 0.1047
    ring = torch.stack([angles.cos(), angles.sin()], dim=1)
    found = cluster_graph(torch.cat([ring, 4 * ring]), 2, 6, seed=0)
    assert adjusted_rand_score(np.repeat([0, 1], 60), found.labels) == 1
    np.testing.assert_allclose(np.linalg.norm(found.embedding, axis=1), 1)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@pytest.mark.parametrize("n_clusters", [1, 2, 5])
@pytest.mark.parametrize(
    "x",
    [points(5), points(1).repeat(30, 1), points(7).repeat(9, 1), 0 * points(6)],
    ids=["few", "one", "copies", "zeros"],
)
def test_odd_collections_have_finite_places(x, n_clusters):
    found = cluster_graph(x, n_clusters, 10, seed=0)
    assert found.labels.shape == (len(x),)
    assert set(found.labels) <= set(range(n_clusters))
    assert np.isfinite(found.embedding).all()
    assert (np.diff(found.eigenvalues) >= 0).all()


def test_one_series_is_a_cluster():
    found = cluster_graph(points(1), 1, 10, seed=0)
    assert found.labels.tolist() == [0]


def test_the_same_seed_gives_the_same_clusters():
    one, again = (cluster_graph(points(500), 6, 10, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.labels, again.labels)
    np.testing.assert_array_equal(one.embedding, again.embedding)


# Where the latent is to have them -------------------------------------------------


def test_targets_are_what_a_layer_normalisation_can_give_and_keep_angles():
    embedding = unit_rows(np.random.default_rng(0).standard_normal((20, 5)))
    target = latent_target(embedding, 64, seed=1)
    np.testing.assert_allclose(target.sum(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(
        target @ target.T / 64, embedding @ embedding.T, atol=1e-5
    )


@pytest.mark.parametrize("hidden_size", [1, 3, 5])
def test_a_latent_too_small_for_the_embedding_has_a_finite_target(hidden_size):
    embedding = unit_rows(np.random.default_rng(0).standard_normal((20, 5)))
    assert np.isfinite(latent_target(embedding, hidden_size, seed=0)).all()
