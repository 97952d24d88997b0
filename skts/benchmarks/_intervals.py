"""How often prediction intervals hold the truth, and how wide they are.

The test part is forecast from every 24th row, with an update without learning after
each: contexts of 96 rows, 24 steps ahead, the linear maps alone. Widths are means in
standard deviations of the training part.
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
    started = perf_counter()
    quarters = [_try_quarter(forecaster, each) for each in _cut(test)]
    seconds = perf_counter() - started
    held = np.stack([quarter["held"] for quarter in quarters])
    n_windows = np.array([quarter["n_windows"].iloc[0] for quarter in quarters])

    def mean(name: str) -> list[float]:
        values = np.stack([quarter[name] for quarter in quarters])
        return np.average(values, axis=0, weights=n_windows).round(4).tolist()

    return {
        "coverages": COVERAGES,
        "held": mean("held"),
        "held_by_quarter": held.round(4).tolist(),
        "width": mean("width"),
        "interval_score": mean("interval_score"),
        "n_windows": int(n_windows.sum()),
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
    assert result.intervals is not None, "asked for"
    rows = result.intervals
    rows = rows[rows["form"] == forecaster.interval_method]
    unit = rows["variable"].map(
        dict(zip(quarter.columns, forecaster.scale_, strict=True))
    )
    for name in ("width", "interval_score"):
        rows = rows.assign(**{name: rows[name] / unit.astype(float)})
    means = rows.groupby("coverage")[["held", "width", "interval_score"]].mean()
    return means.assign(n_windows=result.n_windows)


def table(results: list[Result]) -> str:
    """Return coverage and width as a Markdown table."""
    rows: list[list[object]] = []
    for r in results:
        by_quarter = 100 * np.array(r["held_by_quarter"])
        asked = 100 * np.array(r["coverages"])
        held = [f"{100 * share:.1f}" for share in r["held"]]
        far = [f"{off:.1f}" for off in abs(by_quarter - asked).max(axis=0)]
        measures = [f"{x:.2f}" for x in (*r["width"], *r["interval_score"])]
        told = [r["n_windows"], f"{r['seconds']:.1f}"]
        rows.append([r["dataset"], r["intervals"], *held, *far, *measures, *told])
    asked_for = [f"{100 * coverage:g} %" for coverage in COVERAGES]
    header = ["data set", "intervals", *(f"held at {a}" for a in asked_for)]
    header += [f"worst quarter off, {a}" for a in asked_for]
    header += [f"{name} at {a}" for name in ("width", "score") for a in asked_for]
    return markdown([*header, "windows", "seconds"], rows)
