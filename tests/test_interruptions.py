"""Ctrl-C and max_time end a fit with what it has learned, for all estimators."""

import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from skts._callbacks import FitTask
from skts.forecasting import SAMformerForecaster
from skts.models import Mixture
from tests.small_estimators import data_to_fit, small_estimators

TINY = {"max_epochs": 6, "batch_size": 16, "device": "cpu", "random_state": 0}
WINDOWS = TINY | {"linear_maps": None, "lr": 1e-2, "lr_schedule": "constant"}
MODELS = small_estimators(WINDOWS, TINY)
INTERRUPTED = "Training interrupted by user after"

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")


@pytest.fixture(params=MODELS)
def name(request):
    return request.param


@pytest.fixture
def data(make_frame):
    def give(name, n_rows=100):
        return data_to_fit(name, make_frame(n_rows))

    return give


def predict(model, X):
    forecasts = model.predict([1, 4] if hasattr(model, "horizon") else X)
    return np.asarray(forecasts)


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture
def in_epoch(monkeypatch):
    """Return a function that has another one called when a later epoch begins."""

    def at(epoch, call):
        start = FitTask.start_epoch
        begun = []

        def spy(self, *args):
            start(self, *args)
            begun.append(args)
            if len(begun) == epoch:
                call()

        monkeypatch.setattr(FitTask, "start_epoch", spy)
        return begun

    return at


def test_ctrl_c_leaves_a_fit_of_the_epochs_that_have_ended(name, data, in_epoch):
    model, X = clone(MODELS[name]), data(name)[0]
    begun = in_epoch(3, ctrl_c)
    with pytest.warns(UserWarning, match=f"{INTERRUPTED} 2 of"):
        model.fit(*data(name))
    assert len(begun) == 3
    assert len(model.history_) == 2
    assert np.isfinite(predict(model, X)).all()
    if name == "LoSTerClusterer":
        assert_array_equal(model.labels_, model.predict(X))
        return
    whole = clone(MODELS[name]).set_params(max_epochs=2).fit(*data(name))
    assert model.best_epoch_ == whole.best_epoch_  # and its weights
    assert_array_equal(predict(model, X), predict(whole, X))


def test_before_the_first_epoch_the_weights_so_far_are_kept(name, data, in_epoch):
    in_epoch(1, ctrl_c)
    model = clone(MODELS[name])
    with pytest.warns(UserWarning, match=f"{INTERRUPTED} 0 of .*so far are kept"):
        model.fit(*data(name))
    assert (model.history_, model.n_epochs_) == ([], 0)
    assert np.isfinite(predict(model, data(name)[0])).all()


@pytest.mark.parametrize("before", ["never fitted", "fitted"])
def test_a_second_ctrl_c_leaves_nothing(name, data, in_epoch, before):
    model = clone(MODELS[name])
    if before == "fitted":
        model.fit(*data(name))
    in_epoch(2, lambda: (ctrl_c(), ctrl_c()))
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data(name))
    with pytest.raises(NotFittedError):
        predict(model, data(name)[0])
    assert not hasattr(model, "history_")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.fixture
def with_maps():
    params = WINDOWS | {"linear_maps": "shared", "patience": None}
    return SAMformerForecaster(8, horizon=4, **params)


def test_before_the_first_epoch_the_linear_maps_are_kept(
    with_maps, make_frame, in_epoch
):
    y = make_frame(2600)
    in_epoch(1, ctrl_c)
    with pytest.warns(UserWarning, match="none has bettered the linear maps"):
        model = clone(with_maps).fit(y)
    maps = clone(with_maps).set_params(max_epochs=0).fit(y)
    assert model.network_ is None
    assert [record["epoch"] for record in model.history_] == [0]
    assert_array_equal(model.predict([1, 4]), maps.predict([1, 4]))
    assert_array_equal(model.predict_interval([1]), maps.predict_interval([1]))


def test_ctrl_c_after_training_loses_nothing(
    with_maps, make_frame, in_epoch, monkeypatch
):
    y = make_frame(2600)
    settle = Mixture.with_maps

    def spy(self, maps):
        if not done:
            done.append(True)
            ctrl_c()
        return settle(self, maps)

    done = []
    whole = clone(with_maps).set_params(max_epochs=1).fit(y)
    monkeypatch.setattr(Mixture, "with_maps", spy)
    with pytest.warns(UserWarning, match="after training had ended"):
        model = clone(with_maps).set_params(max_epochs=1).fit(y)
    assert_array_equal(model.predict([1, 4]), whole.predict([1, 4]))


def test_max_time_ends_training_like_that(name, data):
    model = clone(MODELS[name]).set_params(max_epochs=10**6, max_time=0.3)
    if name != "LoSTerClusterer":
        model.set_params(patience=None)
    with pytest.warns(ConvergenceWarning, match=r"max_time=0\.3 seconds ended") as told:
        model.fit(*data(name))
    assert len(told) == 1
    assert told[0].filename == __file__
    assert np.isfinite(predict(model, data(name)[0])).all()


@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_max_time_must_be_above_zero(name, data, value):
    with pytest.raises(ValueError, match="max_time must be a number > 0 or None"):
        clone(MODELS[name]).set_params(max_time=value).fit(*data(name))


def test_an_update_that_is_interrupted_changes_nothing(make_frame, monkeypatch):
    y = make_frame(110)
    model = clone(MODELS["SAMformerForecaster"]).fit(y[:100])
    before = model.predict([1, 4])
    monkeypatch.setattr(FitTask, "start_epoch", lambda *args: ctrl_c())
    with pytest.raises(KeyboardInterrupt):
        model.update(y[100:])
    assert_array_equal(model.predict([1, 4]), before)
    assert model.cutoff == y.index[[99]]


def test_pretraining_that_is_interrupted_keeps_its_weights(make_frame, in_epoch):
    panel = pd.concat({n: make_frame(60, seed=n) for n in range(2)})
    model = clone(MODELS["SAMformerForecaster"])
    in_epoch(3, ctrl_c)
    with pytest.warns(UserWarning, match=f"{INTERRUPTED} 2 of 6"):
        model.pretrain(panel)
    assert len(model.pretrained_history_) == 2


def test_a_fit_goes_on_from_one_that_was_interrupted(make_frame, in_epoch, tmp_path):
    y = make_frame(200)
    params = {"lr_schedule": "decay", "lr": 3e-3, "patience": None}
    model = clone(MODELS["SAMformerForecaster"]).set_params(**params)
    in_epoch(5, ctrl_c)
    with pytest.warns(UserWarning, match=INTERRUPTED):
        model.fit(y)
    path = str(tmp_path / "so_far.pt")
    model.save_weights(path)
    rate = model.history_[-1]["lr"]
    assert rate == pytest.approx(0.9 * 3e-3)
    more = clone(model).set_params(
        initial_weights=path, lr=rate, lr_schedule="constant"
    )
    more.fit(y)
    assert more.history_[0]["train_loss"] < model.history_[-1]["train_loss"]
    assert {record["lr"] for record in more.history_} == {rate}


def test_a_search_goes_on_with_the_fit_that_was_interrupted(make_frame, in_epoch):
    y = make_frame(120)
    begun = in_epoch(3, ctrl_c)
    search = GridSearchCV(
        clone(MODELS["SAMformerForecaster"]),
        {"rho": [0.0, 0.5]},
        cv=TimeSeriesSplit(2),
        error_score="raise",
    )
    with pytest.warns(UserWarning, match=INTERRUPTED):
        search.fit(y)
    assert len(begun) > 10
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


SCRIPT = """
    import sys, threading, os, signal, time, warnings
    import numpy as np
    from skts.forecasting import SAMformerForecaster

    from skts._callbacks import FitTask
    start = FitTask.start_epoch
    def tell(self, epoch):
        start(self, epoch)
        if epoch == 2:
            print("training", flush=True)
    FitTask.start_epoch = tell
    y = np.sin(np.arange(3000.0))
    model = SAMformerForecaster(
        32, horizon=8, linear_maps=None, max_epochs=10**6, patience=None, device="cpu"
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(y)
    print(told[-1].message, model.predict(fh=[1]).shape, model.n_epochs_ >= 2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process has no such signals")
def test_a_real_signal_to_a_process():
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "training\n"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert INTERRUPTED in out
    assert "(1, 1) True" in out
