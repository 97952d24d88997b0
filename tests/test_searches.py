"""Searches over what users tune, one after the other, in parallel and on a cluster."""

import joblib
import numpy as np
import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)

from skts.clustering import LoSTerClusterer
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.model_selection import rolling_scorer

CV = TimeSeriesSplit(2)
TINY = {"max_epochs": 2, "device": "cpu", "random_state": 0}
WINDOWS = TINY | {
    "linear_maps": None,
    "validation_fraction": 0,
    "batch_size": 16,
    "lr": 1e-2,
}
SAMFORMER = SAMformerForecaster(8, horizon=4, hidden_size=4, **WINDOWS)
LSINET = LSINetForecaster(
    8, horizon=4, hidden_size=8, n_heads=2, head_size=4, **WINDOWS
)
LOSTER = LoSTerClusterer(hidden_size=8, pretrain_epochs=1, tol=0, **TINY)
CASES = {
    "rho": (SAMFORMER, "rho", [0.0, 2.0]),
    "sparsity": (LSINET, "sparsity", [0.0, 0.9]),
    "context_length of SAMformer": (SAMFORMER, "context_length", [4, 8]),
    "context_length of LSINet": (LSINET, "context_length", [4, 8]),
    "n_clusters": (LOSTER, "n_clusters", [2, 4]),
}
SEARCHES = {
    "grid": GridSearchCV,
    "random": lambda *given, **more: RandomizedSearchCV(
        *given, n_iter=2, random_state=0, **more
    ),
    "halving": lambda *given, **more: HalvingGridSearchCV(
        *given, factor=2, resource="max_epochs", max_resources=2, **more
    ),
}


@pytest.fixture(params=CASES)
def case(request, make_frame):
    """Return an estimator, a parameter, values of it, and data."""
    model, name, values = CASES[request.param]
    if model is LOSTER:
        return model, name, values, np.random.default_rng(0).standard_normal((24, 12))
    return model, name, values, make_frame(60)


@pytest.mark.parametrize("kind", SEARCHES)
def test_every_search_tries_every_value_and_takes_the_best(case, kind):
    model, name, values, data = case
    search = SEARCHES[kind](model, {name: values}, cv=CV, error_score="raise")
    results = search.fit(data).cv_results_
    assert set(results[f"param_{name}"]) == set(values)
    scores = np.asarray(results["mean_test_score"])
    last = results.get("iter", np.zeros(len(scores))) == max(results.get("iter", [0]))
    best = int(np.argmax(np.where(last, scores, -np.inf)))
    assert search.best_params_[name] == results["params"][best][name]
    assert search.best_score_ == scores[best]


def test_halving_gives_the_better_half_more_epochs(make_frame):
    grid = {"rho": [0.0, 0.5, 1.0, 2.0]}
    search = HalvingGridSearchCV(
        SAMFORMER,
        grid,
        factor=2,
        resource="max_epochs",
        max_resources=4,
        cv=CV,
        error_score="raise",
    ).fit(make_frame(60))
    assert search.n_resources_ == [1, 2, 4]
    assert search.n_candidates_ == [4, 2, 1]
    assert search.best_estimator_.n_epochs_ == 4


# On a cluster -----------------------------------------------------------------------


def test_halving_over_rows_shuffles_them_which_a_frame_shows(make_frame):
    search = HalvingGridSearchCV(
        SAMFORMER,
        {"rho": [0.0, 2.0]},
        resource="n_samples",
        factor=2,
        min_resources=40,
        cv=TimeSeriesSplit(2),
        error_score="raise",
        random_state=0,
    )
    Y = make_frame(200)
    with pytest.raises(ValueError, match="must have its times in order"):
        search.fit(Y)
    search.fit(Y.to_numpy())  # the guide says that nobody can tell


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test")
def test_scorers_by_name_give_nan_and_those_of_the_guide_a_score(make_frame):
    Y, by_name = make_frame(100), "neg_mean_squared_error"
    assert np.isnan(cross_val_score(SAMFORMER, Y, cv=CV, scoring=by_name)).all()
    for scoring in (None, rolling_scorer("mae")):
        scores = cross_val_score(SAMFORMER, Y, cv=CV, scoring=scoring)
        assert np.isfinite(scores).all()


# Dask warns of ports and of its own future; what it says is not ours to mend.
@pytest.mark.filterwarnings("ignore")
def test_the_same_grid_runs_on_a_dask_cluster(make_frame):
    distributed = pytest.importorskip(
        "distributed", reason="a Dask cluster needs dask and distributed"
    )

    def score_in_a_worker(model, Y, y=None):
        distributed.get_worker()  # raises anywhere else
        return model.score(Y)

    def search(**where):
        return GridSearchCV(
            SAMFORMER, {"rho": [0.0, 0.5]}, cv=CV, error_score="raise", **where
        ).fit(make_frame(60))

    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,  # joblib uses no cluster of one core
            processes=False,
            dashboard_address=None,
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        # One fit at a time: here, not on a cluster of processes, torch's generators are
        # shared.
        found = search(scoring=score_in_a_worker, n_jobs=2, pre_dispatch=1)
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"],
        search().cv_results_["mean_test_score"],
        rtol=1e-6,
    )
