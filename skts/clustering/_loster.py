"""LoSTerClusterer: a dense autoencoder that remembers a graph, and centres in it."""

from collections.abc import Hashable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import validate_data
from sktime.clustering.base import BaseClusterer
from torch import Tensor

from skts._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from skts._files import Storable
from skts._sklearn_door import SklearnDoor
from skts._stopped import warn_if_interrupted_late, warn_if_stopped
from skts._validation import (
    check_bool,
    check_int,
    check_option,
    check_real,
    check_seed,
    warn_caller,
)
from skts.clustering._fitting import (
    Settings,
    fit_clusters,
    graph_features,
    state_again,
)
from skts.clustering._input import (
    Panel,
    channel_names,
    check_channels,
    is_panel,
    resample,
    series_tensor,
)
from skts.clustering._missing import fill_points
from skts.clustering._state import FittedClusters
from skts.clustering._training import Record
from skts.data import AUGMENTATIONS
from skts.nn import LoSTer
from skts.series import check_library
from skts.training import (
    ProgressLine,
    Stop,
    as_usual,
    draw_seed,
    faster_threads,
    resolve_device,
)

# The silhouette takes time and memory with the square of the number of series.
MAX_SCORED = 2000
STARTS = ("graph", "kmeans")


class LoSTerClusterer(
    ClusterMixin, CallbackSupportMixin, SklearnDoor, Storable, BaseClusterer
):
    """Cluster long series on the graph of their neighbours, which a network remembers.

    Each series is linked to those most like it, in shape and in spectrum; the slowest
    modes of a random walk on these links tell the clusters (spectral clustering [2]_).
    An autoencoder [1]_ learns to place each series where the graph has it and to
    reconstruct what it sees, and centres are trained together with it. So new series
    get a cluster without the graph, and centres, decoded, are series to look at.

    ``LoSTerClusterer(n_clusters, hidden_size=256, spectral_weight=0, local_weight=0,
    start="kmeans", neighbor_weight=0, instance_weight=1, cluster_weight=1, n_init=1,
    pretrain_epochs=50)`` is the paper [1]_: autoencoders of the series and of an
    augmented copy learn to reconstruct, k-means places centres among their latents, and
    all are trained together, with losses that pull series to their centres and the two
    views of a series and of a cluster to each other.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters; ``compare_n_clusters`` helps to choose it.
    hidden_size : int, default=128
        Width of the latent and of all layers.
    n_layers : int, default=3
        Blocks of the encoder, and of the decoder.
    dropout : float, default=0.1
        Dropout inside the blocks, at least 0 and below 1.
    spectral_weight : float, default=1.5
        Weight of the amplitude spectrum beside the series, both having been brought to
        the same total variance; 0 leaves it out. It finds what is alike but shifted.
    local_weight : float, default=1.5
        Weight of the spectra of overlapping quarters of the series, likewise. They find
        what is alike and shifted a little.
    start : {"graph", "kmeans"}, default="graph"
        Where centres start: at the means of the graph's clusters, or where k-means
        finds them among the latents.
    n_neighbors : int, default=10
        Neighbours that each series is linked to, itself among them. More make clusters
        rounder and join what hangs together by little.
    neighbor_weight : float, default=1.0
        Weight of the squared distance of latents to where the graph has the series; 0
        leaves the network without the graph, and with ``start="kmeans"`` none is made.
    n_landmarks : int, default=10000
        Most series that the graph is made of. Of more, a random sample of that size is
        all that is learned from, and the network places the others. Time and memory of
        the graph grow with its square.
    alpha : float, default=1.0
        Weight of the k-means loss, the mean squared distance to the assigned centre.
    instance_weight : float, default=0.0
        Weight of the contrast between series and their augmented copies. Without this
        and the next, with a graph, there are no copies, and a fit takes a third.
    cluster_weight : float, default=0.0
        Weight of the contrast between clusters of series and of their copies.
    entropy_weight : float, default=1.0
        Weight of the negative entropy of cluster sizes.
    temperature : float, default=10.0
        Temperature of the sampled assignments in the first joint epoch.
    annealing : float, default=0.65
        Factor of the temperature from epoch to epoch, down to 0.01.
    augmentation : tuple of str, default=("flip", "permute", "time_warp")
        What makes the copies, once before training: a change of sign with probability
        one half, a shuffle of 1 to 4 segments, a smooth and strictly increasing warp of
        time. Leave out what changes the meaning of your series; an empty tuple makes
        equal copies.
    standardize : bool, default=True
        Whether each channel of each series is given mean 0 and deviation 1. A constant
        one becomes 0.
    length : int or None, default=None
        Points that each series is brought to by straight lines between its own, so that
        series of unequal lengths can be clustered. None takes series of one length.
    n_init : int, default=10
        Number of times k-means starts, with ``start="kmeans"``.
    pretrain_epochs : int, default=30
        Epochs of reconstruction, and of learning the graph, before centres are placed;
        0 for none.
    pretrain_lr : float, default=0.001
        Learning rate of Adam there.
    max_epochs : int, default=100
        Largest number of joint epochs; 0 leaves centres where they start.
    max_time : float or None, default=None
        Seconds after which training stops, counted from the beginning; what has been
        learned is kept, as it is when Ctrl-C interrupts training. What comes after
        training takes a little longer. None sets no limit.
    lr : float, default=0.01
        Learning rate of SGD there, a tenth every 5 epochs.
    batch_size : int, default=128
        Series per step. A last batch that is not full is left out of its epoch.
    tol : float, default=0.001
        Joint training stops, after two epochs at the earliest, once the share of series
        that changed cluster in an epoch is below it.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"`` for the first
        there is of CUDA, MPS and CPU.
    verbose : int, default=0
        1 shows a line of progress per phase on standard error.
    random_state : int, RandomState or None, default=None
        Seed of weights, sample, augmentation, batches and k-means. The same seed gives
        the same result on the same machine, up to rounding if the number of threads
        changes. Global generators are neither used nor changed.

    Attributes
    ----------
    labels_ : ndarray of shape (n_series,)
        Cluster of each series of ``fit``, the same as ``predict`` gives.
    cluster_centers_ : ndarray of shape (n_clusters, n_channels, n_timepoints)
        Centres decoded to series, standardised ones unless ``standardize=False``.
    latent_centers_ : ndarray of shape (n_clusters, hidden_size)
        Centres where distances are measured.
    inertia_ : float
        Sum of squared latent distances to the nearest centre.
    network_ : LoSTer
        The trained network.
    history_ : list of dict
        One record per epoch: ``phase`` ("pretraining" or "joint"), ``epoch``,
        ``train_loss``, ``lr`` and ``seconds``; in the joint phase also ``changed``, the
        share of series that changed cluster, and the unweighted means of the terms,
        ``reconstruction``, ``kmeans``, ``instance``, ``cluster`` and ``entropy``, and
        ``neighbor`` where the graph is learned.
    n_epochs_ : int
        Number of joint epochs.
    device_ : torch.device
        Where the network is.

    See Also
    --------
    compare_n_clusters : Tells numbers of clusters apart.
    sklearn.cluster.KMeans : What to compare with; on raw series it is strong.

    Notes
    -----
    Links between neighbours weigh ``exp(-d_ij^2 / (s_i s_j))``, ``s_i`` being the
    distance to the seventh of them [3]_. Where the graph falls into more parts than
    there are clusters, the shortest links between parts join them.

    Multivariate series are encoded as one long vector, channel after channel: the paper
    leaves them open, and this keeps what channels tell together. Their augmentations
    act on all channels alike.

    NaN is a missing point: it is taken to lie on the straight line between the known
    points beside it, and at either end where the nearest one lies. A series of which
    more than three quarters of a channel's points are missing is refused.

    New series must have the length, the number of channels and, where both have any,
    the names of channels of those in ``fit``; a single channel may be named otherwise.
    A ``ConvergenceWarning`` tells that `max_epochs` ended before `tol` was met.

    References
    ----------
    .. [1] "Concrete Dense Network for Long-Sequence Time Series Clustering", 2024,
       arXiv 2405.05015.
    .. [2] von Luxburg, "A tutorial on spectral clustering", Statistics and Computing,
       2007.
    .. [3] Zelnik-Manor and Perona, "Self-tuning spectral clustering", NIPS 2004.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skts.clustering import LoSTerClusterer
    >>> X, _ = load_basic_motions(split="train", return_type="numpy3D")
    >>> model = LoSTerClusterer(4, pretrain_epochs=20, random_state=0)
    >>> model.fit_predict(X).shape
    (40,)
    >>> model.cluster_centers_.shape
    (4, 6, 100)
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "maintainers": ["skts developers"],
        "python_dependencies": ["torch>=2.4"],
        "X_inner_mtype": "numpy3D",
        "capability:multivariate": True,
        "capability:unequal_length": False,
        "capability:missing_values": True,
        "capability:out_of_sample": True,
        "capability:predict": True,
        "capability:predict_proba": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        hidden_size: int = 128,
        n_layers: int = 3,
        dropout: float = 0.1,
        spectral_weight: float = 1.5,
        local_weight: float = 1.5,
        start: str = "graph",
        n_neighbors: int = 10,
        neighbor_weight: float = 1.0,
        n_landmarks: int = 10000,
        alpha: float = 1.0,
        instance_weight: float = 0.0,
        cluster_weight: float = 0.0,
        entropy_weight: float = 1.0,
        temperature: float = 10.0,
        annealing: float = 0.65,
        augmentation: Sequence[str] = ("flip", "permute", "time_warp"),
        standardize: bool = True,
        length: int | None = None,
        n_init: int = 10,
        pretrain_epochs: int = 30,
        pretrain_lr: float = 1e-3,
        max_epochs: int = 100,
        max_time: float | None = None,
        lr: float = 0.01,
        batch_size: int = 128,
        tol: float = 1e-3,
        device: str = "auto",
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.dropout = dropout
        self.spectral_weight = spectral_weight
        self.local_weight = local_weight
        self.start = start
        self.n_neighbors = n_neighbors
        self.neighbor_weight = neighbor_weight
        self.n_landmarks = n_landmarks
        self.alpha = alpha
        self.instance_weight = instance_weight
        self.cluster_weight = cluster_weight
        self.entropy_weight = entropy_weight
        self.temperature = temperature
        self.annealing = annealing
        self.augmentation = augmentation
        self.standardize = standardize
        self.length = length
        self.n_init = n_init
        self.pretrain_epochs = pretrain_epochs
        self.pretrain_lr = pretrain_lr
        self.max_epochs = max_epochs
        self.max_time = max_time
        self.lr = lr
        self.batch_size = batch_size
        self.tol = tol
        self.device = device
        self.verbose = verbose
        self.random_state = random_state
        super().__init__()
        # scikit-learn allows no fitted attribute before fit; sktime sets this one.
        self.__dict__.pop("fit_time_", None)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    # Input --------------------------------------------------------------------------

    def _initial_conversion(self, X: Any) -> Any:
        """Turn what is given into a panel, of one length if `length` says so."""
        names = channel_names(X)
        if self._is_fitted:
            check_channels(names, self._channel_names)
        else:
            self._channel_names: list[Hashable] | None = names
        panel = fill_points(self._as_panel(X))
        if self.length is None:
            return panel
        check_int("length", self.length, 1, optional=True)
        return resample(panel, self.length)

    def _as_panel(self, X: Any) -> Any:
        """Turn what scikit-learn calls data into a panel of one channel."""
        check_library(X, "X")
        if is_panel(X):
            if isinstance(X, np.ndarray):
                if 0 in X.shape:
                    raise ValueError(
                        "X must hold series, channels and time points, got an array "
                        f"of shape {X.shape}."
                    )
                check_array(
                    X,
                    allow_nd=True,
                    dtype="numeric",
                    input_name="X",
                    ensure_all_finite="allow-nan",
                )
            return X
        if not isinstance(X, np.ndarray | pd.DataFrame) and np.ndim(X) == 3:
            raise ValueError(
                f"X must be one array of shape {np.shape(X)}, got a "
                f"{type(X).__name__}. Pass numpy.asarray(X)."
            )
        dtypes = [np.float64, np.float32]
        X = validate_data(
            self,
            X,
            dtype=dtypes,
            reset=not self._is_fitted,
            ensure_all_finite="allow-nan",
        )
        return X[:, None, :]

    def _check_parameters(self) -> None:
        for name in ("n_clusters", "hidden_size", "n_layers", "n_neighbors", "n_init"):
            check_int(name, getattr(self, name), 1)
        check_real("dropout", self.dropout, 0, 1)
        names = ["spectral_weight", "local_weight", "neighbor_weight", "alpha"]
        names += ["instance_weight", "cluster_weight", "entropy_weight", "tol"]
        for name in names:
            check_real(name, getattr(self, name), 0)
        for name in ("temperature", "annealing", "pretrain_lr", "lr"):
            check_real(name, getattr(self, name), 0, exclusive=True)
        check_option("start", self.start, STARTS)
        known = tuple(AUGMENTATIONS)
        if not isinstance(self.augmentation, tuple | list) or not all(
            name in known for name in self.augmentation
        ):
            raise ValueError(
                f"augmentation must be a tuple of names out of {known}, got "
                f"{self.augmentation!r}."
            )
        check_bool("standardize", self.standardize)
        check_int("length", self.length, 1, optional=True)
        check_int("pretrain_epochs", self.pretrain_epochs, 0)
        check_int("max_epochs", self.max_epochs, 0)
        check_real("max_time", self.max_time, 0, exclusive=True, optional=True)
        check_int("batch_size", self.batch_size, 1)
        check_int("n_landmarks", self.n_landmarks, 1)
        if self.n_landmarks < self.n_clusters:
            raise ValueError(
                f"n_landmarks must be at least n_clusters={self.n_clusters}, got "
                f"{self.n_landmarks}."
            )
        check_int("verbose", self.verbose, 0)
        check_seed("random_state", self.random_state)
        resolve_device(self.device)

    # Fit ----------------------------------------------------------------------------

    def fit(self, X: Panel, y: object = None) -> Self:
        """Cluster series.

        Parameters
        ----------
        X : array-like or sktime panel
            A table with a series per row, an array ``(n_series, n_channels,
            n_timepoints)``, or a panel of sktime.
        y : object, default=None
            Ignored.

        Returns
        -------
        LoSTerClusterer
            The fitted clusterer. A fit that fails leaves nothing behind.
        """
        try:
            super().fit(X)
        except BaseException:
            self.reset()
            raise
        return self

    @with_callbacks  # type: ignore[untyped-decorator]
    @as_usual()
    @faster_threads()
    def _fit(self, X: NDArray[Any], y: object = None) -> Self:
        self._check_parameters()
        if len(X) < self.n_clusters:
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}. Use "
                "fewer clusters or more series."
            )
        with Stop(self.max_time) as stop:
            self._learn(X, stop)
        warn_if_interrupted_late(stop)
        return self

    def _learn(self, X: NDArray[Any], stop: Stop) -> None:
        series = series_tensor(X, self.standardize, resolve_device(self.device))
        seed = draw_seed(self.random_state)
        n_epochs = self.pretrain_epochs + self.max_epochs
        task = FitTask(self, n_epochs, X, attributes=self._results)
        watch = _Watch(self, task)
        state, history = fit_clusters(
            series, self._settings(), seed, watch.start_epoch, watch.end_epoch, stop
        )
        watch.close()
        kept = "the clusters found so far are kept"
        warn_if_stopped(stop, len(history), n_epochs, self.max_time, kept)
        self._warn_unless_converged(history)
        distances = state.distances(X)
        self._state: FittedClusters = state
        self.device_: torch.device = state.device
        self.history_: list[Record] = history
        self.n_epochs_: int = _count_joint(history)
        self.labels_: NDArray[np.int64] = distances.argmin(1)
        self.inertia_ = float(distances.min(1).sum())
        task.end()

    def _take_apart(self) -> dict[str, Any]:
        weights = self._state.state_dict()
        return {
            "state": self._values_beside("_state", "device_"),
            "shape": tuple(self._state.features.shape),
            "weights": {name: weight.cpu() for name, weight in weights.items()},
        }

    @as_usual()
    def _put_together(self, content: dict[str, Any]) -> None:
        self.__dict__.update(content["state"])
        settings, shape = self._settings(), content["shape"]
        self._state = state_again(settings, shape, content["weights"])
        self.device_ = self._state.device

    def _settings(self) -> Settings:
        values = {field.name: getattr(self, field.name) for field in fields(Settings)}
        return Settings(**values)

    def _results(self, state: FittedClusters, history: list[Record]) -> dict[str, Any]:
        """Return what callbacks see of a fit on its way."""
        return {
            "_state": state,
            "device_": state.device,
            "history_": history,
            "n_epochs_": _count_joint(history),
        }

    def _warn_unless_converged(self, history: list[Record]) -> None:
        ran_out = _count_joint(history) == self.max_epochs  # no callback stopped it
        if not (self.max_epochs and ran_out and self.tol):
            return
        changed = history[-1]["changed"]
        if changed >= self.tol:
            warn_caller(
                f"After max_epochs={self.max_epochs} joint epochs, {changed:.2%} of "
                f"the series still changed cluster, and not less than "
                f"tol={self.tol:g}. Use more epochs or a larger tol.",
                ConvergenceWarning,
            )

    # After fit ----------------------------------------------------------------------

    def fit_predict(self, X: Panel, y: object = None) -> NDArray[np.int64]:
        """Cluster series and return the cluster of each.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, as in ``fit``.
        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_series,)
            The attribute `labels_`.
        """
        return self.fit(X).labels_

    def predict(self, X: Panel, y: object = None) -> NDArray[np.int64]:
        """Return the cluster of each series, that of the nearest centre.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, of the length and with the channels of those in ``fit``.
        y : object, default=None
            Ignored.

        Returns
        -------
        ndarray of shape (n_series,)
            Numbers of clusters, from 0.
        """
        return super().predict(X)

    def predict_proba(self, X: Panel) -> NDArray[np.float64]:
        """Return how probable each cluster is for each series.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, of the length and with the channels of those in ``fit``.

        Returns
        -------
        ndarray of shape (n_series, n_clusters)
            The softmax of minus the squared latent distances: close to 0 and 1.
        """
        return super().predict_proba(X)

    @as_usual()
    def embed(self, X: Panel) -> NDArray[np.float32]:
        """Return the latents that distances are measured among.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, of the length and with the channels of those in ``fit``.

        Returns
        -------
        ndarray of shape (n_series, hidden_size)
            Latents of the first view, without dropout.
        """
        self.check_is_fitted("embed")
        return self._state.latents(self._check_clusterer_input(X)).cpu().numpy()

    @as_usual()
    def prepare(self, X: Panel) -> NDArray[np.float32]:
        """Return series as the clusterer sees them: checked, and standardised.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, of the length and with the channels of those in ``fit``.

        Returns
        -------
        ndarray of shape (n_series, n_channels, n_timepoints)
            Series in the units of `cluster_centers_`, of the length `length` if given.
        """
        self.check_is_fitted("prepare")
        return self._state.prepare(self._check_clusterer_input(X)).cpu().numpy()

    @as_usual()
    def graph_features(self, X: Panel, seed: int) -> Tensor:
        """Return what a fit would make its graph of; the clusterer stays as it is.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, as in ``fit``.
        seed : int
            Seed of the sample, if `X` holds more than `n_landmarks` series.

        Returns
        -------
        Tensor of shape (n_series, n_features)
            Series beside their spectra.
        """
        fresh = self.clone()
        fresh._check_parameters()
        series = fresh._check_clusterer_input(X)
        device = resolve_device(fresh.device)
        return graph_features(
            series_tensor(series, fresh.standardize, device), fresh._settings(), seed
        )

    @property
    def network_(self) -> LoSTer:
        """The trained network."""
        self.check_is_fitted()
        return self._state.network

    @property
    def latent_centers_(self) -> NDArray[np.float32]:
        """Centres in the latent space, ``(n_clusters, hidden_size)``."""
        self.check_is_fitted()
        return self._state.centers()

    @property
    @as_usual()
    def cluster_centers_(self) -> NDArray[np.float32]:
        """Centres decoded to series, ``(n_clusters, C, L)``."""
        self.check_is_fitted()
        return self._state.prototypes()

    @as_usual()
    def _predict(self, X: NDArray[Any], y: object = None) -> NDArray[np.int64]:
        labels: NDArray[np.int64] = self._state.distances(X).argmin(1)
        return labels

    @as_usual()
    def _predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        distances = self._state.distances(X).astype(np.float64)
        return torch.from_numpy(-distances).softmax(1).numpy()

    def score(self, X: Panel, y: object = None) -> float:
        """Return the mean silhouette of the series in their clusters.

        Higher is better. It needs no classes and compares across settings and numbers
        of clusters, which losses do not. It is measured on the series as they are
        standardised, or as they are with ``standardize=False``: not across that
        parameter, nor fairly across `spectral_weight` and `local_weight`, since a shift
        counts here. ``compare_n_clusters`` measures where the graph is made.

        Parameters
        ----------
        X : array-like or sktime panel
            Series, of the length and with the channels of those in ``fit``. Of more
            than 2000, a sample of that size is taken, the same every time.
        y : object, default=None
            Ignored.

        Returns
        -------
        float
            Between -1 and 1; 0 where a silhouette is not defined, with all series in
            one cluster or each in its own.
        """
        return super().score(X, y)

    @as_usual()
    def _score(self, X: NDArray[Any], y: object = None) -> float:
        if len(X) > MAX_SCORED:
            chosen = np.random.default_rng(0).permutation(len(X))
            X = X[chosen[:MAX_SCORED]]
        labels = self._predict(X)
        if not 1 < len(np.unique(labels)) < len(X):
            return 0.0
        series = self._state.prepare(X).flatten(1).cpu().numpy()
        return float(silhouette_score(series, labels))

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return small settings for tests of sktime's interface.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored: there is one set of settings for all purposes.

        Returns
        -------
        list of dict
            Constructor arguments.
        """
        tiny: dict[str, Any] = {"n_clusters": 2, "hidden_size": 8}
        tiny["pretrain_epochs"] = 1
        tiny |= {"max_epochs": 2, "tol": 0, "device": "cpu"}
        return [
            {**tiny, "random_state": 0},
            {**tiny, "spectral_weight": 0, "local_weight": 0, "augmentation": ()}
            | {
                "start": "kmeans",
                "neighbor_weight": 0,
                "instance_weight": 1,
                "n_init": 1,
            },
            {**tiny, "n_layers": 1, "standardize": False, "alpha": 0, "dropout": 0}
            | {"n_neighbors": 3, "n_landmarks": 5},
        ]


class _Watch:
    """Tells of each epoch: on a line per phase if wanted, and to callbacks."""

    def __init__(self, clusterer: LoSTerClusterer, task: FitTask) -> None:
        self.task = task
        self.verbose = clusterer.verbose
        self.n_epochs = {
            "pretraining": clusterer.pretrain_epochs,
            "joint": clusterer.max_epochs,
        }
        self.phase: str | None = None
        self.line: ProgressLine | None = None

    def start_epoch(self, phase: str, epoch: int) -> None:
        if self.verbose and phase != self.phase:
            self.close()
            self.line = ProgressLine(self.n_epochs[phase], phase)
        self.phase = phase
        self.task.start_epoch(epoch)

    def end_epoch(self, record: Record, state: FittedClusters | None) -> bool:
        if self.line is not None:
            self.line.show(record)
        return self.task.end_epoch(record, state)

    def close(self) -> None:
        """End the line, if there is one."""
        if self.line is not None:
            self.line.close()
            self.line = None


def _count_joint(history: list[Record]) -> int:
    return sum(record["phase"] == "joint" for record in history)
