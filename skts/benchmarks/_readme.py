"""The measured numbers of the README, from the stored lines and never typed.

Each stands between ``<!--name-->`` and ``<!---->``, which readers do not see.
"""

import re
from pathlib import Path

import pandas as pd

from skts.benchmarks import _clustering
from skts.benchmarks._presets import preset, published
from skts.benchmarks._results import read_results

NUMBER = re.compile(r"<!--([\w-]+)-->[^<]*<!---->")


def fill_readme(readme: Path, folder: Path) -> None:
    """Replace the marked numbers by those of the results in `folder`."""
    numbers = measured_numbers(folder)
    text = readme.read_text("utf-8")
    filled = NUMBER.sub(lambda m: f"<!--{m[1]}-->{numbers[m[1]]:.3f}<!---->", text)
    readme.write_text(filled, "utf-8")


def measured_numbers(folder: Path) -> dict[str, float]:
    """Return mean errors over horizons, and mean agreement over sets, by name."""
    frame = pd.DataFrame(read_results(folder / "forecasting.jsonl"))
    numbers = {}
    for (setting, dataset), cells in frame.groupby(["setting", "dataset"]):
        means = cells.groupby("horizon")["mse"].mean()
        horizons = preset(dataset)["horizons"]
        if set(horizons) <= set(means.index):
            numbers[f"{setting}-{dataset}"] = means[horizons].mean()
    papers = published("forecasting")["mse"].xs("SAMformer").unstack("dataset").mean()
    for dataset in ("ETTh1", "ETTh2", "ETTm1", "ETTm2"):
        numbers[f"paper-{dataset}"] = papers[dataset]
    frame = pd.DataFrame(read_results(folder / "clustering.jsonl"))
    frame = frame[frame["dataset"].isin(_clustering.SETS)]
    for setting, cells in frame.groupby("setting"):
        means = cells.groupby("dataset")["nmi"].mean()
        if len(means) == len(_clustering.SETS):
            numbers[f"{setting}-nmi"] = means.mean()
    return numbers
