"""Tables of forecast errors, the papers' beside ours."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from skts.benchmarks._naive import NAIVE
from skts.benchmarks._presets import preset, published
from skts.benchmarks._results import Result, markdown, mean_seconds, show
from skts.benchmarks._settings import SETTINGS

# What the SAMformer paper tells of others, most of it quoted there from theirs.
OTHERS: tuple[str, ...]
OTHERS = ("TSMixer+SAM", "TSMixer", "Transformer", "iTransformer", "PatchTST")
OTHERS += ("FEDformer", "Autoformer", "Informer")


def error_table(results: list[Result]) -> str:
    """Return mean errors over seeds as a Markdown table, the paper's beside ours."""
    frame = pd.DataFrame(results)
    # Naive forecasts have none of these, and only mixtures the last.
    of_some = ["valid_mse", "n_epochs", "network_weight"]
    frame = frame.reindex(columns=frame.columns.union(of_some))
    rows: list[list[object]] = []
    for (setting, dataset), of_both in _groups(frame, ["setting", "dataset"]):
        means = []
        for horizon, cell in _groups(of_both, "horizon"):
            paper = _paper_values(setting, dataset, horizon)
            means.append([cell["mse"].mean(), cell["mae"].mean(), *paper])
            mse, mae, *paper = means[-1]
            rows.append([setting, dataset, horizon, show(mse, ".4f")])
            rows[-1] += [show(cell["mse"].std(), ".4f"), show(mae, ".4f")]
            rows[-1] += [show(cell["valid_mse"].mean(), ".4f")]
            rows[-1] += [", ".join(map(str, sorted(cell["seed"])))]
            rows[-1] += [show(cell["n_epochs"].mean(), ".0f"), mean_seconds(cell, 0)]
            rows[-1] += [show(cell["network_weight"].mean(), ".2f")]
            rows[-1] += [show(value, ".3f") for value in paper]
        if sorted(of_both["horizon"].unique()) == preset(dataset)["horizons"]:
            mse, mae, *paper = np.mean(means, axis=0)
            rows.append(
                [setting, dataset, "mean", show(mse, ".4f"), "", show(mae, ".4f")]
            )
            rows[-1] += [*[""] * 5, *(show(value, ".3f") for value in paper)]
    header = ["setting", "data set", "horizon", "MSE", "spread", "MAE", "valid MSE"]
    header += ["seeds", "epochs", "seconds", "weight", "paper's MSE", "paper's MAE"]
    return markdown(header, rows)


def means_table(results: list[Result]) -> str:
    """Return mean errors over horizons as a Markdown table, the paper's in brackets.

    A row per setting, a column per data set; nothing where a horizon is missing.
    """
    means = mean_errors(results)
    datasets = sorted({result["dataset"] for result in results})

    def text(setting: str, dataset: str) -> str:
        if (setting, dataset) not in means:
            return ""
        paper = show(paper_mean(setting, dataset)[0], ".3f")
        return f"{means[setting, dataset]:.3f}" + (f" ({paper})" if paper else "")

    rows: list[list[object]] = [
        [f"`{setting}`", *(text(setting, dataset) for dataset in datasets)]
        for setting in (*SETTINGS, *NAIVE)
        if any((setting, dataset) in means for dataset in datasets)
    ]
    return markdown(["setting", *datasets], rows)


def mean_errors(results: list[Result]) -> dict[tuple[str, str], float]:
    """Return mean squared errors over the usual horizons by setting and data set.

    There is none where a horizon is missing.
    """
    means: dict[tuple[str, str], float] = {}
    frame = pd.DataFrame(results, columns=["setting", "dataset", "horizon", "mse"])
    for (setting, dataset), of_both in _groups(frame, ["setting", "dataset"]):
        errors = of_both.groupby("horizon")["mse"].mean()
        mean = errors.reindex(preset(dataset)["horizons"]).mean(skipna=False)
        if not np.isnan(mean):
            means[setting, dataset] = mean
    return means


def paper_mean(setting: str, dataset: str) -> np.ndarray:
    """Return the MSE and MAE that a paper has for a setting, means over horizons."""
    horizons = preset(dataset)["horizons"]
    return np.mean([_paper_values(setting, dataset, h) for h in horizons], axis=0)


def others_table(results: list[Result]) -> str:
    """Return what others published beside our defaults, as a Markdown table."""
    frame = pd.DataFrame(results)
    frame = frame[frame["setting"] == "samformer"]
    errors = published("forecasting")["mse"]
    rows: list[list[object]] = [
        [dataset, horizon, show(cell["mse"].mean(), ".3f")]
        + [
            show(errors.get((model, dataset, horizon), np.nan), ".3f")
            for model in ("SAMformer", *OTHERS)
        ]
        for (dataset, horizon), cell in frame.groupby(["dataset", "horizon"])
    ]
    header = ["data set", "horizon", "`samformer`", "paper's SAMformer", *OTHERS]
    return markdown(header, rows)


def _in_runs(texts: list[str]) -> str:
    """Return texts with how often each comes one after the other."""
    return ", ".join(f"{len(list(same))} x {text}" for text, same in groupby(texts))


def density_table(results: list[Result]) -> str:
    """Return the density of connections after each epoch as a Markdown table."""
    rows: list[list[object]] = [
        [
            *(r[key] for key in ("setting", "dataset", "horizon", "seed")),
            r["best_epoch"],
            _in_runs([f"{density:.2f}" for density in r["density"]]),
        ]
        for r in results
        if "density" in r
    ]
    header = ["setting", "data set", "horizon", "seed", "best epoch"]
    return markdown([*header, "density after each epoch"], rows)


def _groups(frame: pd.DataFrame, by: str | list[str]) -> Iterable[Any]:
    """Return pairs of a group's key and its rows, of kinds that its columns tell."""
    return frame.groupby(by)


def _paper_values(setting: str, dataset: str, horizon: int) -> list[float]:
    """Return the MSE and MAE that a paper has for a setting, NaN where there is none.

    Settings that are no longer there have none.
    """
    model = SETTINGS[setting].published if setting in SETTINGS else None
    errors, key = published("forecasting"), (model, dataset, horizon)
    return [float(errors[metric].get(key, np.nan)) for metric in ("mse", "mae")]
