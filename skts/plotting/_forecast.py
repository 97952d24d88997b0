"""Forecasts beside what came, and their errors."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skts._validation import check_option
from skts.fitted import Backtest
from skts.plotting._axes import (
    BLUE,
    DARK,
    GREY,
    PALETTE,
    Table,
    as_table,
    axes_of_variables,
    choose_variable,
    choose_variables,
    column_of,
    finish_axes,
    label_times,
    label_values,
    prepare_axes,
    put_legend,
    times_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.forecasting import TorchForecaster

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
    variable: Hashable | list[Hashable] | None = None,
    unit: str | None = None,
    ax: "Axes | Sequence[Axes] | None" = None,
) -> "Axes | np.ndarray":
    """Draw a forecast after its history, with intervals and what came.

    Parameters
    ----------
    forecast : Series or DataFrame
        What ``predict`` gives.
    history : Series, DataFrame or None, default=None
        Rows before the forecast; the last few contexts are enough.
    intervals : DataFrame or None, default=None
        What ``predict_interval`` or ``predict_band`` gives, with one coverage or
        several. The legend tells which of both it is, by the names of the columns.
    truth : Series, DataFrame or None, default=None
        What came.
    variable : hashable, list or None, default=None
        Column to draw, a tuple where columns have several levels, or a list of columns.
        None draws all, each into axes of its own.
    unit : str or None, default=None
        Unit of the values, for the label of the axis.
    ax : Axes, sequence of Axes or None, default=None
        Where to draw, one for each column; None makes a new figure.

    Returns
    -------
    Axes or ndarray of Axes
        The axes drawn into: an array of them where several columns are drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If one of the data is no Series or DataFrame of one series.
    ValueError
        If `variable` is missing from the data, or more than 24 columns are to be drawn;
        if `intervals` are not those of ``predict_interval`` or ``predict_band``, or
        `ax` are not as many as the columns.

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
    variables = choose_variables(list(frame.columns), variable, "forecast")
    parts = [
        (
            _column(history, "history", one),
            _column(truth, "truth", one),
            None if intervals is None else _bands(intervals, one),
        )
        for one in variables
    ]
    axes = axes_of_variables(ax, len(variables))
    points = "." if len(frame) < 10 else None
    for one, (before, came, bands), panel in zip(variables, parts, axes, strict=True):
        for series, label, color in (
            (before, "history", GREY),
            (came, "what came", DARK),
        ):
            if series is not None:
                panel.plot(times_of(series.index), series, color=color, label=label)
        if bands is not None:
            _draw_bands(panel, bands)
        values = column_of(frame, one)
        style: dict[str, Any] = {"color": BLUE, "marker": points}
        panel.plot(times_of(frame.index), values, label="forecast", **style)
        label_times(panel, frame.index)
        label_values(panel, one, unit)
    return finish_axes(axes)


def _column(data: Table | None, name: str, variable: Hashable) -> pd.Series | None:
    """Return a variable of data, if there are any; that of one may be unnamed."""
    if data is None:
        return None
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
            "intervals must be what predict_interval or predict_band gives, with "
            "columns (variable, coverage, 'lower' or 'upper'), got "
            f"{frame.columns[0]!r}. Quantiles are ends: 0.1 and 0.9 are those of "
            "predict_interval(coverage=0.8)."
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
    what = "band" if bands.columns.names[0] == "band" else "interval"
    coverages = sorted(set(bands.columns.get_level_values(0)), reverse=True)
    for number, coverage in enumerate(coverages):
        lower, upper = bands[coverage]["lower"], bands[coverage]["upper"]
        style: dict[str, Any] = {"color": BLUE, "alpha": 0.15 + 0.1 * number}
        style["label"] = f"{coverage:.0%} {what}"
        if len(bands) == 1:  # an area of one step would not be seen
            ax.vlines(times, lower, upper, linewidth=6, **style)
        else:
            ax.fill_between(times, lower, upper, linewidth=0, **style)


def plot_fan(
    result: "Backtest | TorchForecaster",
    Y: Table,
    *,
    variable: Hashable | list[Hashable] | None = None,
    unit: str | None = None,
    ax: "Axes | Sequence[Axes] | None" = None,
) -> "Axes | np.ndarray":
    """Draw forecasts from many times of a series over what came.

    Parameters
    ----------
    result : forecaster or Backtest
        Forecaster fitted on one series, whose forecasts follow each other, a horizon
        apart; or what ``backtest(Y, return_forecasts=True)`` gives, of which every
        window is drawn.
    Y : Series or DataFrame
        The series to forecast, or the one given to ``backtest``.
    variable : hashable, list or None, default=None
        Column to draw, a tuple where columns have several levels, or a list of columns.
        None draws all, each into axes of its own.
    unit : str or None, default=None
        Unit of the values, for the label of the axis.
    ax : Axes, sequence of Axes or None, default=None
        Where to draw, one for each column; None makes a new figure.

    Returns
    -------
    Axes or ndarray of Axes
        The axes drawn into: an array of them where several columns are drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If `Y` is no Series or DataFrame of one series.
    ValueError
        If `result` holds no forecasts, `variable` is missing from `Y` or `result`, or
        more than 24 columns are to be drawn.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_fan
    >>> y = load_airline()
    >>> model = SAMformerForecaster(24, horizon=12, max_epochs=2).fit(y[:-36])
    >>> len(plot_fan(model, y[-36:]).lines)  # what came and three forecasts
    4
    """
    frame = as_table(Y, "Y")
    if not isinstance(result, Backtest):
        result.check_is_fitted()
        stride = result._model.prediction_length
        result = result.backtest(Y, stride=stride, return_forecasts=True)
    if result.forecasts is None:
        raise ValueError(
            "result must hold forecasts, got none. Pass return_forecasts=True to "
            "backtest."
        )
    variables = choose_variables(list(frame.columns), variable, "Y")
    parts = [_rows_of(result.forecasts, one) for one in variables]
    axes = axes_of_variables(ax, len(variables))
    for one, rows, panel in zip(variables, parts, axes, strict=True):
        values = column_of(frame, one)
        panel.plot(times_of(frame.index), values, color=DARK, label="what came")
        label: str | None = "forecasts"
        for cutoff, window in rows.groupby("cutoff"):
            # Windows never cross a gap, so the rows after a cutoff are the next steps.
            first = frame.index.searchsorted(cutoff, side="right")
            times = times_of(frame.index[first + window["step"].to_numpy() - 1])
            style: dict[str, Any] = {"color": BLUE, "linewidth": 1}
            style |= {"marker": ".", "markevery": [0]}
            panel.plot(times, window["forecast"], label=label, **style)
            label = None
        label_times(panel, frame.index)
        label_values(panel, one, unit)
    return finish_axes(axes)


def _rows_of(forecasts: pd.DataFrame, variable: Hashable) -> pd.DataFrame:
    """Return the rows of a variable; those of the only one, whatever its name."""
    drawn = list(forecasts["variable"].unique())
    if len(drawn) == 1:
        return forecasts
    choose_variable(drawn, variable, "result")
    return forecasts[forecasts["variable"].isin([variable])]


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
