"""How often intervals held the truth as time went by."""

from typing import TYPE_CHECKING, Any

from skts._validation import check_int
from skts.plotting._axes import (
    PALETTE,
    label_times,
    prepare_axes,
    put_legend,
    times_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skts.fitted import Backtest


def plot_coverage(
    result: "Backtest",
    *,
    n_windows: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw how often the intervals of a backtest held the truth as time went by.

    Each point is the mean over the last windows up to there. A dotted line is what was
    asked for: intervals that keep their promise stay near it all along.

    Parameters
    ----------
    result : Backtest
        What ``backtest`` gives with `coverage`.
    n_windows : int or None, default=None
        How many windows each point is a mean of; None takes a tenth of them. More make
        calmer lines, which show what has changed later.
    ax : Axes or None, default=None
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The axes drawn into: a line for each coverage and form of the intervals, at the
        cutoffs of the windows. Of a panel, it is the mean over the series that have a
        window there.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If `result` tells nothing of intervals, or has fewer windows than `n_windows`.

    See Also
    --------
    plot_error_by_step : How errors grow with the steps ahead.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.plotting import plot_coverage
    >>> y = load_airline()
    >>> model = SAMformerForecaster(24, horizon=12, max_epochs=0).fit(y[:-48])
    >>> ax = plot_coverage(model.backtest(y[-48:], coverage=0.8), n_windows=12)
    >>> len(ax.lines)  # as they stand, following, and what was asked for
    3
    """
    rows = result.held_by_window
    if rows is None:
        raise ValueError(
            "result must tell what intervals held, got none. Pass coverage=0.9 to "
            "backtest."
        )
    grouped = rows.groupby(["form", "coverage", "cutoff"], observed=True)["held"]
    held = grouped.mean().dropna().unstack(["form", "coverage"])
    if not len(held):
        raise ValueError(
            "result must have a window whose truths are known, got none. Pass rows "
            "with fewer missing values to backtest."
        )
    check_int("n_windows", n_windows, 1, optional=True)
    n_windows = n_windows or max(1, len(held) // 10)
    if n_windows > len(held):
        raise ValueError(
            f"n_windows must be at most {len(held)}, the windows of result with known "
            f"truths, got {n_windows}."
        )
    ax = prepare_axes(ax)
    means = held.rolling(n_windows).mean()[n_windows - 1 :]
    # The last form is that of the forecaster; one before it is for comparison.
    styles: list[dict[str, Any]] = [{"linewidth": 1.5}, {"linewidth": 1, "ls": "--"}]
    forms = reversed(rows["form"].cat.remove_unused_categories().cat.categories)
    styled = list(zip(forms, styles, strict=False))
    asked: str | None = "asked for"
    for number, coverage in enumerate(sorted(rows["coverage"].unique())):
        color = PALETTE[number % len(PALETTE)]
        ax.axhline(coverage, color=color, linestyle=":", linewidth=1, label=asked)
        asked = None
        for form, style in styled:
            label, shares = f"{100 * coverage:g}% {form}", means[form, coverage]
            ax.plot(times_of(means.index), shares, color=color, label=label, **style)
    label_times(ax, means.index)
    which = f"(mean of {n_windows} windows)" if n_windows > 1 else "in each window"
    ax.set_ylabel(f"share held\n{which}")
    put_legend(ax)
    return ax
