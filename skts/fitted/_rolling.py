"""Forecasts of all windows of a series in one pass, and what is measured on them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from skts._validation import warn_caller
from skts.data import Stretch, Windows, cut_windows, window_starts
from skts.fitted._backtest import Backtest
from skts.fitted._covariates import Covariates, rows_of
from skts.fitted._errors import (
    Tables,
    error_means,
    join_long,
    join_tables,
    long_frame,
    metric_tables,
)
from skts.fitted._model import SeriesModel
from skts.fitted._trial import IntervalTrial, make_trial
from skts.models import channel_errors
from skts.series import (
    KnownSeries,
    SeriesByName,
    contiguous_stretches,
    describe,
    find_frequency,
    in_score_units,
    meet_series,
    rows_at,
    score_units,
)


@dataclass(frozen=True)
class Rolling:
    """Rows to forecast from, and the windows in them.

    Attributes
    ----------
    known : KnownSeries
        The series that the rows are of.
    times : Index of shape (n_rows,)
        Times of the rows.
    values : ndarray of shape (n_rows, n_channels)
        Rows, in the units of the data.
    starts : ndarray of shape (n_windows,)
        First row of each window.
    effects : ndarray of shape (n_rows, n_channels) or None
        What covariates have added to the rows, which are without it.
    """

    known: KnownSeries
    times: pd.Index
    values: np.ndarray
    starts: np.ndarray
    effects: np.ndarray | None = None


RollingByName = dict[Hashable, Rolling]


def cut_rolling(
    model: SeriesModel,
    series: SeriesByName,
    name: str,
    *,
    stride: int,
    look_back: bool,
    standardize: bool,
    X: SeriesByName | None = None,
) -> RollingByName:
    """Cut each series into windows.

    With `look_back`, the rows known of a series come before those given, if these
    follow. A series that is not known has the units of the rows before its first
    target, in which it is standardised or not.

    `X` holds the covariates of their rows, where these have effects.

    Raises
    ------
    ValueError
        If no series has a window.

    Warns
    -----
    UserWarning
        If some series of a panel have none, and are left out.
    """
    windows, without = {}, {}
    for label, frame in series.items():
        known = _know(model, label, frame, standardize)
        covariates = None if X is None else rows_of(X, label)
        one = _cut_one(model, label, known, frame, covariates, stride, look_back)
        if isinstance(one, Rolling):
            windows[label] = one
        else:
            without[label] = one
    if not windows:
        longest, needs = max(without.values())
        way_out = "Give a longer series"
        if look_back and "context_length" in needs:
            way_out += ", or one that starts one step after the rows seen"
        raise ValueError(
            f"{name} has {longest} time points without a gap at most, but {needs}. "
            f"{way_out}."
        )
    if without:
        label, (longest, needs) = next(iter(without.items()))
        warn_caller(
            f"{len(without)} series of {name} are too short for a window and are left "
            f"out: {label!r} has {longest} time points without a gap at most, but "
            f"{needs}.",
        )
    return windows


def _know(
    model: SeriesModel, name: Hashable, frame: pd.DataFrame, standardize: bool
) -> KnownSeries:
    """Return a known series, or one met here, in the units of its first context."""
    if name in model.known:
        return model.known[name]
    first, frequency = frame[: model.context_length], find_frequency(frame.index)
    period = model.latest.period
    return meet_series(first, frequency, standardize, describe(name), period)


def _cut_one(
    model: SeriesModel,
    name: Hashable,
    known: KnownSeries,
    frame: pd.DataFrame,
    X: pd.DataFrame | None,
    stride: int,
    look_back: bool,
) -> Rolling | tuple[int, str]:
    """Return the windows of a series, or its rows without a gap and what they lack."""
    times, values = frame.index, frame.to_numpy(dtype=np.float64)
    stretches = contiguous_stretches(times, known.frequency)
    longest = max(end - begin for begin, end in stretches)
    horizon = model.prediction_length
    least, needs = horizon, f"horizon={horizon} needs"
    follows = look_back and len(known.recent) > 0 and known.is_followed_by(times)
    effects = None
    if model.covariates is not None:
        assert X is not None, "asked for where covariates have effects"
        known, effects = _effects_of(model.covariates, name, known, X, times, follows)
        values = values - effects
    if follows:
        before = known.recent[-model.context_length :]
        # Filled by all rows known; what follows is, too, by these.
        values = np.concatenate([known.last(len(before)), values])
        times = before.index.append(times).rename(before.index.name)
        stretches = _moved(stretches, len(before))
        if effects is not None:  # those of rows known are not asked for
            nothing = np.zeros((len(before), values.shape[1]))
            effects = np.concatenate([nothing, effects])
    else:
        least += model.context_length
        needs = f"context_length={model.context_length} and horizon={horizon} need"
    width = model.context_length + horizon
    starts = window_starts(stretches, width)[::stride]
    if not len(starts):
        return longest, f"{needs} at least {least}"
    return Rolling(known, times, values, starts, effects)


def _effects_of(
    covariates: Covariates,
    name: Hashable,
    known: KnownSeries,
    X: pd.DataFrame,
    times: pd.Index,
    follows: bool,
) -> tuple[KnownSeries, np.ndarray]:
    """Return the series known, and what covariates add to rows of it, ``(T, C)``."""
    rows = rows_at(X, times, name)
    if follows:
        known, effects = covariates.follow(name, known, rows)
    else:
        effects = covariates.of(name, rows, known.frequency, known.units.factor)
    return known, effects.sum(axis=-1)


def _moved(stretches: list[Stretch], n_rows: int) -> list[Stretch]:
    """Return stretches after so many more rows, which go on in the first."""
    moved = [(begin + n_rows, end + n_rows) for begin, end in stretches]
    return [(0, moved[0][1]), *moved[1:]]


def forecast_rolling(
    model: SeriesModel, windows: RollingByName
) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts and truths of all windows, each ``(n_windows, H, C)``.

    Those of one series come after those of another.
    """
    forecasts = [
        _sum(
            forecast_from(model, one.known, one.values, one.starts),
            _targets(model, one, one.effects),
        )
        for one in windows.values()
    ]
    truths = [_truths(model, one) for one in windows.values()]
    if len(truths) == 1:
        return forecasts[0], truths[0]  # the truths as a view
    return np.concatenate(forecasts), np.concatenate(truths)


def forecast_from(
    model: SeriesModel,
    known: KnownSeries,
    values: np.ndarray,
    starts: np.ndarray,
    n_steps: int | None = None,
) -> np.ndarray:
    """Forecast from the contexts that start at some rows, ``(n_windows, H, C)``.

    With `n_steps`, that many steps.
    """
    series = known.standardise(values).to(model.device)
    contexts = model.windows(series, starts, 0)
    parts = [
        model.forecast(context, known, n_steps).cpu().numpy()
        for context, _ in contexts.in_order()
    ]
    return known.units.restore(np.concatenate(parts))


def forecast_one_step(
    model: SeriesModel,
    series: SeriesByName,
    standardize: bool,
    X: SeriesByName | None = None,
) -> SeriesByName:
    """Forecast each row that has a context before it, a step ahead."""
    forecasts = {}
    for name, frame in series.items():
        known = _know(model, name, frame, standardize)
        if model.covariates is None:
            forecasts[name] = _one_step(model, known, frame)
            continue
        assert X is not None, "asked for where covariates have effects"
        _, effects = _effects_of(
            model.covariates, name, known, rows_of(X, name), frame.index, follows=False
        )
        base = _one_step(model, known, frame - effects)
        forecasts[name] = base + effects[frame.index.get_indexer(base.index)]
    return forecasts


def _one_step(
    model: SeriesModel, known: KnownSeries, frame: pd.DataFrame
) -> pd.DataFrame:
    stretches = contiguous_stretches(frame.index, known.frequency)
    starts = window_starts(stretches, model.context_length + 1)
    if not len(starts):
        return frame[:0].astype(np.float64)
    values = frame.to_numpy(dtype=np.float64)
    forecasts = forecast_from(model, known, values, starts, 1)[:, 0]
    times = frame.index[starts + model.context_length]
    return pd.DataFrame(forecasts, times, frame.columns)


def rolling_error(model: SeriesModel, windows: RollingByName) -> float:
    """Return the mean over series of their mean squared errors over all windows.

    They are in standard deviations of the rows learned from; channels that never moved
    have none, and do not count.
    """
    _check_truths(model, windows)
    errors = []
    for one in windows.values():
        known = one.known
        forecast = partial(model.forecast, known=known)
        squared, n_values = channel_errors(forecast, _windows(model, one))
        counts, unit = score_units(known.deviation)
        in_data = squared.cpu().numpy() * known.units.factor**2
        is_known = n_values.cpu().numpy()[counts] > 0
        if is_known.any():
            errors.append(np.mean((in_data[counts] / unit**2)[is_known]))
    return float(np.mean(errors))


def rolling_in_units(
    model: SeriesModel, windows: RollingByName
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return truths and forecasts of each series, in the units of its score.

    Each array is ``(n_windows * H, C)``, with the channels that count.
    """
    _check_truths(model, windows)
    pairs = []
    for name, one in windows.items():
        forecasts, truths = forecast_rolling(model, {name: one})
        unit = one.known.deviation
        pairs.append((in_score_units(truths, unit), in_score_units(forecasts, unit)))
    return pairs


def backtest(
    model: SeriesModel,
    windows: RollingByName,
    sp: int,
    coverages: Sequence[float] = (),
    *,
    return_forecasts: bool,
) -> Backtest:
    """Measure the forecasts of all windows.

    Parameters
    ----------
    model : SeriesModel
        What forecasts.
    windows : dict of Rolling
        Windows of each series.
    sp : int
        Period of the naive forecast that ``mase`` compares with.
    coverages : sequence of float, default=()
        What intervals shall hold, where they are to be tried.
    return_forecasts : bool
        Whether all forecasts are wanted.
    """
    _check_truths(model, windows)
    tables: dict[Hashable, Tables] = {}
    frames: SeriesByName = {}
    intervals: SeriesByName = {}
    bands: SeriesByName = {}
    held: SeriesByName = {}
    for name, rolling in windows.items():
        kept: list[np.ndarray] | None = [] if return_forecasts else None
        trial = _trial(model, name, rolling, coverages) if coverages else None
        tables[name] = _measure(model, name, rolling, sp, kept, trial)
        if trial is not None:
            intervals[name] = trial.table(_variables(rolling))
            bands[name] = trial.table_of_bands(_variables(rolling))
            held[name] = trial.table_of_windows(_cutoffs(model, rolling))
        if kept is not None:
            frames[name] = long_frame(
                _cutoffs(model, rolling),
                _sum(
                    rolling.known.units.restore(np.concatenate(kept)),
                    _targets(model, rolling, rolling.effects),
                ),
                _truths(model, rolling),
                _variables(rolling),
            )
    levels = list(model.level_names[:-1])
    n_windows = sum(len(rolling.starts) for rolling in windows.values())
    return Backtest(
        n_windows,
        *join_tables(tables, levels),
        join_long(frames, levels),
        join_long(intervals, levels),
        join_long(bands, levels),
        join_long(held, levels),
    )


def _cutoffs(model: SeriesModel, rolling: Rolling) -> pd.Index:
    """Return the last time before the targets of each window."""
    return rolling.times[rolling.starts + model.context_length - 1]


def _trial(
    model: SeriesModel, name: Hashable, rolling: Rolling, coverages: Sequence[float]
) -> IntervalTrial:
    known = rolling.known
    rows = pd.DataFrame(rolling.values, rolling.times, known.recent.columns)
    cutoffs = _cutoffs(model, rolling)
    return make_trial(model, name, known, rows, cutoffs, coverages)


def _measure(
    model: SeriesModel,
    name: Hashable,
    rolling: Rolling,
    sp: int,
    kept: list[np.ndarray] | None,
    trial: IntervalTrial | None,
) -> Tables:
    known = rolling.known
    units = known.units
    squared, absolute = error_means(
        partial(model.forecast, known=known), _windows(model, rolling), kept, trial
    )
    return metric_tables(
        squared * units.factor[:, None] ** 2,
        absolute * units.factor[:, None],
        np.where(units.still, np.nan, units.scale),
        model.training_rows.naive_error(name, known, sp),
        _variables(rolling),
    )


def _check_truths(model: SeriesModel, windows: RollingByName) -> None:
    """Raise if all values that forecasts could be compared with are missing."""
    first = model.context_length
    targets = (one.values[one.starts[0] + first :] for one in windows.values())
    if all(np.isnan(values).all() for values in targets):
        raise ValueError(
            "There is nothing to compare forecasts with: all values after the first "
            f"context_length={first} are missing. Give rows in which some are known."
        )


def _variables(rolling: Rolling) -> pd.Index:
    return rolling.known.recent.columns.to_flat_index()  # names may be tuples


def _windows(model: SeriesModel, rolling: Rolling) -> Windows:
    return model.windows_of(rolling.known, rolling.values, rolling.starts)


def _truths(model: SeriesModel, rolling: Rolling) -> np.ndarray:
    truths = _targets(model, rolling, rolling.values)
    assert truths is not None, "there are rows"
    return _sum(truths, _targets(model, rolling, rolling.effects))


def _targets(
    model: SeriesModel, rolling: Rolling, rows: np.ndarray | None
) -> np.ndarray | None:
    """Return some rows at the steps that windows forecast, ``(n_windows, H, C)``."""
    if rows is None:
        return None
    after = rows[model.context_length :]
    return cut_windows(after, rolling.starts, model.prediction_length)


def _sum(values: np.ndarray, effects: np.ndarray | None) -> np.ndarray:
    return values if effects is None else values + effects
