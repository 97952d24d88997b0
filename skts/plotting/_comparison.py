"""Forecasters side by side."""

from typing import TYPE_CHECKING

import pandas as pd

from skts._validation import check_option
from skts.plotting._axes import BLUE, DARK, GREY, prepare_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS = {
    "mse": "MSE (variances)",
    "mae": "MAE (standard deviations)",
    "mase": "MASE (1: naive forecasts in training)",
    "rmsse": "RMSSE (1: naive forecasts in training)",
    "coverage": "share of truths within the intervals",
    "width": "width of the intervals (standard deviations)",
    "fit_seconds": "seconds of a fit",
    "forecast_seconds": "seconds of a forecast",
}


def plot_comparison(
    table: pd.DataFrame, metric: str = "mse", *, ax: "Axes | None" = None
) -> "Axes":
    """Draw one column of a comparison of forecasters, and how long each fit took.

    Parameters
    ----------
    table : DataFrame
        What ``skts.model_selection.compare`` gives, or some of its rows.
    metric : str, default="mse"
        Column to draw: "mse", "mae", "mase", "rmsse", "coverage", "width",
        "fit_seconds" or "forecast_seconds".
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into: a point for each forecaster, in the order of the table,
        and a line through the seasonal naive forecast. One that has no value, since it
        failed or has no intervals, is left out.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `metric` is unknown, or no forecaster has a value.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.model_selection import compare
    >>> from skts.plotting import plot_comparison
    >>> table = compare([SAMformerForecaster()], load_airline(), horizon=12)
    >>> plot_comparison(table, "mase").get_xlabel()
    'MASE (1: naive forecasts in training)'
    """
    check_option("metric", metric, tuple(METRICS))
    values = table[metric].dropna()
    if not len(values):
        raise ValueError(f"table must have a value of {metric!r}, got none.")
    ax = prepare_axes(ax, 7, 1 + 0.4 * len(values))
    places = range(len(values))
    ax.hlines(places, 0, values, color=GREY, linewidth=1)
    ax.plot(values, places, "o", color=BLUE)
    if "seasonal naive" in values:
        ax.axvline(float(values["seasonal naive"]), color=DARK, linestyle="--", lw=1)
    seconds = table["fit_seconds"][values.index]
    for place, value, second in zip(places, values, seconds, strict=True):
        ax.annotate(
            f"{second:.2g} s",
            (value, place),
            (8, 0),
            textcoords="offset points",
            verticalalignment="center",
            color=GREY,
        )
    ax.set_yticks(places, values.index.map(str))
    ax.set_ylim(len(values) - 0.5, -0.5)  # the first of the table on top
    ax.set_xlim(0, 1.2 * values.max() or 1)  # room for the seconds
    ax.set_xlabel(METRICS[metric])
    return ax
