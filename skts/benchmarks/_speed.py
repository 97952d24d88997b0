"""Seconds of a training step, against a plain twin in the same run."""

from collections.abc import Callable
from functools import partial
from inspect import signature
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.profiler import ProfilerActivity, profile

from skts.benchmarks._plain_lsinet import PlainLSINet
from skts.benchmarks._plain_samformer import PlainSAMformer
from skts.benchmarks._port_samformer import PortTraining
from skts.benchmarks._results import Result, markdown
from skts.data import ShuffledBatches, Windows
from skts.datasets import load_ett
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.models import prepare_batch, recipe_of, window_loss
from skts.nn import WindowNetwork
from skts.training import fit_network

HORIZON = 96
N_TRAIN = 8640
N_OPERATIONS = 10

Batch = tuple[Tensor, ...]

# Per model: its defaults as they train in every step, the plain form of its network,
# and how many steps are timed at a time.
MODELS: dict[str, tuple[Any, type[nn.Module], int]] = {
    "samformer": (
        SAMformerForecaster(512, HORIZON, linear_maps=None),
        PlainSAMformer,
        250,
    ),
    "lsinet": (
        LSINetForecaster(
            384,
            HORIZON,
            linear_maps=None,
            patch_length=12,
            stride=6,
            sparsity_interval=1,
        ),
        PlainLSINet,
        4,
    ),
}


class Training:
    """A network in training, a few steps at a time."""

    def __init__(
        self,
        network: Any,
        compute_loss: Callable[[Batch], Tensor],
        prepare: Callable[..., Batch],
        windows: Windows,
        forecaster: Any,
    ) -> None:
        self.network = network
        self.compute_loss = compute_loss
        self.optimizer = recipe_of(forecaster).make_optimizer(network)
        self.batches = ShuffledBatches(windows, forecaster.batch_size, 0, prepare)

    def run(self) -> float:
        """Take one step per batch and return the seconds they took."""
        history = fit_network(
            self.network, self.compute_loss, self.batches, self.optimizer, max_epochs=1
        )
        return history[0]["seconds"]


def compare_speed(model: str, n_rounds: int, compile: bool, smoke: bool) -> Result:
    """Time training steps on ETTh1: our form of the network against the plain one.

    Both have the same windows, batches, loop, fused Adam and thread count; rounds of
    steps alternate, so that both meet the same machine. The first round of each is not
    counted. Compiled, ours also stands beside itself as it is without that; SAMformer
    also stands beside a port to torch with a loop, SAM and loader of its own.
    """
    forecaster, plain_class, n_steps = _sizes(model, smoke)
    windows = training_windows(forecaster, n_steps)
    sides: dict[str, Training | PortTraining] = {
        "ours": ours(forecaster, windows, compile),
        "plain": _plain(forecaster, plain_class, windows, compile),
    }
    if compile:
        sides["not compiled"] = ours(forecaster, windows, compile=False)
    elif model == "samformer":
        sides["port"] = PortTraining(windows, forecaster.batch_size, forecaster.rho)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(n_rounds + 1):
        for name, training in sides.items():
            seconds[name].append(training.run() / n_steps)
    medians = {name: median(times[1:]) for name, times in seconds.items()}
    n_windows = N_TRAIN - forecaster.context_length - HORIZON + 1
    steps_per_epoch = -(-n_windows // forecaster.batch_size)
    return {
        "benchmark": "speed",
        "model": model,
        "compile": compile,
        "n_rounds": n_rounds,
        "n_steps": n_steps,
        "n_channels": len(windows.series),
        "seconds_per_step": {k: round(s, 5) for k, s in medians.items()},
        "seconds_per_epoch": {
            k: round(s * steps_per_epoch, 3) for k, s in medians.items()
        },
        "ratio": round(medians["plain"] / medians["ours"], 2),
        "ratios": {k: round(s / medians["ours"], 2) for k, s in medians.items()},
        "parameters": forecaster.get_params(),
    }


def profile_steps(model: str, smoke: bool) -> Result:
    """Return what the time of some training steps goes into, and its share."""
    forecaster, _, n_steps = _sizes(model, smoke)
    training = ours(forecaster, training_windows(forecaster, n_steps), compile=False)
    training.run()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        training.run()
    operations = profiler.key_averages()
    total = sum(operation.self_cpu_time_total for operation in operations)
    operations = sorted(operations, key=lambda o: o.self_cpu_time_total, reverse=True)
    shares = [
        (operation.key, round(operation.self_cpu_time_total / total, 3))
        for operation in operations[:N_OPERATIONS]
    ]
    return {"benchmark": "profile", "model": model, "shares": shares}


def _sizes(model: str, smoke: bool) -> tuple[Any, type[nn.Module], int]:
    forecaster, plain_class, n_steps = MODELS[model]
    if smoke:
        return forecaster.clone().set_params(batch_size=2), plain_class, 1
    return forecaster, plain_class, n_steps


def training_windows(forecaster: Any, n_steps: int) -> Windows:
    """Return windows of ETTh1's training part, enough for `n_steps` batches."""
    y = load_ett("ETTh1").to_numpy()[:N_TRAIN]
    series = torch.from_numpy(((y - y.mean(0)) / y.std(0)).T.astype(np.float32, "C"))
    starts = torch.arange(n_steps * forecaster.batch_size)
    return Windows(series, starts, forecaster.context_length, HORIZON)


def ours(
    forecaster: Any,
    windows: Windows,
    compile: bool,
    network: WindowNetwork | None = None,
) -> Training:
    """Return our training of a forecaster's network, a new one unless it is given."""
    series = windows.series
    if network is None:
        sizes = len(series), forecaster.context_length, HORIZON
        network = recipe_of(forecaster).build(*sizes)
    loss = window_loss(network, "float32", compile, series.device)
    return Training(network, loss, partial(prepare_batch, network), windows, forecaster)


def _plain(
    forecaster: Any, plain_class: type[nn.Module], windows: Windows, compile: bool
) -> Training:
    settings = forecaster.get_params()
    settings |= {"n_channels": len(windows.series), "prediction_length": HORIZON}
    network: Any = plain_class(
        **{n: settings[n] for n in signature(plain_class).parameters}
    )
    forward = torch.compile(network) if compile else network

    def compute_loss(batch: Batch) -> Tensor:
        context, target = batch
        loss = mse_loss(forward(context), target)
        penalty = network.penalty()
        return loss if penalty is None else loss + penalty

    return Training(network, compute_loss, lambda *batch: batch, windows, forecaster)


def speed_table(results: list[Result]) -> str:
    """Return the time of steps and of our epochs as a Markdown table."""
    sides = ("ours", "plain", "not compiled", "port")
    rows: list[list[object]] = []
    for r in _latest(results):
        step = {side: f"{1e3 * s:.1f}" for side, s in r["seconds_per_step"].items()}
        epoch = f"{r['seconds_per_epoch']['ours']:.2f}"
        rows.append([r["model"], r["threads"], r["compile"]])
        to_port = r.get("ratios", {}).get("port", "")
        rows[-1] += [*(step.get(side, "") for side in sides), r["ratio"], to_port]
        rows[-1] += [epoch, r["date"]]
    header = ["model", "threads", "compile", "ms per step", "plain", "not compiled"]
    header += ["port", "ratio to plain", "to port", "s per epoch", "date"]
    return markdown(header, rows)


def profile_table(results: list[Result]) -> str:
    """Return the shares of operations as a Markdown table."""
    rows: list[list[object]] = [
        [r["model"], r["threads"], operation, f"{100 * share:.1f} %"]
        for r in _latest(results)
        for operation, share in r["shares"]
    ]
    return markdown(["model", "threads", "operation", "share of the time"], rows)


def _latest(results: list[Result]) -> list[Result]:
    """Return the last result of each model and way to run it."""
    keys = ("model", "threads", "compile")
    return list({tuple(r.get(key) for key in keys): r for r in results}.values())
