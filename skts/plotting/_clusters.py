"""Clusters of series: members, prototypes, latents, and how many there are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from skts._validation import check_int
from skts.plotting._axes import (
    BLUE,
    DARK,
    GREY,
    LIGHT,
    ORANGE,
    PALETTE,
    VERMILION,
    new_grid,
    prepare_axes,
    put_legend,
)

MOST_SERIES = 100  # drawn of one cluster; more only make it grey
MARKERS = "osD^vP"
BANDS = ((0.05, 0.95, 0.25), (0.25, 0.75, 0.5))  # from, to, opacity
MOST_COLUMNS = 4  # of pictures side by side
MOST_PROTOTYPES = 12  # beside the latents; more are too small to see
SHARE_OF_PROTOTYPES = 0.25  # of the width
COLUMNS_OF_COUNTS = ("eigengap", "silhouette")


def plot_cluster(
    clusterer: Any, X: Any, cluster: int, *, channel: int = 0, ax: Any = None
) -> Any:
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
    _check_below("cluster", cluster, len(centers))
    _check_below("channel", channel, centers.shape[1])
    labels = clusterer.predict(X)
    members = clusterer.prepare(X)[labels == cluster, channel]
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


def plot_clusters(
    clusterer: Any, X: Any, *, channel: int = 0, axes: Sequence[Any] | None = None
) -> NDArray[np.object_]:
    """Draw every cluster: where its series lie at each time, and its prototype.

    Instead of many lines, the bands that hold the middle half of the series and nine
    tenths of them, point by point.

    Parameters
    ----------
    clusterer : LoSTerClusterer
        Fitted clusterer.
    X : array-like or sktime panel
        Series, as in ``fit``.
    channel : int, default=0
        Number of the channel to draw.
    axes : sequence of Axes or None, default=None
        Where to draw, one for each cluster; None makes a new figure.

    Returns
    -------
    ndarray of Axes
        The axes drawn into, in the order of the clusters; the titles tell their sizes
        in `X`. A cluster without a series in `X` is its prototype alone.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is no such channel, if `X` has another shape than in ``fit``, or if
        `axes` are not as many as the clusters.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skts.clustering import LoSTerClusterer
    >>> from skts.plotting import plot_clusters
    >>> X, _ = load_basic_motions(split="train", return_type="numpy3D")
    >>> model = LoSTerClusterer(2, pretrain_epochs=2, random_state=0).fit(X)
    >>> [ax.get_xlabel() for ax in plot_clusters(model, X)]
    ['time point', 'time point']
    """
    centers = clusterer.cluster_centers_
    _check_below("channel", channel, centers.shape[1])
    labels = clusterer.predict(X)
    series = clusterer.prepare(X)[:, channel]
    if axes is None:
        axes = new_grid(
            len(centers),
            most_columns=MOST_COLUMNS,
            width=3,
            height=2.3,
            share_values=True,
        )
    if len(axes) != len(centers):
        raise ValueError(
            f"axes must be one for each of the {len(centers)} clusters, got "
            f"{len(axes)}."
        )
    time = np.arange(series.shape[1])
    for cluster, ax in enumerate(axes):
        members = series[labels == cluster]
        for low, high, opacity in BANDS if len(members) else ():
            edges = np.quantile(members, [low, high], axis=0)
            name = f"{high - low:.0%} of the series"
            ax.fill_between(
                time, *edges, color=BLUE, alpha=opacity, linewidth=0, label=name
            )
        ax.plot(time, centers[cluster, channel], color=VERMILION, label="prototype")
        size = f"{len(members)} of {len(labels)} series"
        ax.set_title(f"cluster {cluster}: {size}", fontsize="small")
        ax.set_xlabel("time point")
    axes[0].set_ylabel("standardised value" if clusterer.standardize else "value")
    put_legend(axes[min(len(axes), MOST_COLUMNS) - 1])
    return np.asarray(axes, dtype=object)


def plot_embedding(
    clusterer: Any, X: Any, *, prototypes: bool = True, ax: Any = None
) -> Any:
    """Draw the latents of series in the plane of their two main directions (LoSTer).

    Distances in the plane are not those that clusters are made by: the labels of the
    axes tell how much of the variance each direction holds.

    Parameters
    ----------
    clusterer : LoSTerClusterer
        Fitted clusterer.
    X : array-like or sktime panel
        At least two series, as in ``fit``.
    prototypes : bool, default=True
        Whether the first channel of each prototype is drawn on the right, of at most
        twelve.
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
    ax = prepare_axes(ax, 6.5 if prototypes else 5.5, 4)
    for cluster in range(len(centers)):
        style: dict[str, Any] = {"s": 25, "alpha": 0.8, "linewidths": 0}
        style["color"] = PALETTE[cluster % len(PALETTE)]
        style["marker"] = MARKERS[(cluster + cluster // len(PALETTE)) % len(MARKERS)]
        ax.scatter(*points[labels == cluster].T, label=f"cluster {cluster}", **style)
    ax.scatter(*centers.T, s=90, marker="X", color=DARK, edgecolor="w", label="centres")
    shares = plane.explained_variance_ratio_
    ax.set_xlabel(f"first direction ({shares[0]:.0%} of the variance)")
    ax.set_ylabel(f"second direction ({shares[1]:.0%} of the variance)")
    put_legend(ax)
    if prototypes:
        _put_prototypes(ax, clusterer.cluster_centers_[:MOST_PROTOTYPES, 0])
    return ax


def _put_prototypes(ax: Any, series: NDArray[np.float32]) -> None:
    """Draw series small and one below the other, on the right of the axes."""
    left, right = ax.get_xlim()
    ax.set_xlim(left, left + (right - left) / (1 - SHARE_OF_PROTOTYPES))
    height = 1 / max(len(series), 4)
    width = SHARE_OF_PROTOTYPES - 0.06
    for number, one in enumerate(series):
        place = [0.98 - width, 1 - (number + 0.95) * height, width, 0.9 * height]
        inset = ax.inset_axes(place)
        inset.plot(one, color=PALETTE[number % len(PALETTE)], linewidth=1)
        inset.set_xticks([])
        inset.set_yticks([])
        inset.set_ylabel(str(number), rotation=0, va="center", ha="right")
        inset.patch.set_visible(False)
        for spine in inset.spines.values():
            spine.set_visible(False)


def plot_n_clusters(table: pd.DataFrame, *, ax: Any = None) -> Any:
    """Draw what speaks for each number of clusters.

    Look for a number at which the gap is wide and the silhouette high; where the two do
    not agree, there is no one number.

    Parameters
    ----------
    table : DataFrame
        What ``compare_n_clusters`` returned.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into, gaps as bars and silhouettes on a second scale; the best of
        each, from two clusters on, is in the legend.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `table` has no such columns.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.clustering import LoSTerClusterer, compare_n_clusters
    >>> from skts.plotting import plot_n_clusters
    >>> kinds = np.random.default_rng(0).standard_normal((3, 50)).cumsum(1)
    >>> X = np.repeat(kinds, 20, axis=0)
    >>> X += 0.3 * np.random.default_rng(1).standard_normal(X.shape)
    >>> table = compare_n_clusters(LoSTerClusterer(random_state=0), X, max_clusters=6)
    >>> ax = plot_n_clusters(table)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['gap after the eigenvalue, widest at 3', 'silhouette, highest at 3']
    """
    missing = [name for name in COLUMNS_OF_COUNTS if name not in table.columns]
    if missing:
        raise ValueError(
            f"table must be what compare_n_clusters returns, got one without {missing}."
        )
    ax = prepare_axes(ax, 5.5, 3.5)
    several = table.loc[table.index > 1, list(COLUMNS_OF_COUNTS)]
    best = {
        name: f" at {column.idxmax()}" if column.notna().any() else " nowhere"
        for name, column in several.items()
    }
    gaps = ax.bar(table.index, table["eigengap"], color=LIGHT, edgecolor=GREY)
    other = ax.twinx()
    (line,) = other.plot(table.index, table["silhouette"], color=ORANGE, marker="o")
    ax.set_xlabel("number of clusters")
    ax.set_ylabel("gap after the eigenvalue")
    other.set_ylabel("silhouette")
    ax.set_xticks(table.index)
    names = [
        f"gap after the eigenvalue, widest{best['eigengap']}",
        f"silhouette, highest{best['silhouette']}",
    ]
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18)}
    ax.legend([gaps, line], names, frameon=False, **below)
    return ax


def _check_below(name: str, number: int, count: int) -> None:
    check_int(name, number, 0)
    if number >= count:
        raise ValueError(f"{name} must be below {count}, got {number}.")
