"""Axes, colours and columns, as all plots want them."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skts._validation import check_int
from skts.series import as_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Table = pd.Series | pd.DataFrame

# Okabe and Ito's palette: told apart with every kind of colour vision.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, PURPLE, SKY = "#D55E00", "#CC79A7", "#56B4E9"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY)
DARK, GREY, LIGHT = "0.15", "0.5", "0.8"

MOST_VARIABLES = 24  # in one figure
COLUMNS_OF_VARIABLES = 2


def prepare_axes(ax: "Axes | None", width: float = 7.0, height: float = 3.5) -> "Axes":
    """Return `ax`, or the axes of a new figure.

    Raises
    ------
    ImportError
        If a figure is needed and matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "skts.plotting needs matplotlib, which is not installed: "
            'pip install "skts[plot]".'
        ) from error
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def new_grid(
    n_axes: int,
    *,
    most_columns: int,
    width: float,
    height: float,
    share_values: bool = False,
) -> "list[Axes]":
    """Return the axes of a new figure, side by side and below each other.

    They share the axis of times; `width` and `height` are those of one of them.
    """
    n_columns = min(n_axes, most_columns)
    n_rows = -(-n_axes // n_columns)
    first = prepare_axes(None, width * n_columns, height * n_rows)
    figure: Any = first.figure
    first.remove()
    grid = figure.subplots(
        n_rows, n_columns, sharex=True, sharey=share_values, squeeze=False
    )
    for ax in grid.flat[n_axes:]:
        above = grid.flat[n_axes - n_columns]
        ax.remove()
        above.xaxis.set_tick_params(labelbottom=True)
    return list(grid.flat[:n_axes])


def axes_of_variables(ax: Any, n_variables: int) -> "list[Axes]":
    """Return axes for each variable: new ones, the one given, or those given.

    Raises
    ------
    ValueError
        If they are not one for each variable.
    """
    if ax is None and n_variables == 1:
        return [prepare_axes(None)]
    if ax is None:
        return new_grid(
            n_variables, most_columns=COLUMNS_OF_VARIABLES, width=4.5, height=2.2
        )
    given = list(ax.flat) if isinstance(ax, np.ndarray) else ax
    axes = list(given) if isinstance(given, Sequence) else [given]
    if len(axes) != n_variables:
        raise ValueError(
            f"ax must be one Axes for each of {n_variables} variable(s), got "
            f"{len(axes)}. Name one with variable, or leave ax out for a figure of all."
        )
    return axes


def finish_axes(axes: "list[Axes]") -> "Axes | np.ndarray":
    """Put one legend beside axes that share it, and return them: the one, or all."""
    put_legend(axes[min(len(axes), COLUMNS_OF_VARIABLES) - 1])
    if len(axes) == 1:
        return axes[0]
    for ax in axes[:-COLUMNS_OF_VARIABLES]:
        ax.set_xlabel("")
    return np.asarray(axes, dtype=object)


def put_legend(ax: "Axes") -> None:
    """Put the legend beside the axes, where it covers nothing."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)


def check_number(name: str, number: int, count: int) -> None:
    """Raise unless `number` is one of `count` things, counted from 0."""
    check_int(name, number, 0)
    if number >= count:
        raise ValueError(f"{name} must be below {count}, got {number}.")


def choose_variables(
    variables: Sequence[Any], variable: Any, name: str
) -> list[Hashable]:
    """Return the variables to draw: the one named, those in a list, or all.

    Raises
    ------
    ValueError
        If there is no such variable, or more than can be seen.
    """
    if isinstance(variable, list):
        chosen = [choose_variable(variables, one, name) for one in variable]
    elif variable is None:
        chosen = list(variables)
    else:
        chosen = [choose_variable(variables, variable, name)]
    if not 1 <= len(chosen) <= MOST_VARIABLES:
        raise ValueError(
            f"variable must name 1 to {MOST_VARIABLES} of the {len(variables)} columns "
            f"of {name}, which is as many as one figure shows, got {len(chosen)}. For "
            f"instance variable={list(variables)[:4]}."
        )
    return chosen


def choose_variable(
    variables: Sequence[Any], variable: Hashable | None, name: str
) -> Any:
    """Return the variable to draw: the only one, unless `variable` names it.

    Columns of several levels are named by their tuple.
    """
    if variable is None and len(variables) == 1:
        return variables[0]
    if variable not in variables:
        raise ValueError(
            f"variable must be one of the columns of {name}, {variables}, got "
            f"{variable!r}."
        )
    return variable


def column_of(frame: pd.DataFrame, variable: Hashable) -> pd.Series:
    """Return the column of that name; by its place, as pandas reads tuples its way."""
    names: list[Any] = list(frame.columns)
    return frame.iloc[:, names.index(variable)]


def as_table(data: Any, name: str) -> pd.DataFrame:
    """Return one series as a frame."""
    if isinstance(data, np.ndarray):
        raise TypeError(
            f"{name} must be a Series or a DataFrame, whose index tells the times, got "
            "an array."
        )
    if isinstance(getattr(data, "index", None), pd.MultiIndex):
        raise TypeError(
            f"{name} must be one series, got a panel with an index of "
            f"{data.index.nlevels} levels. Pick one, for instance with "
            f"{name}.loc[instance]."
        )
    return as_frame(data, name)


def times_of(index: pd.Index) -> np.ndarray:
    """Return what matplotlib can place on an axis: the start of each period."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    return index.to_numpy()


def label_times(ax: "Axes", index: pd.Index) -> None:
    """Name the axis of times, and write dates no longer than they need be."""
    dates = isinstance(index, pd.PeriodIndex | pd.DatetimeIndex)
    ax.set_xlabel(str(index.name or ("time" if dates else "time point")))
    if dates:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        zone = getattr(index, "tz", None)
        locator = AutoDateLocator(tz=zone)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))
    elif pd.api.types.is_integer_dtype(index):  # no half of a time point
        from matplotlib.ticker import MaxNLocator

        if isinstance(ax.xaxis.get_major_locator(), MaxNLocator):
            ax.locator_params(axis="x", integer=True)


def label_values(ax: "Axes", variable: Hashable, unit: str | None) -> None:
    """Name the axis of values after the variable and its unit."""
    name = "value" if variable is None or variable == 0 else str(variable)
    ax.set_ylabel(f"{name} ({unit})" if unit else name)
