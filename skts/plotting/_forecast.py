"""Forecasts beside what came, and their errors."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from skts._validation import check_option
from skts.plotting._axes import (
    BLUE,
    DARK,
    GREY,
    PALETTE,
    Table,
    as_table,
    choose_variable,
    column_of,
    label_times,
    label_values,
    prepare_axes,
    put_legend,
    times_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.fitted import Backtest

METRICS = {
    "mse": "MSE (squared units of the data)",
    "mae": "MAE (units of the data)",
    "mase": "MASE (1: naive forecasts in training)",
    "standardised_mse": "MSE (variances of the training part)",
    "standardised_mae": "MAE (deviations of the training part)",
}


def plot_forecast(
    forecast: Table,
    history: Table | None = None,
    *,
    intervals: pd.DataFrame | None = None,
    truth: Table | None = None,
    variable: Hashable | None = None,
    unit: str | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a forecast after its history, with intervals and what came.

    Parameters
    ----------
    forecast : Series or DataFrame
        What ``predict`` gives.
    history : Series, DataFrame or None, default=None
        Rows before the forecast; the last few contexts are enough.
    intervals : DataFrame or None, default=None
        What ``predict_interval`` gives, with one coverage or several.
    truth : Series, DataFrame or None, default=None
        What came.
    variable : hashable or None, default=None
        Column to draw, a tuple where columns have several levels. None takes the only
        one there is.
    unit : str or None, default=None
        Unit of the values, for the label of the axis.
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
    TypeError
        If one of the data is no Series or DataFrame of one series.
    ValueError
        If `variable` is missing from the data, or None where there are several; if
        `intervals` are not those of ``predict_interval``.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_forecast
    >>> y = load_airline()
    >>> model = SAMformerForecaster(24, horizon=12, max_epochs=2).fit(y[:-12])
    >>> fh = range(1, 13)
    >>> ax = plot_forecast(
    ...     model.predict(fh),
    ...     y[-60:-12],
    ...     intervals=model.predict_interval(fh, coverage=[0.5]),
    ...     truth=y[-12:],
    ... )
    >>> ax.get_ylabel()
    'Number of airline passengers'
    """
    frame = as_table(forecast, "forecast")
    variable = choose_variable(list(frame.columns), variable, "forecast")
    lines = [
        (_column(data, name, variable), label, color)
        for data, name, label, color in (
            (history, "history", "history", GREY),
            (truth, "truth", "what came", DARK),
        )
        if data is not None
    ]
    bands = None if intervals is None else _bands(intervals, variable)
    ax = prepare_axes(ax)
    for series, label, color in lines:
        ax.plot(times_of(series.index), series, color=color, label=label)
    if bands is not None:
        _draw_bands(ax, bands)
    points = "." if len(frame) < 10 else None
    values = column_of(frame, variable)
    ax.plot(times_of(frame.index), values, color=BLUE, marker=points, label="forecast")
    label_times(ax, frame.index)
    label_values(ax, variable, unit)
    put_legend(ax)
    return ax


def _column(data: Table, name: str, variable: Hashable) -> pd.Series:
    """Return a variable of some data; that of data with one may be unnamed."""
    frame = as_table(data, name)
    if frame.shape[1] == 1:
        return frame.iloc[:, 0]
    return column_of(frame, choose_variable(list(frame.columns), variable, name))


def _bands(intervals: Any, variable: Hashable) -> pd.DataFrame:
    """Return the ends of a variable's intervals, by coverage and end."""
    frame = as_table(intervals, "intervals")
    ends = set(frame.columns.get_level_values(-1))
    if frame.columns.nlevels != 3 or not ends <= {"lower", "upper"}:
        raise ValueError(
            "intervals must be what predict_interval gives, with columns (variable, "
            f"coverage, 'lower' or 'upper'), got {frame.columns[0]!r}. Quantiles are "
            "ends: 0.1 and 0.9 are those of predict_interval(coverage=0.8)."
        )
    names = frame.columns.get_level_values(0)
    variables = list(dict.fromkeys(names))
    if len(variables) == 1:  # may be unnamed
        variable = variables[0]
    choose_variable(variables, variable, "intervals")
    return frame.loc[:, [name == variable for name in names]].droplevel(0, axis=1)


def _draw_bands(ax: "Axes", bands: pd.DataFrame) -> None:
    """Shade one band per coverage, the widest one first and lightest."""
    times = times_of(bands.index)
    coverages = sorted(set(bands.columns.get_level_values(0)), reverse=True)
    for number, coverage in enumerate(coverages):
        lower, upper = bands[coverage]["lower"], bands[coverage]["upper"]
        style: dict[str, Any] = {"color": BLUE, "alpha": 0.15 + 0.1 * number}
        style["label"] = f"{coverage:.0%} interval"
        if len(bands) == 1:  # an area of one step would not be seen
            ax.vlines(times, lower, upper, linewidth=6, **style)
        else:
            ax.fill_between(times, lower, upper, linewidth=0, **style)


def plot_fan(
    result: "Backtest",
    Y: Table,
    *,
    variable: Hashable | None = None,
    unit: str | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the forecasts of a backtest over what came.

    Parameters
    ----------
    result : Backtest
        What ``backtest(Y, return_forecasts=True)`` gives. Every window is drawn; with a
        ``stride`` of about the horizon, forecasts follow each other.
    Y : Series or DataFrame
        The series given to ``backtest``.
    variable : hashable or None, default=None
        Column to draw, a tuple where columns have several levels. None takes the only
        one there is.
    unit : str or None, default=None
        Unit of the values, for the label of the axis.
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
    TypeError
        If `Y` is no Series or DataFrame of one series.
    ValueError
        If `result` holds no forecasts, or `variable` is missing from `Y` or `result`,
        or None where there are several.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_fan
    >>> y = load_airline()
    >>> model = SAMformerForecaster(24, horizon=12, max_epochs=2).fit(y[:-36])
    >>> result = model.backtest(y[-36:], stride=12, return_forecasts=True)
    >>> len(plot_fan(result, y[-36:]).lines)  # what came and three forecasts
    4
    """
    if result.forecasts is None:
        raise ValueError(
            "result must hold forecasts, got none. Pass return_forecasts=True to "
            "backtest."
        )
    frame = as_table(Y, "Y")
    variable = choose_variable(list(frame.columns), variable, "Y")
    rows = result.forecasts
    drawn = list(rows["variable"].unique())
    if len(drawn) > 1:
        choose_variable(drawn, variable, "result")
        rows = rows[rows["variable"].isin([variable])]
    ax = prepare_axes(ax)
    values = column_of(frame, variable)
    ax.plot(times_of(frame.index), values, color=DARK, label="what came")
    label: str | None = "forecasts"
    for cutoff, window in rows.groupby("cutoff"):
        # Windows never cross a gap, so the rows after a cutoff are the next steps.
        first = frame.index.searchsorted(cutoff, side="right")
        times = times_of(frame.index[first + window["step"].to_numpy() - 1])
        style: dict[str, Any] = {"color": BLUE, "linewidth": 1}
        style |= {"marker": ".", "markevery": [0]}
        ax.plot(times, window["forecast"], label=label, **style)
        label = None
    label_times(ax, frame.index)
    label_values(ax, variable, unit)
    put_legend(ax)
    return ax


def plot_error_by_step(
    result: "Backtest",
    metric: str = "standardised_mae",
    *,
    label: str | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the error of a backtest over the steps ahead.

    Parameters
    ----------
    result : Backtest
        What ``backtest`` gives.
    metric : str, default="standardised_mae"
        Metric to draw, a mean over windows and variables: "mse", "mae", "mase",
        "standardised_mse" or "standardised_mae".
    label : str or None, default=None
        Name of the forecaster, for the legend. Call again with the same `ax` and
        another label to compare.
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
    ValueError
        If `metric` is unknown.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_error_by_step
    >>> y = load_airline()
    >>> model = SAMformerForecaster(24, horizon=12, max_epochs=2).fit(y[:-36])
    >>> plot_error_by_step(model.backtest(y[-36:]), "mase").get_xlabel()
    'steps ahead'
    """
    check_option("metric", metric, tuple(METRICS))
    ax = prepare_axes(ax, 6)
    errors = result.by_step[metric]
    color = PALETTE[len(ax.lines) % len(PALETTE)]
    points = "." if len(errors) < 10 else None
    ax.plot(errors.index, errors, color=color, marker=points, label=label)
    ax.set_xlabel("steps ahead")
    ax.set_ylabel(METRICS[metric])
    ax.update_datalim([(1, 0)])  # errors are read from zero, whoever is drawn next
    if label is not None:
        put_legend(ax)
    return ax
