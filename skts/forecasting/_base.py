"""What the forecasters share: sktime's interface around what a fit learns."""

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, Self

import torch

from skts._validation import warn_caller
from skts.fitted import export_onnx
from skts.forecasting._rolling import RollingForecaster
from skts.models import weights_of
from skts.training import as_usual


class TorchForecaster(RollingForecaster):
    """Base of the forecasters: one network that maps a context window to a horizon.

    Subclasses store their parameters and say what their network is, as `WindowModel`
    asks. This class checks data, lets a `SeriesModel` be made of them, keeps it, and
    translates what it answers: step by step in the classes that it derives from, each
    of which knows those before it alone. They check what is given (`_checks`), learn
    (`_learning`), forecast (`_forecasts`), say how far off that may be (`_intervals`),
    and try it on many windows (`_rolling`). Here are copies and files.
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skts developers"],
        "maintainers": ["skts developers"],
        "python_dependencies": ["torch>=2.4"],
        "y_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "X_inner_mtype": ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"],
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:categorical_in_X": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:pretrain": True,
        "capability:update": True,
        "capability:unequal_length": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": True,
        "X-y-must-have-same-index": False,
    }
    # The last rows are kept by ourselves; sktime would keep the whole series.
    _config: ClassVar[dict[str, Any]] = {"remember_data": False}

    def __init__(self) -> None:
        super().__init__()
        self._y = self._X = None
        if self.horizon is not None:
            self.set_tags(**{"requires-fh-in-fit": False})
        if self.validation_fraction == 0:
            self.set_tags(**{"capability:pred_int": False})

    def set_params(self, **params: Any) -> Self:
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
            warn_caller(
                "set_params resets a forecaster, and with it what pretrain taught: "
                "call save_weights before, and construct it with initial_weights, "
                "which set_params and searches keep.",
            )
        return super().set_params(**params)

    def __copy__(self) -> Self:
        # A fit or an update replaces what it learns, but sets tags in place.
        state = dict(vars(self))
        for name in ("_tags_dynamic", "_config_dynamic"):
            state[name] = dict(state.get(name, {}))
        copy = object.__new__(type(self))
        copy.__dict__.update(state)
        return copy

    def __sklearn_clone__(self) -> Self:
        # scikit-learn's own clone would lose what was pretrained without a word.
        copy = self.clone()
        if hasattr(self, "_skl_callbacks"):
            copy._skl_callbacks = self._skl_callbacks
        return copy

    def save_weights(self, path: str | PathLike[str]) -> None:
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
            torch.save(weights_of(self._trained_network("weights to save")), path)
        else:
            torch.save(self.pretrained_weights_, path)

    def _take_apart(self) -> dict[str, Any]:
        model = self._model.as_solved()
        return self._apart(replace(model, solved=model.solved.bare), model.solved)

    @as_usual()
    def _put_together(self, content: dict[str, Any]) -> None:
        model = content["model"]
        sizes = len(model.columns), model.prediction_length
        solved = self._with_network(model.solved, content, *sizes)
        self._keep(replace(model, solved=solved))

    def to_onnx(
        self,
        path: str | PathLike[str],
        coverage: float | Sequence[float] | None = None,
    ) -> None:
        """Write what forecasts windows to an ONNX file, which needs no torch to run.

        Linear maps, network and units are all in it. It takes ``context``, float64 of
        shape (n_windows, ``context_length_``, n_channels), and gives ``forecast``, of
        shape (n_windows, horizon, n_channels), both in the units of the data: for the
        same windows, what ``predict_windows`` gives. The guide shows how to serve it.

        Parameters
        ----------
        path : str or Path
            File to write.
        coverage : float or list of float, default=None
            Shares of the truths that prediction intervals shall hold; None writes no
            intervals. The file then gives ``lower`` and ``upper``, too, the ends of
            those of ``predict_interval``, each of shape (n_windows, n_coverages,
            horizon, n_channels), with the coverages in the order given, also if there
            is one. Their widths are those of now: they follow no new rows, whatever
            `interval_method` is. Those of ``"adaptive"`` go by each window.

        Raises
        ------
        ImportError
            If onnx or onnxscript are not installed; ``pip install 'skts[onnx]'``.
        NotFittedError
            If ``fit`` has not been called.
        NotImplementedError
            If it was fitted with covariates; if there is `coverage`, and nothing was
            held out in ``fit``.
        ValueError
            If `coverage` is not within (0, 1), or holds a value twice.

        Warns
        -----
        UserWarning
            With `coverage`, as ``predict_interval``.

        Notes
        -----
        The metadata of the file hold the names of the ``channels`` as JSON, and the
        ``coverages``. A panel has a second input, ``series``, int64 of shape
        (n_windows,): the position of each window's series among the names in the
        metadata, also called ``series``.
        """
        self.check_is_fitted("to_onnx")
        coverages = [] if coverage is None else self._coverages(coverage)
        export_onnx(self._model, path, coverages)
