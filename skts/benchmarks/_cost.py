"""Seconds and memory of training, against a plain twin in the same run."""

import resource
import sys
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import Adam

from skts.benchmarks._plain_samformer import PlainSAMformer
from skts.benchmarks._results import Result, markdown
from skts.data import ShuffledBatches, Windows
from skts.datasets import load_ett
from skts.forecasting import SAMformerForecaster
from skts.forecasting._training import prepare_batch, window_loss
from skts.nn import SAMformer
from skts.training import SAM, fit_network

CONTEXT_LENGTH, HORIZON, BATCH_SIZE, RHO = 512, 96, 32, 0.7
SIZES = {
    "hidden_size": 16,
    "n_heads": 1,
    "attention": "channel",
    "value_projection": "factorised",
    "head_init": "zeros",
    "sigma_reparam": False,
    "use_revin": True,
}


def compare_speed(n_epochs: int, compile: bool) -> Result:
    """Time epochs of SAM on ETTh1: projection first against the plain form.

    Both have the same weights, windows, batches, loop, fused Adam and thread count;
    their epochs alternate, so that both meet the same machine. The first epoch of each
    is not counted.
    """
    y = load_ett("ETTh1").to_numpy()[:8640]
    series = torch.from_numpy(((y - y.mean(0)) / y.std(0)).T.astype(np.float32, "C"))
    n_windows = series.shape[1] - CONTEXT_LENGTH - HORIZON + 1
    windows = Windows(series, torch.arange(n_windows), CONTEXT_LENGTH, HORIZON)
    epochs = {
        "projection first": _projection_first(windows, compile),
        "plain": _plain(windows, compile),
    }
    seconds: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(n_epochs + 1):
        for name, run_epoch in epochs.items():
            seconds[name].append(run_epoch())
    medians = {name: median(times[1:]) for name, times in seconds.items()}
    return {
        "benchmark": "speed",
        "compile": compile,
        "context_length": CONTEXT_LENGTH,
        "horizon": HORIZON,
        "n_channels": len(series),
        "batch_size": BATCH_SIZE,
        "rho": RHO,
        "n_epochs": n_epochs,
        "seconds_per_epoch": {name: round(s, 3) for name, s in medians.items()},
        "ratio": round(medians["plain"] / medians["projection first"], 2),
    }


def _projection_first(windows: Windows, compile: bool) -> Callable[[], float]:
    network = SAMformer(len(windows.series), CONTEXT_LENGTH, HORIZON, **SIZES)
    loss = window_loss(network, "float32", compile, windows.series.device)
    return _timed_epochs(network, loss, windows, partial(prepare_batch, network))


def _plain(windows: Windows, compile: bool) -> Callable[[], float]:
    network = PlainSAMformer(len(windows.series), CONTEXT_LENGTH, HORIZON, **SIZES)
    forward = torch.compile(network) if compile else network

    def loss(batch: tuple[Tensor, ...]) -> Tensor:
        context, target = batch
        return mse_loss(forward(context), target)

    return _timed_epochs(network, loss, windows, lambda *batch: batch)


def _timed_epochs(network, compute_loss, windows, prepare) -> Callable[[], float]:
    """Return a function that trains one more epoch and returns its seconds."""
    adam = Adam(network.parameters(), lr=1e-4, fused=True)
    optimizer = SAM(adam, RHO)
    batches = ShuffledBatches(windows, BATCH_SIZE, 0, prepare)

    def run_epoch() -> float:
        history = fit_network(network, compute_loss, batches, optimizer, max_epochs=1)
        return history[0]["seconds"]

    return run_epoch


def measure_memory(n_rows: int, n_channels: int) -> Iterator[Result]:
    """Fit one epoch on a synthetic wide series; yield peak sizes of this process."""
    yield {"after": "imports", "peak_mib": _peak_mib()}
    generator = np.random.default_rng(0)
    y = pd.DataFrame(generator.standard_normal((n_rows, n_channels)).cumsum(axis=0))
    yield {"after": "making the data", "peak_mib": _peak_mib()}
    forecaster = SAMformerForecaster(
        CONTEXT_LENGTH, HORIZON, max_epochs=1, random_state=0
    )
    started = perf_counter()
    forecaster.fit(y)
    yield {
        "benchmark": "memory",
        "after": "one epoch of fit",
        "n_rows": n_rows,
        "n_channels": n_channels,
        "context_length": CONTEXT_LENGTH,
        "horizon": HORIZON,
        "batch_size": BATCH_SIZE,
        "seconds": round(perf_counter() - started, 1),
        "peak_mib": _peak_mib(),
    }


def speed_table(results: list[Result]) -> str:
    """Return seconds per epoch as a Markdown table."""
    header = ["threads", "compile", "projection first", "plain", "ratio", "date"]
    rows: list[list[object]] = []
    for r in results:
        seconds = r["seconds_per_epoch"].values()
        rows.append([r["threads"], r["compile"], *seconds, r["ratio"], r["date"]])
    return markdown(header, rows)


def memory_table(results: list[Result]) -> str:
    """Return peak sizes as a Markdown table."""
    keys = ["n_rows", "n_channels", "horizon", "batch_size", "seconds", "peak_mib"]
    header = ["rows", "channels", "horizon", "batch", "seconds", "peak MiB"]
    return markdown(header, [[r[key] for key in keys] for r in results])


def _peak_mib() -> int:
    """Return the largest resident size this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
