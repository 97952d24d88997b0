"""Clusters: members, prototypes and latents."""

import numpy as np
import pytest

from skts.plotting import plot_cluster, plot_embedding
from skts.plotting._clusters import MOST_SERIES


def test_a_cluster_shows_its_standardised_series_prototype_and_size(clusterer, series):
    ax = plot_cluster(clusterer, series, 1)
    *drawn, prototype = (line.get_ydata() for line in ax.lines)
    members = series[clusterer.labels_ == 1]
    wanted = (members - members.mean(1, keepdims=True)) / members.std(1, keepdims=True)
    np.testing.assert_allclose(drawn, wanted, atol=1e-5)
    np.testing.assert_allclose(prototype, clusterer.cluster_centers_[1, 0])
    assert ax.get_title() == f"cluster 1: {len(members)} of 24 series"
    assert ax.get_ylabel() == "standardised value"


def test_of_many_series_some_are_drawn_and_all_counted(clusterer, series):
    many = np.repeat(series, 20, axis=0)
    ax = plot_cluster(clusterer, many, 0)
    count = 20 * (clusterer.labels_ == 0).sum()
    assert len(ax.lines) == MOST_SERIES + 1
    assert ax.get_title() == f"cluster 0: {count} of 480 series"


def test_the_plane_holds_every_series_and_centre(clusterer, series, labels):
    ax = plot_embedding(clusterer, series)
    assert labels(ax) == ["cluster 0", "cluster 1", "centres"]
    sizes = [len(dots.get_offsets()) for dots in ax.collections]
    assert sizes == [*np.bincount(clusterer.labels_, minlength=2), 2]
    # Two directions keep no more than all distances to the mean.
    points = np.concatenate([dots.get_offsets() for dots in ax.collections[:2]])
    latents = clusterer.embed(series)
    spread = ((latents - latents.mean(0)) ** 2).sum()
    share = (points**2).sum() / spread
    written = [ax.get_xlabel(), ax.get_ylabel()]
    shares = [float(text.split("(")[1].split("%")[0]) / 100 for text in written]
    assert sum(shares) == pytest.approx(share, abs=0.011)


def test_a_cluster_or_channel_that_is_not_there_is_named(clusterer, series):
    with pytest.raises(ValueError, match="cluster must be below 2, got 2"):
        plot_cluster(clusterer, series, 2)
    with pytest.raises(ValueError, match="channel must be below 1, got 1"):
        plot_cluster(clusterer, series, 0, channel=1)
