"""How training went, and what a search found."""

from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skts.plotting._axes import (
    BLUE,
    GREY,
    LIGHT,
    ORANGE,
    VERMILION,
    prepare_axes,
    put_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.clustering import LoSTerClusterer
    from skts.models import WindowModel


def plot_learning_curves(
    estimator: "WindowModel | LoSTerClusterer", *, ax: "Axes | None" = None
) -> "Axes":
    """Draw the losses of training over its epochs, and mark the epoch kept.

    Parameters
    ----------
    estimator : fitted estimator
        A forecaster, regressor or clusterer of this package. The losses are those in
        its ``history_``: of a forecaster with linear maps, that of the mixture, from
        the maps alone at epoch 0, beside that of the network; of a clusterer, those of
        its two phases, which are not comparable.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If it has trained for no epoch and measured no linear maps.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_learning_curves
    >>> model = SAMformerForecaster(24, 12, linear_maps=None, max_epochs=3)
    >>> model = model.fit(load_airline())
    >>> ax = plot_learning_curves(model)
    >>> [line.get_label() for line in ax.lines]
    ['training', 'validation', 'best epoch, 3']
    """
    check_is_fitted(estimator)
    if not any({"train_loss", "valid_loss"} & {*r} for r in estimator.history_):
        raise ValueError(
            f"estimator must have trained for an epoch, got {estimator!r} without one."
        )
    history = pd.DataFrame(estimator.history_)
    ax = prepare_axes(ax, 6)
    if hasattr(estimator, "best_epoch_"):
        _draw_losses(ax, history, estimator.best_epoch_)
    else:
        _draw_phases(ax, history)
    ax.locator_params("x", integer=True)
    ax.set_xlabel("epoch")
    put_legend(ax)
    return ax


def _draw_losses(ax: "Axes", history: pd.DataFrame, best_epoch: int) -> None:
    curves = [("train_loss", "training", GREY), ("valid_loss", "validation", BLUE)]
    if "network_valid_loss" in history:
        curves[1:] = [
            ("network_valid_loss", "validation, network alone", ORANGE),
            ("valid_loss", "validation, mixture", BLUE),
        ]
    for name, label, color in curves:
        if name in history:
            drawn = history.dropna(subset=[name])
            x, losses = drawn["epoch"], drawn[name]
            ax.plot(x, losses, marker=".", color=color, label=label)
    label = f"best epoch, {best_epoch}"
    if best_epoch == 0:
        label = "linear maps alone, 0"
    ax.axvline(best_epoch, color=VERMILION, linestyle=":", label=label)
    ax.set_ylabel("loss (MSE, standardised units)")


def _draw_phases(ax: "Axes", history: pd.DataFrame) -> None:
    """Draw two phases of training, one after the other."""
    history.index += 1
    for phase, color in (("pretraining", GREY), ("joint", BLUE)):
        losses = history.loc[history["phase"] == phase, "train_loss"]
        if len(losses):
            ax.plot(losses.index, losses, marker=".", color=color, label=phase)
    ax.set_ylabel("loss of the phase")


def plot_search(search: Any, parameter: str, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the errors that a search found for one of its parameters.

    Parameters
    ----------
    search : fitted GridSearchCV, RandomizedSearchCV or the like
        Search of scikit-learn with one score. Errors are its scores with the sign
        turned: lower is better.
    parameter : str
        Name of a parameter of the search, such as ``"rho"``, or ``"f__rho"`` in a
        pipeline. Where others were searched, too, each value is drawn with the best of
        them.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into, with the error of each fold and their mean.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `parameter` was not searched over, or the search had several scores.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_search
    >>> model = SAMformerForecaster(12, 6, max_epochs=1, validation_fraction=0)
    >>> search = GridSearchCV(model, {"rho": [0.0, 0.5]}, cv=TimeSeriesSplit(2))
    >>> plot_search(search.fit(load_airline().to_frame()), "rho").get_xlabel()
    'rho'
    """
    results = pd.DataFrame(search.cv_results_)
    name = f"param_{parameter}"
    if name not in results:
        params = results.filter(regex="^param_").columns
        known = [column.removeprefix("param_") for column in params]
        raise ValueError(f"parameter must be one of {known}, got {parameter!r}.")
    if "mean_test_score" not in results:
        raise ValueError(
            "search must have one score, got several. Search with one scoring metric."
        )
    ax = prepare_axes(ax, 6)
    best = results.sort_values("rank_test_score").drop_duplicates(name)
    if pd.api.types.is_numeric_dtype(best[name].infer_objects()):
        best = best.sort_values(name)
        values = best[name].astype(float)
    else:
        values = best[name].map(str)
    folds = best.filter(regex="^split.*_test_score$")
    for number, fold in enumerate(folds):
        label = None if number else "each fold"
        ax.plot(values, -folds[fold], color=LIGHT, marker=".", label=label)
    errors = -best["mean_test_score"]
    ax.plot(values, errors, color=BLUE, marker="o", label="mean of the folds")
    winner = best["rank_test_score"].to_numpy().argmin()
    at = [values.iloc[winner]], [errors.iloc[winner]]
    ring: dict[str, Any] = {
        "markersize": 14,
        "markerfacecolor": "none",
        "markeredgewidth": 2,
    }
    ax.plot(*at, "o", color=ORANGE, label="lowest mean", **ring)
    ax.set_xlabel(parameter)
    ax.set_ylabel("error (minus the score)")
    put_legend(ax)
    return ax
