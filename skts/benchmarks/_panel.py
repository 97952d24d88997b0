"""One network for a panel of real series against one network for each of them."""

from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from skts.benchmarks._results import Result, markdown
from skts.datasets import load_ucr
from skts.forecasting import SAMformerForecaster

DATASET = "ACSF1"  # the power that 200 home appliances take
CONTEXT_LENGTH, HORIZON = 96, 24
N_CUTOFFS = 10
SETTING: dict[str, Any] = {"lr": 1e-3, "patience": 5, "random_state": 0}


def compare_global(n_series: int, smoke: bool) -> Result:
    """Fit both ways; forecast the end of each series, a horizon at a time.

    Errors are in standard deviations of each series' seen part, and a mean over series.
    """
    values = load_ucr(DATASET)[0][:n_series]
    n_test = N_CUTOFFS * HORIZON
    frames = [pd.DataFrame({"power": row}) for row in values]
    seen = [frame[:-n_test] for frame in frames]
    scale = np.array([StandardScaler().fit(frame).scale_ for frame in seen])
    setting = SETTING | ({"max_epochs": 1} if smoke else {})

    def make() -> SAMformerForecaster:
        return SAMformerForecaster(CONTEXT_LENGTH, HORIZON, **setting, linear_maps=None)

    truths = values[:, -n_test:]

    started = perf_counter()
    panel = pd.concat(dict(enumerate(seen)), names=["appliance", "time"])
    together = make().fit(panel)
    seconds_together = perf_counter() - started
    forecasts = []
    for cutoff in range(N_CUTOFFS):
        if cutoff:
            first = len(seen[0]) + (cutoff - 1) * HORIZON
            rows = {n: frame[first : first + HORIZON] for n, frame in enumerate(frames)}
            new = pd.concat(rows, names=panel.index.names)
            together.update(new, update_params=False)
        forecast = together.predict(range(1, HORIZON + 1))
        forecasts.append(forecast["power"].unstack().to_numpy())
    errors = {"one network": np.concatenate(forecasts, axis=1) - truths}

    started = perf_counter()
    alone = [make().fit(frame) for frame in seen]
    seconds_alone = perf_counter() - started
    errors["one per series"] = np.stack(
        [
            (np.subtract(*model.predict_rolling(frame[-n_test:], HORIZON))).ravel()
            for model, frame in zip(alone, frames, strict=True)
        ]
    )
    last = values[:, -n_test - 1 : -1 : HORIZON].repeat(HORIZON, axis=1)
    errors["last value"] = last - truths
    return {
        "benchmark": "global",
        "dataset": DATASET,
        "n_series": len(values),
        "n_rows_seen": len(seen[0]),
        "n_cutoffs": N_CUTOFFS,
        "mse": {n: float(np.mean((e / scale) ** 2)) for n, e in errors.items()},
        "mae": {n: float(np.mean(np.abs(e / scale))) for n, e in errors.items()},
        "seconds": {
            "one network": round(seconds_together, 1),
            "one per series": round(seconds_alone, 1),
        },
        "n_epochs": {
            "one network": together.n_epochs_,
            "one per series": float(np.mean([model.n_epochs_ for model in alone])),
        },
        "parameters": together.get_params(),
    }


def global_table(results: list[Result]) -> str:
    """Return errors and seconds of both ways as a Markdown table."""
    rows: list[list[object]] = [
        [
            r["dataset"],
            r["n_series"],
            way,
            f"{r['mse'][way]:.4f}",
            f"{r['mae'][way]:.4f}",
            r["seconds"].get(way, ""),
            r["n_epochs"].get(way, ""),
            r["threads"],
        ]
        for r in results
        for way in r["mse"]
    ]
    header = ["data set", "series", "way", "MSE", "MAE", "seconds", "epochs", "threads"]
    return markdown(header, rows)
