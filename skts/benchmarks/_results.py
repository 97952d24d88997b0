"""Results as JSON lines: written at once, skipped when they are there already."""

import json
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import sktime
import torch
from joblib import Parallel, delayed

import skts
from skts.training import fair_share_of_threads

Result = dict[str, Any]


def read_results(path: Path) -> list[Result]:
    """Return the results stored in a file, none if there is no file."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    # A run that was killed while it wrote leaves half a line.
    return [json.loads(line) for line in lines if line.endswith("\n")]


def append_result(path: Path, result: Result) -> None:
    """Add a result to a file, with what it was made with and when."""
    line = json.dumps(result | _circumstances() | result) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        _cut_half_line(file)
        file.write(line.encode())  # at once, however long


def _cut_half_line(file: Any) -> None:
    """Remove what a killed run left, so that the next line starts a line."""
    file.seek(0)
    whole = file.read()
    if not whole.endswith(b"\n"):
        file.truncate(whole.rfind(b"\n") + 1)


def _circumstances() -> Result:
    """Return what belongs to a result of this process, besides itself."""
    return {
        "skts": skts.__version__,
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
        "sktime": sktime.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def missing(path: Path, keys: list[Result]) -> Iterator[Result]:
    """Yield those `keys` that no stored result agrees with."""
    for key in keys:
        wanted = {"smoke": None} | key  # a smoke result stands for no other
        stored = read_results(path)
        if not any(all(old.get(k) == v for k, v in wanted.items()) for old in stored):
            yield key


def run_missing(
    path: Path,
    cells: list[Result],
    run_cell: Callable[..., Result],
    describe: Callable[[Result], str],
    n_jobs: int | None = None,
    *,
    load: Callable[[str], object] | None = None,
    smoke: bool = False,
) -> None:
    """Run those `cells` that a file lacks; store and print each result at once.

    One after the other in this process, or, with `n_jobs`, several at a time in worker
    processes, each with its share of the threads. ``joblib.parallel_config`` sends the
    same list to a cluster. `load` is tried on every data set first, so that a file that
    is not there is told before hours of training. With `smoke`, cells run at their
    smallest, and their results say so.
    """
    if smoke:
        cells = [cell | {"smoke": True} for cell in cells]
    todo = list(missing(path, cells))
    if len(todo) < len(cells):
        print(f"{len(cells) - len(todo)} of {len(cells)} cells are in {path} already")
    if load is not None:
        for dataset in dict.fromkeys(cell["dataset"] for cell in todo):
            load(dataset)
    progress = Progress(len(todo))
    run = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    results = run(delayed(_run)(run_cell, cell) for cell in missing(path, todo))
    for result in results:
        append_result(path, result)
        cell = [str(result[key]) for key in cells[0] if key != "smoke"]
        print(f"{' '.join(cell)}: {describe(result)}  {progress.step()}", flush=True)


def _run(run_cell: Callable[..., Result], cell: Result) -> Result:
    with fair_share_of_threads():
        return cell | run_cell(**cell) | _circumstances()


class Progress:
    """Tell how much is done, and how long the rest may take at the pace so far."""

    def __init__(self, n_cells: int) -> None:
        self.n_cells = n_cells
        self.n_done = 0
        self._started = perf_counter()

    def step(self) -> str:
        """Count a cell and return a note on all of them."""
        self.n_done += 1
        elapsed = perf_counter() - self._started
        left = elapsed / self.n_done * (self.n_cells - self.n_done)
        return (
            f"[{self.n_done} of {self.n_cells} in {_duration(elapsed)}, "
            f"about {_duration(left)} left]"
        )


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def mean_seconds(cell: pd.DataFrame, n_digits: int) -> str:
    """Return the mean time of some runs, "" if none was timed without a pause."""
    return show(pd.to_numeric(cell["seconds"]).mean(), f".{n_digits}f")


def show(value: float, spec: str) -> str:
    """Return a number as text, "" for NaN."""
    return "" if np.isnan(value) else f"{value:{spec}}"


def markdown(header: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table, without the columns that are empty in all rows."""
    told = [i for i in range(len(header)) if not rows or any(r[i] != "" for r in rows)]
    cells: list[list[Any]] = [list(header), ["---"] * len(header), *rows]
    lines = [[row[i] for i in told] for row in cells]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
