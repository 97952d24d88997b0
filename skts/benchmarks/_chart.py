"""The chart that the page of results begins with: who errs how much on which set."""

from pathlib import Path

import numpy as np

from skts.benchmarks._forecasting_tables import OTHERS, mean_errors, paper_mean
from skts.benchmarks._presets import ETT, preset, published
from skts.benchmarks._results import Result

# Settings and what they are, each with its colour and marker.
DRAWN = {
    "samformer": ("skts, as it comes: linear maps and SAMformer", "#0072B2", "o"),
    "lsinet": ("skts, as it comes: linear maps and LSINet", "#56B4E9", "D"),
    "samformer-alone": ("skts, SAMformer alone", "#E69F00", "s"),
    "linear": ("a linear layer, trained the same way", "0.5", "|"),
}
PAPER = ("SAMformer's paper", "#D55E00", "X")
BEST = ("the best other that this paper tells of", "#CC79A7", "v")


def draw_errors(results: list[Result], path: Path) -> None:
    """Draw mean errors over horizons by data set, and write the picture.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    means = mean_errors(results)
    lines = {
        style: [means.get((setting, dataset), np.nan) for dataset in ETT]
        for setting, style in DRAWN.items()
    }
    lines[PAPER] = [paper_mean("samformer", dataset)[0] for dataset in ETT]
    lines[BEST] = [_best_of_others(dataset) for dataset in ETT]
    figure = Figure(figsize=(7, 3.8), layout="constrained")
    ax = figure.subplots()
    rows = np.arange(len(ETT))
    places = rows + np.linspace(-0.25, 0.25, len(lines))[:, None]
    for place, (style, errors) in zip(places, lines.items(), strict=True):
        label, color, marker = style
        ax.plot(errors, place, marker, color=color, label=label, markersize=7)
    for row in rows[:-1] + 0.5:
        ax.axhline(row, color="0.9", linewidth=1)
    ax.set_yticks(rows, ETT)
    ax.set_ylim(len(ETT) - 0.5, -0.5)
    ax.set_xlabel("mean squared error in variances, mean of horizons 96 to 720")
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _best_of_others(dataset: str) -> float:
    errors, horizons = published("forecasting")["mse"], preset(dataset)["horizons"]
    return float(
        np.nanmin(
            [
                np.mean([errors.get((model, dataset, h), np.nan) for h in horizons])
                for model in OTHERS
            ]
        )
    )
