"""Whole fits of a linear network: ours against sktime's, which a user has anyway."""

from collections.abc import Callable
from functools import partial
from itertools import product
from statistics import median
from time import perf_counter

import pandas as pd
from sktime.forecasting.ltsf import LTSFLinearForecaster

from skts.benchmarks._memory import in_own_process, peak_mib
from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown
from skts.forecasting import SAMformerForecaster

CONTEXT_LENGTH, HORIZON, BATCH_SIZE = 512, 96, 32


def _fit_ours(y: pd.DataFrame, n_epochs: int) -> None:
    SAMformerForecaster(
        CONTEXT_LENGTH,
        HORIZON,
        attention="none",
        rho=0.0,
        linear_maps=None,
        max_epochs=n_epochs,
        batch_size=BATCH_SIZE,
        validation_fraction=0,
        patience=None,
    ).fit(y)


def _fit_sktimes(y: pd.DataFrame, n_epochs: int) -> None:
    LTSFLinearForecaster(
        CONTEXT_LENGTH,
        HORIZON,
        num_epochs=n_epochs,
        batch_size=BATCH_SIZE,
        in_channels=y.shape[1],
    ).fit(y, fh=range(1, HORIZON + 1))


FITS: dict[str, Callable[[pd.DataFrame, int], None]] = {
    "ours": _fit_ours,
    "sktime": _fit_sktimes,
}


COSTS = ("seconds", "mib")


def compare_libraries(n_epochs: int, n_rounds: int, smoke: bool) -> Result:
    """Return seconds and memory of both, each fit in a process of its own, in turns."""
    measure = _measure_fit if smoke else partial(in_own_process, _measure_fit)
    fits: dict[str, list[Result]] = {library: [] for library in FITS}
    for _, library in product(range(n_rounds), FITS):
        fits[library].append(measure(library, n_epochs, smoke))
    seconds = {k: median(f["seconds"] for f in v) for k, v in fits.items()}
    return {
        "benchmark": "library",
        "n_epochs": n_epochs,
        "n_rounds": n_rounds,
        "seconds": {library: round(s, 2) for library, s in seconds.items()},
        "mib": {k: median(f["mib"] for f in v) for k, v in fits.items()},
        "ratio": round(seconds["sktime"] / seconds["ours"], 2),
    }


def library_table(results: list[Result]) -> str:
    """Return the two libraries side by side as a Markdown table."""
    rows = []
    for r in results:
        seconds, mib = ([r[key][library] for library in FITS] for key in COSTS)
        rows.append([r["n_epochs"], r["threads"], *seconds, r["ratio"], *mib])
        rows[-1].append(r["date"])
    header = ["epochs", "threads", "seconds", "sktime's", "ratio", "MiB", "sktime's"]
    return markdown([*header, "date"], rows)


def _measure_fit(library: str, n_epochs: int, smoke: bool) -> Result:
    """Fit on the first 16 months of ETTh1; tell how much the process grew."""
    y, _, _ = load_split("ETTh1", smoke=smoke)
    before = peak_mib()
    started = perf_counter()
    FITS[library](y, n_epochs)
    return {"seconds": perf_counter() - started, "mib": peak_mib() - before}
