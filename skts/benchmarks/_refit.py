"""Whether linear maps should be solved again on all rows, told by training parts.

The test parts decide nothing: three quarters of a training part are fitted on, a fifth
of these held out, and forecasts of the last quarter are measured.
"""

from itertools import product
from pathlib import Path

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown, run_missing
from skts.forecasting import SAMformerForecaster

HORIZONS = (96, 336)
# The last rows of the three quarters; None stands for all.
N_ROWS = (None, 4500)
N_SMOKE = 600


def run(path: Path, datasets: list[str], *, n_jobs: int | None, smoke: bool) -> None:
    """Run the cells that `path` does not hold yet."""
    cells: list[Result] = [
        {"benchmark": "refit", "dataset": dataset, "horizon": horizon, "n_rows": n_rows}
        for dataset, n_rows, horizon in product(datasets, N_ROWS, HORIZONS)
    ]
    if smoke:
        cells = [cell | {"horizon": 8, "n_rows": N_SMOKE} for cell in cells[:1]]
    run_missing(path, cells, run_cell, _describe, n_jobs, load=load_split, smoke=smoke)


def _describe(result: Result) -> str:
    return " ".join(f"{name} {mse:.4f}" for name, mse in result["mse"].items())


def run_cell(
    benchmark: str, dataset: str, horizon: int, n_rows: int | None, smoke: bool = False
) -> Result:
    """Forecast the last quarter of a training part, by maps solved in both ways."""
    seen, _, share = load_split(dataset)
    train = seen[: round(len(seen) * (1 - share))]
    end = 3 * len(train) // 4
    first, test = train[:end], train[end:]
    if n_rows is not None:
        first = first[-n_rows:]
    mse = {}
    for name, refit in {"training part": False, "all rows": True}.items():
        model = SAMformerForecaster(horizon=horizon, max_epochs=0, refit_maps=refit)
        mse[name] = -model.fit(first).score(test)
    return {"mse": mse, "rows_fitted": len(first), "parameters": model.get_params()}


def table(results: list[Result]) -> str:
    """Return errors of maps solved in both ways as a Markdown table."""
    rows: list[list[object]] = []
    for r in results:
        apart, again = r["mse"].values()
        rows.append([r["dataset"], r["rows_fitted"], r["horizon"]])
        rows[-1] += [f"{apart:.4f}", f"{again:.4f}", f"{again / apart - 1:+.1%}"]
    header = ["data set", "rows", "horizon", "without the rows held out", "with them"]
    return markdown([*header, "change"], rows)
