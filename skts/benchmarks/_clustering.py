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
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.decomposition import PCA
from sklearn.metrics import (
    adjusted_rand_score,
    normalized_mutual_info_score,
    rand_score,
)
from sktime.clustering.k_means import TimeSeriesKMeans

from skts.benchmarks._presets import published
from skts.benchmarks._results import Result, markdown, mean_seconds, run_missing, show
from skts.clustering import LoSTerClusterer
from skts.datasets import load_ucr
from skts.nn import SeriesFeatures, standardise_each

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
# The paper's form with a spectrum and more starts, and with its own settings.
FROM_KMEANS: dict[str, Any] = {
    "hidden_size": 256,
    "local_weight": 0,
    "start": "kmeans",
    "neighbor_weight": 0,
    "instance_weight": 1,
    "cluster_weight": 1,
    "pretrain_epochs": 50,
}
PAPER = FROM_KMEANS | {"spectral_weight": 0, "n_init": 1}
NO_CONTRAST = {"instance_weight": 0, "cluster_weight": 0, "entropy_weight": 0}
LOSTER: dict[str, dict[str, Any]] = {
    "loster": {},
    "loster-kmeans": FROM_KMEANS,
    "loster-paper": PAPER,
    "autoencoder": FROM_KMEANS | NO_CONTRAST,
    "autoencoder-paper": PAPER | NO_CONTRAST,
}
# What the graph's form changes, one by one.
ABLATIONS: dict[str, dict[str, Any]] = {
    "loster, no local spectra": {"local_weight": 0},
    "loster, no spectra": {"local_weight": 0, "spectral_weight": 0},
    "loster, spectra of 2.5": {"local_weight": 2.5, "spectral_weight": 2.5},
    "loster, 5 neighbours": {"n_neighbors": 5},
    "loster, 20 neighbours": {"n_neighbors": 20},
    "loster, neighbours not learned": {"neighbor_weight": 0},
    "loster, k-means start": {"start": "kmeans"},
    "loster, neighbours at 10": {"neighbor_weight": 10},
    "loster, contrasts": {"instance_weight": 1, "cluster_weight": 1},
    "loster, no entropy": {"entropy_weight": 0},
    "loster, hidden 64": {"hidden_size": 64},
    "loster, hidden 256": {"hidden_size": 256},
    "loster, 60 epochs": {"pretrain_epochs": 60},
    "loster, no joint epochs": {"max_epochs": 0},
}
# Fitted on a random half of the series, and measured on both.
HALF = "loster-half"
# scikit-learn's spectral clustering of the same features.
SPECTRAL: dict[str, Any] = {
    "affinity": "nearest_neighbors",
    "n_neighbors": LoSTerClusterer().n_neighbors,
    "assign_labels": "kmeans",
}
# k-means on the standardised series alone, joined with their spectra, with those of
# their pieces, too, and on their principal components.
KMEANS: dict[str, dict[str, Any]] = {
    "kmeans": {"n_init": 10, "spectral_weight": 0.0},
    "kmeans-spectrum": {
        "n_init": 10,
        "spectral_weight": LoSTerClusterer().spectral_weight,
    },
    "kmeans-spectra": {
        "n_init": 10,
        "spectral_weight": LoSTerClusterer().spectral_weight,
        "local_weight": LoSTerClusterer().local_weight,
    },
    "kmeans-pca": {"n_init": 10, "spectral_weight": 0.0},
}
PCA_SHARE = 0.9  # of the variance
# sktime's k-means by dynamic time warping needs numba, and hours where series are long.
DTW = "kmeans-dtw"
ALL_KMEANS = KMEANS | {
    DTW: {
        "metric": "dtw",
        "averaging_method": "dba",
        "distance_params": {"window": 0.1},
        "n_init": 1,
        "max_iter": 10,
    }
}
# tslearn's k-Shape: cross-correlations, and a centre by an eigenvector per cluster.
KSHAPE = "k-shape"
KSHAPE_PARAMETERS: dict[str, Any] = {"n_init": 1, "max_iter": 30}
SETTINGS = (*LOSTER, HALF, "spectral", *KMEANS)
MAIN_SETTINGS = (*LOSTER, HALF, "spectral", *ALL_KMEANS, KSHAPE)
ALL_SETTINGS = (*MAIN_SETTINGS, *ABLATIONS)
ALL_LOSTER = LOSTER | ABLATIONS | {HALF: {}}
# What the papers have of each setting.
PUBLISHED = {
    "loster": "LoSTer",
    "loster-kmeans": "LoSTer",
    "loster-paper": "LoSTer",
    "autoencoder": "LoSTer without contrastive learning",
    "autoencoder-paper": "LoSTer without contrastive learning",
}
RERUN = "LoSTer, re-run"


def run(
    path: Path,
    sets: list[str],
    seeds: list[int],
    settings: list[str],
    *,
    n_jobs: int | None = None,
    smoke: bool = False,
) -> None:
    """Run the cells that `path` does not hold yet; "extra" names ten sets at once."""
    sets = [name for one in sets for name in (EXTRA_SETS if one == "extra" else [one])]
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
        n_jobs,
        load=load_series,
        smoke=smoke,
    )


def load_series(dataset: str, *, smoke: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return series and classes; for the smoke mode, some of them."""
    X, y = load_ucr(dataset)
    return (X[::10], y[::10]) if smoke else (X, y)


def run_cell(dataset: str, setting: str, seed: int, smoke: bool = False) -> Result:
    """Cluster one set and compare with its classes."""
    X, y = load_series(dataset, smoke=smoke)
    n_clusters = len(np.unique(y))
    result: Result = {}
    rest = np.empty(0, dtype=int)
    if setting == HALF:
        order = np.random.default_rng(seed).permutation(len(X))
        half, rest = np.split(order, [len(X) // 2])
        X, y, X_rest, y_rest = X[half], y[half], X[rest], y[rest]
    started = perf_counter()
    if setting in ALL_LOSTER:
        model = LoSTerClusterer(n_clusters, **ALL_LOSTER[setting], random_state=seed)
        if smoke:
            model.set_params(pretrain_epochs=1, max_epochs=1, tol=0)
        labels = model.fit_predict(X)
        last = model.history_[-1]
        result |= {name: last[name] for name in last.keys() - {"phase", "lr"}}
        result["parameters"] = model.get_params()
    elif setting == "spectral":
        result["parameters"] = SPECTRAL
        labels = _spectral(X, n_clusters, seed)
    elif setting == KSHAPE:
        result["parameters"] = KSHAPE_PARAMETERS
        labels = _kshape(X, n_clusters, seed)
    else:
        result["parameters"] = ALL_KMEANS[setting]
        labels = _kmeans(X, n_clusters, setting, seed)
    seconds = perf_counter() - started
    if len(rest):
        new = model.predict(X_rest)
        result["nmi_other_half"] = float(normalized_mutual_info_score(y_rest, new))
    return result | {
        "seconds": round(seconds, 1),
        "nmi": float(normalized_mutual_info_score(y, labels)),
        "ari": float(adjusted_rand_score(y, labels)),
        "ri": float(rand_score(y, labels)),
    }


def _kmeans(X: np.ndarray, n_clusters: int, setting: str, seed: int) -> np.ndarray:
    series = standardise_each(torch.from_numpy(X.astype(np.float64))[:, None])
    parameters = ALL_KMEANS[setting]
    if setting == DTW:
        dtw = TimeSeriesKMeans(n_clusters, **parameters, random_state=seed)
        return dtw.fit_predict(series.numpy())
    weights = parameters["spectral_weight"], parameters.get("local_weight", 0.0)
    features = SeriesFeatures(*weights).fit(series)(series).numpy()
    if setting == "kmeans-pca":
        features = PCA(PCA_SHARE, svd_solver="full").fit_transform(features)
    kmeans = KMeans(n_clusters, n_init=parameters["n_init"], random_state=seed)
    return kmeans.fit_predict(features)


def _kshape(X: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    from tslearn.clustering import KShape  # the extra peers

    series = standardise_each(torch.from_numpy(X.astype(np.float64))[:, None])
    model = KShape(n_clusters, **KSHAPE_PARAMETERS, random_state=seed)
    return model.fit_predict(series[:, 0, :, None].numpy())


def _spectral(X: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """Return scikit-learn's spectral clusters of what LoSTer sees."""
    series = standardise_each(torch.from_numpy(X.astype(np.float64))[:, None])
    defaults = LoSTerClusterer()
    weights = defaults.spectral_weight, defaults.local_weight
    features = SeriesFeatures(*weights).fit(series)(series).numpy()
    model = SpectralClustering(n_clusters, **SPECTRAL, random_state=seed)
    return model.fit_predict(features)


def nmi_table(results: list[Result]) -> str:
    """Return the mean NMI of each setting side by side, the paper's beside them."""
    frame = pd.DataFrame(results)
    means = frame.pivot_table("nmi", "dataset", "setting")
    shown = means[[setting for setting in MAIN_SETTINGS if setting in means]]
    papers = published("clustering")["nmi"]
    shown = shown.assign(paper=papers["LoSTer"], **{"re-run": papers[RERUN]})
    rows = []
    for group in (SETS, EXTRA_SETS):
        known = shown.reindex([dataset for dataset in group if dataset in means.index])
        rows += [
            [dataset, *(show(nmi, ".3f") for nmi in row)]
            for dataset, *row in known.itertuples()
        ]
        if len(known) == len(group):
            mean = known.mean(skipna=False)  # none where a set is missing
            rows.append([f"mean of {len(group)}", *(show(nmi, ".3f") for nmi in mean)])
    return markdown(["data set", *shown.columns], rows)


def halves_table(results: list[Result]) -> str:
    """Return the NMI on the half that was fitted and on the other, means over seeds."""
    halves = [result for result in results if result["setting"] == HALF]
    rows: list[list[object]] = []
    if halves:
        frame = pd.DataFrame(halves).groupby("dataset")
        means = frame[["nmi", "nmi_other_half"]].mean()
        seeds = frame["seed"].nunique()
        for group in (SETS, EXTRA_SETS):
            known = means.reindex([dataset for dataset in group if dataset in seeds])
            for dataset, own, other in known.itertuples():
                rows.append([dataset, f"{own:.3f}", f"{other:.3f}", seeds[dataset]])
            if len(known) == len(group):
                own, other = known.mean()
                rows.append([f"mean of {len(group)}", f"{own:.3f}", f"{other:.3f}", ""])
    return markdown(["data set", "own half", "other half", "seeds"], rows)


def ablations_table(results: list[Result]) -> str:
    """Return the NMI of each changed setting beside the default's, means over seeds."""
    wanted = ["loster", *ABLATIONS]
    frame = pd.DataFrame(results, columns=["setting", "dataset", "seed", "nmi"])
    frame = frame[frame["setting"].isin(wanted)]
    if frame.empty:
        return markdown(["setting", "mean"], [])
    # Seeds and sets that every row has, so that rows compare.
    cells = frame.pivot_table("nmi", ["dataset", "seed"], "setting")
    cells = cells[[setting for setting in wanted if setting in cells]].dropna()
    means = cells.groupby("dataset").mean()
    rows: list[list[object]] = []
    for setting in means:
        values = [f"{value:.3f}" for value in means[setting]]
        rows.append([setting, *values, f"{means[setting].mean():.4f}"])
    n_seeds = cells.index.get_level_values("seed").nunique()
    return markdown(["setting", *means.index, f"mean ({n_seeds} seeds)"], rows)


def table(results: list[Result]) -> str:
    """Return mean and spread over seeds as a Markdown table."""
    frame = pd.DataFrame(results)
    papers = published("clustering")
    rows: list[list[object]] = []
    for setting in MAIN_SETTINGS:
        model = PUBLISHED.get(setting)
        reruns = RERUN if model == "LoSTer" else None
        cells = dict(list(frame[frame["setting"] == setting].groupby("dataset")))
        for group in (SETS, EXTRA_SETS):
            means = []
            for dataset in group:
                if dataset not in cells:
                    continue
                cell = cells[dataset]
                means.append(cell[["ri", "nmi", "ari"]].mean())
                rows.append([setting, dataset, *_with_spread(cell)])
                rows[-1] += [cell["seed"].nunique(), mean_seconds(cell, 1)]
                keys: list[Any] = [(model, dataset)] * 2 + [(reruns, dataset)]
                for key, column in zip(keys, ("ri", "nmi", "nmi"), strict=True):
                    known = key in papers.index
                    rows[-1].append(f"{papers[column][key]:.4f}" if known else "")
            if len(means) == len(group):
                mean = [f"{value:.4f}" for value in np.mean(means, axis=0)]
                rows.append([setting, f"mean of {len(group)}", *mean, *[""] * 5])
    header = ["setting", "data set", "RI", "NMI", "ARI", "seeds", "seconds"]
    return markdown([*header, "paper's RI", "paper's NMI", "re-run's NMI"], rows)


def losses_table(results: list[Result]) -> str:
    """Return the loss terms of the last epoch beside the re-run's, both of seed 0."""
    reruns = published("losses")
    rows = [
        [
            r["dataset"],
            *(
                f"{r[term]:.4f} ({reruns[term][r['dataset']]:.4f})"
                for term in map(str, reruns)
            ),
        ]
        for r in results
        if r["setting"] == "loster-paper"
        and r["seed"] == 0
        and r["dataset"] in reruns.index
    ]
    return markdown(["data set", *reruns.columns], rows)


def _with_spread(cell: pd.DataFrame) -> list[str]:
    def text(column: pd.Series) -> str:
        spread = f" ± {column.std():.4f}" if len(column) > 1 else ""
        return f"{column.mean():.4f}{spread}"

    return [text(cell[name]) for name in ("ri", "nmi", "ari")]
