"""Tables of forecast errors, the papers' beside ours."""

import numpy as np
import pandas as pd

from skts.benchmarks._naive import NAIVE
from skts.benchmarks._presets import preset, published
from skts.benchmarks._results import Result, markdown, mean_seconds
from skts.benchmarks._settings import SETTINGS

# What the SAMformer paper tells of others, most of it quoted there from theirs.
OTHERS = ("TSMixer+SAM", "TSMixer", "Transformer", "iTransformer", "PatchTST")
OTHERS += ("FEDformer", "Autoformer", "Informer")


def error_table(results: list[Result]) -> str:
    """Return mean errors over seeds as a Markdown table, the paper's beside ours."""
    frame = pd.DataFrame(results)
    # Naive forecasts have neither.
    frame = frame.reindex(columns=frame.columns.union(["valid_mse", "n_epochs"]))
    rows: list[list[object]] = []
    for (setting, dataset), of_both in frame.groupby(["setting", "dataset"]):
        means = []
        for horizon, cell in of_both.groupby("horizon"):
            paper = _paper_values(setting, dataset, horizon)
            means.append([cell["mse"].mean(), cell["mae"].mean(), *paper])
            mse, mae, *paper = means[-1]
            rows.append([setting, dataset, horizon, _number(mse)])
            rows[-1] += [_number(cell["mse"].std()), _number(mae)]
            rows[-1] += [_number(cell["valid_mse"].mean())]
            rows[-1] += [", ".join(map(str, sorted(cell["seed"])))]
            rows[-1] += [_number(cell["n_epochs"].mean(), 0), mean_seconds(cell, 0)]
            rows[-1] += [_number(value, 3) for value in paper]
        if sorted(of_both["horizon"].unique()) == preset(dataset)["horizons"]:
            mse, mae, *paper = np.mean(means, axis=0)
            rows.append([setting, dataset, "mean", _number(mse), "", _number(mae)])
            rows[-1] += [*[""] * 4, *(_number(value, 3) for value in paper)]
    header = ["setting", "data set", "horizon", "MSE", "spread", "MAE", "valid MSE"]
    header += ["seeds", "epochs", "seconds", "paper's MSE", "paper's MAE"]
    return markdown(header, rows)


def means_table(results: list[Result]) -> str:
    """Return mean errors over horizons as a Markdown table, the paper's in brackets.

    A row per setting, a column per data set; nothing where a horizon is missing.
    """
    frame = pd.DataFrame(results)
    cells = frame.groupby(["setting", "dataset", "horizon"], sort=False)["mse"].mean()
    datasets = sorted(frame["dataset"].unique())
    rows = []
    for setting in (s for s in (*SETTINGS, *NAIVE) if s in cells.index):
        row = [_mean_text(cells[setting], setting, dataset) for dataset in datasets]
        if any(row):
            rows.append([f"`{setting}`", *row])
    return markdown(["setting", *datasets], rows)


def _mean_text(cells: pd.Series, setting: str, dataset: str) -> str:
    horizons = preset(dataset)["horizons"]
    keys = [(dataset, horizon) for horizon in horizons]
    if not all(key in cells.index for key in keys):
        return ""
    papers = np.mean([_paper_values(setting, dataset, h) for h in horizons], axis=0)
    paper = "" if np.isnan(papers[0]) else f" ({papers[0]:.3f})"
    return f"{cells[keys].mean():.3f}{paper}"


def others_table(results: list[Result]) -> str:
    """Return what others published beside our defaults, as a Markdown table."""
    frame = pd.DataFrame(results)
    frame = frame[frame["setting"] == "samformer"]
    errors = published("forecasting")["mse"]
    rows: list[list[object]] = [
        [dataset, horizon, _number(cell["mse"].mean(), 3)]
        + [
            _number(errors.get((model, dataset, horizon), np.nan), 3)
            for model in ("SAMformer", *OTHERS)
        ]
        for (dataset, horizon), cell in frame.groupby(["dataset", "horizon"])
    ]
    header = ["data set", "horizon", "`samformer`", "paper's SAMformer", *OTHERS]
    return markdown(header, rows)


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


def _paper_values(setting: str, dataset: str, horizon: int) -> list[float]:
    """Return the MSE and MAE that a paper has for a setting, NaN where there is none.

    Settings that are no longer there have none.
    """
    model = SETTINGS[setting].published if setting in SETTINGS else None
    errors = published("forecasting")
    if (model, dataset, horizon) not in errors.index:
        return [np.nan, np.nan]
    return errors.loc[(model, dataset, horizon), ["mse", "mae"]].tolist()


def _number(value: float, n_digits: int = 4) -> str:
    return "" if np.isnan(value) else f"{value:.{n_digits}f}"
