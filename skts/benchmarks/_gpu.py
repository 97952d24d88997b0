"""What a GPU makes of it: steps, whole fits and forecasts, and how near the CPU's."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import product
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import normalized_mutual_info_score

from skts.benchmarks._clustering import load_series
from skts.benchmarks._presets import load_split
from skts.benchmarks._results import Result, markdown
from skts.benchmarks._speed import (
    HORIZON,
    MODELS,
    N_TRAIN,
    Training,
    ours,
    training_windows,
)
from skts.clustering import LoSTerClusterer
from skts.data import Windows
from skts.training import fit_network

BATCH_SIZES = (32, 256)
N_STEPS, N_ROUNDS = 100, 3
WAYS = ("eager", "graph")
N_COMPARED = 256  # forecasts, which take the CPU a second
N_LOSSES = 5  # epochs of a few steps, on the GPU and on the CPU
# Dropout and sampled connections draw on each device from a generator of its own.
WITHOUT_CHANCE = {
    "samformer": {},
    "lsinet": {"interaction": "attention", "dropout": 0.0, "embedding_dropout": 0.0},
}


def measurements(device: str, smoke: bool) -> list[Callable[[], Result]]:
    """Return what is measured, one by one, what takes longest last."""
    where = torch.device(device)
    sets = ("ETTh1",) if smoke else ("ETTh1", "ETTm1")
    measures: list[Callable[..., Result]] = [
        *(partial(measure_steps, *s) for s in _step_sizes()),
        *(partial(compare_losses, model) for model in MODELS),
        measure_clustering,
        *(partial(measure_fit, *s) for s in product(sets, MODELS)),
    ]
    return [partial(_with_peak, measure, where, smoke) for measure in measures]


def _with_peak(
    measure: Callable[..., Result], device: torch.device, smoke: bool
) -> Result:
    """Return a result with its device and the most memory it had taken there."""
    on_cuda = device.type == "cuda"
    if on_cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    result = measure(device, smoke)
    result["device"] = torch.cuda.get_device_name(device) if on_cuda else device.type
    if on_cuda:
        peak = torch.cuda.max_memory_allocated(device)
        result["peak_mib"] = round(peak / 2**20, 1)
    return result


def measure_steps(
    model: str, batch_size: int, device: torch.device, smoke: bool
) -> Result:
    """Time training steps on windows of ETTh1, one by one and from a graph.

    Steps of the first epoch, in which graphs are recorded, are not counted.
    """
    forecaster = _forecaster(model).set_params(batch_size=2 if smoke else batch_size)
    n_windows = N_TRAIN - forecaster.context_length - HORIZON + 1
    n_steps = 1 if smoke else min(N_STEPS, n_windows // batch_size)
    windows = _windows(forecaster, n_steps, device)
    milliseconds = {}
    for name in WAYS:
        with torch.device(device):
            training = ours(forecaster, windows, compile=False)
        _, *epochs = _train(training, N_ROUNDS + 1, name)
        seconds = median(record["seconds"] for record in epochs)
        milliseconds[name] = round(1e3 * seconds / n_steps, 3)
    return {
        "benchmark": "gpu steps",
        "model": model,
        "batch_size": batch_size,
        "n_steps": n_steps,
        "ms_per_step": milliseconds,
        "parameters": forecaster.get_params(),
    }


def compare_losses(model: str, device: torch.device, smoke: bool) -> Result:
    """Train from the same weights on the device and on the CPU; compare the losses."""
    forecaster = _forecaster(model).set_params(
        **WITHOUT_CHANCE[model], batch_size=1 if smoke else 16
    )
    windows = _windows(forecaster, 1 if smoke else 5, torch.device("cpu"))
    first = ours(forecaster, windows, compile=False).network
    losses = {}
    for name in ("cpu", *WAYS):
        where = windows if name == "cpu" else _move(windows, device)
        network = deepcopy(first).to(where.device)
        training = ours(forecaster, where, compile=False, network=network)
        history = _train(training, N_LOSSES, name)
        losses[name] = [record["train_loss"] for record in history]
    on_cpu = np.array(losses["cpu"])
    return {
        "benchmark": "gpu losses",
        "model": model,
        "losses": losses["cpu"],
        "largest_difference": {
            name: float(np.abs(losses[name] - on_cpu).max()) for name in WAYS
        },
        "parameters": forecaster.get_params(),
    }


def _train(training: Training, n_epochs: int, name: str) -> list[dict[str, Any]]:
    return fit_network(
        training.network,
        training.compute_loss,
        training.batches,
        training.optimizer,
        max_epochs=n_epochs,
        kind=training.network.step_kind if name == "graph" else None,
    )


def measure_fit(dataset: str, model: str, device: torch.device, smoke: bool) -> Result:
    """Time a fit with the defaults, and forecasts of all test windows.

    The same weights forecast the last of these windows on the CPU for comparison.
    """
    seen, test, share = load_split(dataset, smoke=smoke)
    forecaster = type(_forecaster(model))(
        horizon=HORIZON,
        device=str(device),
        validation_fraction=share,
        random_state=0,
        refit_maps=False,
    )
    if smoke:
        forecaster.set_params(max_epochs=1, context_length=24)
    started = perf_counter()
    forecaster.fit(seen)
    seconds = perf_counter() - started
    records = {record["epoch"]: record for record in forecaster.history_}
    best = records[forecaster.best_epoch_]
    errors = forecaster.backtest(test).overall
    context_length = forecaster.context_length_
    rows = pd.concat([seen[-context_length:], test])
    forecasts, times = _timed(lambda: forecaster.predict_windows(rows)[0])
    forecaster.device = "cpu"  # where it is read from its file
    on_cpu = pickle.loads(pickle.dumps(forecaster))
    last = rows[-(context_length + HORIZON + N_COMPARED - 1) :]
    again = on_cpu.predict_windows(last)[0]
    difference = np.abs(again - forecasts[-len(again) :])
    return {
        "benchmark": "gpu fit",
        "dataset": dataset,
        "model": model,
        "network_weight": round(forecaster.network_weight_, 4),
        "maps_seconds": round(records[0]["seconds"], 2),
        "seconds": round(seconds, 2),
        "n_epochs": forecaster.n_epochs_,
        "best_epoch": forecaster.best_epoch_,
        "valid_mse": best["valid_loss"],
        "mse": float(errors["standardised_mse"]),
        "n_windows": len(forecasts),
        "predict_ms": round(1e3 * median(times[1:]), 2),
        "largest_difference": float((difference / forecaster.scale_).max()),
        "parameters": forecaster.get_params(),
    }


def measure_clustering(device: torch.device, smoke: bool) -> Result:
    """Time a fit of LoSTer with the defaults."""
    dataset = "SyntheticControl" if smoke else "CinCECGTorso"
    X, y = load_series(dataset, smoke=smoke)
    model = LoSTerClusterer(len(np.unique(y)), device=str(device), random_state=0)
    if smoke:
        model.set_params(pretrain_epochs=1, max_epochs=1, tol=0)
    started = perf_counter()
    labels = model.fit_predict(X)
    return {
        "benchmark": "gpu clustering",
        "dataset": dataset,
        "seconds": round(perf_counter() - started, 2),
        "n_epochs": model.n_epochs_,
        "nmi": float(normalized_mutual_info_score(y, labels)),
        "parameters": model.get_params(),
    }


def _step_sizes() -> list[tuple[str, int]]:
    """Return the models, each with some batch sizes and its own."""
    return [
        (model, batch_size)
        for model, (forecaster, *_) in MODELS.items()
        for batch_size in sorted({*BATCH_SIZES, forecaster.batch_size})
    ]


def _forecaster(model: str) -> Any:
    return MODELS[model][0].clone()


def _windows(forecaster: Any, n_steps: int, device: torch.device) -> Windows:
    return _move(training_windows(forecaster, n_steps), device)


def _move(windows: Windows, device: torch.device) -> Windows:
    return Windows(
        windows.series.to(device),
        windows.starts.to(device),
        windows.context_length,
        windows.prediction_length,
    )


def _timed(
    compute: Callable[[], np.ndarray], n_times: int = 6
) -> tuple[np.ndarray, list[float]]:
    """Return what is computed, and the seconds of each time."""
    seconds = []
    for _ in range(n_times):
        started = perf_counter()
        result = compute()
        seconds.append(perf_counter() - started)
    return result, seconds


def steps_table(results: list[Result]) -> str:
    """Return the time of steps as a Markdown table."""
    rows: list[list[object]] = [
        [r["device"], r["model"], r["batch_size"]]
        + [f"{r['ms_per_step'][way]:.2f}" for way in WAYS]
        + [round(r["peak_mib"]), r["torch"], r["date"]]
        for r in _latest(results)
        if r["benchmark"] == "gpu steps"
    ]
    header = ["device", "model", "batch", "ms one by one", "ms from a graph"]
    return markdown([*header, "peak MiB", "torch", "date"], rows)


def fits_table(results: list[Result]) -> str:
    """Return whole fits, and the forecasts after them, as a Markdown table."""
    rows: list[list[object]] = []
    for r in _latest(results):
        if r["benchmark"] == "gpu fit":
            rows.append([r[key] for key in ("device", "model", "dataset")])
            rows[-1] += [f"{r['seconds']:.1f}", r["n_epochs"]]
            rows[-1] += [f"{r['valid_mse']:.4f}", f"{r['mse']:.4f}", r["n_windows"]]
            rows[-1] += [f"{r['predict_ms']:.0f}", f"{r['largest_difference']:.0e}"]
            rows[-1] += [round(r["peak_mib"]), r["date"]]
    header = ["device", "model", "data set", "seconds", "epochs", "validation", "test"]
    header += ["windows", "ms", "largest difference", "peak MiB", "date"]
    return markdown(header, rows)


def other_table(results: list[Result]) -> str:
    """Return how near losses are, and the time of LoSTer, as a Markdown table."""
    rows: list[list[object]] = []
    for r in _latest(results):
        if r["benchmark"] == "gpu losses":
            far = [f"{r['largest_difference'][way]:.0e}" for way in WAYS]
            what = f"{r['model']}: losses off the CPU's, one by one and from a graph"
            rows.append([r["device"], what, ", ".join(far), r["date"]])
        if r["benchmark"] == "gpu clustering":
            what = f"LoSTer on {r['dataset']}: seconds, NMI"
            told = f"{r['seconds']:.1f}, {r['nmi']:.3f}"
            rows.append([r["device"], what, told, r["date"]])
    return markdown(["device", "what", "measured", "date"], rows)


def _latest(results: list[Result]) -> list[Result]:
    """Return the last result of each measurement on each device."""
    keys = ("device", "benchmark", "model", "dataset", "batch_size")
    return list({tuple(r.get(key) for key in keys): r for r in results}.values())
