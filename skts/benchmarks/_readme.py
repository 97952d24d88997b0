"""The measured numbers of the README, from the stored lines and never typed.

Each stands between ``<!--name-->`` and ``<!---->``, which readers do not see.
"""

import re
from pathlib import Path

import pandas as pd

from skts.benchmarks._clustering import SETS
from skts.benchmarks._forecasting_tables import mean_errors, paper_mean
from skts.benchmarks._presets import ETT
from skts.benchmarks._results import read_results

NUMBER = re.compile(r"<!--([\w-]+)-->[^<]*<!---->")


def fill_readme(readme: Path, folder: Path) -> None:
    """Replace the marked numbers by those of the results in `folder`.

    What the folder lacks stays as it is.
    """
    numbers = measured_numbers(folder)
    text = readme.read_text("utf-8")

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return (
            f"<!--{name}-->{numbers[name]:.3f}<!---->" if name in numbers else match[0]
        )

    filled = NUMBER.sub(fill, text)
    readme.write_text(filled, "utf-8")


def measured_numbers(folder: Path) -> dict[str, float]:
    """Return mean errors over horizons, and mean agreement over sets, by name."""
    means = mean_errors(read_results(folder / "forecasting.jsonl"))
    numbers = {
        f"{setting}-{dataset}": mean for (setting, dataset), mean in means.items()
    }
    for dataset in ETT:
        numbers[f"paper-{dataset}"] = paper_mean("samformer", dataset)[0]
    clusterings = read_results(folder / "clustering.jsonl")
    frame = pd.DataFrame(clusterings, columns=["setting", "dataset", "nmi"])
    nmi = frame.pivot_table("nmi", "dataset", "setting").reindex(SETS)
    for setting, mean in nmi.mean(skipna=False).dropna().items():
        numbers[f"{setting}-nmi"] = mean
    return numbers
