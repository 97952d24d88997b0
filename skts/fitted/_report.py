"""What a backtest says of itself: its errors and what they are measured in."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skts.fitted._errors import Backtest

# In the order in which they tell most: what can be compared between data comes first.
UNITS = {
    "standardised_mae": "standard deviations of the training part",
    "standardised_mse": "variances of the training part",
    "mase": "errors of naive forecasts in training",
    "mae": "units of the data",
    "mse": "squared units of the data",
}
MOST_VARIABLES = 50  # in the HTML


def in_words(result: "Backtest") -> str:
    """Return a few lines: how much was measured, and the errors with their units."""
    rows = _rows(result)
    width = max(len(name) for name, _, _ in rows)
    lines = [f"  {name:<{width}}  {number:<9.4g} {unit}" for name, number, unit in rows]
    return "\n".join([f"Backtest of {_size(result)}", *lines, f"  {_where(result)}"])


def in_html(result: "Backtest") -> str:
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


def _rows(result: "Backtest") -> list[tuple[str, float, str]]:
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


def _size(result: "Backtest") -> str:
    counts = {
        "series": 0 if result.by_series is None else len(result.by_series),
        "window(s)": result.n_windows,
        "step(s)": len(result.by_step),
        "variable(s)": len(result.by_variable),
    }
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def _where(result: "Backtest") -> str:
    tables = ["by_step", "by_variable"]
    tables += ["by_series"] if result.by_series is not None else []
    tables += ["forecasts"] if result.forecasts is not None else []
    if result.intervals is not None:
        tables += ["intervals", "bands", "held_by_window"]
    return f"More in {', '.join(tables)}."
