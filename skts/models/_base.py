"""What every estimator around a window network shares."""

from typing import Any

import torch
from torch.optim import Adam, Optimizer

from skts._callbacks import CallbackSupportMixin, FitTask, with_callbacks
from skts._files import Storable
from skts._validation import (
    check_bool,
    check_int,
    check_option,
    check_real,
    check_seed,
)
from skts.data import Rows, Windows
from skts.models._training import train_on_windows
from skts.models._weights import Weights, start_from
from skts.nn import WindowNetwork
from skts.training import (
    PRECISIONS,
    SCHEDULES,
    draw_seed,
    fair_share_of_threads,
    mixed_precision,
    resolve_device,
    seeded,
)


class WindowModel(CallbackSupportMixin, Storable):
    """Mixin, left of a library's base class: one network from context to horizon.

    Subclasses for a network build it in `_build_network`, check what is their own in
    `_check_own_parameters`, and may wrap the optimiser. Subclasses for a library turn
    its data into windows. An estimator derives from one of each.
    """

    def _build_network(
        self, n_channels: int, context_length: int, prediction_length: int
    ) -> WindowNetwork:
        raise NotImplementedError

    def _check_own_parameters(self) -> None:
        """Raise if a parameter that is not shared is wrong."""

    def _wrap_optimizer(self, optimizer: Optimizer) -> Optimizer:
        return optimizer

    def _initial_weights(self) -> tuple[str, Weights] | None:
        """Return weights to start from, after the name of their source, if any."""
        return None

    def _check_parameters(self) -> None:
        check_bool("use_revin", self.use_revin)
        check_bool("standardize", self.standardize)
        check_int("max_epochs", self.max_epochs, 1)
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

    @with_callbacks
    def _fit_network(
        self, train: Windows | Rows, valid: Windows | Rows | None, X: Any, y: Any
    ) -> None:
        """Train a network on windows and keep it.

        `X` and `y` are the data as callbacks may score them.
        """
        task = FitTask(self, self.max_epochs, X, y)
        vars(self).update(self._train_new(train, valid, task))
        task.end()

    def _train_new(
        self, train: Windows | Rows, valid: Windows | Rows | None, task: FitTask
    ) -> dict[str, Any]:
        """Build a network for windows and train it where they are."""
        device = train.device
        context, target = train.take(slice(1))
        sizes = *context.shape[1:], target.shape[-1]
        seed = draw_seed(self.random_state)
        with fair_share_of_threads(), seeded(seed, device):
            with torch.device(device):
                network = self._build_network(*sizes)
            start_from(network, self._initial_weights())
            trained = self._train(network, train, valid, seed, task)
        return self._results(network, *trained)

    def _results(
        self,
        network: WindowNetwork,
        history: list[dict[str, Any]],
        best_epoch: int | None = None,
    ) -> dict[str, Any]:
        """Return what a fit leaves; without `best_epoch`, the last one is taken."""
        return {
            "device_": next(network.parameters()).device,
            "network_": network,
            "history_": history,
            "n_epochs_": len(history),
            "best_epoch_": best_epoch or len(history),
        }

    def _train(
        self,
        network: WindowNetwork,
        train: Windows | Rows,
        valid: Windows | Rows | None,
        seed: int,
        task: FitTask,
        **changes: Any,
    ) -> tuple[list[dict[str, Any]], int]:
        """Train in place with the parameters of this estimator, but for `changes`."""
        names = [
            "batch_size",
            "max_epochs",
            "lr_schedule",
            "patience",
            "precision",
            "compile",
            "verbose",
        ]
        settings = {name: getattr(self, name) for name in names} | changes
        optimizer = self._make_optimizer(network, settings.pop("lr", self.lr))
        return train_on_windows(
            network, train, valid, optimizer, task=task, seed=seed, **settings
        )

    def _make_optimizer(self, network: WindowNetwork, lr: float) -> Optimizer:
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        fused = weights[0].device.type in ("cpu", "cuda")
        adam = Adam(weights, lr=lr, weight_decay=self.weight_decay, fused=fused)
        return self._wrap_optimizer(adam)
