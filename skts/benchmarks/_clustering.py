"""Clustering of UCR sets: LoSTer beside k-means, labels for evaluation only.

Training and test part are clustered together, with as many clusters as classes.
"""

from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    normalized_mutual_info_score,
    rand_score,
)

from skts.benchmarks._results import Result, markdown, mean_seconds, run_missing
from skts.clustering import LoSTerClusterer
from skts.clustering._features import SeriesFeatures, standardise_each
from skts.datasets import load_ucr

SETS = (
    "CinCECGTorso",
    "NonInvasiveFetalECGThorax1",
    "NonInvasiveFetalECGThorax2",
    "EOGVerticalSignal",
    "OSULeaf",
    "Symbols",
    "ProximalPhalanxOutlineAgeGroup",
    "ProximalPhalanxTW",
    "SyntheticControl",
)
EXTRA_SETS = (
    "EOGHorizontalSignal",
    "ACSF1",
    "HouseTwenty",
    "PigCVP",
    "Rock",
    "Haptics",
    "Worms",
    "Car",
    "Lightning2",
    "BeetleFly",
)
# NMI: the paper's table, and the re-run by its authors' group.
PAPER_NMI = dict(
    zip(
        SETS,
        (0.2812, 0.7399, 0.8019, 0.3619, 0.2286, 0.7979, 0.5298, 0.6395, 0.7862),
        strict=True,
    )
)
RERUN_NMI = {"CinCECGTorso": 0.2747, "OSULeaf": 0.2165, "SyntheticControl": 0.7322}
LOSTER: dict[str, dict[str, Any]] = {
    "loster": {},
    "loster-paper": {"spectral_weight": 0, "n_init": 1},
}
# k-means on the standardised series alone, and joined with their spectra.
KMEANS = {"kmeans": 0.0, "kmeans-spectrum": LoSTerClusterer().spectral_weight}
SETTINGS = (*LOSTER, *KMEANS)
N_INIT = 10


def run(path: Path, sets: list[str], seeds: list[int], settings: list[str]) -> None:
    """Run the cells that `path` does not hold yet."""
    cells = [
        {"dataset": dataset, "setting": setting, "seed": seed}
        for seed, setting, dataset in product(seeds, settings, sets)
    ]
    run_missing(
        path,
        cells,
        run_cell,
        lambda r: (
            f"nmi {r['nmi']:.4f} ari {r['ari']:.4f} ri {r['ri']:.4f} "
            f"{r['seconds']:.1f} s"
        ),
    )


def run_cell(dataset: str, setting: str, seed: int) -> Result:
    """Cluster one set and compare with its classes."""
    X, y = load_ucr(dataset)
    n_clusters = len(np.unique(y))
    started = perf_counter()
    result: Result = {}
    if setting in LOSTER:
        model = LoSTerClusterer(n_clusters, **LOSTER[setting], random_state=seed)
        labels = model.fit_predict(X)
        last = model.history_[-1]
        result |= {name: last[name] for name in last.keys() - {"phase", "lr"}}
        result["parameters"] = model.get_params()
    else:
        labels = _kmeans(X, n_clusters, KMEANS[setting], seed)
    return result | {
        "seconds": round(perf_counter() - started, 1),
        "nmi": float(normalized_mutual_info_score(y, labels)),
        "ari": float(adjusted_rand_score(y, labels)),
        "ri": float(rand_score(y, labels)),
    }


def _kmeans(
    X: np.ndarray, n_clusters: int, spectral_weight: float, seed: int
) -> np.ndarray:
    series = standardise_each(torch.from_numpy(X.astype(np.float64))[:, None])
    features = SeriesFeatures(spectral_weight).fit(series)(series).numpy()
    kmeans = KMeans(n_clusters, n_init=N_INIT, random_state=seed)
    return kmeans.fit_predict(features)


def table(results: list[Result]) -> str:
    """Return mean and spread over seeds as a Markdown table."""
    frame = pd.DataFrame(results)
    rows: list[list[object]] = []
    for setting in SETTINGS:
        cells = frame[frame["setting"] == setting].groupby("dataset", sort=False)
        for group in (SETS, EXTRA_SETS):
            means = []
            for dataset, cell in cells:
                if dataset not in group:
                    continue
                means.append(cell[["ri", "nmi", "ari"]].mean())
                rows.append([setting, dataset, *_with_spread(cell)])
                rows[-1] += [cell["seed"].nunique(), mean_seconds(cell, 1)]
                published = PAPER_NMI, RERUN_NMI
                rows[-1] += [nmi.get(str(dataset), "") for nmi in published]
            if len(means) == len(group):
                mean = [f"{value:.4f}" for value in sum(means) / len(means)]
                rows.append([setting, f"mean of {len(group)}", *mean, *[""] * 4])
    header = ["setting", "data set", "RI", "NMI", "ARI", "seeds", "seconds"]
    return markdown([*header, "paper's NMI", "re-run's NMI"], rows)


def _with_spread(cell: pd.DataFrame) -> list[str]:
    def show(column: pd.Series) -> str:
        spread = f" ± {column.std():.4f}" if len(column) > 1 else ""
        return f"{column.mean():.4f}{spread}"

    return [show(cell[name]) for name in ("ri", "nmi", "ari")]
