"""Callbacks of scikit-learn reach the epochs of all estimators."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skts.forecasting import SAMformerForecaster
from skts.model_selection import rolling_scorer
from tests.small_estimators import data_to_fit, small_estimators

try:
    from sklearn.callback import ProgressBar, ScoringMonitor
except ImportError:
    ProgressBar = ScoringMonitor = None

needs_callbacks = pytest.mark.skipif(
    ScoringMonitor is None, reason="callbacks came with scikit-learn 1.9"
)

EPOCHS = 4
TINY = {"max_epochs": EPOCHS, "device": "cpu", "random_state": 0}
WINDOWS = TINY | {
    "linear_maps": None,
    "validation_fraction": 0,
    "lr_schedule": "constant",
    "lr": 1e-2,
}
MODELS = small_estimators(WINDOWS, TINY)
SUPERVISED = [name for name in MODELS if name != "LoSTerClusterer"]


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def data(make_frame):
    """Return a function that gives the data to fit a named model to."""

    def give(name):
        if name == "LoSTerClusterer":
            return (np.random.default_rng(0).standard_normal((24, 12)),)
        return data_to_fit(name, make_frame(60))

    return give


def n_epochs_of(name):
    return EPOCHS + (name == "LoSTerClusterer")  # which has one of pretraining


class Recorder:
    """A callback that notes what it is told."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.told = []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"begin {context.estimator_name} {context.task_name}")

    def on_fit_task_end(self, estimator, context):
        self.told.append(f"end {context.estimator_name} {context.task_name}")
        is_epoch = context.task_name == "epoch"
        return is_epoch and context.task_id + 1 == self.stop_after


class Propagated(Recorder):
    """One that searches and pipelines hand to what they fit."""

    max_propagation_depth = None


class Keeper(Recorder):
    """One that keeps the estimators as they were after each epoch."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name == "epoch":
            self.kept.append(fitted_estimator)


# A fit ------------------------------------------------------------------------------


@needs_callbacks
def test_a_fit_tells_each_epoch(name, data):
    recorder = Recorder()
    clone(MODELS[name]).set_callbacks(recorder).fit(*data(name))
    epochs = [f"begin {name} epoch", f"end {name} epoch"] * n_epochs_of(name)
    fit = [f"begin {name} fit", *epochs, f"end {name} fit"]
    assert recorder.told == ["setup", *fit, "teardown"]


@needs_callbacks
def test_a_callback_changes_no_result_and_no_parameter(name, data):
    plain = clone(MODELS[name]).fit(*data(name))
    watched = clone(MODELS[name]).set_callbacks(Keeper()).fit(*data(name))
    for one, other in zip(
        plain.network_.parameters(), watched.network_.parameters(), strict=True
    ):
        assert (one == other).all()
    assert watched.get_params() == plain.get_params()


@needs_callbacks
@pytest.mark.parametrize("name", SUPERVISED)
def test_a_callback_gets_the_estimator_of_each_epoch(name, data):
    keeper = Keeper()
    clone(MODELS[name]).set_callbacks(keeper).fit(*data(name))
    assert len(keeper.kept) == EPOCHS
    for epoch, kept in enumerate(keeper.kept, 1):
        stopped = clone(MODELS[name]).set_params(max_epochs=epoch).fit(*data(name))
        given = [1, 4] if name.endswith("Forecaster") else data(name)[0]
        np.testing.assert_array_equal(kept.predict(given), stopped.predict(given))
        assert [r["train_loss"] for r in kept.history_] == [
            r["train_loss"] for r in stopped.history_
        ]
        assert kept.n_epochs_ == kept.best_epoch_ == epoch
        if name.endswith("Forecaster"):
            errors = kept.backtest(*data(name)).overall
            assert errors.equals(stopped.backtest(*data(name)).overall)


@needs_callbacks
def test_there_is_no_clusterer_before_there_are_clusters(data):
    keeper = Keeper()
    name = "LoSTerClusterer"
    model = clone(MODELS[name]).set_callbacks(keeper).fit(*data(name))
    pretrained, *joint = keeper.kept
    assert pretrained is None
    assert [kept.n_epochs_ for kept in joint] == [1, 2, 3, 4]
    np.testing.assert_array_equal(joint[-1].predict(*data(name)), model.labels_)


@needs_callbacks
def test_a_callback_stops_training(name, data):
    model = clone(MODELS[name]).set_params(max_epochs=50)
    recorder = Recorder(stop_after=3)
    model.set_callbacks(recorder).fit(*data(name))
    n_epochs = recorder.told.count(f"end {name} epoch")
    if name != "LoSTerClusterer":  # its tasks count epochs of pretraining, too
        assert model.n_epochs_ == n_epochs == 3
        return
    assert [r["phase"] for r in model.history_[:2]] == ["pretraining", "joint"]
    assert model.n_epochs_ == 2


@needs_callbacks
def test_a_stop_in_pretraining_goes_on_to_the_clusters(data):
    name = "LoSTerClusterer"
    model = clone(MODELS[name]).set_params(pretrain_epochs=9)
    model.set_callbacks(Recorder(stop_after=2)).fit(*data(name))
    phases = [record["phase"] for record in model.history_]
    assert phases == ["pretraining"] * 2 + ["joint"] * EPOCHS


@needs_callbacks
def test_a_stop_keeps_the_best_weights(make_frame, make_model):
    model = make_model(max_epochs=30, validation_fraction=0.3, lr=1e-1)
    model.set_callbacks(Recorder(stop_after=5)).fit(make_frame())
    errors = [record["valid_loss"] for record in model.history_]
    assert len(errors) == 5
    assert model.best_epoch_ == int(np.argmin(errors)) + 1


@needs_callbacks
def test_a_stop_is_no_failure_to_converge(data):
    """Warnings are errors here; the clusterer would give one after all its epochs."""
    name = "LoSTerClusterer"
    model = clone(MODELS[name]).set_params(tol=1e-9, lr=1.0)
    model.set_callbacks(Recorder(stop_after=2)).fit(*data(name))


@needs_callbacks
def test_a_failing_fit_tears_down(make_frame, make_model):
    recorder = Recorder()
    model = make_model(lr=1e30).set_callbacks(recorder)
    with pytest.raises(ValueError, match="lr"):
        model.fit(make_frame())
    assert recorder.told[-1] == "teardown"
    assert not hasattr(model, "_callback_fit_ctx")


@needs_callbacks
def test_update_tells_nothing(make_frame, make_model):
    recorder = Recorder()
    Y = make_frame(60)
    model = make_model().set_callbacks(recorder).fit(Y[:50])
    recorder.told.clear()
    model.update(Y[50:])
    assert not recorder.told


# Searches and pipelines -------------------------------------------------------------


@needs_callbacks
def test_a_search_hands_them_on(name, data):
    recorder = Propagated()
    search = GridSearchCV(
        MODELS[name],
        {"batch_size": [8, 16, 32]},
        cv=TimeSeriesSplit(2, gap=3),
        error_score="raise",
    )
    search.set_callbacks(recorder).fit(*data(name))
    n_fits = 3 * 2 + 1
    assert recorder.told.count(f"begin {name} epoch") == n_fits * n_epochs_of(name)
    assert recorder.told.count(f"end {name} epoch") == n_fits * n_epochs_of(name)
    assert recorder.told.count(f"end {name} fit") == n_fits
    assert recorder.told.count("setup") == recorder.told.count("teardown") == 1
    assert not hasattr(search.best_estimator_, "_skl_callbacks")


@needs_callbacks
def test_a_search_stops_each_of_its_fits(name, data):
    recorder = Propagated(stop_after=2)
    grid = {"batch_size": [8, 16]}
    search = GridSearchCV(MODELS[name], grid, cv=TimeSeriesSplit(2, gap=3))
    search.set_callbacks(recorder).fit(*data(name))
    assert recorder.told.count(f"end {name} epoch") == (2 * 2 + 1) * 2


@needs_callbacks
def test_one_set_on_the_estimator_is_cloned_into_a_search(name, data):
    recorder = Recorder()
    model = clone(MODELS[name]).set_callbacks(recorder)
    GridSearchCV(model, {"batch_size": [8]}, cv=TimeSeriesSplit(2, gap=3)).fit(
        *data(name)
    )
    assert recorder.told.count(f"end {name} epoch") == 3 * n_epochs_of(name)
    assert recorder.told.count("setup") == recorder.told.count("teardown") == 3


@needs_callbacks
def test_a_pipeline_hands_them_on(name, data):
    recorder = Propagated()
    pipeline = make_pipeline(StandardScaler(), clone(MODELS[name]))
    pipeline.set_callbacks(recorder).fit(*data(name))
    assert recorder.told.count(f"end {name} epoch") == n_epochs_of(name)


# scikit-learn's own -----------------------------------------------------------------


def monitored_scores(monitor):
    rows = monitor.get_logs().data
    return [r["score"] for r in rows if r["task_name"] == "epoch" and "score" in r]


@needs_callbacks
@pytest.mark.parametrize("name", SUPERVISED)
def test_the_monitor_scores_each_epoch_on_the_training_data(name, data):
    def score(model, X, y):
        return model.score(X) if name.endswith("Forecaster") else model.score(X, y)

    monitor = ScoringMonitor(scoring={"score": score})
    model = clone(MODELS[name]).set_callbacks(monitor).fit(*data(name))
    scores = monitored_scores(monitor)
    assert len(scores) == EPOCHS
    assert scores[-1] == model.score(*data(name))
    assert scores[0] < scores[-1]


@needs_callbacks
def test_the_monitor_takes_the_scorers_of_this_package(make_frame, make_model):
    monitor = ScoringMonitor(scoring=rolling_scorer(("mse", "mae")))
    Y = make_frame()
    make_model(max_epochs=3).set_callbacks(monitor).fit(Y)
    *epochs, fit = sorted(monitor.get_logs().data, key=lambda r: r["task_name"])
    assert len(epochs) == 3
    score = make_model(max_epochs=3).fit(Y).score(Y)
    assert fit["mse"] == epochs[-1]["mse"] == pytest.approx(score, rel=1e-6)


@needs_callbacks
def test_the_monitor_scores_with_covariates(make_frame, make_model):
    monitor = ScoringMonitor(scoring=rolling_scorer(("mse",)))
    Y = make_frame()
    X = Y[["load"]].set_axis(["cause"], axis=1).shift(1, fill_value=0)
    model = make_model(max_epochs=1).set_callbacks(monitor).fit(Y, X)
    (mse,) = {row["mse"] for row in monitor.get_logs().data}
    assert mse == pytest.approx(model.score(Y, X), rel=1e-6)


@needs_callbacks
def test_the_monitor_takes_names_of_scorers_for_regressors(data):
    name = "SAMformerRegressor"
    monitor = ScoringMonitor(scoring=["r2", "neg_mean_squared_error"])
    model = clone(MODELS[name]).set_callbacks(monitor)
    GridSearchCV(model, {"rho": [0.0]}, cv=TimeSeriesSplit(2, gap=3)).fit(*data(name))
    logs = monitor.get_logs(select="all")
    n_scored = sum("r2" in row for log in logs for row in log.data)
    assert n_scored == 3 * (EPOCHS + 1)


@needs_callbacks
def test_the_monitor_scores_no_clusterer(data):
    """It scores with ``y`` alone, which sktime's clusterers are not given."""
    name = "LoSTerClusterer"
    monitor = ScoringMonitor(scoring={"score": lambda model, X, y: model.score(X)})
    clone(MODELS[name]).set_callbacks(monitor).fit(*data(name))
    assert monitored_scores(monitor) == []


@needs_callbacks
@pytest.mark.parametrize("searched", [False, True])
def test_the_progress_bar_counts_epochs(name, data, searched, capfd, monkeypatch):
    pytest.importorskip("rich", reason="scikit-learn's progress bar needs rich")
    monkeypatch.setenv("COLUMNS", "200")
    model = clone(MODELS[name])
    if searched:
        model = GridSearchCV(model, {"batch_size": [8]}, cv=TimeSeriesSplit(2, gap=3))
    model.set_callbacks(ProgressBar()).fit(*data(name))
    out, err = capfd.readouterr()
    assert f"{name} - fit" in out
    assert "100%" in out
    assert err == ""


# Before scikit-learn 1.9 ------------------------------------------------------------

OLDER = """
import sys
import sklearn.model_selection, sklearn.pipeline, sktime.forecasting.base
import sktime.clustering.base
sys.modules["sklearn.callback"] = None
import numpy as np
from skts.clustering import LoSTerClusterer
from skts.forecasting import SAMformerForecaster
from skts.regression import SAMformerRegressor

Y = np.sin(np.arange(40.0))
tiny = {"max_epochs": 2, "device": "cpu"}
alone = {"validation_fraction": 0, "linear_maps": None}
forecaster = SAMformerForecaster(8, horizon=4, **alone, **tiny)
regressor = SAMformerRegressor(**alone, **tiny)
clusterer = LoSTerClusterer(2, hidden_size=8, pretrain_epochs=1, tol=0, **tiny)
X = Y.reshape(10, 4)
for model in (forecaster.fit(Y), regressor.fit(X, X), clusterer.fit(X)):
    assert model.n_epochs_ == 2
    assert not hasattr(model, "set_callbacks")
"""


def test_without_callbacks_in_scikit_learn_everything_fits():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OLDER], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


# A mixture with linear maps -------------------------------------------------------


@pytest.fixture
def pair():
    """Return 1300 rows of a channel and its echo, two rows later."""
    rng = np.random.default_rng(0)
    call = rng.standard_normal(1300)
    for row in range(1, len(call)):
        call[row] += 0.5 * call[row - 1]
    echo = np.roll(call, 2) + 0.1 * rng.standard_normal(len(call))
    return np.stack([call, echo], axis=1)


def make_mixture(**params):
    small = {"hidden_size": 4, "rho": 0.0, "lr": 1e-2, "batch_size": 64}
    small |= {"validation_fraction": 0.4, "refit_maps": False}
    return SAMformerForecaster(8, horizon=2, **TINY | small | params)


@needs_callbacks
def test_a_callback_gets_the_mixture_of_each_epoch(pair):
    keeper = Keeper()
    model = make_mixture().set_callbacks(keeper).fit(pair)
    assert model.network_weight_ > 0
    assert len(keeper.kept) == EPOCHS
    for epoch, kept in enumerate(keeper.kept, 1):
        assert kept.history_ == model.history_[: epoch + 1]
        assert kept.n_epochs_ == kept.best_epoch_ == epoch
        record = kept.history_[-1]
        assert kept.members_["weight"].sum() == pytest.approx(1)
        n_train = len(pair) - round(0.4 * len(pair))
        forecasts, truths = kept.predict_windows(pair[n_train - 8 :])
        error = np.mean(((forecasts - truths) / kept.scale_) ** 2)
        assert record["valid_loss"] == pytest.approx(error, rel=1e-5)
    best = keeper.kept[model.best_epoch_ - 1]
    np.testing.assert_allclose(best.predict([1, 2]), model.predict([1, 2]), rtol=1e-6)


@needs_callbacks
def test_callbacks_of_maps_alone_see_a_fit_without_epochs(pair):
    recorder = Recorder()
    model = make_mixture(max_epochs=0).set_callbacks(recorder).fit(pair)
    name = "SAMformerForecaster"
    assert recorder.told == [
        "setup",
        f"begin {name} fit",
        f"end {name} fit",
        "teardown",
    ]
    assert model.network_ is None


@needs_callbacks
def test_the_monitor_scores_mixtures(pair):
    monitor = ScoringMonitor(scoring=rolling_scorer(("mse",)))
    model = make_mixture(refit_maps=True).set_callbacks(monitor).fit(pair)
    *epochs, fit = sorted(monitor.get_logs().data, key=lambda r: r["task_name"])
    assert len(epochs) == EPOCHS
    assert model.network_weight_ > 0
    # The end of a fit is the forecaster that is left, its maps solved again.
    score = model.score(pd.DataFrame(pair))
    assert fit["mse"] == pytest.approx(score, rel=1e-6)
    assert fit["mse"] != pytest.approx(epochs[-1]["mse"], rel=1e-6)
