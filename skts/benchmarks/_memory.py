"""Peak memory of training, each measurement in a process of its own."""

import os
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any, cast

import numpy as np
import pandas as pd
import torch

from skts.benchmarks._results import Result, markdown
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.nn import LSINet

HORIZON = 96
CONTEXT_LENGTHS = (384, 768, 1536, 3072)
N_CHANNELS = 7
# A network alone, or linear maps alone, for all channels or also one for each.
KINDS = ("network", "shared", "auto")


def measure_wide_fit(n_rows: int, n_channels: int, kind: str) -> Result:
    """Fit SAMformer for one epoch, or a kind of linear maps, on a wide series."""
    generator = np.random.default_rng(0)
    y = pd.DataFrame(generator.standard_normal((n_rows, n_channels)).cumsum(axis=0))
    before = peak_mib()
    forecaster = SAMformerForecaster(
        512,
        HORIZON,
        linear_maps=None if kind == "network" else kind,
        max_epochs=int(kind == "network"),
        random_state=0,
    )
    started = perf_counter()
    forecaster.fit(y)
    return {
        "benchmark": "memory",
        "n_rows": n_rows,
        "n_channels": n_channels,
        "kind": kind,
        "seconds": round(perf_counter() - started, 1),
        "peak_mib_before": before,
        "peak_mib": peak_mib(),
        "parameters": forecaster.get_params(),
    }


def measure_context_length(
    context_length: int, n_steps: int, batch_size: int = 128
) -> Result:
    """Time LSINet's training steps on contexts of one length, cut into 64 patches."""
    forecaster = LSINetForecaster(
        context_length,
        HORIZON,
        linear_maps=None,
        sparsity_interval=1,
        validation_fraction=0,
        max_epochs=n_steps,
        batch_size=batch_size,
        patience=None,
        random_state=0,
    )
    # As many windows as one batch holds: an epoch is a step.
    n_rows = context_length + HORIZON + batch_size - 1
    generator = np.random.default_rng(0)
    y = generator.standard_normal((n_rows, N_CHANNELS)).cumsum(axis=0)
    before = peak_mib()
    forecaster.fit(y)
    steps = [record["seconds"] for record in forecaster.history_[1:]]
    return {
        "benchmark": "context length",
        "context_length": context_length,
        "n_patches": len(cast(LSINet, forecaster.network_).position),
        "n_channels": N_CHANNELS,
        "n_steps": n_steps,
        "seconds_per_step": round(median(steps), 3),
        "peak_mib_before": before,
        "peak_mib": peak_mib(),
        "parameters": forecaster.get_params(),
    }


def in_own_process(measure: Callable[..., Result], *arguments: Any) -> Result:
    """Return ``measure(*arguments)`` from a process that did nothing else before."""
    # A worker takes its share of the cores from here; it is the only one.
    os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def memory_table(results: list[Result]) -> str:
    """Return peak sizes of wide fits as a Markdown table."""
    keys = ["n_rows", "n_channels", "kind", "seconds", "peak_mib_before", "peak_mib"]
    keys += ["threads", "date"]
    header = ["rows", "channels", "what", "seconds", "MiB before fit", "peak MiB"]
    rows = [[{"kind": "network", **r}[key] for key in keys] for r in results]
    return markdown([*header, "threads", "date"], rows)


def context_length_table(results: list[Result]) -> str:
    """Return cost against context length as a Markdown table."""
    keys = ["context_length", "n_patches", "threads", "seconds_per_step"]
    keys += ["peak_mib_before", "peak_mib"]
    header = ["context", "patches", "threads", "seconds per step", "MiB before fit"]
    return markdown([*header, "peak MiB"], [[r[key] for key in keys] for r in results])


def peak_mib() -> int:
    """Return the largest resident size this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)
