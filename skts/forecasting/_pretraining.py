"""Weights from elsewhere: learned from a panel before, or read from a file."""

import warnings
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from skts._callbacks import FitTask
from skts.forecasting._panel import split_panel
from skts.forecasting._series import check_steps
from skts.forecasting._training_data import all_windows
from skts.models import Weights


class Pretraining:
    """Mixin, left of the sktime base class, of forecasters that start from weights."""

    def pretrain(self, y, X=None, fh=None):
        """Learn weights from a panel, for ``fit`` to go on from.

        All series of the panel train one network, each standardised by its own training
        part. A later ``fit`` starts from these weights and learns its own scale, and a
        further ``pretrain`` goes on with another panel. Clones keep the weights;
        ``set_params`` and sktime's tuners lose them: give those a file, see
        `initial_weights`.

        Parameters
        ----------
        y : DataFrame with a MultiIndex, or another panel or hierarchy of sktime
            Series to learn from, with the channels of the series to come.
        X : None, default=None
            Ignored, as in all methods.
        fh : forecasting horizon, default=None
            Steps ahead; the largest is the horizon of the network. None takes
            `horizon`, or that of the pretraining before.

        Returns
        -------
        self : forecaster
            With ``pretrained_weights_``, ``pretrained_horizon_`` and
            ``pretrained_history_``. It is not fitted yet.

        Raises
        ------
        TypeError
            If `y` is one series.
        ValueError
            If a series is too short, not finite or lacks a channel; if no horizon is
            known.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from skts.forecasting import SAMformerForecaster
        >>> wave = pd.DataFrame({"wave": np.sin(np.arange(40.0))})
        >>> panel = pd.concat({"a": wave, "b": 2 * wave}, names=["name", "time"])
        >>> model = SAMformerForecaster(8, horizon=2, max_epochs=2).pretrain(panel)
        >>> model.fit(wave[:20]).predict(fh=[1, 2]).shape
        (2, 1)
        """
        return super().pretrain(y, X, fh)  # type: ignore[misc]

    def set_params(self, **params):
        """Set parameters, and reset to the state after construction.

        Parameters
        ----------
        **params : dict
            New values by the names of the parameters.

        Returns
        -------
        self : forecaster
            Not fitted.

        Warns
        -----
        UserWarning
            If what ``pretrain`` taught is lost.
        """
        if params and hasattr(self, "pretrained_weights_"):
            warnings.warn(
                "set_params resets a forecaster, and with it what pretrain taught: "
                "call save_weights before, and construct it with initial_weights, "
                "which set_params and searches keep.",
                stacklevel=2,
            )
        return super().set_params(**params)  # type: ignore[misc]

    def __sklearn_clone__(self: Any) -> Any:
        # scikit-learn's own clone would lose what was pretrained without a word.
        copy = self.clone()
        if hasattr(self, "_skl_callbacks"):
            copy._skl_callbacks = self._skl_callbacks
        return copy

    def _pretrain(self: Any, y, X=None, fh=None):
        self._check_parameters()
        horizon = self._horizon_of_pretraining(fh)
        parts = self._lay_out(split_panel(y), horizon)
        results = self._train_new(
            all_windows([part.train for part in parts]),
            all_windows([part.valid for part in parts]),
            FitTask(),
        )
        weights = results["network_"].state_dict()
        self.pretrained_weights_ = {k: v.detach().cpu() for k, v in weights.items()}
        self.pretrained_horizon_ = horizon
        self.pretrained_history_ = results["history_"]
        return self

    def _horizon_of_pretraining(self: Any, fh) -> int:
        known = self.horizon or getattr(self, "pretrained_horizon_", None)
        if fh is None and known is None:
            raise ValueError(
                "The forecasting horizon is unknown: pass fh to pretrain, or construct "
                f"{type(self).__name__} with horizon=<largest step>."
            )
        if fh is not None and not fh.is_relative:
            raise ValueError(
                "fh must hold steps ahead in pretrain, got times: each series has its "
                "own end. Use for instance fh=range(1, 25)."
            )
        if fh is None:
            return known
        if isinstance(fh.to_pandas(), pd.TimedeltaIndex):
            raise TypeError(
                "fh must hold whole steps ahead in pretrain, got "
                f"{', '.join(map(str, fh.to_pandas()))}. Use for instance "
                "fh=range(1, 25)."
            )
        steps = fh.to_numpy()
        check_steps(steps, known or int(steps.max()))
        return known or int(steps.max())

    def save_weights(self: Any, path):
        """Save the weights alone, for `initial_weights` of another forecaster.

        Parameters
        ----------
        path : str or Path
            File to write. Unlike that of ``save``, reading it runs no code.

        Raises
        ------
        NotFittedError
            If neither ``fit`` nor ``pretrain`` has been called.
        """
        if self.is_fitted or not hasattr(self, "pretrained_weights_"):
            self.check_is_fitted()
            weights = {k: v.cpu() for k, v in self.network_.state_dict().items()}
        else:
            weights = self.pretrained_weights_
        torch.save(weights, path)

    def _initial_weights(self: Any) -> tuple[str, Weights] | None:
        """Return what a new network starts from, and where that comes from."""
        if hasattr(self, "pretrained_weights_"):
            return "pretrain", self.pretrained_weights_
        if self.initial_weights is None:
            return None
        return f"initial_weights={self.initial_weights!r}", read_weights(
            self.initial_weights
        )


def read_weights(path: Any) -> Weights:
    """Return the weights in a file that ``save_weights`` wrote; raise if it is none."""
    rule = "initial_weights must be None or the path of a file made by save_weights"
    if not isinstance(path, str | PathLike):
        raise TypeError(f"{rule}, got {path!r}.")
    if not Path(path).is_file():
        raise ValueError(f"{rule}, got {fspath(path)!r}, where there is no file.")
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no class for what is no file of its own
        raise ValueError(
            f"{rule}, got {fspath(path)!r}, which torch cannot read as weights."
        ) from error
    if not isinstance(weights, dict) or not all(
        isinstance(value, Tensor) for value in weights.values()
    ):
        raise ValueError(f"{rule}, got {fspath(path)!r}, which holds no weights.")
    return weights
