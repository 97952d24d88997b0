"""What the regressors share: everything but the network and its optimiser."""

import warnings
from itertools import product
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags, check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from skts._validation import check_int
from skts.data import Rows
from skts.models import WindowModel
from skts.regression._windows import (
    fit_scaler,
    n_rows_into,
    share_targets,
    to_tensor,
)
from skts.training import fair_share_of_threads, resolve_device

DTYPES = [np.float64, np.float32]


class WindowRegressor(WindowModel, RegressorMixin, BaseEstimator):
    """Base of the regressors: rows are windows, outputs are what follows them.

    Subclasses store their parameters and say what their network is, as `WindowModel`
    asks.
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        # In the few steps that a small table gives, the default rates learn little.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_parameters(self) -> None:
        check_int("n_channels", self.n_channels, 1)
        super()._check_parameters()

    # From arrays to windows ---------------------------------------------------------

    def _check_X(self, X: Any, *, reset: bool) -> np.ndarray:
        """Check X as scikit-learn does, of two dimensions or three."""
        flat = (X if hasattr(X, "ndim") else np.asarray(X)).ndim != 3
        X = validate_data(
            self, X, reset=reset, dtype=DTYPES, ensure_2d=flat, allow_nd=not flat
        )
        if 0 in X.shape:
            raise ValueError(
                f"X must hold windows, time points and channels, got shape {X.shape}."
            )
        return X

    def _first_contexts(self, X: Any) -> np.ndarray:
        """Return the X of ``fit`` as contexts ``(n, L, C)``."""
        X = self._check_X(X, reset=True)
        if X.ndim == 2:
            return self._unflatten(X, "X", "context_length", self.n_channels)
        if self.n_channels not in (1, X.shape[2]):
            raise ValueError(
                f"X must have n_channels={self.n_channels} channels on its last axis, "
                f"got shape {X.shape}. Bring it to (n_windows, context_length, "
                "n_channels); with n_channels=1, the array tells."
            )
        self.n_features_in_ = X.shape[1] * X.shape[2]
        return X

    def _read_contexts(self, X: Any) -> np.ndarray:
        """Return an X given after ``fit`` as contexts ``(n, L, C)``."""
        X = self._check_X(X, reset=False)
        if X.ndim == 3 and X.shape[1:] != self._context_shape:
            n_times, n_channels = self._context_shape
            raise ValueError(
                f"X must have the shape of the windows in fit, (n_windows, {n_times}, "
                f"{n_channels}), got {X.shape}."
            )
        return X.reshape(len(X), *self._context_shape)

    def _to_targets(self, y: np.ndarray, contexts: np.ndarray) -> np.ndarray:
        """Return y as targets ``(n, H, C)``."""
        check_consistent_length(contexts, y)
        n_channels = contexts.shape[2]
        if y.ndim < 3:
            return self._unflatten(y.reshape(len(y), -1), "y", "horizon", n_channels)
        if y.ndim > 3 or y.shape[2] != n_channels:
            raise ValueError(
                "y must be of shape (n_windows, horizon * n_channels) or (n_windows, "
                f"horizon, n_channels) with the {n_channels} channel(s) of X, got "
                f"{y.shape}."
            )
        return y

    @staticmethod
    def _unflatten(
        flat: np.ndarray, name: str, length: str, n_channels: int
    ) -> np.ndarray:
        n_columns = flat.shape[1]
        if n_columns % n_channels:
            raise ValueError(
                f"{name} must have {length} * n_channels columns, got {n_columns}, "
                f"which {n_channels} channels do not divide. Rows hold all channels of "
                "the first time point, then those of the second, as "
                "array.reshape(n_windows, -1) makes them."
            )
        return flat.reshape(len(flat), -1, n_channels)

    # Fit ----------------------------------------------------------------------------

    def fit(self, X, y):
        """Train the network on windows in time order.

        Parameters
        ----------
        X : array-like of shape (n, L * C) or (n, L, C)
            Windows: the last ``L`` time points of ``C`` channels before each target.
            A flat row holds all channels of the first time point, then those of the
            second.
        y : array-like of shape (n, H * C), (n, H, C) or, with one of each, (n,)
            What came in the ``H`` steps after each window.

        Returns
        -------
        self
            The fitted regressor.

        Raises
        ------
        ValueError
            If values are not finite, columns do not divide into channels, or `X` and
            `y` differ in rows or channels.
        """
        self._forget()
        try:
            self._fit(X, y)
        except BaseException:  # what was learned until then fits to no weights
            self._forget()
            raise
        return self

    def _forget(self) -> None:
        """Leave no trace of a fit."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _fit(self, X: Any, y: Any) -> None:
        self._check_parameters()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        contexts = self._first_contexts(X)
        y = _check_y(y)
        targets = self._to_targets(y, contexts)
        n_train, first_valid = self._split(contexts, targets)
        self._set_scale(contexts[:n_train], targets[:n_train])
        device = resolve_device(self.device)
        windows = Rows(
            to_tensor(contexts, self.center_, self.scale_, device),
            to_tensor(targets, self.target_center_, self.target_scale_, device),
        )
        train = Rows(*windows.take(slice(n_train)))
        valid = Rows(*windows.take(slice(first_valid, None)))
        self._context_shape = contexts.shape[1:]
        self._target_shape = y.shape[1:]
        self._edges = targets[[0, -1]]
        self._fit_network(train, valid if len(valid) else None, X, y)

    def _split(self, contexts: np.ndarray, targets: np.ndarray) -> tuple[int, int]:
        """Return the number of training rows and the first validation row."""
        n_rows = len(contexts)
        first_valid = n_rows - round(self.validation_fraction * n_rows)
        if first_valid == n_rows:
            return n_rows, n_rows
        n_train = first_valid
        if first_valid:
            n_train -= n_rows_into(contexts, targets, first_valid)
        if n_train < 1:
            warnings.warn(
                f"X has too few rows for validation_fraction="
                f"{self.validation_fraction}: {n_rows - first_valid} of {n_rows} to "
                "validate on leave none to train on whose targets end before. Training "
                "on all rows, for max_epochs, without validation; "
                "validation_fraction=0 does so without this warning.",
                stacklevel=4,
            )
            return n_rows, n_rows
        return n_train, first_valid

    def _set_scale(self, contexts: np.ndarray, targets: np.ndarray) -> None:
        """Keep the units of the training rows; without `standardize`, those of data."""
        self.center_, self.scale_ = self._find_scale(contexts)
        self.target_center_, self.target_scale_ = self._find_scale(targets)

    def _find_scale(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not self.standardize:
            return np.zeros(windows.shape[2]), np.ones(windows.shape[2])
        scaler = fit_scaler(windows)
        return scaler.mean_, scaler.scale_

    # After fit ----------------------------------------------------------------------

    def predict(self, X):
        """Forecast what follows each window.

        Parameters
        ----------
        X : array-like of shape (n, L * C) or (n, L, C)
            Windows, in either form.

        Returns
        -------
        ndarray of shape (n, H * C), (n, H, C) or (n,)
            Forecasts, in the form that ``y`` had in ``fit``.
        """
        check_is_fitted(self)
        contexts = self._read_contexts(X)
        forecasts = self._forecast(contexts)
        return forecasts.reshape(len(contexts), *self._target_shape)

    @torch.no_grad()
    def _forecast(self, contexts: np.ndarray) -> np.ndarray:
        """Forecast windows ``(n, L, C)`` as ``(n, H, C)``."""
        windows = Rows(to_tensor(contexts, self.center_, self.scale_, self.device_))
        with fair_share_of_threads():
            parts = [self.network_(x).cpu().numpy() for (x,) in windows.in_order()]
        forecasts = np.concatenate(parts).transpose(0, 2, 1).astype(np.float64)
        forecasts *= self.target_scale_
        forecasts += self.target_center_
        return forecasts

    def score(self, X, y, sample_weight=None):
        """Return the mean coefficient of determination over steps and channels.

        Parameters
        ----------
        X : array-like of shape (n, L * C) or (n, L, C)
            Windows, in either form.
        y : array-like of shape (n, H * C), (n, H, C) or, with one of each, (n,)
            What came after each window.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.

        Returns
        -------
        float
            The mean R² of all ``H * C`` outputs: 1 is perfect, 0 the mean of `y`.

        Warns
        -----
        UserWarning
            If targets overlap with those in ``fit``, as seen from the first and last
            row of each.
        """
        check_is_fitted(self)
        contexts = self._read_contexts(X)
        y = _check_y(y)
        targets = self._to_targets(y, contexts)
        n_steps = self._edges.shape[1]
        if targets.shape[1] != n_steps:
            raise ValueError(
                f"y must have the {n_steps} steps of {targets.shape[2]} channels seen "
                f"in fit, got shape {y.shape}."
            )
        self._warn_of_shared_targets(targets)
        forecasts = self._forecast(contexts)
        return r2_score(
            targets.reshape(len(targets), -1),
            forecasts.reshape(len(targets), -1),
            sample_weight=sample_weight,
        )

    def _warn_of_shared_targets(self, targets: np.ndarray) -> None:
        """Warn if rows are neighbours of those in ``fit``, but not those themselves."""
        pairs = list(product(self._edges, targets[[0, -1]]))
        if any(np.array_equal(*pair) for pair in pairs):
            return
        if any(share_targets(*pair) for pair in pairs):
            warnings.warn(
                "y shares targets with the rows seen in fit: windows one row apart "
                "overlap, and the score is better than it should be. In a search, use "
                "cv=skts.model_selection.WindowSplit, which leaves a gap, instead of "
                "KFold.",
                stacklevel=3,
            )


def _check_y(y: Any) -> np.ndarray:
    return check_array(y, dtype=DTYPES, ensure_2d=False, allow_nd=True, input_name="y")
