"""What linear maps and network each say: weights of past rows, and forecasts."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skts._validation import check_int
from skts.plotting._axes import (
    BLUE,
    DARK,
    GREY,
    LIGHT,
    ORANGE,
    PALETTE,
    VERMILION,
    Table,
    as_table,
    choose_variable,
    label_times,
    label_values,
    prepare_axes,
    put_legend,
    times_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.forecasting import TorchForecaster

# Maps of up to so many rows have a point for each.
MOST_POINTS = 48


def plot_linear_map(
    forecaster: "TorchForecaster",
    steps: int | Sequence[int] | None = None,
    *,
    channel: Hashable | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the weight that the linear maps give to each past row.

    All maps of the mixture are drawn as the one that they make together. The weights of
    a step have sum 1.

    Parameters
    ----------
    forecaster : forecaster
        Fitted forecaster with linear maps.
    steps : int, list of int or None, default=None
        Steps ahead, from 1. None takes the first, the middle and the last.
    channel : object or None, default=None
        Name of the channel whose map is drawn, where each has one of its own. None
        takes the only map there is.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into: a line per step; the last row seen is at 0.

    Raises
    ------
    AttributeError
        If the forecaster has no linear maps.
    ImportError
        If matplotlib is not installed.
    ValueError
        If a step is beyond the horizon; if there is no such channel, or none is named
        where each has a map of its own.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_linear_map
    >>> model = SAMformerForecaster(horizon=12).fit(load_airline())
    >>> [line.get_label() for line in plot_linear_map(model).lines[1:]]
    ['step 1', 'step 6', 'step 12']
    """
    maps = forecaster.linear_map_
    weights = maps[_number_of(channel, forecaster, maps)] if maps.ndim == 3 else maps
    context, horizon = weights.shape
    ax = prepare_axes(ax)
    ax.axhline(0, color=LIGHT, linewidth=1)
    rows = np.arange(1 - context, 1)
    for number, step in enumerate(_steps(steps, horizon)):
        style: dict[str, Any] = {
            "marker": "." if context <= MOST_POINTS else None,
            "linewidth": 1,
        }
        color = PALETTE[number % len(PALETTE)]
        label = f"step {step}"
        ax.plot(rows, weights[:, step - 1], color=color, label=label, **style)
    if maps.ndim == 3:
        ax.set_title(f"map of {_name(channel, forecaster)}", fontsize="medium")
    ax.set_xlabel("row seen (steps from now)")
    ax.set_ylabel("weight in the forecast")
    put_legend(ax)
    return ax


def _name(channel: Any, forecaster: Any) -> Any:
    names = forecaster.channel_names_
    return names[0] if channel is None and len(names) == 1 else channel


def _number_of(channel: Any, forecaster: Any, maps: np.ndarray) -> int:
    names = list(forecaster.channel_names_)
    name = _name(channel, forecaster)
    if name not in names:
        raise ValueError(
            f"channel must be one of {names}, each of which has a map of its own, got "
            f"{channel!r}."
        )
    return names.index(name)


def _steps(steps: Any, horizon: int) -> list[int]:
    """Return the steps to draw; raise if one is beyond the horizon."""
    if steps is None:
        return sorted({1, (horizon + 1) // 2, horizon})
    several = isinstance(steps, Sequence | np.ndarray | range)
    wanted = list(steps) if several else [steps]
    for step in wanted:
        check_int("steps", step, 1)
        if step > horizon:
            raise ValueError(f"steps must be at most horizon={horizon}, got {step}.")
    return wanted


def plot_mixture(
    forecaster: "TorchForecaster",
    fh: Any = None,
    history: Table | None = None,
    *,
    truth: Table | None = None,
    variable: Hashable | None = None,
    unit: str | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw what the linear maps and the network each forecast, beside their mixture.

    Parameters
    ----------
    forecaster : forecaster
        Forecaster fitted on one series.
    fh : forecasting horizon, default=None
        Steps to forecast; None for those passed to ``fit``.
    history : Series, DataFrame or None, default=None
        Rows before the forecast; the last few contexts are enough.
    truth : Series, DataFrame or None, default=None
        What came.
    variable : object or None, default=None
        Column to draw. None takes the only one there is.
    unit : str or None, default=None
        Unit of the values, for the label of the axis.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into. The legend tells the weight of each part.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If the forecaster was fitted on a panel, or one of the data is no Series or
        DataFrame of one series.
    ValueError
        If `variable` is missing from the data, or None where there are several.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_mixture
    >>> y = load_airline()
    >>> model = SAMformerForecaster(horizon=12).fit(y[:-12])
    >>> ax = plot_mixture(model, range(1, 13), y[-60:-12], truth=y[-12:])
    >>> [line.get_label() for line in ax.lines]
    ['history', 'what came', 'maps (weight 1.00)', 'mixture']
    """
    parts = as_table(forecaster.predict_parts(fh), "forecast")
    variable = choose_variable(
        list(parts.columns.unique(level=0)), variable, "the forecast"
    )
    ax = prepare_axes(ax)
    for data, name, label, color in [
        (history, "history", "history", GREY),
        (truth, "truth", "what came", DARK),
    ]:
        if data is not None:
            frame = as_table(data, name)
            column = variable if frame.shape[1] > 1 else frame.columns[0]
            series = frame[choose_variable(list(frame.columns), column, name)]
            ax.plot(times_of(frame.index), series, color=color, label=label)
    weight = forecaster.network_weight_
    times, points = times_of(parts.index), "." if len(parts) < 10 else None
    for part, share, color in [
        ("maps", 1 - weight, ORANGE),
        ("network", weight, VERMILION),
    ]:
        if part in parts[variable]:
            style: dict[str, Any] = {
                "color": color,
                "linestyle": "--",
                "marker": points,
            }
            label = f"{part} (weight {share:.2f})"
            ax.plot(times, parts[variable][part], label=label, **style)
    mixture = parts[variable]["mixture"]
    ax.plot(times, mixture, color=BLUE, marker=points, label="mixture")
    label_times(ax, parts.index)
    label_values(ax, variable, unit)
    put_legend(ax)
    return ax
