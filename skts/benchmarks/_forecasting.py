"""Forecast errors of each setting under the papers' protocol.

Errors are over all test windows, in standard deviations of the training part.
"""

from itertools import product
from pathlib import Path
from time import perf_counter

from skts.benchmarks._naive import NAIVE, naive_errors
from skts.benchmarks._presets import load_split, preset, season
from skts.benchmarks._results import Result, run_missing
from skts.benchmarks._settings import SETTINGS, make_forecaster

ALL_SETTINGS = (*SETTINGS, *NAIVE)


def run(
    path: Path,
    datasets: list[str],
    horizons: list[int] | None,
    seeds: list[int],
    settings: list[str],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet; None takes the usual horizons.

    Raises
    ------
    ValueError
        Before anything runs, if no paper tells the parameters of a cell.
    """
    cells: list[Result] = [
        {"dataset": dataset, "horizon": horizon, "setting": setting, "seed": seed}
        for seed, setting, dataset in product(seeds, settings, datasets)
        for horizon in horizons or preset(dataset)["horizons"]
        if setting not in NAIVE or seed == seeds[0]
    ]
    for cell in cells:
        if cell["setting"] in SETTINGS:
            make_forecaster(cell["dataset"], cell["horizon"], cell["setting"])
    run_missing(path, cells, run_cell, _describe, n_jobs, load=load_split, smoke=smoke)


def _describe(result: Result) -> str:
    text = f"mse {result['mse']:.4f} mae {result['mae']:.4f}"
    if "valid_mse" in result:
        text += f" valid {result['valid_mse']:.4f}"
        text += f" epoch {result['best_epoch']}/{result['n_epochs']}"
    return f"{text} {result['seconds']:.0f} s"


def run_cell(
    dataset: str, horizon: int, setting: str, seed: int, smoke: bool = False
) -> Result:
    """Train on one data set and horizon and measure the test error."""
    seen, test, share = load_split(dataset, smoke=smoke)
    started = perf_counter()
    if setting in NAIVE:
        period = 1 if setting == "last-value" else season(dataset, seen)
        n_train = len(seen) - round(share * len(seen))
        errors = naive_errors(seen, test, n_train, horizon, period)
        return errors | {"seconds": round(perf_counter() - started, 1)}
    forecaster = make_forecaster(dataset, horizon, setting, share)
    forecaster.set_params(random_state=seed)
    if smoke and setting != "maps":
        forecaster.set_params(max_epochs=1)
    forecaster.fit(seen)
    seconds = perf_counter() - started
    overall = forecaster.backtest(test).overall
    records = {record["epoch"]: record for record in forecaster.history_}
    best = records[forecaster.best_epoch_]
    result = {
        "mse": float(overall["standardised_mse"]),
        "mae": float(overall["standardised_mae"]),
        "valid_mse": best["valid_loss"],
        "best_epoch": forecaster.best_epoch_,
        "n_epochs": forecaster.n_epochs_,
        "seconds": round(seconds, 1),
        "parameters": forecaster.get_params(),
    }
    if forecaster.linear_maps is not None:
        result["network_weight"] = round(forecaster.network_weight_, 4)
        result["maps_valid_mse"] = records[0]["valid_loss"]
    if "density" in best:
        densities = [r["density"] for r in forecaster.history_ if "density" in r]
        result["density"] = [round(density, 3) for density in densities]
    return result
