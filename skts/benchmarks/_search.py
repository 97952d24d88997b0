"""Plain ``GridSearchCV`` on ETTh1: what it chooses, what that is worth, what it takes.

The search sees the first 16 months, of 30 days each; the four after them are for the
final number.
"""

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.benchmarks._presets import load_split
from skts.benchmarks._results import (
    Progress,
    Result,
    append_result,
    markdown,
    missing,
    show,
)
from skts.forecasting import LSINetForecaster, SAMformerForecaster, TorchForecaster

TEST_SIZE = 2 * 30 * 24
N_FOLDS = {"lsinet": 2, "mixture": 2}  # and 3 for what takes less time
SMOKE_CV = TimeSeriesSplit(2, test_size=100)
Grid = dict[str, list[Any]]

# Forecaster and grid. LSINet's epochs have a quarter of the default's windows.
SEARCHES: dict[str, tuple[TorchForecaster, Grid]] = {
    "samformer": (
        SAMformerForecaster(512, horizon=96, random_state=0, linear_maps=None),
        {"rho": [0.0, 0.3, 0.5, 0.7, 0.9]},
    ),
    "lsinet": (
        LSINetForecaster(
            384,
            horizon=96,
            linear_maps=None,
            windows_per_epoch=2400,
            random_state=0,
        ),
        {"sparsity": [0.0, 0.5, 0.85, 0.95]},
    ),
    "mixture": (
        SAMformerForecaster(horizon=96, max_epochs=5, random_state=0),
        {
            "context_length": [96, 336, 512],
            "linear_maps": [None, "shared", "auto"],
            "rho": [0.3, 0.7],
        },
    ),
}


def run(path: Path, models: list[str], *, smoke: bool = False) -> None:
    """Run the searches that `path` does not hold yet."""
    keys = [{"benchmark": "search", "model": model} for model in models]
    progress = Progress(len(list(missing(path, keys))))
    seen, test, _ = load_split("ETTh1", smoke=smoke)
    for key in missing(path, keys):
        model, grid = SEARCHES[key["model"]]
        if smoke:
            model = clone(model).set_params(max_epochs=1)
            grid = {name: values[:2] for name, values in grid.items()}
        for result in search(model, grid, seen, test, _cv(smoke, key["model"])):
            append_result(path, key | result)
            print(key | result, flush=True)
        print(progress.step(), flush=True)


def _cv(smoke: bool, model: str = "") -> TimeSeriesSplit:
    if smoke:
        return SMOKE_CV
    return TimeSeriesSplit(N_FOLDS.get(model, 3), test_size=TEST_SIZE)


def score_and_weight(forecaster: TorchForecaster, Y: pd.DataFrame) -> dict[str, float]:
    """Return a forecaster's score, and the weight of its network in the forecasts."""
    return {"score": forecaster.score(Y), "weight": forecaster.network_weight_}


def search(
    model: TorchForecaster,
    grid: Grid,
    seen: pd.DataFrame,
    test: pd.DataFrame,
    cv: TimeSeriesSplit,
) -> list[Result]:
    """Search through a grid; return the errors of each candidate.

    The model of each candidate, trained on all rows seen, forecasts the test rows.
    """
    started = perf_counter()
    searched = GridSearchCV(
        model,
        grid,
        scoring=score_and_weight,
        refit="score",
        cv=cv,
        error_score="raise",
    ).fit(seen)
    seconds = perf_counter() - started
    found = searched.cv_results_
    results = []
    for i, candidate in enumerate(found["params"]):
        chosen = candidate == searched.best_params_
        fitted = searched.best_estimator_
        if not chosen:
            fitted = clone(model).set_params(**candidate).fit(seen)
        results.append(
            {
                "candidate": candidate,
                "valid_mse": -float(found["mean_test_score"][i]),
                "valid_spread": float(found["std_test_score"][i]),
                "network_weight": float(found["mean_test_weight"][i]),
                "test_mse": -fitted.score(test),
                "chosen": chosen,
                "n_folds": cv.n_splits,
                "seconds_per_fit": round(float(found["mean_fit_time"][i]), 1),
                "seconds_of_search": round(seconds, 1),
                "parameters": model.get_params(),
            }
        )
    return results


def compare_parallel(smoke: bool) -> Result:
    """Return the seconds of one search, one fit after the other and two at a time.

    The first seconds of two workers hold their start, in which they import torch.
    """
    y, _, _ = load_split("ETTh1", smoke=smoke)
    n_epochs = 1 if smoke else 8
    model = SAMformerForecaster(
        512, horizon=96, max_epochs=n_epochs, random_state=0, linear_maps=None
    )
    seconds: dict[str, float] = {}
    scores: list[np.ndarray] = []
    for label, n_jobs in {"1": 1, "2": 2, "2 started": 2}.items():
        grid: Any = GridSearchCV(
            model,
            {"rho": [0.5, 0.7]},
            cv=_cv(smoke),
            n_jobs=n_jobs,
            refit=False,
            error_score="raise",
        )
        started = perf_counter()
        grid.fit(y)
        seconds[label] = round(perf_counter() - started, 1)
        scores.append(grid.cv_results_["mean_test_score"])
    return {
        "benchmark": "parallel",
        "n_fits": 2 * _cv(smoke).n_splits,
        "seconds": seconds,
        "ratio": round(seconds["1"] / seconds["2"], 2),
        "largest_difference": float(np.ptp(scores, axis=0).max()),
        "parameters": model.get_params(),
    }


def search_table(results: list[Result]) -> str:
    """Return validation and test errors per candidate as a Markdown table.

    Which validation error is lowest is found here, what was chosen by the search.
    """
    rows: list[list[object]] = []
    for result in results:
        same = [r["valid_mse"] for r in results if r["model"] == result["model"]]
        rows.append(
            [
                result["model"],
                ", ".join(f"{n}={v}" for n, v in _candidate(result).items()),
                f"{result['valid_mse']:.4f} ± {result['valid_spread']:.4f}",
                f"{result['test_mse']:.4f}",
                show(result.get("network_weight", np.nan), ".2f"),
                "yes" if result["valid_mse"] == min(same) else "",
                "yes" if result["chosen"] else "",
                result["seconds_per_fit"],
                result["seconds_of_search"],
                result["threads"],
            ]
        )
    header = ["search", "candidate", "validation MSE", "test MSE", "network's weight"]
    header += ["lowest", "chosen", "s per fit", "s of the search", "threads"]
    return markdown(header, rows)


def _candidate(result: Result) -> dict[str, Any]:
    """Return a candidate's parameters; older lines have one of them by its name."""
    if "candidate" in result:
        return dict(result["candidate"])
    return {result["parameter"]: result["value"]}


def parallel_table(results: list[Result]) -> str:
    """Return the seconds of one and two workers as a Markdown table."""
    rows: list[list[object]] = [
        [r["n_fits"], *r["seconds"].values(), r["ratio"], r["threads"], r["date"]]
        for r in results
    ]
    header = ["fits", "s with n_jobs=1", "n_jobs=2", "once started", "ratio"]
    return markdown([*header, "threads", "date"], rows)
