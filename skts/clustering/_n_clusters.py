"""Numbers of clusters beside each other, before any network is trained."""

import numpy as np
import pandas as pd
from sklearn.metrics import silhouette_score

from skts._validation import check_int
from skts.clustering._graph import cluster_modes, neighbor_graph, slowest_modes
from skts.clustering._input import Panel
from skts.clustering._loster import MAX_SCORED, LoSTerClusterer
from skts.training import as_usual, draw_seed


def compare_n_clusters(
    clusterer: LoSTerClusterer, X: Panel, max_clusters: int = 10
) -> pd.DataFrame:
    """Tell how well the graph falls into each number of clusters.

    A graph of k parts that hang together by little has k modes that are slow and a gap
    after them, and series that are nearer to their own cluster than to the next. Both
    are told, and need no classes; nothing is trained, so it takes seconds.

    Parameters
    ----------
    clusterer : LoSTerClusterer
        Its settings make the graph; it need not be fitted and stays as it is.
    X : array-like or sktime panel
        Series, as ``fit`` takes them. Of more than its `n_landmarks`, a sample.
    max_clusters : int, default=10
        Largest number of clusters to tell of, below the number of series.

    Returns
    -------
    DataFrame
        Indexed by ``n_clusters`` from 1, with the columns ``eigenvalue``, of that mode
        of the walk's Laplacian (0 is slowest); ``eigengap``, from it to the next; and
        ``silhouette``, the mean over series, measured on what the graph is made of and
        not defined for one cluster. Of more than 2000 series, a sample is measured.

    Raises
    ------
    ValueError
        If there are not more series than `max_clusters`, or `X` is nothing that
        ``fit`` takes.

    References
    ----------
    .. [1] von Luxburg, "A tutorial on spectral clustering", Statistics and Computing,
       2007, section 8.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.clustering import LoSTerClusterer, compare_n_clusters
    >>> kinds = np.random.default_rng(0).standard_normal((3, 50)).cumsum(1)
    >>> X = np.repeat(kinds, 20, axis=0)
    >>> X += 0.3 * np.random.default_rng(1).standard_normal(X.shape)
    >>> table = compare_n_clusters(LoSTerClusterer(random_state=0), X, max_clusters=6)
    >>> int(table["eigengap"].idxmax()), int(table["silhouette"].idxmax())
    (3, 3)
    """
    check_int("max_clusters", max_clusters, 1)
    seed = draw_seed(clusterer.random_state)
    features = clusterer.graph_features(X, seed)
    if len(features) <= max_clusters:
        raise ValueError(
            f"max_clusters must be below the number of series, {len(features)}, got "
            f"{max_clusters}."
        )
    with as_usual():
        graph = neighbor_graph(features, clusterer.n_neighbors)
        values, modes = slowest_modes(graph, max_clusters + 1, seed)
    chosen = np.random.default_rng(0).permutation(len(features))[:MAX_SCORED]
    measured = features.cpu().numpy()[chosen]
    silhouettes = [np.nan]
    for k in range(2, max_clusters + 1):
        labels = cluster_modes(modes[:, :k], k, seed)[chosen]
        defined = 1 < len(np.unique(labels)) < len(labels)
        silhouettes.append(silhouette_score(measured, labels) if defined else np.nan)
    columns = {
        "eigenvalue": values[:-1],
        "eigengap": np.diff(values),
        "silhouette": silhouettes,
    }
    numbers = pd.RangeIndex(1, max_clusters + 1, name="n_clusters")
    return pd.DataFrame(columns, index=numbers)
