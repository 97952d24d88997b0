"""CPU time of window moments as series get longer and windows wider."""

from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from torch import Tensor

from skts.benchmarks._results import Result, markdown
from skts.data import Windows
from skts.linear import WindowMoments

# Rows and width: each in turn, twice as many each time.
SIZES = [(n_rows, 608) for n_rows in (10_000, 20_000, 40_000, 80_000)]
SIZES += [(40_000, width) for width in (304, 1216, 2432)]
N_ROUNDS = 15


def measure_moments(n_rows: int, width: int) -> Result:
    """Time the moments of one channel, and plain sums of the same windows."""
    generator = np.random.default_rng(0)
    row = torch.from_numpy(generator.standard_normal(n_rows).cumsum())
    windows = Windows(row[None], torch.arange(n_rows - width + 1), width - 1, 1)
    moments, seconds = _timed(lambda: WindowMoments(windows).channel(0), N_ROUNDS)
    plain, plain_seconds = _timed(lambda: _plain_moments(row, width), 1)
    difference = float((moments - plain).abs().max() / plain.abs().max())
    return {
        "benchmark": "moments",
        "n_rows": n_rows,
        "width": width,
        "ms": {"ours": round(1000 * seconds, 1), "plain": round(1000 * plain_seconds)},
        "relative_difference": difference,
    }


def _timed(compute: Callable[[], Tensor], n_rounds: int) -> tuple[Tensor, float]:
    """Return a result, and the CPU time of the round that was least disturbed."""
    seconds = []
    for _ in range(n_rounds):
        started = process_time()
        result = compute()
        seconds.append(process_time() - started)
    return result, min(seconds)


def _plain_moments(row: Tensor, width: int) -> Tensor:
    """Sum the products of all windows, some at a time."""
    total = row.new_zeros(width, width)
    for windows in row.unfold(0, width, 1).split(4096):
        total += windows.T @ windows
    return total


def moments_table(results: list[Result]) -> str:
    """Return the time of moments against rows and width as a Markdown table."""
    rows: list[list[object]] = [
        [
            r["n_rows"],
            r["width"],
            *r["ms"].values(),
            f"{r['relative_difference']:.0e}",
            r["threads"],
            r["date"],
        ]
        for r in results
    ]
    header = ["rows", "width", "CPU ms", "plain", "relative difference"]
    return markdown([*header, "threads", "date"], rows)
