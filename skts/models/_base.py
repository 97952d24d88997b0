"""What every estimator around a window network shares: parameters and a recipe."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted
from torch.optim import Optimizer

from skts._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from skts._files import Storable
from skts._stopped import warn_if_interrupted_late
from skts._validation import (
    check_bool,
    check_int,
    check_option,
    check_real,
    check_seed,
)
from skts.data import Rows, Windows
from skts.models._maps import LINEAR_MAPS, ChosenMaps
from skts.models._mixture import Attributes, Mixture
from skts.models._mixture_fit import fit_mixture
from skts.models._recipe import Recipe
from skts.models._table import table_of_members
from skts.models._weights import InitialWeights, start_from, weights_of
from skts.nn import WindowNetwork
from skts.training import (
    PRECISIONS,
    SCHEDULES,
    Stop,
    draw_seed,
    mixed_precision,
    resolve_device,
)


class WindowModel(CallbackSupportMixin, Storable):
    """Parameters of one network from context to horizon, and their checks.

    Subclasses for a network build it in `_build_network`, check what is their own in
    `_check_own_parameters`, and may wrap the optimiser. Subclasses for a library turn
    its data into windows. An estimator derives from one of each, that of the network
    first, and both come before the library's base class, whose pickling and cloning
    this class goes round.
    """

    linear_maps: str | None
    refit_maps: bool
    use_revin: bool
    standardize: bool
    max_epochs: int
    max_time: float | None
    windows_per_epoch: int | None
    batch_size: int
    lr: float
    lr_schedule: str
    weight_decay: float
    validation_fraction: float
    patience: int | None
    device: str
    precision: str
    compile: bool
    verbose: int
    random_state: int | np.random.RandomState | None
    # What a fit learned, with a `mixture`.
    _model: Any

    network_: WindowNetwork | None
    network_weight_: float
    members_: pd.DataFrame
    history_: list[dict[str, Any]]
    n_epochs_: int
    best_epoch_: int

    @property
    def linear_map_(self) -> np.ndarray:
        """The linear maps as one, ``(L, H)`` or, with one per channel, ``(C, L, H)``.

        ``L`` rows before the forecast, the oldest first, times these are its ``H``
        steps. The weights of a step have sum 1: they are the same in any unit.
        """
        check_is_fitted(self)
        maps = self._model.mixture.maps
        if maps is None:
            raise AttributeError(
                "There are no linear maps: the network is alone. Fit with "
                "linear_maps='auto', on rows enough to hold 500 out."
            )
        weight: np.ndarray = maps.weight.cpu().numpy()
        return weight

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> WindowNetwork:
        raise NotImplementedError

    def _keep(self, model: Any) -> None:
        """Keep what a fit learned, as fitted attributes."""
        raise NotImplementedError

    def _keep_mixture(self, mixture: Mixture) -> None:
        """Keep what is to be seen of network and maps, as fitted attributes."""
        self.network_ = mixture.network
        self.network_weight_ = mixture.network_weight
        self.members_ = table_of_members(mixture)
        self.history_ = mixture.history
        self.n_epochs_ = mixture.n_epochs
        self.best_epoch_ = mixture.best_epoch
        self.device_ = mixture.device

    def _attributes(self, model: Any) -> dict[str, Any]:
        """Return what `_keep` makes of a model, for callbacks."""
        shell = object.__new__(type(self))
        shell._keep(model)
        return dict(vars(shell))

    def _apart(self, bare: Any, mixture: Mixture) -> dict[str, Any]:
        """Return values, a model without its network, and the weights of that."""
        network = mixture.network
        return {
            "state": self._values_beside(*self._attributes(self._model)),
            "model": bare,
            "weights": None if network is None else weights_of(network),
        }

    def _with_network(
        self,
        bare: Mixture,
        content: dict[str, Any],
        n_channels: int,
        prediction_length: int,
    ) -> Mixture:
        """Take the values that `_apart` gave, and return the mixture with network."""
        self.__dict__.update(content["state"])
        if content["weights"] is None:
            return bare
        network = self._build_network(
            n_channels, bare.network_context, prediction_length
        )
        start_from(network, InitialWeights("the file", content["weights"]))
        return replace(bare, network=network.eval())

    def _check_own_parameters(self) -> None:
        """Raise if a parameter that is not shared is wrong."""

    def _wrap_optimizer(self, optimizer: Optimizer) -> Optimizer:
        return optimizer

    def _check_parameters(self) -> None:
        check_bool("use_revin", self.use_revin)
        check_bool("standardize", self.standardize)
        if self.linear_maps is not None:
            check_option("linear_maps", self.linear_maps, LINEAR_MAPS)
        check_bool("refit_maps", self.refit_maps)
        # Without an epoch there are the maps alone.
        check_int("max_epochs", self.max_epochs, 1 if self.linear_maps is None else 0)
        check_real("max_time", self.max_time, 0, exclusive=True, optional=True)
        check_int("windows_per_epoch", self.windows_per_epoch, 1, optional=True)
        check_int("batch_size", self.batch_size, 1)
        check_real("lr", self.lr, 0, exclusive=True)
        check_option("lr_schedule", self.lr_schedule, SCHEDULES)
        check_real("weight_decay", self.weight_decay, 0)
        check_real("validation_fraction", self.validation_fraction, 0, 1)
        check_int("patience", self.patience, 1, optional=True)
        check_option("precision", self.precision, PRECISIONS)
        check_bool("compile", self.compile)
        check_int("verbose", self.verbose, 0)
        check_seed("random_state", self.random_state)
        self._check_own_parameters()
        mixed_precision(self.precision, resolve_device(self.device))

    @with_callbacks  # type: ignore[untyped-decorator]
    def _fit_mixture(
        self,
        chosen: ChosenMaps | None,
        train: Windows | Rows,
        valid: Windows | Rows | None,
        X: Any,
        y: Any,
        attributes: Attributes,
        finish: Callable[[Mixture], None],
        initial: InitialWeights | None = None,
    ) -> None:
        """Train a network on windows, and mix it with linear maps if there are any.

        `X` and `y` are the data as callbacks may score them. `attributes` returns the
        fitted attributes that a mixture makes, for the callbacks of an epoch, and
        `finish` keeps them, before callbacks are told of the end.
        """
        task = FitTask(self, self.max_epochs, X, y)
        spent = 0.0 if chosen is None else chosen.seconds
        with Stop(self.max_time, spent) as stop:
            mixture = fit_mixture(
                recipe_of(self),
                chosen,
                train,
                valid,
                draw_seed(self.random_state),
                initial,
                task,
                attributes,
                stop,
            )
            finish(mixture)
        warn_if_interrupted_late(stop)
        task.end()


def recipe_of(model: WindowModel) -> Recipe:
    """Return how the network of an estimator is built and trained."""
    return Recipe(
        build=model._build_network,
        wrap_optimizer=model._wrap_optimizer,
        batch_size=model.batch_size,
        max_epochs=model.max_epochs,
        max_time=model.max_time,
        windows_per_epoch=model.windows_per_epoch,
        lr=model.lr,
        lr_schedule=model.lr_schedule,
        weight_decay=model.weight_decay,
        patience=model.patience,
        precision=model.precision,
        compile=model.compile,
        verbose=model.verbose,
    )
