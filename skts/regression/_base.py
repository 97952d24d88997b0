"""What the regressors share: everything but the network and its optimiser."""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags, check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from skts._validation import WITHOUT_VALIDATION, check_int, warn_caller
from skts.data import Rows
from skts.linear import FEW_WINDOWS, map_contexts
from skts.models import (
    ChosenMaps,
    MapWindows,
    Mixture,
    WindowModel,
    choose_maps,
)
from skts.regression._weights import read_weights, some_rows, weighted_rows
from skts.regression._windows import end_to_end, n_rows_into, share_targets
from skts.series import Units, check_size, measure_units
from skts.training import as_usual, faster_threads, resolve_device

DTYPES = [np.float64, np.float32]


@dataclass(frozen=True)
class ArrayModel:
    """What a fit on arrays learns.

    Attributes
    ----------
    mixture : Mixture
        A network, linear maps, or both.
    units, target_units : Units
        What channels are measured in, in contexts and in targets.
    context_shape, target_shape : tuple of int
        Shape of a row of contexts, ``(L, C)``, and of a row of y as it was given.
    edges : ndarray of shape (2, H, C)
        The first and the last target.
    """

    mixture: Mixture
    units: Units
    target_units: Units
    context_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    edges: np.ndarray

    def forecast(self, contexts: np.ndarray) -> np.ndarray:
        """Forecast windows ``(n, L, C)`` as ``(n, H, C)``."""
        rows = Rows(self.units.standardise(contexts).to(self.mixture.device))
        forecasts = self.mixture.forecast_rows(rows).numpy()
        return self.target_units.restore(forecasts)

    def to(self, device: torch.device) -> None:
        """Move what forecasts."""
        self.mixture.to(device)


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
        _check_cells(X, "X")
        flat = (X if hasattr(X, "ndim") else np.asarray(X)).ndim != 3
        X = validate_data(
            self, X, reset=reset, dtype=DTYPES, ensure_2d=flat, allow_nd=not flat
        )
        if 0 in X.shape:
            raise ValueError(
                f"X must hold windows, time points and channels, got shape {X.shape}."
            )
        check_size(X, "X")
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
        if X.ndim == 3 and X.shape[1:] != self._model.context_shape:
            n_times, n_channels = self._model.context_shape
            raise ValueError(
                f"X must have the shape of the windows in fit, (n_windows, {n_times}, "
                f"{n_channels}), got {X.shape}."
            )
        return X.reshape(len(X), *self._model.context_shape)

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

    @as_usual()
    @faster_threads()
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train the network on windows in time order.

        Parameters
        ----------
        X : array-like of shape (n, L * C) or (n, L, C)
            Windows: the last ``L`` time points of ``C`` channels before each target.
            A flat row holds all channels of the first time point, then those of the
            second.
        y : array-like of shape (n, H * C), (n, H, C) or, with one of each, (n,)
            What came in the ``H`` steps after each window.
        sample_weight : array-like of shape (n,), default=None
            What the error of each window counts, in all there is: units, linear maps,
            the loss of the network and the validation error. Windows of weight 0 are
            left out, as if they had not been given; None counts all the same. Other
            weights do not change which rows are held out.

        Returns
        -------
        self
            The fitted regressor.

        Raises
        ------
        ValueError
            If values are not finite, columns do not divide into channels, or `X` and
            `y` differ in rows or channels; if weights are negative, all 0, or not one
            for each window.
        """
        self._forget()
        self._check_parameters()
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        contexts = self._first_contexts(X)
        y = _check_y(y)
        targets = self._to_targets(y, contexts)
        weights = read_weights(sample_weight, len(contexts))
        if weights is not None:
            counts = weights > 0
            contexts, targets = contexts[counts], targets[counts]
            weights = weights[counts] if len(set(weights[counts])) > 1 else None
        n_train, first_valid = self._split(contexts, targets)
        of_train = None if weights is None else weights[:n_train]
        units = measure_units(contexts[:n_train], self.standardize, of_train)
        target_units = measure_units(targets[:n_train], self.standardize, of_train)
        device = resolve_device(self.device)
        windows = weighted_rows(
            units.standardise(contexts).to(device),
            target_units.standardise(targets).to(device),
            weights,
        )
        train = some_rows(windows, slice(n_train))
        valid = some_rows(windows, slice(first_valid, None))

        def make_model(mixture: Mixture) -> ArrayModel:
            sizes = contexts.shape[1:], y.shape[1:]
            return ArrayModel(mixture, units, target_units, *sizes, targets[[0, -1]])

        chosen = self._choose_maps(train, valid, windows)

        def finish(mixture: Mixture) -> None:
            if chosen is not None and self.refit_maps:
                again = chosen.with_members(mixture.members).solve_again()
                mixture = mixture.with_maps(again)
            self._keep(make_model(mixture))

        self._fit_mixture(
            chosen,
            train,
            valid if len(valid) else None,
            X,
            y,
            lambda mixture: self._attributes(make_model(mixture)),
            finish,
        )
        return self

    def _choose_maps(self, train: Rows, valid: Rows, every: Rows) -> ChosenMaps | None:
        """Return linear maps; None where there are to be none, or nothing tells which.

        Neighbouring rows may share targets, so that blocks of them are no help.
        """
        if self.linear_maps is None or len(valid) < FEW_WINDOWS:
            return None
        parts = [[end_to_end(rows)] for rows in (train, valid, every)]
        windows = MapWindows(parts[0], parts[1], parts[2])
        contexts = map_contexts(windows.context_length, windows.prediction_length)
        contexts = tuple(sorted({*contexts, windows.context_length}))
        return choose_maps(windows, contexts, (), self.linear_maps)

    def _forget(self) -> None:
        """Leave no trace of a fit before: what fails from here on is not fitted."""
        names = [name for name in vars(self) if name.endswith("_") or name == "_model"]
        for name in names:
            delattr(self, name)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def _keep(self, model: ArrayModel) -> None:
        """Keep what a fit learned, as fitted attributes."""
        self._model = model
        self._keep_mixture(model.mixture)
        self.center_, self.scale_ = model.units.offset, model.units.factor
        self.target_center_ = model.target_units.offset
        self.target_scale_ = model.target_units.factor

    def _take_apart(self) -> dict[str, Any]:
        model = self._model
        return self._apart(replace(model, mixture=model.mixture.bare), model.mixture)

    @as_usual()
    def _put_together(self, content: dict[str, Any]) -> None:
        model = content["model"]
        sizes = model.context_shape[1], model.edges.shape[1]
        mixture = self._with_network(model.mixture, content, *sizes)
        self._keep(replace(model, mixture=mixture))

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
            warn_caller(
                f"X has too few rows for validation_fraction="
                f"{self.validation_fraction}: {n_rows - first_valid} of {n_rows} to "
                "validate on leave none to train on whose targets end before. "
                f"{WITHOUT_VALIDATION}",
            )
            return n_rows, n_rows
        return n_train, first_valid

    # After fit ----------------------------------------------------------------------

    @as_usual()
    def predict(self, X: ArrayLike) -> np.ndarray:
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
        forecasts = self._model.forecast(contexts)
        return forecasts.reshape(len(contexts), *self._model.target_shape)

    @as_usual()
    def score(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
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
        n_steps = self._model.edges.shape[1]
        if targets.shape[1] != n_steps:
            raise ValueError(
                f"y must have the {n_steps} steps of {targets.shape[2]} channels seen "
                f"in fit, got shape {y.shape}."
            )
        self._warn_of_shared_targets(targets)
        forecasts = self._model.forecast(contexts)
        return r2_score(
            targets.reshape(len(targets), -1),
            forecasts.reshape(len(targets), -1),
            sample_weight=sample_weight,
        )

    def _warn_of_shared_targets(self, targets: np.ndarray) -> None:
        """Warn if rows are neighbours of those in ``fit``, but not those themselves."""
        pairs = list(product(self._model.edges, targets[[0, -1]]))
        if any(np.array_equal(*pair) for pair in pairs):
            return
        if any(share_targets(*pair) for pair in pairs):
            warn_caller(
                "y shares targets with the rows seen in fit: windows one row apart "
                "overlap, and the score is better than it should be. In a search, use "
                "cv=skts.model_selection.WindowSplit, which leaves a gap, instead of "
                "KFold.",
            )


def _check_cells(values: Any, name: str) -> None:
    """Raise unless there are numbers, in rows of one length: numpy's words say less."""
    columns = getattr(values, "columns", None)
    if columns is not None and not len(columns):
        raise ValueError(f"{name} must have columns, got a table without any.")
    if columns is not None and len(set(columns)) < len(columns):
        raise ValueError(
            f"{name} must have unique column names, got {list(columns)}. Rename them, "
            f"or give {name}.to_numpy()."
        )
    if hasattr(values, "dtypes") and object not in np.atleast_1d(values.dtypes):
        return  # a frame, whose types can hold missing numbers
    if hasattr(values, "toarray"):
        return  # sparse, which scikit-learn refuses by name
    try:
        array = np.asarray(values)
        if array.dtype.kind in "OUS":
            array.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{name} must be an array of numbers with rows of one length, got "
            f"something else: {error}."
        ) from error
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported, got them in {name}.")


def _check_y(y: Any) -> np.ndarray:
    _check_cells(y, "y")
    y = check_array(y, dtype=DTYPES, ensure_2d=False, allow_nd=True, input_name="y")
    check_size(y, "y")
    return y
