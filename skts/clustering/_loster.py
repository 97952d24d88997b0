"""LoSTerClusterer: a dense autoencoder and k-means, trained end to end."""

import warnings
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from sklearn.base import ClusterMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import silhouette_score
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data
from sktime.clustering.base import BaseClusterer
from torch import Tensor

from skts._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from skts._files import Storable
from skts._sklearn_door import SklearnDoor
from skts._validation import check_bool, check_int, check_real, check_seed
from skts.clustering._training import (
    JointLoss,
    Record,
    encode,
    place_centers,
    pretrain,
    train_jointly,
)
from skts.data import AUGMENTATIONS, augment
from skts.nn import LoSTer, SeriesFeatures, standardise_each
from skts.training import (
    ProgressLine,
    draw_seed,
    fair_share_of_threads,
    resolve_device,
    seeded,
)

# The silhouette takes time and memory with the square of the number of series.
MAX_SCORED = 2000


class LoSTerClusterer(
    ClusterMixin, CallbackSupportMixin, SklearnDoor, Storable, BaseClusterer
):
    """Cluster long series with k-means on what a dense autoencoder makes of them.

    Two autoencoders, one of the series and one of an augmented copy, learn to
    reconstruct what they see; k-means places centres among their latents; then
    autoencoders and centres are trained together, with losses that pull series to their
    centres and the two views of a series and of a cluster to each other [1]_.

    The defaults differ from the paper's in two points: the autoencoders see the
    amplitude spectrum beside the series, which does not change when a series is
    shifted, and k-means starts ten times. ``LoSTerClusterer(n_clusters,
    spectral_weight=0, n_init=1)`` has the paper's settings.

    Parameters
    ----------
    n_clusters : int, default=8
        Number of clusters.
    hidden_size : int, default=256
        Width of the latent and of all layers.
    n_layers : int, default=3
        Blocks of the encoder, and of the decoder.
    dropout : float, default=0.1
        Dropout inside the blocks, at least 0 and below 1.
    spectral_weight : float, default=1.5
        Weight of the spectrum beside the series, both having been brought to the same
        total variance; 0 leaves it out.
    alpha : float, default=1.0
        Weight of the k-means loss, the mean squared distance to the assigned centre.
    instance_weight : float, default=1.0
        Weight of the contrast between series.
    cluster_weight : float, default=1.0
        Weight of the contrast between clusters.
    entropy_weight : float, default=1.0
        Weight of the negative entropy of cluster sizes. With this and the two contrasts
        at 0 the paper's ablation "w/o CL" remains.
    temperature : float, default=10.0
        Temperature of the sampled assignments in the first joint epoch.
    annealing : float, default=0.65
        Factor of the temperature from epoch to epoch, down to 0.01.
    augmentation : tuple of str, default=("flip", "permute", "time_warp")
        What makes the second view, applied once before training: a change of sign with
        probability one half, a shuffle of 1 to 4 segments, a smooth and strictly
        increasing warp of time. Leave out what changes the meaning of your series; an
        empty tuple makes two views of the same series.
    standardize : bool, default=True
        Whether each channel of each series is given mean 0 and deviation 1. A constant
        one becomes 0.
    n_init : int, default=10
        Number of times k-means starts, before the joint training.
    pretrain_epochs : int, default=50
        Epochs of reconstruction alone; 0 for none.
    pretrain_lr : float, default=0.001
        Learning rate of Adam there.
    max_epochs : int, default=100
        Largest number of joint epochs; 0 leaves it at k-means on the latents.
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
        Seed of weights, augmentation, batches and k-means. The same seed gives the same
        result on the same machine. Global generators are neither used nor changed.

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
        ``reconstruction``, ``kmeans``, ``instance``, ``cluster`` and ``entropy``.
    n_epochs_ : int
        Number of joint epochs.
    device_ : torch.device
        Where the network is.

    See Also
    --------
    sklearn.cluster.KMeans : What to compare with; on raw series it is strong.

    Notes
    -----
    Multivariate series are encoded as one long vector, channel after channel: the paper
    leaves them open, and this keeps what channels tell together. Their augmentations
    act on all channels alike.

    New series must have the length and the channels of those in ``fit``.
    A ``ConvergenceWarning`` tells that `max_epochs` ended before `tol` was met.

    References
    ----------
    .. [1] "Concrete Dense Network for Long-Sequence Time Series Clustering", 2024,
       arXiv 2405.05015.

    Examples
    --------
    >>> from sktime.datasets import load_basic_motions
    >>> from skts.clustering import LoSTerClusterer
    >>> X, _ = load_basic_motions(split="train", return_type="numpy3D")
    >>> model = LoSTerClusterer(4, pretrain_epochs=2, random_state=0)
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
        "capability:missing_values": False,
        "capability:out_of_sample": True,
        "capability:predict": True,
        "capability:predict_proba": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }

    def __init__(
        self,
        n_clusters=8,
        *,
        hidden_size=256,
        n_layers=3,
        dropout=0.1,
        spectral_weight=1.5,
        alpha=1.0,
        instance_weight=1.0,
        cluster_weight=1.0,
        entropy_weight=1.0,
        temperature=10.0,
        annealing=0.65,
        augmentation=("flip", "permute", "time_warp"),
        standardize=True,
        n_init=10,
        pretrain_epochs=50,
        pretrain_lr=1e-3,
        max_epochs=100,
        lr=0.01,
        batch_size=128,
        tol=1e-3,
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.n_clusters = n_clusters
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.dropout = dropout
        self.spectral_weight = spectral_weight
        self.alpha = alpha
        self.instance_weight = instance_weight
        self.cluster_weight = cluster_weight
        self.entropy_weight = entropy_weight
        self.temperature = temperature
        self.annealing = annealing
        self.augmentation = augmentation
        self.standardize = standardize
        self.n_init = n_init
        self.pretrain_epochs = pretrain_epochs
        self.pretrain_lr = pretrain_lr
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.tol = tol
        self.device = device
        self.verbose = verbose
        self.random_state = random_state
        super().__init__()
        # scikit-learn allows no fitted attribute before fit; sktime sets this one.
        vars(self).pop("fit_time_", None)

    # Input --------------------------------------------------------------------------

    def _initial_conversion(self, X):
        """Turn what scikit-learn calls data into a panel of one channel."""
        if _is_panel(X):
            if isinstance(X, np.ndarray):
                if 0 in X.shape:
                    raise ValueError(
                        "X must hold series, channels and time points, got an array "
                        f"of shape {X.shape}."
                    )
                check_array(X, allow_nd=True, dtype="numeric", input_name="X")
            return X
        if not isinstance(X, np.ndarray | pd.DataFrame) and np.ndim(X) == 3:
            raise ValueError(
                f"X must be one array of shape {np.shape(X)}, got a "
                f"{type(X).__name__}. Pass numpy.asarray(X)."
            )
        dtypes = [np.float64, np.float32]
        X = validate_data(self, X, dtype=dtypes, reset=not self._is_fitted)
        return X[:, None, :]

    def _check_parameters(self) -> None:
        check_int("n_clusters", self.n_clusters, 1)
        check_int("hidden_size", self.hidden_size, 1)
        check_int("n_layers", self.n_layers, 1)
        check_real("dropout", self.dropout, 0, 1)
        names = ["spectral_weight", "alpha", "instance_weight", "cluster_weight"]
        for name in [*names, "entropy_weight", "tol"]:
            check_real(name, getattr(self, name), 0)
        for name in ("temperature", "annealing", "pretrain_lr", "lr"):
            check_real(name, getattr(self, name), 0, exclusive=True)
        known = tuple(AUGMENTATIONS)
        if not isinstance(self.augmentation, tuple | list) or not all(
            name in known for name in self.augmentation
        ):
            raise ValueError(
                f"augmentation must be a tuple of names out of {known}, got "
                f"{self.augmentation!r}."
            )
        check_bool("standardize", self.standardize)
        check_int("n_init", self.n_init, 1)
        check_int("pretrain_epochs", self.pretrain_epochs, 0)
        check_int("max_epochs", self.max_epochs, 0)
        check_int("batch_size", self.batch_size, 1)
        check_int("verbose", self.verbose, 0)
        check_seed("random_state", self.random_state)
        resolve_device(self.device)

    # Fit ----------------------------------------------------------------------------

    @with_callbacks
    def _fit(self, X, y=None):
        self._check_parameters()
        if len(X) < self.n_clusters:
            raise ValueError(
                f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}. Use "
                "fewer clusters or more series."
            )
        self._shape = X.shape[1:]
        device = resolve_device(self.device)
        series = self._to_tensor(X, device)
        features = self._features = SeriesFeatures(self.spectral_weight).fit(series)
        seed = draw_seed(self.random_state)
        generator = torch.Generator(device="cpu").manual_seed(seed)
        augmented = augment(series, self.augmentation, generator)
        # Each view has a network, and so a scaling, of its own.
        of_augmented = SeriesFeatures(self.spectral_weight).fit(augmented)
        views = torch.stack([features(series), of_augmented(augmented)], dim=1)
        task = FitTask(self, self.pretrain_epochs + self.max_epochs, X)
        with fair_share_of_threads(), seeded(seed, device):
            with torch.device(device):
                network = LoSTer(
                    views.shape[-1],
                    self.n_clusters,
                    hidden_size=self.hidden_size,
                    n_layers=self.n_layers,
                    dropout=self.dropout,
                )
            history = self._train(network, views, seed, task)
        vars(self).update(self._results(network, history))
        distances = self._distances(X)
        self.labels_ = distances.argmin(1)
        self.inertia_ = float(distances.min(1).sum())
        task.end()
        return self

    def _results(self, network: LoSTer, history: list[Record]) -> dict[str, Any]:
        """Return what training leaves."""
        return {
            "device_": network.centers.device,
            "network_": network,
            "history_": history,
            "n_epochs_": sum(record["phase"] == "joint" for record in history),
        }

    def _train(
        self, network: LoSTer, views: Tensor, seed: int, task: FitTask
    ) -> list[Record]:
        batch_size = min(self.batch_size, len(views))
        common = {"batch_size": batch_size, "seed": seed, "task": task}
        with self._progress(self.pretrain_epochs, "pretraining") as show:
            history = pretrain(
                network,
                views,
                n_epochs=self.pretrain_epochs,
                lr=self.pretrain_lr,
                show=show,
                **common,
            )
        place_centers(network, views, self.n_init, seed)
        weights = (1.0, self.alpha, self.instance_weight, self.cluster_weight)
        weights += (self.entropy_weight,)
        with self._progress(self.max_epochs, "joint") as show:
            joint = train_jointly(
                network,
                views,
                JointLoss(network, weights, self.temperature, self.annealing),
                max_epochs=self.max_epochs,
                lr=self.lr,
                tol=self.tol,
                show=show,
                **common,
            )
        ran_out = len(joint) == self.max_epochs  # and was not stopped by a callback
        if joint and ran_out and self.tol and joint[-1]["changed"] >= self.tol:
            warnings.warn(
                f"After max_epochs={self.max_epochs} joint epochs, "
                f"{joint[-1]['changed']:.2%} of the series still changed cluster, and "
                f"not less than tol={self.tol:g}. Use more epochs or a larger tol.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return history + joint

    @contextmanager
    def _progress(self, n_epochs: int, phase: str):
        """Yield what shows a record, or None, and end its line."""
        if not (self.verbose and n_epochs):
            yield None
            return
        line = ProgressLine(n_epochs, phase)
        yield line.show
        line.close()

    def _to_tensor(self, X: np.ndarray, device: torch.device) -> Tensor:
        """Return series as the features are made from, ``(N, C, L)``."""
        if X.shape[1:] != self._shape:
            raise ValueError(
                f"X must have the shape of the series in fit, {self._shape[0]} "
                f"channel(s) of {self._shape[1]} time points, got {X.shape[1]} of "
                f"{X.shape[2]}. Cut or resample them, for instance with sktime's "
                "TSInterpolator."
            )
        X = np.array(X, dtype=np.float64)  # torch wants it writable
        if not np.isfinite(X).all():
            raise ValueError(
                f"X must be finite, got {np.sum(~np.isfinite(X))} NaN or infinite "
                "value(s). Fill them in first, for instance with sktime's Imputer."
            )
        series = torch.from_numpy(X)
        if self.standardize:
            series = standardise_each(series)
        series = series.to(torch.float32)
        if not series.isfinite().all():
            raise ValueError(
                f"X must fit single precision, got values up to {np.abs(X).max():.3g}. "
                "Use standardize=True, or divide them by a common factor."
            )
        return series.to(device)

    # After fit ----------------------------------------------------------------------

    def fit_predict(self, X, y=None):
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

    def embed(self, X):
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
        return self._latents(self._check_clusterer_input(X)).cpu().numpy()

    @property
    def latent_centers_(self):
        """Centres in the latent space, ``(n_clusters, hidden_size)``."""
        self.check_is_fitted()
        return self.network_.centers[0].detach().cpu().numpy().copy()

    @property
    def cluster_centers_(self):
        """Centres decoded to series, ``(n_clusters, C, L)``."""
        self.check_is_fitted()
        with torch.no_grad():
            decoded = self.network_.decode(self.network_.centers[:1])[0]
            return self._features.invert(decoded).cpu().numpy()

    def _latents(self, X: np.ndarray) -> Tensor:
        features = self._features(self._to_tensor(X, self.device_))
        with fair_share_of_threads():
            return encode(self.network_, features.unsqueeze(1))[0]

    def _distances(self, X: np.ndarray) -> np.ndarray:
        """Return squared latent distances to the centres, ``(N, K)``."""
        with torch.no_grad():
            distances = self.network_.squared_distances(self._latents(X)[None])[0]
        return distances.clamp(min=0).cpu().numpy()

    def _predict(self, X, y=None):
        return self._distances(X).argmin(1)

    def _predict_proba(self, X):
        logits = torch.from_numpy(-self._distances(X).astype(np.float64))
        return logits.softmax(1).numpy()

    def score(self, X, y=None):
        """Return the mean silhouette of the series in their clusters.

        Higher is better. It needs no classes and compares across settings and numbers
        of clusters, which losses do not. It is measured on the series as they are
        standardised, or as they are with ``standardize=False``: not across that
        parameter, nor fairly across `spectral_weight`, since a shift counts here.

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

    def _score(self, X, y=None):
        if len(X) > MAX_SCORED:
            chosen = np.random.default_rng(0).permutation(len(X))
            X = X[chosen[:MAX_SCORED]]
        labels = self._predict(X)
        if not 1 < len(np.unique(labels)) < len(X):
            return 0.0
        series = self._to_tensor(X, torch.device("cpu")).flatten(1).numpy()
        return float(silhouette_score(series, labels))

    @classmethod
    def get_test_params(cls, parameter_set="default"):
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
        tiny = {"n_clusters": 2, "hidden_size": 8, "pretrain_epochs": 1}
        tiny |= {"max_epochs": 2, "tol": 0, "device": "cpu"}
        return [
            {**tiny, "random_state": 0},
            {**tiny, "spectral_weight": 0, "augmentation": (), "n_init": 1},
            {**tiny, "n_layers": 1, "standardize": False, "alpha": 0, "dropout": 0},
        ]


def _is_panel(X: Any) -> bool:
    """Tell sktime's panels from the tables and lists of scikit-learn."""
    if isinstance(X, np.ndarray):
        return X.ndim == 3
    if isinstance(X, pd.DataFrame):
        nested = X.size and isinstance(X.iloc[0, 0], pd.Series | np.ndarray)
        return isinstance(X.index, pd.MultiIndex) or bool(nested)
    return isinstance(X, list) and any(isinstance(x, pd.DataFrame) for x in X)
