"""LoSTerClusterer in scikit-learn's pipelines and searches."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts.clustering import LoSTerClusterer


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((3, 30)).cumsum(1)
    return kinds[np.arange(45) % 3] + 0.1 * rng.standard_normal((45, 30))


def make(**changed):
    small = {"hidden_size": 8, "pretrain_epochs": 20, "max_epochs": 2, "tol": 0}
    return LoSTerClusterer(**({"n_clusters": 3, "random_state": 0} | small | changed))


def test_a_search_finds_the_number_of_clusters(X):
    search = GridSearchCV(make(), {"n_clusters": [1, 2, 3, 8]}, error_score="raise")
    search.fit(X)
    assert search.best_params_ == {"n_clusters": 3}
    assert search.best_estimator_.labels_.shape == (45,)


def test_a_search_compares_settings_of_different_losses(X):
    grid = {"alpha": np.linspace(0, 1, 2), "spectral_weight": [0.0, 1.0]}
    search = GridSearchCV(make(), grid, error_score="raise").fit(X[:, None, :])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (np.abs(search.cv_results_["mean_test_score"]) <= 1).all()


def test_at_the_end_of_a_pipeline(X):
    pipeline = make_pipeline(StandardScaler(), make(standardize=False))
    labels = pipeline.fit_predict(X)
    np.testing.assert_array_equal(pipeline.predict(X), labels)
    assert pipeline.fit(X).score(X) > 0.3


def test_cross_validation_scores_series_not_seen(X):
    scores = cross_val_score(make(), X, cv=3)
    assert scores.shape == (3,)
    assert (scores > 0.3).all()
