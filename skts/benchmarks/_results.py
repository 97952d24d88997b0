"""Results as JSON lines: written at once, skipped when they are there already."""

import json
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import sktime
import torch

import skts

Result = dict[str, Any]


def read_results(path: Path) -> list[Result]:
    """Return the results stored in a file, none if there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


def missing(path: Path, keys: list[Result]) -> Iterator[Result]:
    """Yield those `keys` that no stored result agrees with."""
    for key in keys:
        stored = read_results(path)
        if not any(all(old.get(k) == v for k, v in key.items()) for old in stored):
            yield key


def run_missing(
    path: Path,
    cells: list[Result],
    run_cell: Callable[..., Result],
    describe: Callable[[Result], str],
) -> None:
    """Run those `cells` that a file lacks; store and print each result at once."""
    for cell in missing(path, cells):
        result = cell | run_cell(**cell)
        append_result(path, result)
        print(f"{' '.join(map(str, cell.values()))}: {describe(result)}", flush=True)


def append_result(path: Path, result: Result) -> None:
    """Add a result to a file, with what it was made with and when."""
    result = result | {
        "skts": skts.__version__,
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
        "sktime": sktime.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(result) + "\n")


def mean_seconds(cell: pd.DataFrame, n_digits: int) -> str:
    """Return the mean time of some runs, "" if none was timed without a pause."""
    mean = pd.to_numeric(cell["seconds"]).mean()
    return "" if np.isnan(mean) else f"{mean:.{n_digits}f}"


def markdown(header: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
