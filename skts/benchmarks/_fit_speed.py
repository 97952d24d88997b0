"""Seconds of LoSTer's whole ``fit``: against a plain version, and as data grow."""

from itertools import product
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.metrics import normalized_mutual_info_score

from skts.benchmarks._clustering import LOSTER, load_series
from skts.benchmarks._memory import peak_mib
from skts.benchmarks._plain_loster import PRETRAIN_EPOCHS, plain_fit_predict
from skts.benchmarks._results import Result, markdown
from skts.clustering import LoSTerClusterer

SETS = ("OSULeaf", "CinCECGTorso")
# Longer series, and more of them: of more than ten thousand, a sample is learned from.
SHAPES = [(1_000, length) for length in (100, 1_000, 10_000)]
SHAPES += [(n_series, 500) for n_series in (100, 1_000, 10_000, 100_000)]
N_CLUSTERS = 5


def _fit_predict(
    X: np.ndarray, n_clusters: int, seed: int, pretrain_epochs: int
) -> np.ndarray:
    settings = LOSTER["loster-paper"] | {"pretrain_epochs": pretrain_epochs}
    return LoSTerClusterer(n_clusters, **settings, random_state=seed).fit_predict(X)


FITS = {"ours": _fit_predict, "plain": plain_fit_predict}


def compare_fits(dataset: str, n_rounds: int, smoke: bool) -> Result:
    """Return the seconds of whole fits with the paper's settings, ours and plain.

    The two take turns, so that both meet the same machine. The joint phase may stop
    after another number of epochs in each: both have their own draws.
    """
    X, y = load_series(dataset, smoke=smoke)
    n_clusters = len(np.unique(y))
    n_epochs = 1 if smoke else PRETRAIN_EPOCHS
    seconds: dict[str, list[float]] = {name: [] for name in FITS}
    nmi: dict[str, list[float]] = {name: [] for name in FITS}
    for seed, (name, fit_predict) in product(range(n_rounds), FITS.items()):
        started = perf_counter()
        labels = fit_predict(X, n_clusters, seed, n_epochs)
        seconds[name].append(perf_counter() - started)
        nmi[name].append(float(normalized_mutual_info_score(y, labels)))
    medians = {name: median(times) for name, times in seconds.items()}
    return {
        "benchmark": "fit",
        "dataset": dataset,
        "n_series": X.shape[0],
        "length": X.shape[-1],
        "n_rounds": n_rounds,
        "seconds": {name: round(s, 2) for name, s in medians.items()},
        "nmi": {name: round(float(np.mean(v)), 4) for name, v in nmi.items()},
        "ratio": round(medians["plain"] / medians["ours"], 2),
        "parameters": LOSTER["loster-paper"],
    }


def measure_growth(n_series: int, length: int) -> Result:
    """Return the seconds and the memory of a fit on random walks."""
    generator = np.random.default_rng(0)
    X = generator.standard_normal((n_series, length)).cumsum(axis=1)
    # As many epochs for all, whatever the labels do.
    model = LoSTerClusterer(
        N_CLUSTERS, pretrain_epochs=5, max_epochs=5, tol=0, random_state=0
    )
    before = peak_mib()
    started = perf_counter()
    model.fit(X)
    return {
        "benchmark": "growth",
        "n_series": n_series,
        "length": length,
        "seconds": round(perf_counter() - started, 2),
        "peak_mib_before": before,
        "peak_mib": peak_mib(),
        "parameters": model.get_params(),
    }


def fit_table(results: list[Result]) -> str:
    """Return the seconds of whole fits as a Markdown table."""
    rows: list[list[object]] = []
    for r in results:
        rows.append([r["dataset"], r["n_series"], r["length"], r["threads"]])
        rows[-1] += [*r["seconds"].values(), r["ratio"], *r["nmi"].values(), r["date"]]
    header = ["data set", "series", "length", "threads", "seconds", "plain", "ratio"]
    return markdown([*header, "NMI", "plain", "date"], rows)


def growth_table(results: list[Result]) -> str:
    """Return the seconds of fits against the size of the data as a Markdown table."""
    keys = ["n_series", "length", "threads", "seconds", "peak_mib_before", "peak_mib"]
    return markdown(
        ["series", "length", "threads", "seconds", "MiB before", "MiB at most"],
        [[r.get(key, "") for key in keys] for r in results],
    )
