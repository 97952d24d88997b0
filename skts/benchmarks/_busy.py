"""Seconds of a fit beside busy programs: one thread, all, and as the fit chooses."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from statistics import median
from time import perf_counter

import pandas as pd
import torch
from torch.utils import deterministic

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown
from skts.forecasting import SAMformerForecaster

N_PROGRAMS = (0, 1, 2)


def measure_busy(n_programs: int, n_rounds: int, smoke: bool) -> Result:
    """Time fits beside programs that each keep a core busy, the three ways in turns."""
    y, _, _ = load_split("ETTh1", smoke=smoke)
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        for _ in range(n_programs):
            stack.enter_context(_busy_program())
        _fit(y, smoke)  # loads what a first fit loads
        for _, way in product(range(n_rounds), WAYS):
            started = perf_counter()
            WAYS[way](y, smoke)
            seconds[way].append(perf_counter() - started)
    medians = {way: median(times) for way, times in seconds.items()}
    return {
        "benchmark": "busy",
        "n_programs": n_programs,
        "n_rounds": n_rounds,
        "seconds": {way: round(s, 1) for way, s in medians.items()},
        "ratio": round(medians["all"] / medians["chosen"], 2),
    }


def busy_table(results: list[Result]) -> str:
    """Return the three ways beside more and more programs as a Markdown table."""
    rows: list[list[object]] = [
        [
            r["n_programs"],
            *(r["seconds"][way] for way in WAYS),
            r["ratio"],
            r["threads"],
            r["date"],
        ]
        for r in results
    ]
    header = ["programs", "s, one thread", "all", "chosen", "all to chosen"]
    return markdown([*header, "threads", "date"], rows)


def _fit(y: pd.DataFrame, smoke: bool) -> None:
    """Fit long enough that maps and steps both count."""
    SAMformerForecaster(
        512,
        96,
        max_epochs=1 if smoke else 3,
        windows_per_epoch=64 if smoke else 1024,
        random_state=0,
    ).fit(y)


@contextmanager
def _busy_program() -> Iterator[None]:
    program = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        program.kill()
        program.wait()


def _fit_with_one_thread(y: pd.DataFrame, smoke: bool) -> None:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _fit(y, smoke)
    finally:
        torch.set_num_threads(n_threads)


def _fit_with_all_threads(y: pd.DataFrame, smoke: bool) -> None:
    """Fit with all threads: under deterministic algorithms a fit does not choose.

    In another Python thread, it would not choose either, but threads wait there in a
    kinder way: OpenMP lets them sleep where it has more of them than there are cores.
    """
    fills = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True)
    deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        _fit(y, smoke)
    finally:
        torch.use_deterministic_algorithms(False)
        deterministic.fill_uninitialized_memory = fills  # type: ignore[attr-defined]


WAYS: dict[str, Callable[[pd.DataFrame, bool], None]] = {
    "one": _fit_with_one_thread,
    "all": _fit_with_all_threads,
    "chosen": _fit,
}
