"""What a backtest measured, and what it says of itself: errors and their units."""

from dataclasses import dataclass
from html import escape

import pandas as pd

# In the order in which they tell most: what can be compared between data comes first.
UNITS = {
    "standardised_mae": "standard deviations of the training part",
    "standardised_mse": "variances of the training part",
    "mase": "errors of naive forecasts in training",
    "mae": "units of the data",
    "mse": "squared units of the data",
}
MOST_VARIABLES = 50  # in the HTML


@dataclass(frozen=True, repr=False)
class Backtest:
    """Errors of rolling forecasts.

    Metrics are ``mse``, ``mae`` and ``mase``, the absolute error in units of the
    seasonal naive forecast's in the training part; and ``standardised_mse`` and
    ``standardised_mae``, with each variable in standard deviations of the training
    part. Means over variables leave out what is undefined for one that never moved:
    ``mase`` and the standardised errors. Of a panel, they are means over series: each
    counts the same, however many windows it has.

    Attributes
    ----------
    n_windows : int
        Number of windows that were forecast.
    overall : Series
        Each metric, over all windows, steps and variables.
    by_step : DataFrame
        A row per step, from 1, and a column per metric.
    by_variable : DataFrame
        A row per variable and a column per metric.
    by_series : DataFrame or None
        A row per series of a panel and a column per metric; None for one series.
    forecasts : DataFrame or None
        What was forecast, if asked for: columns ``cutoff``, ``step``, ``variable``,
        ``forecast`` and ``truth``, and before them the names of a panel's series.
    intervals : DataFrame or None
        What intervals were worth, if asked for: for each ``form``, ``coverage``,
        ``variable`` and ``step``, the share of truths ``held``, the mean ``width``, the
        mean ``interval_score``, and the mean ``pinball_loss`` of both ends; before them
        the names of a panel's series. NaN where a variable never moved in training.
    bands : DataFrame or None
        What bands over the whole horizon were worth, with `intervals`: for each
        ``form``, ``coverage`` and ``variable``, the share of paths ``held`` at all
        steps, and the mean ``width`` over steps.
    held_by_window : DataFrame or None
        What intervals held as time went by, with `intervals`: for each ``form``,
        ``coverage`` and ``cutoff``, the share of the truths ``held`` of all variables
        and steps of the window that begins there, those that never moved in training
        left out; before them the names of a panel's series. NaN of a window without any
        known truth.
    """

    n_windows: int
    overall: pd.Series
    by_step: pd.DataFrame
    by_variable: pd.DataFrame
    by_series: pd.DataFrame | None
    forecasts: pd.DataFrame | None
    intervals: pd.DataFrame | None = None
    bands: pd.DataFrame | None = None
    held_by_window: pd.DataFrame | None = None

    def __repr__(self) -> str:
        return _in_words(self)

    def _repr_html_(self) -> str:
        return _in_html(self)


def _in_words(result: Backtest) -> str:
    """Return a few lines: how much was measured, and the errors with their units."""
    rows = _rows(result)
    width = max(len(name) for name, _, _ in rows)
    lines = [f"  {name:<{width}}  {number:<9.4g} {unit}" for name, number, unit in rows]
    return "\n".join([f"Backtest of {_size(result)}", *lines, f"  {_where(result)}"])


def _in_html(result: Backtest) -> str:
    """Return the same as a table, and the errors of each variable below it."""
    rows = [
        f"<tr><th>{name}</th><td>{number:.4g}</td>"
        f"<td style='text-align:left'>{unit}</td></tr>"
        for name, number, unit in _rows(result)
    ]
    names = [name for name in UNITS if name in result.by_variable]
    by_variable = result.by_variable[names][:MOST_VARIABLES]
    n_left_out = len(result.by_variable) - len(by_variable)
    below = f"<p>and {n_left_out} more in by_variable</p>" if n_left_out else ""
    table = by_variable.to_html(float_format="{:.4g}".format, border=0)
    return (
        f"<div><b>Backtest</b> of {escape(_size(result))}"
        f"<table><tbody>{''.join(rows)}</tbody></table>"
        f"<details><summary>by variable</summary>{table}{below}</details>"
        f"<small>{escape(_where(result))}</small></div>"
    )


def _rows(result: Backtest) -> list[tuple[str, float, str]]:
    """Return what there is to tell in numbers: a name, the number and its unit."""
    overall = result.overall
    rows = [
        (name, overall[name], unit) for name, unit in UNITS.items() if name in overall
    ]
    if result.intervals is None:
        return rows
    # The forecaster's own form is the last; one before it is for comparison.
    form = result.intervals["form"].cat.remove_unused_categories().cat.categories[-1]
    own = result.intervals[result.intervals["form"] == form]
    told = f"share of truths in intervals ({form})"
    for coverage, of_coverage in own.groupby("coverage"):
        rows.append((f"held of {coverage}", float(of_coverage["held"].mean()), told))
    return rows


def _size(result: Backtest) -> str:
    counts = {
        "series": 0 if result.by_series is None else len(result.by_series),
        "window(s)": result.n_windows,
        "step(s)": len(result.by_step),
        "variable(s)": len(result.by_variable),
    }
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def _where(result: Backtest) -> str:
    tables = ["by_step", "by_variable"]
    tables += ["by_series"] if result.by_series is not None else []
    tables += ["forecasts"] if result.forecasts is not None else []
    if result.intervals is not None:
        tables += ["intervals", "bands", "held_by_window"]
    return f"More in {', '.join(tables)}."
