"""Clusters: members, prototypes and latents."""

import numpy as np
import pandas as pd
import pytest

from skts.plotting import (
    plot_cluster,
    plot_clusters,
    plot_embedding,
    plot_n_clusters,
)
from skts.plotting._clusters import BANDS, MOST_SERIES


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


def test_bands_hold_the_shares_they_name(clusterer, series):
    axes = plot_clusters(clusterer, series)
    assert len(axes) == 2
    wanted = (series - series.mean(1, keepdims=True)) / series.std(1, keepdims=True)
    for cluster, ax in enumerate(axes):
        members = wanted[clusterer.labels_ == cluster]
        (line,) = ax.lines
        np.testing.assert_allclose(
            line.get_ydata(), clusterer.cluster_centers_[cluster, 0]
        )
        for band, (low, high, _) in zip(ax.collections, BANDS, strict=True):
            corners = band.get_paths()[0].vertices
            lower, upper = np.quantile(members, [low, high], axis=0)
            assert corners[:, 1].min() == pytest.approx(lower.min(), abs=1e-5)
            assert corners[:, 1].max() == pytest.approx(upper.max(), abs=1e-5)
            assert band.get_label() == f"{high - low:.0%} of the series"
        assert ax.get_title() == f"cluster {cluster}: {len(members)} of 24 series"


def test_a_cluster_without_series_is_its_prototype(clusterer, series):
    one = series[clusterer.labels_ == 0]
    alone = plot_clusters(clusterer, one)[1]
    assert not alone.collections
    assert alone.get_title() == f"cluster 1: 0 of {len(one)} series"


def test_clusters_are_drawn_into_axes_that_are_given(clusterer, series):
    import matplotlib.pyplot as plt

    mine = plt.subplots(1, 2)[1]
    assert list(plot_clusters(clusterer, series, axes=mine)) == list(mine)
    with pytest.raises(ValueError, match="each of the 2 clusters, got 1"):
        plot_clusters(clusterer, series, axes=mine[:1])
    with pytest.raises(ValueError, match="channel must be below 1, got 3"):
        plot_clusters(clusterer, series, channel=3)


def test_prototypes_stand_beside_the_plane(clusterer, series):
    insets = plot_embedding(clusterer, series).child_axes
    drawn = [inset.lines[0].get_ydata() for inset in insets]
    np.testing.assert_allclose(drawn, clusterer.cluster_centers_[:, 0])
    assert not plot_embedding(clusterer, series, prototypes=False).child_axes


def test_the_numbers_of_clusters_are_drawn_with_the_best_of_each(labels):
    table = pd.DataFrame(
        {"eigengap": [0.9, 0.1, 0.3, 0.2], "silhouette": [np.nan, 0.5, 0.2, 0.1]},
        index=range(1, 5),
    )
    ax = plot_n_clusters(table)
    assert [bar.get_height() for bar in ax.patches] == [0.9, 0.1, 0.3, 0.2]
    assert labels(ax) == [
        "gap after the eigenvalue, widest at 3",
        "silhouette, highest at 2",
    ]
    with pytest.raises(ValueError, match=r"without \['silhouette'\]"):
        plot_n_clusters(table[["eigengap"]])
