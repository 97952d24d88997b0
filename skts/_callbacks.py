"""Callbacks of scikit-learn (1.9 and later) at the epochs of a fit."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn 1.6 to 1.8 have no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: no callback can be set."""

    def with_callbacks(method: Callable) -> Callable:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "FitTask", "with_callbacks"]

# sktime looks for this flag; scikit-learn's estimators do not mind it.
FITTED = {"_is_fitted": True}


class FitTask:
    """A fit, and its epochs, that an estimator's callbacks see begin and end.

    Without callbacks, nothing happens. Methods that make one are decorated by
    ``with_callbacks``, which ends what it began when they are left.

    Parameters
    ----------
    estimator : estimator, default=None
        Whose callbacks they are. Left out, there are none.
    n_epochs : int, default=0
        Most epochs there may be.
    X, y : object, default=None
        Data that a scorer can be given.
    attributes : callable, default=None
        Returns the attributes of a fit as a dict from a network and its history.
    """

    def __init__(
        self,
        estimator: Any = None,
        n_epochs: int = 0,
        X: Any = None,
        y: Any = None,
        attributes: Callable[[Any, list[dict[str, Any]]], dict[str, Any]] | None = None,
    ) -> None:
        self.attributes = attributes
        self.told = {"estimator": estimator, "X": X, "y": y}
        self.history: list[dict[str, Any]] = []
        self.context = None
        if getattr(estimator, "_skl_callbacks", None):
            self.context = estimator._init_callback_context(max_subtasks=n_epochs)
            self.context.call_on_fit_task_begin(**self.told)

    def start_epoch(self, epoch: int) -> None:
        """Tell that an epoch begins."""
        if self.context is not None:
            self.epoch = self.context.subcontext("epoch")
            self.epoch.call_on_fit_task_begin(**self.told)

    def end_epoch(self, record: dict[str, Any], network: Any = None) -> bool:
        """Tell that an epoch has ended, and return whether a callback says to stop.

        Callbacks that ask for a fitted estimator get one with a copy of `network`, if
        there is one to forecast with already.
        """
        if self.context is None:
            return False
        self.history.append(record)
        fitted = None if network is None else partial(self._fitted_by_now, network)
        return self.epoch.call_on_fit_task_end(
            **self.told, reconstruction_attributes=fitted
        )

    def _fitted_by_now(self, network: Any) -> dict[str, Any]:
        assert self.attributes is not None, "a network comes with its attributes"
        return FITTED | self.attributes(deepcopy(network).eval(), [*self.history])

    def end(self) -> None:
        """Tell that the fit has ended, its results in place."""
        if self.context is not None:
            self.context.call_on_fit_task_end(
                **self.told, reconstruction_attributes=FITTED
            )
