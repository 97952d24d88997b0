"""Forecast errors on the ETT sets under the papers' protocol.

Twelve months to train, four to validate, four to test, of 30 days each; later rows are
unused. Errors are over all test windows, in standard deviations of the training part.
"""

from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from skts.benchmarks._dlinear import DLinearForecaster
from skts.benchmarks._results import Result, markdown, mean_seconds, run_missing
from skts.datasets import load_ett
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.forecasting._base import TorchForecaster

HORIZONS = (96, 192, 336, 720)

# Table 4 of the SAMformer paper: the radius per data set and horizon.
PAPER_RHO = {
    "ETTh1": dict(zip(HORIZONS, (0.5, 0.6, 0.9, 0.9), strict=True)),
    "ETTh2": dict(zip(HORIZONS, (0.5, 0.8, 0.6, 0.8), strict=True)),
    "ETTm1": dict(zip(HORIZONS, (0.6, 0.9, 0.9, 0.9), strict=True)),
    "ETTm2": dict(zip(HORIZONS, (0.2, 0.9, 0.8, 0.9), strict=True)),
}
# Table 1: test error of SAMformer, mean over five seeds.
PAPER_MSE = {
    "ETTh1": dict(zip(HORIZONS, (0.381, 0.409, 0.423, 0.427), strict=True)),
    "ETTh2": dict(zip(HORIZONS, (0.295, 0.340, 0.350, 0.391), strict=True)),
}
PAPER_SETTING = {"lr": 1e-3, "head_init": "glorot"}

# Forecaster, context length and changed parameters of each setting; the contexts are
# those of the papers on ETTh1.
SETTINGS: dict[str, tuple[type[TorchForecaster], int, dict[str, Any]]] = {
    "samformer": (SAMformerForecaster, 512, {}),
    "samformer-no-sam": (SAMformerForecaster, 512, {"rho": 0.0}),
    "samformer-paper": (SAMformerForecaster, 512, PAPER_SETTING),
    "lsinet": (LSINetForecaster, 384, {}),
    "lsinet-no-penalty": (LSINetForecaster, 384, {"sparsity_interval": 0}),
    "dlinear": (DLinearForecaster, 384, {}),
    "dlinear-lr-5e-4": (DLinearForecaster, 384, {"lr": 5e-4}),
    "dlinear-lr-5e-3": (DLinearForecaster, 384, {"lr": 5e-3}),
}


def make_forecaster(dataset: str, horizon: int, setting: str) -> TorchForecaster:
    """Return the forecaster of a named setting, without a seed."""
    forecaster, context_length, changes = SETTINGS[setting]
    if setting == "samformer-paper":
        changes = changes | {"rho": PAPER_RHO[dataset][horizon]}
    return forecaster(context_length, horizon, validation_fraction=0.25, **changes)


def run(
    path: Path,
    datasets: list[str],
    horizons: list[int],
    seeds: list[int],
    settings: list[str],
) -> None:
    """Run the cells that `path` does not hold yet."""
    cells = [
        {"dataset": dataset, "horizon": horizon, "setting": setting, "seed": seed}
        for seed, setting, dataset, horizon in product(
            seeds, settings, datasets, horizons
        )
    ]
    run_missing(
        path,
        cells,
        run_cell,
        lambda r: (
            f"mse {r['mse']:.4f} mae {r['mae']:.4f} valid {r['valid_mse']:.4f} epoch "
            f"{r['best_epoch']}/{r['n_epochs']} {r['seconds']:.0f} s"
        ),
    )


def load_split(dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to train and validate on, and those to test on."""
    y = load_ett(dataset)
    month = 30 * (24 if dataset.startswith("ETTh") else 96)
    return y[: 16 * month], y[16 * month : 20 * month]


def run_cell(dataset: str, horizon: int, setting: str, seed: int) -> Result:
    """Train on one data set and horizon and measure the test error."""
    seen, test = load_split(dataset)
    forecaster = make_forecaster(dataset, horizon, setting)
    forecaster.set_params(random_state=seed)
    started = perf_counter()
    forecaster.fit(seen)
    seconds = perf_counter() - started
    forecasts, truths = forecaster.predict_rolling(test)
    errors = (forecasts - truths) / forecaster.scale_
    best = forecaster.history_[forecaster.best_epoch_ - 1]
    result = {
        "mse": float(np.mean(errors**2)),
        "mae": float(np.mean(np.abs(errors))),
        "valid_mse": best["valid_loss"],
        "best_epoch": forecaster.best_epoch_,
        "n_epochs": forecaster.n_epochs_,
        "seconds": round(seconds, 1),
        "parameters": forecaster.get_params(),
    }
    if "density" in best:
        result["density"] = [round(r["density"], 3) for r in forecaster.history_]
    return result


def table(results: list[Result]) -> str:
    """Return mean errors over seeds as a Markdown table, the paper's beside ours."""
    frame = pd.DataFrame(results)
    cells = frame.groupby(["setting", "dataset", "horizon"])
    rows: list[list[object]] = []
    for (setting, dataset, horizon), cell in cells:
        paper = PAPER_MSE.get(dataset, {}).get(horizon, "")
        rows.append(
            [
                setting,
                dataset,
                horizon,
                f"{cell['mse'].mean():.4f}",
                f"{cell['mse'].std():.4f}" if len(cell) > 1 else "",
                f"{cell['mae'].mean():.4f}",
                f"{cell['valid_mse'].mean():.4f}",
                ", ".join(map(str, sorted(cell["seed"]))),
                f"{cell['n_epochs'].mean():.0f}",
                mean_seconds(cell, 0),
                paper if setting in ("samformer", "samformer-paper") else "",
            ]
        )
    by_cell = cells[["mse", "mae"]].mean()
    for (setting, dataset), mean in by_cell.groupby(level=["setting", "dataset"]):
        if len(mean) == len(HORIZONS):
            mse, mae = (f"{value:.4f}" for value in mean.mean())
            rows.append([setting, dataset, "mean", mse, "", mae, *[""] * 5])
    header = ["setting", "data set", "horizon", "MSE", "spread", "MAE", "valid MSE"]
    return markdown([*header, "seeds", "epochs", "seconds", "paper's MSE"], rows)


def density_table(results: list[Result]) -> str:
    """Return the density of connections after each epoch as a Markdown table."""
    rows: list[list[object]] = [
        [
            *(r[key] for key in ("setting", "dataset", "horizon", "seed")),
            r["best_epoch"],
            " ".join(f"{density:.2f}" for density in r["density"]),
        ]
        for r in results
        if "density" in r
    ]
    header = ["setting", "data set", "horizon", "seed", "best epoch"]
    return markdown([*header, "density after each epoch"], rows)
