"""How often prediction intervals hold the truth, and how wide they are.

The test part is forecast from every 24th row, with an update without learning after
each: contexts of 96 rows, 24 steps ahead, the linear maps alone. Widths are means in
standard deviations of the training part. Bands are to hold all 24 steps of a path. What
is held depends on the hours that every 24th row meets, so all rows are tried as well.
"""

from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from skts.benchmarks._presets import ETT, load_split
from skts.benchmarks._results import Result, markdown, run_missing
from skts.fitted import INTERVAL_METHODS
from skts.forecasting import SAMformerForecaster

CONTEXT, HORIZON = 96, 24
COVERAGES = (0.8, 0.9, 0.95)
N_QUARTERS = 4
DATASETS = (*ETT[:3], "national_illness")


def run(
    path: Path,
    datasets: list[str],
    seeds: list[int],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet."""
    cells = [
        {"dataset": name, "intervals": method, "seed": seed}
        for seed in seeds
        for name in datasets
        for method in INTERVAL_METHODS
    ]
    run_missing(
        path,
        cells,
        run_cell,
        lambda r: str(r["held"]),
        n_jobs,
        load=load_split,
        smoke=smoke,
    )


def run_cell(dataset: str, intervals: str, seed: int, smoke: bool = False) -> Result:
    """Fit the maps on one data set and try one form of intervals."""
    y, test, share = load_split(dataset, smoke=smoke)
    forecaster = SAMformerForecaster(
        CONTEXT,
        HORIZON,
        max_epochs=0,
        validation_fraction=share,
        interval_method=intervals,
        random_state=seed,
    ).fit(y)
    from_every_row = forecaster.backtest(test, coverage=list(COVERAGES))
    started = perf_counter()
    quarters = [_try_quarter(forecaster, each) for each in _cut(test)]
    seconds = perf_counter() - started
    n_windows = [len(each) // HORIZON for each in _cut(test)]

    def by_quarter(name: str) -> np.ndarray:
        return np.stack([quarter[name] for quarter in quarters])

    def mean(name: str) -> list[float]:
        means = np.average(by_quarter(name), axis=0, weights=n_windows)
        return means.round(4).tolist()

    return {
        "coverages": COVERAGES,
        "held": mean("held"),
        "held_by_quarter": by_quarter("held").round(4).tolist(),
        "width": mean("width"),
        "interval_score": mean("interval_score"),
        "held_by_first_row": _by_first_row(from_every_row.held_by_window, intervals),
        "band_held": mean("band_held"),
        "band_held_by_quarter": by_quarter("band_held").round(4).tolist(),
        "band_width": mean("band_width"),
        "n_windows": sum(n_windows),
        "seconds": round(seconds, 2),
        "parameters": forecaster.get_params(),
    }


def _cut(test: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the quarters of the windows side by side."""
    n_windows = len(test) // HORIZON
    ends = np.arange(N_QUARTERS + 1) * n_windows // N_QUARTERS * HORIZON
    return [test[begin:end] for begin, end in pairwise(ends) if end > begin]


def _try_quarter(
    forecaster: SAMformerForecaster, quarter: pd.DataFrame
) -> pd.DataFrame:
    """Return what intervals are worth on a quarter, a row per coverage, and see it."""
    result = forecaster.backtest(quarter, HORIZON, coverage=list(COVERAGES))
    forecaster.update(quarter, update_params=False)
    unit = pd.Series(forecaster.scale_, quarter.columns)
    bands = _means(result.bands, forecaster.interval_method, unit)
    intervals = _means(result.intervals, forecaster.interval_method, unit)
    return intervals.join(bands.add_prefix("band_"))


def _means(rows: pd.DataFrame | None, form: str, unit: pd.Series) -> pd.DataFrame:
    """Return means over variables and steps, a row per coverage."""
    assert rows is not None, "asked for"
    rows = rows[rows["form"] == form]
    in_units = rows["variable"].map(unit).astype(float)
    measures = [name for name in ("width", "interval_score") if name in rows]
    rows = rows.assign(**{name: rows[name] / in_units for name in measures})
    return rows.groupby("coverage")[["held", *measures]].mean()


def _by_first_row(windows: pd.DataFrame | None, form: str) -> list[list[float]]:
    """Return what every 24th window holds, by the first of them and coverage."""
    assert windows is not None, "asked for"
    held = windows[windows["form"] == form].pivot(
        index="cutoff", columns="coverage", values="held"
    )
    by_first = held.groupby(np.arange(len(held)) % HORIZON).mean()
    return by_first.to_numpy().round(4).tolist()


def table(results: list[Result]) -> str:
    """Return coverage and width as a Markdown table."""
    rows = []
    for r in results:
        measures = [f"{x:.2f}" for x in (*r["width"], *r["interval_score"])]
        told = [r["n_windows"], f"{r['seconds']:.1f}"]
        rows.append([*_told(r, "held"), *measures, *told])
    header = [*_header("held"), *_each("width"), *_each("score"), "windows", "seconds"]
    return markdown(header, rows)


def table_of_bands(results: list[Result]) -> str:
    """Return what bands hold of whole paths as a Markdown table."""
    rows = [
        [*_told(r, "band_held"), *(f"{x:.2f}" for x in r["band_width"])]
        for r in results
    ]
    return markdown([*_header("paths held"), *_each("width")], rows)


def table_of_first_rows(results: list[Result]) -> str:
    """Return what is held from every row, and from every 24th, as a Markdown table."""
    rows = []
    for r in results:
        held = 100 * np.array(r["held_by_first_row"])
        means = [f"{share:.1f}" for share in held.mean(axis=0)]
        ends = zip(held.min(axis=0), held.max(axis=0), strict=True)
        ranges = [f"{low:.1f} to {high:.1f}" for low, high in ends]
        rows.append([r["dataset"], r["intervals"], *means, *ranges])
    ranges = [f"every 24th, {100 * coverage:g} %" for coverage in COVERAGES]
    return markdown(["data set", "intervals", *_each("held"), *ranges], rows)


def _each(name: str) -> list[str]:
    return [f"{name} at {100 * coverage:g} %" for coverage in COVERAGES]


def _header(name: str) -> list[str]:
    off = [f"worst quarter off, {100 * coverage:g} %" for coverage in COVERAGES]
    return ["data set", "intervals", *_each(name), *off]


def _told(r: Result, name: str) -> list[object]:
    """Return of what shares are told, and those of the worst quarters, in per cent."""
    asked = 100 * np.array(r["coverages"])
    off = abs(100 * np.array(r[f"{name}_by_quarter"]) - asked).max(axis=0)
    held = [f"{100 * share:.1f}" for share in r[name]]
    return [r["dataset"], r["intervals"], *held, *(f"{each:.1f}" for each in off)]
