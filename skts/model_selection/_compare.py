"""One table of any forecasters, measured on the same windows in one unit."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import FitFailedWarning
from sktime.forecasting.base import BaseForecaster

from skts._validation import check_bool, check_int, check_real, warn_caller
from skts.model_selection._announced import without_announcements
from skts.model_selection._roll import Origins, Rolled, keeps_up, roll, roll_naive
from skts.series import (
    SeriesByName,
    as_frame,
    check_index,
    check_order,
    check_values,
    contiguous_stretches,
    describe,
    find_frequency,
    find_periods,
    in_score_units,
    measure_deviation,
    score_units,
    split_panel,
    with_frequency,
)

NAIVE = "seasonal naive"
ERRORS = ["mse", "mae", "mase", "rmsse", "coverage", "width"]
COLUMNS = [*ERRORS, "fit_seconds", "forecast_seconds", "n_fits"]


def compare(
    forecasters: Mapping[str, BaseForecaster] | Sequence[BaseForecaster],
    y: pd.Series | pd.DataFrame | np.ndarray,
    X: pd.DataFrame | None = None,
    *,
    horizon: int,
    test_size: float | int = 0.2,
    stride: int | None = None,
    sp: int | None = None,
    coverage: float = 0.9,
    refit: bool | None = None,
) -> pd.DataFrame:
    """Compare any sktime forecasters, pipelines too, and a seasonal naive forecast.

    All see the same rows, forecast the same windows of a test part, the last rows of
    the data, and are measured in one unit.

    Parameters
    ----------
    forecasters : dict of str to sktime forecaster, or list of them
        What to compare, by name; those of a list have the names of their classes.
        Clones are fitted.
    y : Series, DataFrame, panel, or ndarray of shape (n_timepoints, n_channels)
        Data without gaps or missing values. Each series of a panel counts the same.
    X : DataFrame, default=None
        Covariates at the times of `y`, known also for the steps to forecast.
        Forecasters that take none leave them out.
    horizon : int
        Steps to forecast at once.
    test_size : float or int, default=0.2
        Share of the rows, of the shortest series in a panel, or number of rows, that
        forecasts are tested on.
    stride : int, default=None
        Rows from one window to the next; None for `horizon`, so that each row is
        forecast once. Smaller values measure more closely and take longer.
    sp : int, default=None
        Rows of a season, for the naive forecast and the scale of ``mase`` and
        ``rmsse``. None takes what the index tells, or else the values; 1 where neither
        does.
    coverage : float, default=0.9
        Share of the truths that intervals shall hold.
    refit : bool, default=None
        Whether a forecaster is fitted again, to all rows before, for each window, as in
        sktime's ``evaluate``. None does so but for the forecasters of this package,
        alone or in pipelines, which go on from new rows without learning from them;
        most other ones do not.

    Returns
    -------
    table : DataFrame
        A row per forecaster, the best first by ``mse``, and the columns

        - ``mse``, ``mae``: mean squared and mean absolute error in standard deviations
          of the rows before the test part, as in ``score``;
        - ``mase``, ``rmsse``: absolute and root mean squared error relative to those of
          the seasonal naive forecast, one season ahead, in the rows before the test
          part;
        - ``coverage``, ``width``: share of the truths within the intervals, and their
          mean width in standard deviations; NaN without intervals;
        - ``fit_seconds``: a fit, ``forecast_seconds``: telling it of new rows and
          forecasting a window, on average; ``n_fits``: how often it was fitted.

        Channels that never moved before the test part do not count. ``table.attrs``
        holds ``n_windows``, ``horizon``, ``sp`` and ``test_size`` in rows.

    Raises
    ------
    TypeError
        If something in `forecasters` is no sktime forecaster, or `y` no data of pandas
        or numpy.
    ValueError
        If `y` has gaps, is not finite or too short; if `X` has other times; if an
        option is out of range.

    Warns
    -----
    FitFailedWarning
        If a forecaster fails: its row is NaN, and the others go on.

    See Also
    --------
    skts.plotting.plot_comparison : Draws the table.
    rolling_scorer : The same windows and unit in searches.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sktime.forecasting.naive import NaiveForecaster
    >>> from skts.forecasting import SAMformerForecaster
    >>> from skts.model_selection import compare
    >>> table = compare(
    ...     {"ours": SAMformerForecaster(), "drift": NaiveForecaster("drift")},
    ...     load_airline(),
    ...     horizon=12,
    ... )
    >>> list(table.index)
    ['ours', 'seasonal naive', 'drift']
    """
    check_int("horizon", horizon, 1)
    check_int("stride", stride, 1, optional=True)
    check_int("sp", sp, 1, optional=True)
    check_real("coverage", coverage, 0, 1, exclusive=True)
    if refit is not None:
        check_bool("refit", refit)
    named = _name(forecasters)
    series, levels = _read(y)
    origins = _cut(series, levels, horizon, test_size, stride or horizon)
    if X is not None:
        origins = replace(origins, covariates=_read_covariates(X, y, series))
    sp = sp or _find_period(origins)
    _check_period(sp, origins)
    rolled: dict[str, Rolled | None] = {NAIVE: roll_naive(origins, sp, coverage)}
    for name, forecaster in named.items():
        again = not keeps_up(forecaster) if refit is None else refit
        rolled[name] = _try(name, forecaster, origins, coverage, again)
    rows = [_measure(one, origins, sp) for one in rolled.values()]
    table = pd.DataFrame(rows, pd.Index(list(rolled), name="forecaster"), COLUMNS)
    table = table.astype({"n_fits": int}).sort_values("mse", kind="stable")
    n_test = len(next(iter(series.values()))) - next(iter(origins.n_train.values()))
    table.attrs = {
        "n_windows": len(origins.starts) * len(series),
        "horizon": horizon,
        "sp": sp,
        "test_size": n_test,
    }
    return table


# What is given -------------------------------------------------------------------


def _name(forecasters: Any) -> dict[str, BaseForecaster]:
    """Return forecasters by name, and check that they are some."""
    if isinstance(forecasters, BaseForecaster):
        forecasters = [forecasters]
    if isinstance(forecasters, Mapping):
        named = dict(forecasters)
    else:
        names = [type(one).__name__ for one in forecasters]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(
                f"forecasters must have different names, got {twice[0]} several times. "
                "Give a dict with a name for each."
            )
        named = dict(zip(names, forecasters, strict=True))
    for name, forecaster in named.items():
        if not isinstance(forecaster, BaseForecaster):
            raise TypeError(
                f"forecasters must be sktime forecasters, got {forecaster!r} for "
                f"{name!r}. sktime's make_reduction turns a regressor into one."
            )
    if NAIVE in named:
        raise ValueError(
            f"forecasters must not have the name {NAIVE!r}, which is taken for the one "
            "that is always compared with. Give it another name."
        )
    return named


def _read(y: Any) -> tuple[SeriesByName, list[Hashable]]:
    """Check data; return series by name, with a step, and the names of its levels."""
    check_values(y)
    is_panel = isinstance(y, pd.Series | pd.DataFrame) and y.index.nlevels > 1
    if is_panel:
        check_index(y.index)
    series = split_panel(y) if is_panel else {None: as_frame(y, "y")}
    read = {}
    for name, rows in series.items():
        check_order(rows.index, describe(name), "y")
        frequency = find_frequency(rows.index, describe(name))
        n_gaps = len(contiguous_stretches(rows.index, frequency)) - 1
        if n_gaps:
            raise ValueError(
                f"{describe(name)} must have no gaps to compare forecasters on, got "
                f"{n_gaps}. Fill them in first: reindex and sktime's Imputer."
            )
        read[name] = rows.set_axis(with_frequency(rows.index, frequency))
    return read, list(y.index.names) if is_panel else [None]


def _read_covariates(X: Any, y: Any, series: SeriesByName) -> SeriesByName:
    """Return the covariates of each series; raise if their times are not those of y."""
    if not isinstance(X, pd.DataFrame):
        raise TypeError(f"X must be a DataFrame, got {type(X).__name__}.")
    times = getattr(y, "index", pd.RangeIndex(len(y)))
    if not X.index.equals(times):
        raise ValueError(
            f"X must have the times of y, {len(times)} rows from {times[0]!r} to "
            f"{times[-1]!r}, got {len(X)} rows. Use X.loc[y.index]."
        )
    return {
        name: rows.set_axis(series[name].index) for name, rows in split_panel(X).items()
    }


def _cut(
    series: SeriesByName,
    levels: list[Hashable],
    horizon: int,
    test_size: float | int,
    stride: int,
) -> Origins:
    n_rows = min(map(len, series.values()))
    if isinstance(test_size, float):
        check_real("test_size", test_size, 0, 1, exclusive=True)
        n_test = round(test_size * n_rows)
    else:
        check_int("test_size", test_size, 1)
        n_test = int(test_size)
    if n_test < horizon:
        raise ValueError(
            f"test_size must hold horizon={horizon} rows at least, got {n_test} of "
            f"{n_rows}. Give a larger test_size or a shorter horizon."
        )
    if n_test > n_rows - 2:
        raise ValueError(
            f"test_size must leave rows to fit on, got {n_test} of {n_rows} rows."
        )
    n_train = {name: len(y) - n_test for name, y in series.items()}
    starts = np.arange(0, n_test - horizon + 1, stride)
    return Origins(series, levels, n_train, starts, horizon)


def _find_period(origins: Origins) -> int:
    """Return the rows of a season before the test part; 1 where none is seen."""
    longest = max(origins.n_train, key=lambda name: origins.n_train[name])
    index = origins.series[longest].index
    frequency = find_frequency(index)
    for period in find_periods(index, frequency, origins.train(longest)):
        if period < min(origins.n_train.values()):
            return period
    return 1


def _check_period(sp: int, origins: Origins) -> None:
    n_train = min(origins.n_train.values())
    if sp >= n_train:
        raise ValueError(
            f"sp must be < {n_train}, the rows before the test part, got {sp}. Use a "
            "shorter period or a smaller test_size."
        )


# What is measured ----------------------------------------------------------------


def _try(
    name: str,
    forecaster: BaseForecaster,
    origins: Origins,
    coverage: float,
    refit: bool,
) -> Rolled | None:
    """Return the forecasts of a forecaster; None, with a warning, if it fails."""
    try:
        with without_announcements():
            return roll(forecaster, origins, coverage, refit=refit)
    except Exception as error:  # whatever others raise
        warn_caller(
            f"{name} failed, so that its row is NaN: {type(error).__name__}: {error}",
            FitFailedWarning,
        )
        return None


def _measure(rolled: Rolled | None, origins: Origins, sp: int) -> list[float]:
    """Return the row of a forecaster: means over series."""
    if rolled is None:
        return [np.nan] * (len(COLUMNS) - 1) + [0]
    rows = [_measure_series(rolled, origins, name, sp) for name in origins.series]
    errors = np.ma.masked_invalid(rows).mean(axis=0).filled(np.nan)
    return [*errors, rolled.fit_seconds, rolled.forecast_seconds, rolled.n_fits]


def _measure_series(
    rolled: Rolled, origins: Origins, name: Hashable, sp: int
) -> list[float]:
    train, truths = origins.train(name), origins.targets(name)
    deviation = measure_deviation(train)
    counts, _ = score_units(deviation)
    errors = rolled.forecasts[name] - truths
    in_units = in_score_units(errors, deviation)
    changes = (train[sp:] - train[:-sp])[:, counts]
    errors = errors[..., counts]
    with np.errstate(divide="ignore", invalid="ignore"):
        absolute = np.abs(errors).mean(axis=(0, 1)) / np.abs(changes).mean(axis=0)
        squared = (errors**2).mean(axis=(0, 1)) / (changes**2).mean(axis=0)
    covered = width = np.nan
    if rolled.lower is not None and rolled.upper is not None:
        lower, upper = rolled.lower[name], rolled.upper[name]
        covered = ((lower <= truths) & (truths <= upper))[..., counts].mean()
        width = in_score_units(upper - lower, deviation).mean()
    return [
        np.mean(in_units**2),
        np.mean(np.abs(in_units)),
        _finite_mean(absolute),
        _finite_mean(np.sqrt(squared)),
        covered,
        width,
    ]


def _finite_mean(values: np.ndarray) -> float:
    """Return the mean of what is defined: a channel may repeat itself exactly."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else np.nan
