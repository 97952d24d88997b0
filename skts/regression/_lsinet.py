"""LSINet as a regressor on windows."""

import numpy as np

from skts.models import LSINetModel
from skts.regression._base import WindowRegressor


class LSINetRegressor(LSINetModel, WindowRegressor):
    """Regress windows on windows with sparse connections between patches.

    The network and the training of `LSINetForecaster` [1]_, for those whose data are
    rows: each channel of the window `X` is cut into patches that talk over a few
    learned connections, and a linear head gives the steps `y` after it.

    The forecast is a mixture of this network and of linear maps that are solved in
    closed form. The rows held out choose the weight of each, and the network has one
    only where it lowers their error by half a per cent. With fewer than 500 rows held
    out no maps can be chosen, and the network is alone, as it is with
    ``linear_maps=None``; ``max_epochs=0`` is the maps alone.

    Parameters
    ----------
    n_channels : int, default=1
        Number of channels in a row of a flat `X`. An `X` of three dimensions tells by
        itself, and `n_channels` stays at 1 or says the same.
    linear_maps : {"auto", "shared", "channel"} or None, default="auto"
        Linear maps that are solved in closed form and mixed with the network by weights
        that validation chooses: maps for all channels and, where they fit in memory,
        one for each channel; or only one kind. None trains the network alone, as the
        paper does.
    refit_maps : bool, default=True
        Whether the maps, once chosen, are solved again on all rows, those held out for
        validation included.
    patch_length : int or None, default=None
        Length of a patch. None is twice the stride.
    stride : int or None, default=None
        Distance from one patch to the next. None is a 64th of the context, rounded
        down, or a 32nd of a context shorter than 128, rounded up.
    hidden_size : int, default=32
        Width of a patch inside the network, divisible by 4.
    n_heads : int, default=8
        Number of connection matrices per module.
    head_size : int, default=32
        Width of what each connection matrix carries.
    n_modules : int, default=1
        Number of interaction modules in sequence.
    residual_stack : bool, default=False
        Whether as many modules follow again, with a residual around them; the authors
        do so for a context of 96.
    interaction : {"sparse", "attention", "none"}, default="sparse"
        How patches talk: over the sparse connections, by self-attention (the paper's
        ablation), or not at all before the head.
    n_connection_groups : int, default=1
        Number of groups of consecutive channels with connections of their own; 1 shares
        them among all channels.
    connection_mode : {"threshold", "topk", "mean"}, default="threshold"
        Connections that forecasts use: those with a probability above one half; the
        most probable ones, as many as `sparsity` leaves; or the probabilities, which
        are the mean of many samples.
    normalise_rows : bool, default=False
        Whether a patch averages the patches it listens to instead of adding them up.
    sparsity : float, default=0.85
        Share of the patch-to-patch connections that the penalty switches off, in
        ``[0, 1)`` (the paper's delta is ``1 - sparsity``).
    sparsity_interval : int, default=3
        The penalty counts in every epoch whose number, from 0, it divides, but not in
        epoch 0; 1 is every epoch, epoch 0 included, and 0 is never.
    sparsity_weight : float, default=1.0
        Weight of the penalty in the loss.
    temperature : float, default=0.5
        Softness of the relaxed connections that carry the gradient.
    annealing : float, default=1.0
        Factor of the temperature from one epoch to the next, down to 0.05; 1 keeps it
        constant.
    head : {"shared", "channel"} or int, default="shared"
        One linear head for all channels, one per channel, or the number of groups of
        consecutive channels with a head of their own.
    dropout : float, default=0.1
        Dropout inside the interaction modules, in ``[0, 1)``.
    embedding_dropout : float, default=0.1
        Dropout of the embedded patches, in ``[0, 1)``.
    use_revin : bool, default=True
        Whether each window is normalised by its own mean and standard deviation, which
        are put back into the forecast.
    standardize : bool, default=True
        Whether each channel is standardised by the mean and standard deviation of the
        training part. Without it, channels with large numbers dominate the loss.
    max_epochs : int, default=8
        Largest number of epochs, each of `windows_per_epoch` windows. Where there are
        some hundreds in all, a network alone needs more epochs.
    max_time : float or None, default=None
        Seconds after which training stops, counted from the choice of the linear maps
        on; the best epoch so far is kept, as it is where Ctrl-C interrupts training.
        What comes after training takes a little longer. None sets no limit.
    windows_per_epoch : int or None, default=9600
        Windows of an epoch, drawn at random anew in each, where there are more than
        that: neighbouring windows are nearly the same. None takes all.
    batch_size : int, default=64
        Windows per step. Larger batches are faster per epoch and need more epochs.
    lr : float, default=1e-3
        Learning rate of Adam.
    lr_schedule : {"constant", "cosine", "decay", "half-cosine"}, default="half-cosine"
        Rate over epochs: constant; falling along a cosine that restarts every 5
        epochs; constant for 3 epochs and a tenth less in each after that; or falling to
        nothing over `max_epochs`, along half a cosine.
    weight_decay : float, default=0.0
        L2 penalty of Adam.
    validation_fraction : float, default=0.2
        Share of the rows, the last ones, that are held out to choose the best epoch.
        Rows before them whose targets reach into theirs, as those of overlapping
        windows do, are left out. 0 trains on all rows for `max_epochs`.
    patience : int or None, default=None
        Epochs without a lower validation error after which training stops; the weights
        of the best epoch are kept. None goes on to the end. With linear maps, training
        also stops half-way where the network has added nothing to them by then.
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
    network_ : LSINet
        The trained network; maps standardised windows ``(B, C, L)`` to ``(B, C, H)``.
        None with ``max_epochs=0``.
    connection_matrix_ : ndarray of shape (n_modules, n_heads, n_patches, n_patches)
        Connections that forecasts use: entry ``[m, h, i, j]`` tells whether patch i
        listens to patch j. With several connection groups, the heads of the first group
        come first. Only with ``interaction="sparse"``, like the next two.
    connection_probability_ : ndarray of the same shape
        Probability of each connection.
    density_ : ndarray of shape (n_modules, n_heads)
        Share of the connections that are used, per head.
    history_ : list of dict
        One record per epoch: ``epoch``, ``train_loss`` (with the penalty, where it
        counts), ``valid_loss`` (with validation), ``density``, ``lr`` and ``seconds``.
        Losses are mean squared errors in standardised units. With linear maps,
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
    n_epochs_ : int
        Number of epochs trained, that of the maps alone not counted.
    best_epoch_ : int
        Epoch whose weights were kept, counted from 1; 0 if linear maps alone were best.
    center_, scale_ : ndarray of shape (n_channels,)
        Mean and standard deviation of `X` in the training rows.
    target_center_, target_scale_ : ndarray of shape (n_channels,)
        The same of `y`.
    n_features_in_ : int
        Number of columns of a flat `X`.
    feature_names_in_ : ndarray of str
        Names of the columns, where `X` had names.
    device_ : torch.device
        Where the network is.

    See Also
    --------
    SAMformerRegressor : Attention between channels instead of patches.
    skts.forecasting.LSINetForecaster : The same for a series with an index.

    Notes
    -----
    Rows are windows in time order. `X` of shape ``(n, L, C)`` holds time points and
    channels; a flat row is what ``X.reshape(n, -1)`` makes of it, which pipelines,
    scorers that are strings and ``permutation_importance`` need. `y` has the same
    channels. Both are standardised apart, so that `y` keeps its units where a pipeline
    scales `X`.

    Windows of one series overlap: in a search, leave a gap between training and test
    rows, as ``skts.model_selection.WindowSplit`` does. ``score`` warns where the first
    or last row shares targets with the first or last one in ``fit``.

    Windows are held in single precision, each one whole; for a long series the
    forecaster takes far less memory.

    References
    ----------
    .. [1] "LSINet: A Lightweight Sparse Interaction Network for Multivariate Long-Term
       Time Series Forecasting", AAAI 2025, arXiv 2602.01585.

    Examples
    --------
    >>> import numpy as np
    >>> from skts.regression import LSINetRegressor
    >>> series = np.sin(np.arange(60) / 3)[:, None] * [1, 10]  # two channels
    >>> rows = np.lib.stride_tricks.sliding_window_view(series, 12, axis=0)
    >>> X, y = np.split(rows.transpose(0, 2, 1), [8], axis=1)
    >>> X.shape, y.shape
    ((49, 8, 2), (49, 4, 2))
    >>> model = LSINetRegressor(max_epochs=2).fit(X, y)
    >>> model.predict(X[-1:]).shape
    (1, 4, 2)
    """

    def __init__(
        self,
        n_channels: int = 1,
        *,
        linear_maps: str | None = "auto",
        refit_maps: bool = True,
        patch_length: int | None = None,
        stride: int | None = None,
        hidden_size: int = 32,
        n_heads: int = 8,
        head_size: int = 32,
        n_modules: int = 1,
        residual_stack: bool = False,
        interaction: str = "sparse",
        n_connection_groups: int = 1,
        connection_mode: str = "threshold",
        normalise_rows: bool = False,
        sparsity: float = 0.85,
        sparsity_interval: int = 3,
        sparsity_weight: float = 1.0,
        temperature: float = 0.5,
        annealing: float = 1.0,
        head: str | int = "shared",
        dropout: float = 0.1,
        embedding_dropout: float = 0.1,
        use_revin: bool = True,
        standardize: bool = True,
        max_epochs: int = 8,
        max_time: float | None = None,
        windows_per_epoch: int | None = 9600,
        batch_size: int = 64,
        lr: float = 1e-3,
        lr_schedule: str = "half-cosine",
        weight_decay: float = 0.0,
        validation_fraction: float = 0.2,
        patience: int | None = None,
        device: str = "auto",
        precision: str = "float32",
        compile: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_channels = n_channels
        self.linear_maps = linear_maps
        self.refit_maps = refit_maps
        self.patch_length = patch_length
        self.stride = stride
        self.hidden_size = hidden_size
        self.n_heads = n_heads
        self.head_size = head_size
        self.n_modules = n_modules
        self.residual_stack = residual_stack
        self.interaction = interaction
        self.n_connection_groups = n_connection_groups
        self.connection_mode = connection_mode
        self.normalise_rows = normalise_rows
        self.sparsity = sparsity
        self.sparsity_interval = sparsity_interval
        self.sparsity_weight = sparsity_weight
        self.temperature = temperature
        self.annealing = annealing
        self.head = head
        self.dropout = dropout
        self.embedding_dropout = embedding_dropout
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
        self.device = device
        self.precision = precision
        self.compile = compile
        self.verbose = verbose
        self.random_state = random_state
