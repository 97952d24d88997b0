"""Clusters of series: their members, prototypes and latents."""

import numpy as np
from sklearn.decomposition import PCA

from skts._validation import check_int
from skts.plotting._axes import (
    DARK,
    LIGHT,
    PALETTE,
    VERMILION,
    prepare_axes,
    put_legend,
)

MOST_SERIES = 100  # drawn of one cluster; more only make it grey
MARKERS = "osD^vP"


def plot_cluster(clusterer, X, cluster, *, channel=0, ax=None):
    """Draw the series of one cluster and its prototype (LoSTer).

    Parameters
    ----------
    clusterer : LoSTerClusterer
        Fitted clusterer.
    X : array-like or sktime panel
        Series, as in ``fit``. Of more than a hundred in the cluster, a hundred evenly
        chosen ones are drawn.
    cluster : int
        Number of the cluster.
    channel : int, default=0
        Number of the channel to draw.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into; the title tells the size of the cluster in `X`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such cluster or channel, or `X` has another shape than in
        ``fit``.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skts.clustering import LoSTerClusterer
    >>> from skts.plotting import plot_cluster
    >>> X, _ = load_basic_motions(split="train", return_type="numpy3D")
    >>> model = LoSTerClusterer(2, pretrain_epochs=2, random_state=0).fit(X)
    >>> plot_cluster(model, X, 0).get_xlabel()
    'time point'
    """
    centers = clusterer.cluster_centers_
    for name, number, count in (
        ("cluster", cluster, len(centers)),
        ("channel", channel, centers.shape[1]),
    ):
        check_int(name, number, 0)
        if number >= count:
            raise ValueError(f"{name} must be below {count}, got {number}.")
    labels = clusterer.predict(X)
    series = clusterer._to_tensor(clusterer._check_clusterer_input(X), "cpu")
    members = series[labels == cluster, channel].numpy()
    ax = prepare_axes(ax, 5, 3)
    count = min(len(members), MOST_SERIES)
    shown = members[np.linspace(0, len(members) - 1, count).astype(int)]
    for number, member in enumerate(shown):
        ax.plot(member, color=LIGHT, linewidth=0.8, label=None if number else "series")
    ax.plot(centers[cluster, channel], color=VERMILION, label="prototype")
    ax.set_title(f"cluster {cluster}: {len(members)} of {len(labels)} series")
    ax.set_xlabel("time point")
    ax.set_ylabel("standardised value" if clusterer.standardize else "value")
    put_legend(ax)
    return ax


def plot_embedding(clusterer, X, *, ax=None):
    """Draw the latents of series in the plane of their two main directions (LoSTer).

    Distances in the plane are not those that clusters are made by: the labels of the
    axes tell how much of the variance each direction holds.

    Parameters
    ----------
    clusterer : LoSTerClusterer
        Fitted clusterer.
    X : array-like or sktime panel
        At least two series, as in ``fit``.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into: a colour and a marker per cluster, and the centres.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `X` has another shape than in ``fit``.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skts.clustering import LoSTerClusterer
    >>> from skts.plotting import plot_embedding
    >>> X, _ = load_basic_motions(split="train", return_type="numpy3D")
    >>> model = LoSTerClusterer(2, pretrain_epochs=2, random_state=0).fit(X)
    >>> len(plot_embedding(model, X).collections)  # two clusters and the centres
    3
    """
    latents, labels = clusterer.embed(X), clusterer.predict(X)
    plane = PCA(2).fit(latents)
    points, centers = (
        plane.transform(latents),
        plane.transform(clusterer.latent_centers_),
    )
    ax = prepare_axes(ax, 5.5, 4)
    for cluster in range(len(centers)):
        style = {"s": 25, "alpha": 0.8, "linewidths": 0}
        style["color"] = PALETTE[cluster % len(PALETTE)]
        style["marker"] = MARKERS[(cluster + cluster // len(PALETTE)) % len(MARKERS)]
        ax.scatter(*points[labels == cluster].T, label=f"cluster {cluster}", **style)
    ax.scatter(*centers.T, s=90, marker="X", color=DARK, edgecolor="w", label="centres")
    shares = plane.explained_variance_ratio_
    ax.set_xlabel(f"first direction ({shares[0]:.0%} of the variance)")
    ax.set_ylabel(f"second direction ({shares[1]:.0%} of the variance)")
    put_legend(ax)
    return ax
