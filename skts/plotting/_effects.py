"""What covariates add to a forecast."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np

from skts.plotting._axes import (
    LIGHT,
    PALETTE,
    Table,
    as_table,
    choose_variable,
    column_of,
    prepare_axes,
    put_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.forecasting import TorchForecaster


def plot_effects(
    forecaster: "TorchForecaster",
    X: Table | None = None,
    *,
    variable: Hashable | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw what a change of each covariate adds to a variable.

    Lags and leads have bars of their own.

    Parameters
    ----------
    forecaster : forecaster
        Fitted forecaster of one series, with covariates.
    X : Series, DataFrame or None, default=None
        Covariates whose standard deviations are the changes, so that bars can be
        compared whatever their units. None takes one unit of each.
    variable : object or None, default=None
        Name of the variable; None takes the only one there is.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into: a group of bars per covariate, in units of the data.

    Raises
    ------
    AttributeError
        If the forecaster was fitted without covariates.
    ImportError
        If matplotlib is not installed.
    ValueError
        If it was fitted on a panel, or there is no such variable.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_effects
    >>> X = pd.DataFrame({"holiday": np.arange(200) % 9 == 0}, dtype=float)
    >>> y = np.sin(np.arange(200.0)) + 2 * X["holiday"]
    >>> ax = plot_effects(SAMformerForecaster(horizon=4).fit(y, X))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['holiday']
    """
    effects = forecaster.coef_
    if effects.index.nlevels > 2:
        raise ValueError(
            "forecaster must be fitted on one series, got one of a panel. Draw the "
            "rows of its coef_ that are of one series."
        )
    name = choose_variable(list(effects.columns), variable, "coef_")
    covariates = list(effects.index.unique("covariate"))
    table = column_of(effects, name).unstack("lag").loc[covariates]
    change = "a unit"
    if X is not None:
        change = "a standard deviation"
        deviation = as_table(X, "X")[covariates].std(ddof=0)
        table = table.mul(deviation, axis=0)
    ax = prepare_axes(ax)
    ax.axvline(0, color=LIGHT, linewidth=1)
    height = 0.8 / table.shape[1]
    for number, (lag, values) in enumerate(table.items()):
        place = (
            np.arange(len(covariates)) + (number - (table.shape[1] - 1) / 2) * height
        )
        color = PALETTE[number % len(PALETTE)]
        ax.barh(place, values, height, color=color, label=_when(lag))
    ax.set_yticks(np.arange(len(covariates)), [str(name) for name in covariates])
    ax.invert_yaxis()
    ax.set_xlabel(f"effect of {change} on {name}")
    if table.shape[1] > 1:
        put_legend(ax)
    return ax


def _when(lag: Hashable) -> str:
    n_rows = int(str(lag))
    if not n_rows:
        return "at once"
    return f"{abs(n_rows)} row(s) {'later' if n_rows > 0 else 'before'}"
