"""SAMformer as a forecaster."""

from typing import Any, cast

import numpy as np
import pandas as pd
import torch

from skts.forecasting._base import TorchForecaster
from skts.forecasting._given import read_series
from skts.models import SAMformerModel
from skts.nn import SAMformer
from skts.training import as_usual


class SAMformerForecaster(SAMformerModel, TorchForecaster):
    """Forecast with channel attention trained by sharpness-aware minimisation.

    One layer of attention lets every channel look at the others; a linear map then
    gives the whole horizon at once [1]_. Training looks for flat minima (SAM, [2]_),
    without which such a network overfits.

    The defaults are one setting that does well on every data set we could show it on;
    they are not the paper's. ``linear_maps=None``, ``context_length=512``,
    ``lr=1e-3``, ``lr_schedule="cosine"``, ``max_epochs=300``, ``patience=5``,
    ``windows_per_epoch=None``, ``head_init="glorot"`` and a `rho` per data set and
    horizon (the paper's Table 4) are the settings of its TensorFlow code.

    The forecast is a mixture of this network and of linear maps that are solved in
    closed form, shrunk towards naive forecasts. The rows held out choose the weight of
    each, and the network has one only where it lowers their error by half a per cent.
    With fewer than 500 validation windows nothing could tell, so no network is trained:
    blocks of all windows choose among the maps, which learn from all rows in any case.
    ``linear_maps=None`` is the network alone, as in the paper; ``max_epochs=0`` is the
    maps alone.

    Parameters
    ----------
    context_length : int or None, default=None
        Number of past time points that are looked at, at least 2. None takes up to 1024
        for the linear maps and up to 512 (LSINet: 384) for the network: as many as
        leave as many windows to learn from, and two seasons where the series has them.
    horizon : int or None, default=None
        Number of steps forecast at once. Any ``fh`` can then be asked for at any
        ``predict``, and ``fit`` needs none; steps beyond it are forecast in blocks,
        each as if the forecasts before it had come. None takes the largest step of the
        ``fh`` passed to ``fit``.
    sp : int or None, default=None
        Rows of a season, which linear maps look for where they look at as many. None
        takes what the frequency of the index suggests, or what the series shows where
        it has none.
    linear_maps : {"auto", "shared", "channel"} or None, default="auto"
        Linear maps that are solved in closed form and mixed with the network by weights
        that validation chooses: maps for all channels and, where they fit in memory,
        one for each channel; or only one kind. None trains the network alone, as the
        paper does.
    refit_maps : bool, default=True
        Whether the maps, once chosen, are solved again on all rows, those held out for
        validation included.
    hidden_size : int, default=16
        Width of queries, keys and values, per head.
    n_heads : int, default=1
        Number of attention heads.
    rho : float, default=0.7
        Radius of the neighbourhood searched by SAM. Larger values favour flatter
        minima and slow down the fit to the training data; 0 is plain Adam, which takes
        half the time.
    adaptive : bool, default=False
        Whether the radius is relative to the size of each weight (ASAM, [3]_).
    attention : {"channel", "identity", "random", "temporal", "none"}, default="channel"
        Attention between channels; the identity in its place; attention frozen at its
        random start; attention between time points; or the linear head alone.
    value_projection : {"factorised", "full"}, default="factorised"
        Values of width `hidden_size`, or one full map over the context (one head).
    head_init : {"zeros", "glorot"}, default="zeros"
        How the head starts. From zero, the first forecast is the mean of the window.
    sigma_reparam : bool, default=False
        Whether each weight matrix is divided by its spectral norm and multiplied by a
        learned gain (the paper's equation (5)). Needs ``head_init="glorot"``.
    use_revin : bool, default=True
        Whether each window is normalised by its own mean and standard deviation, which
        are put back into the forecast.
    standardize : bool, default=True
        Whether each channel is standardised by the mean and standard deviation of the
        training part. Without it, channels with large numbers dominate the loss.
    max_epochs : int, default=10
        Largest number of epochs, each of `windows_per_epoch` windows. Where there are
        some hundreds in all, a network alone needs more epochs.
    max_time : float or None, default=None
        Seconds after which training stops, counted from the choice of the linear maps
        on; the best epoch so far is kept, as it is where Ctrl-C interrupts training.
        What comes after training takes a little longer. None sets no limit.
    windows_per_epoch : int or None, default=4096
        Windows of an epoch, drawn at random anew in each, where there are more than
        that: neighbouring windows are nearly the same. None takes all.
    batch_size : int, default=32
        Windows per step. Larger batches are faster per epoch and need more epochs.
    lr : float, default=2e-3
        Learning rate of Adam.
    lr_schedule : {"constant", "cosine", "decay", "half-cosine"}, default="half-cosine"
        Rate over epochs: constant; falling along a cosine that restarts every 5
        epochs; constant for 3 epochs and a tenth less in each after that; or falling to
        nothing over `max_epochs`, along half a cosine.
    weight_decay : float, default=0.0
        L2 penalty of Adam.
    validation_fraction : float, default=0.2
        Share of the rows, the last ones, that are held out to choose the weights of
        the mixture and the best epoch; their windows look back into the training part.
        0 gives the linear maps alone or, without these, trains for `max_epochs`.
    patience : int or None, default=None
        Epochs without a lower validation error after which training stops; the weights
        of the best epoch are kept. None goes on to the end. With linear maps, training
        also stops half-way where the network has added nothing to them by then.
    update_epochs : int, default=1
        Passes over the new windows, and some old ones, when ``update`` may change the
        weights.
    interval_method : {"following", "conformal", "adaptive"}, default="following"
        What ``predict_interval`` goes by. ``"following"``: errors of windows held out
        and of those that ``update`` completes, the recent ones more than old ones, at
        levels that rise when intervals miss. ``"conformal"``: errors of the windows
        held out, all alike, whatever comes later; ``"adaptive"``: these relative to the
        spread of their window, for series whose errors grow with their swings.
    initial_weights : str or None, default=None
        Path of a file made by ``save_weights``, whose weights training starts from, for
        instance those of a forecaster pretrained on a panel. They must be of the same
        architecture and number of channels.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"`` for the first
        there is of CUDA, MPS and CPU.
    precision : {"float32", "bf16"}, default="float32"
        Arithmetic of the network in training; ``"bf16"`` where the device has it.
    compile : bool, default=False
        Whether the network is compiled with ``torch.compile`` for training, which takes
        a minute or more. On a CPU, SAMformer's steps are a tenth faster for it, and
        LSINet's take twice the time.
    verbose : int, default=0
        1 shows one line of progress on standard error.
    random_state : int, RandomState or None, default=None
        Seed of weights and batches. The same seed gives the same result on the same
        machine, up to rounding if the number of threads changes. Global generators are
        neither used nor changed.

    Attributes
    ----------
    network_ : SAMformer
        The trained network; maps standardised windows ``(B, C, L)`` to ``(B, C, H)``.
        None where none was trained: with fewer than 500 validation windows, with
        ``max_epochs=0``, or where training was stopped before an epoch had ended.
    history_ : list of dict
        One record per epoch: ``epoch``, ``train_loss``, ``valid_loss`` (with
        validation), ``lr`` and ``seconds``. Losses are mean squared errors in
        standardised units, that of training before each step. With linear maps,
        ``valid_loss`` is that of the mixture, ``network_valid_loss`` that of the
        network alone, and the first record, of epoch 0, is the maps alone.
    members_ : DataFrame
        What the forecast is mixed from, a row each: kind, context, the naive forecast
        that a map is shrunk towards and how strongly, weight, and its validation error
        alone. The network comes last.
    linear_map_ : ndarray of shape (L, H) or (C, L, H)
        The linear maps as one, for all channels or for each: ``L`` past rows times
        these are the ``H`` steps. The weights of a step have sum 1.
    network_weight_ : float
        Weight of the network in the forecast. It is 0 where the network does not lower
        the validation error of the linear maps by half a per cent.
    coef_ : DataFrame
        After a fit with covariates `X`, what one unit of each adds to each channel, a
        row for each covariate and lag. ``predict_effects`` splits a forecast by them.
    n_epochs_ : int
        Number of epochs trained, that of the maps alone not counted.
    best_epoch_ : int
        Epoch whose weights were kept, counted from 1; 0 if linear maps alone were best.
    context_length_ : int
        Number of past time points that a forecast looks at.
    center_, scale_ : ndarray of shape (n_channels,)
        Mean and standard deviation of the training part; after a fit on a panel, a
        DataFrame with a row for each series.
    score_scale_ : ndarray of shape (n_channels,)
        Standard deviation of all rows given to ``fit``, the unit of ``score``; NaN for
        a channel that never moved, which does not count. A DataFrame after a fit on a
        panel.
    channel_names_ : list
        Names of the channels, in order.
    device_ : torch.device
        Where the network is.

    Notes
    -----
    Covariates `X` are columns of numbers that are known for the steps to come, such as
    prices and holidays. Their effects are linear and the same at all times. They are
    solved together with a linear map, and taken away before anything else is learned;
    a forecast has them added. Lags and leads of up to two rows, and how strongly the
    effects are shrunk, are chosen on held-out windows. A channel whose error falls by
    less than half a per cent has none.

    A gap in the index is allowed: windows never cross it. A channel that never moves is
    forecast as it stands. NaN in `y` is a missing value: contexts are filled by what
    came before, and missing targets count nowhere.

    References
    ----------
    .. [1] Ilbert et al., "SAMformer: Unlocking the Potential of Transformers in Time
       Series Forecasting with Sharpness-Aware Minimization and Channel-Wise Attention",
       ICML 2024.
    .. [2] Foret et al., "Sharpness-Aware Minimization for Efficiently Improving
       Generalization", ICLR 2021.
    .. [3] Kwon et al., "ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant
       Learning of Deep Neural Networks", ICML 2021.

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from skts.forecasting import SAMformerForecaster
    >>> _, y = load_longley()
    >>> model = SAMformerForecaster(6, validation_fraction=0, max_epochs=2)
    >>> model.fit(y, fh=[1, 2]).predict().shape
    (2, 5)
    """

    def __init__(
        self,
        context_length: int | None = None,
        horizon: int | None = None,
        *,
        sp: int | None = None,
        linear_maps: str | None = "auto",
        refit_maps: bool = True,
        hidden_size: int = 16,
        n_heads: int = 1,
        rho: float = 0.7,
        adaptive: bool = False,
        attention: str = "channel",
        value_projection: str = "factorised",
        head_init: str = "zeros",
        sigma_reparam: bool = False,
        use_revin: bool = True,
        standardize: bool = True,
        max_epochs: int = 10,
        max_time: float | None = None,
        windows_per_epoch: int | None = 4096,
        batch_size: int = 32,
        lr: float = 2e-3,
        lr_schedule: str = "half-cosine",
        weight_decay: float = 0.0,
        validation_fraction: float = 0.2,
        patience: int | None = None,
        update_epochs: int = 1,
        interval_method: str = "following",
        initial_weights: str | None = None,
        device: str = "auto",
        precision: str = "float32",
        compile: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.context_length = context_length
        self.horizon = horizon
        self.sp = sp
        self.linear_maps = linear_maps
        self.refit_maps = refit_maps
        self.hidden_size = hidden_size
        self.n_heads = n_heads
        self.rho = rho
        self.adaptive = adaptive
        self.attention = attention
        self.value_projection = value_projection
        self.head_init = head_init
        self.sigma_reparam = sigma_reparam
        self.use_revin = use_revin
        self.standardize = standardize
        self.max_epochs = max_epochs
        self.max_time = max_time
        self.windows_per_epoch = windows_per_epoch
        self.batch_size = batch_size
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.update_epochs = update_epochs
        self.interval_method = interval_method
        self.initial_weights = initial_weights
        self.device = device
        self.precision = precision
        self.compile = compile
        self.verbose = verbose
        self.random_state = random_state
        super().__init__()

    @as_usual()
    def attention_matrix(
        self, Y: pd.Series | pd.DataFrame | np.ndarray | None = None
    ) -> np.ndarray:
        """Return how much each channel looks at each other one.

        Parameters
        ----------
        Y : Series, DataFrame or 2-D ndarray, default=None
            Series of shape (n_timepoints, n_channels) whose last ``context_length``
            rows are looked at; None takes the last rows seen.

        Returns
        -------
        ndarray of shape (n_heads, n_channels, n_channels)
            Attention of each channel (row) to each other one (column); rows sum to 1.
            With ``attention="temporal"``, time points take the place of channels.

        Raises
        ------
        ValueError
            If `Y` is shorter than ``context_length``, or `attention` is "identity" or
            "none", which have no weights.
        NotImplementedError
            If `Y` is given after a fit with covariates.
        """
        self.check_is_fitted()
        if self.attention in ("identity", "none"):
            raise ValueError(
                f"attention={self.attention!r} has no attention matrix. Fit with "
                "attention='channel', 'random' or 'temporal'."
            )
        known = self._only
        frame = known.recent
        if Y is not None and self._model.covariates is not None:
            raise NotImplementedError(
                "Y holds the effects of covariates, which the network has not seen. "
                "Leave Y out to look at the last rows known, or fit without X."
            )
        if Y is not None:
            frame = read_series(self._model, Y, "Y")[None]
        network = cast(SAMformer, self._trained_network("attention weights"))
        n_seen = self._model.solved.network_context
        if len(frame) < n_seen:
            raise ValueError(
                f"Y has {len(frame)} time points, but context_length={n_seen} are "
                "looked at. Give a longer series."
            )
        with torch.no_grad():
            rows = known.fill(frame.to_numpy(dtype=np.float64))[-n_seen:]
            window = known.units.standardise(rows)[None].to(self.device_)
            return network.attention_weights(window)[0].cpu().numpy()

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
        tiny = {"context_length": 3, "max_epochs": 1, "device": "cpu"}
        tiny["validation_fraction"] = 0
        return [
            {**tiny, "random_state": 0},
            {
                **tiny,
                "horizon": 5,
                "rho": 0.0,
                "attention": "temporal",
                "linear_maps": None,
            },
            {
                **tiny,
                "linear_maps": None,
                "n_heads": 2,
                "adaptive": True,
                "standardize": False,
                "validation_fraction": 0.3,
                "interval_method": "adaptive",
            },
        ]
