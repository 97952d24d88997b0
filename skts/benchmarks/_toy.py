"""The SAMformer paper's toy problem (its section 2.2): data that are linear.

Windows are white noise, and what follows is one linear map of them, shared by all
channels, plus noise of variance 1. A linear map solves it, and the network holds one:
what attention spoils, and what SAM mends, shows beside least squares. As in the paper,
there is no normalisation of windows, and all epochs are trained.
"""

from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import mse_loss
from torch.optim import Adam

from skts.benchmarks._hessian import largest_eigenvalue
from skts.benchmarks._results import Result, markdown, mean_seconds, run_missing, show
from skts.data import Rows, ShuffledBatches
from skts.models import mean_squared_error, prepare_batch, window_loss
from skts.nn import SAMformer
from skts.training import SAM, fit_network, make_schedule, seeded

# Changes of the network, and SAM's radius.
NETWORKS: dict[str, tuple[dict[str, Any], float]] = {
    "transformer": ({}, 0.0),
    "random-transformer": ({"attention": "random"}, 0.0),
    "sigma-reparam": ({"sigma_reparam": True}, 0.0),
    "sam": ({}, 0.7),
}
SETTINGS = ("least-squares", *NETWORKS)
# Windows to train and to validate on, context, horizon, channels and epochs.
SIZES = (10_000, 5_000, 512, 96, 7, 100)
SMOKE_SIZES = (64, 32, 16, 4, 2, 2)
N_CURVATURE = 1_000  # training windows that the Hessian is taken over
LR, BATCH_SIZE = 1e-3, 32
CPU = torch.device("cpu")


def run(
    path: Path,
    seeds: list[int],
    settings: list[str],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet."""
    cells = [{"setting": s, "seed": seed} for seed, s in product(seeds, settings)]
    run_missing(path, cells, run_cell, _describe, n_jobs, smoke=smoke)


def _describe(result: Result) -> str:
    return (
        f"train {result['train_mse']:.3f} valid {result['valid_mse']:.3f} "
        f"{result['seconds']:.0f} s"
    )


def run_cell(setting: str, seed: int, smoke: bool = False) -> Result:
    """Learn the map with one network, or solve for it."""
    sizes = SMOKE_SIZES if smoke else SIZES
    train, valid = make_data(sizes, seed)
    started = perf_counter()
    if setting in NETWORKS:
        result = _train(train, valid, setting, sizes[-1], seed)
    else:
        result = _solve(train, valid)
    return result | {"seconds": round(perf_counter() - started, 1)}


def make_data(sizes: tuple[int, ...], seed: int) -> tuple[Rows, Rows]:
    """Return windows ``(N, C, L)`` and what follows, to train and to validate on."""
    n_train, n_valid, context_length, horizon, n_channels, _ = sizes
    generator = torch.Generator().manual_seed(seed)
    draw = partial(torch.randn, generator=generator)
    weights = draw(context_length, horizon)
    parts = []
    for n_windows in (n_train, n_valid):
        windows = draw(n_windows, n_channels, context_length)
        noise = draw(n_windows, n_channels, horizon)
        parts.append(Rows(windows, windows @ weights + noise))
    return parts[0], parts[1]


def _solve(train: Rows, valid: Rows) -> Result:
    """Return the errors of least squares."""
    windows, targets = (x.flatten(0, 1).double() for x in train.take(slice(None)))
    weights = torch.linalg.lstsq(windows, targets).solution

    def error(rows: Rows) -> float:
        windows, targets = rows.take(slice(None))
        return float(mse_loss(windows.double() @ weights, targets.double()))

    return {"train_mse": error(train), "valid_mse": error(valid)}


def _train(train: Rows, valid: Rows, setting: str, n_epochs: int, seed: int) -> Result:
    """Return the errors of a network after each epoch, and its last curvature."""
    changes, rho = NETWORKS[setting]
    windows, targets = train.take(slice(N_CURVATURE))
    sizes = *windows.shape[1:], targets.shape[-1]
    settings: dict[str, Any] = {
        "hidden_size": 16,
        "n_heads": 1,
        "attention": "channel",
        "value_projection": "factorised",
        "head_init": "glorot",
        "sigma_reparam": False,
        "use_revin": False,
    } | changes
    with seeded(seed, CPU):
        network = SAMformer(*sizes, **settings)
        weights = [w for w in network.parameters() if w.requires_grad]
        optimizer: Any = Adam(weights, lr=LR, fused=True)
        if rho:
            optimizer = SAM(optimizer, rho)
        history = fit_network(
            network,
            window_loss(network, "float32", False, CPU),
            ShuffledBatches(train, BATCH_SIZE, seed, partial(prepare_batch, network)),
            optimizer,
            max_epochs=n_epochs,
            schedule=make_schedule("cosine", optimizer),
            validate=lambda: mean_squared_error(network, valid),
        )
        eigenvalue = largest_eigenvalue(
            lambda: mse_loss(_forecast(network, windows), targets), weights
        )
    return {
        # During training it is measured before each step.
        "train_mse": mean_squared_error(network, train),
        "valid_mse": history[-1]["valid_loss"],
        "best_valid_mse": min(record["valid_loss"] for record in history),
        "valid_mse_by_epoch": [round(r["valid_loss"], 4) for r in history],
        "largest_eigenvalue": eigenvalue,
        "parameters": settings | {"rho": rho, "lr": LR, "max_epochs": n_epochs},
    }


def _forecast(network: SAMformer, windows: Tensor) -> Tensor:
    # An input that wants a gradient keeps the network from its hand-written backward
    # pass, which cannot be differentiated again.
    return network.forward_normalised(windows.detach().requires_grad_())


def table(results: list[Result]) -> str:
    """Return errors and curvature, means over seeds, as a Markdown table."""
    frame = pd.DataFrame(results)
    # Least squares have neither.
    of_networks = ["best_valid_mse", "largest_eigenvalue"]
    frame = frame.reindex(columns=frame.columns.union(of_networks))
    rows: list[list[object]] = []
    for setting in SETTINGS:
        cell = frame[frame["setting"] == setting]
        if not len(cell):
            continue
        rows.append([setting, len(cell)])
        for column in ("train_mse", "valid_mse", "best_valid_mse"):
            rows[-1].append(show(cell[column].mean(), ".3f"))
        rows[-1] += [show(cell["largest_eigenvalue"].mean(), ".3g")]
        rows[-1] += [mean_seconds(cell, 0)]
    header = ["setting", "seeds", "training MSE", "validation MSE", "lowest"]
    return markdown([*header, "largest eigenvalue", "seconds"], rows)
