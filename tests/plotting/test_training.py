"""Learning curves and searches."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts.clustering import LoSTerClusterer
from skts.plotting import plot_learning_curves, plot_search
from skts.regression import SAMformerRegressor


def test_the_curves_are_the_history_and_the_best_epoch_is_marked(fitted, labels):
    ax = plot_learning_curves(fitted)
    train, valid, best = ax.lines
    losses = [record["train_loss"] for record in fitted.history_]
    np.testing.assert_array_equal(train.get_ydata(), losses)
    np.testing.assert_array_equal(train.get_xdata(), [1, 2])
    losses = [record["valid_loss"] for record in fitted.history_]
    np.testing.assert_array_equal(valid.get_ydata(), losses)
    assert set(best.get_xdata()) == {fitted.best_epoch_}
    assert labels(ax)[-1] == f"best epoch, {fitted.best_epoch_}"
    assert ax.get_ylabel() == "loss (MSE, standardised units)"


def test_without_validation_there_is_one_curve(make_model, frame, labels):
    ax = plot_learning_curves(make_model().fit(frame))
    assert labels(ax) == ["training", "best epoch, 2"]


def test_a_regressor_is_drawn_as_well(labels):
    X = np.random.default_rng(0).normal(size=(30, 8))
    model = SAMformerRegressor(max_epochs=2, random_state=0).fit(X, X[:, :2])
    assert "validation" in labels(plot_learning_curves(model))


def test_the_phases_of_a_clusterer_follow_each_other(clusterer, labels):
    ax = plot_learning_curves(clusterer)
    assert labels(ax) == ["pretraining", "joint"]
    pretraining, joint = ax.lines
    np.testing.assert_array_equal(pretraining.get_xdata(), [1, 2])
    np.testing.assert_array_equal(joint.get_xdata(), [3, 4, 5])
    losses = [record["train_loss"] for record in clusterer.history_]
    drawn = [*pretraining.get_ydata(), *joint.get_ydata()]
    np.testing.assert_array_equal(drawn, losses)


def test_a_clusterer_without_epochs_has_no_curves(series):
    model = LoSTerClusterer(2, hidden_size=8, pretrain_epochs=0, max_epochs=0)
    with pytest.raises(ValueError, match="must have trained for an epoch"):
        plot_learning_curves(model.fit(series))


def test_nothing_is_drawn_before_fit(make_model):
    with pytest.raises(NotFittedError):
        plot_learning_curves(make_model())


@pytest.fixture(scope="module")
def search(make_model, frame):
    return GridSearchCV(
        make_model(max_epochs=1),
        {"rho": [0.5, 0.0], "attention": ["channel", "none"]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    ).fit(frame)


def test_a_search_shows_the_lowest_error_of_each_value(search):
    ax = plot_search(search, "rho")
    *folds, points, ring = ax.lines
    assert len(folds) == 2
    drawn = np.mean([fold.get_ydata() for fold in folds], axis=0)
    np.testing.assert_allclose(drawn, points.get_ydata())
    errors = {0.0: [], 0.5: []}
    results = search.cv_results_
    for params, score in zip(
        results["params"], results["mean_test_score"], strict=True
    ):
        errors[params["rho"]].append(-score)
    np.testing.assert_array_equal(points.get_xdata(), [0.0, 0.5])
    np.testing.assert_allclose(points.get_ydata(), [min(errors[0.0]), min(errors[0.5])])
    assert ring.get_xdata()[0] == search.best_params_["rho"]
    assert ring.get_ydata()[0] == pytest.approx(-search.best_score_)
    assert ax.get_xlabel() == "rho"


def test_a_search_over_names_has_them_on_its_axis(search):
    ax = plot_search(search, "attention")
    names = {text.get_text() for text in ax.get_xticklabels()}
    assert names == {"channel", "none"}


def test_a_parameter_that_was_not_searched_is_named(search):
    with pytest.raises(ValueError, match=r"one of \[.*'rho'.*\], got 'sparsity'"):
        plot_search(search, "sparsity")


def test_a_search_with_several_scores_is_refused():
    several = SimpleNamespace(cv_results_={"param_rho": [0.0], "mean_test_mse": [-1.0]})
    with pytest.raises(ValueError, match="search must have one score"):
        plot_search(several, "rho")
