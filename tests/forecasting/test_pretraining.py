"""What a panel taught is where a fit begins, in clones, searches and files, too."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter, InstanceSplitter

from skts.forecasting import LSINetForecaster
from skts.models import train_on_windows

FROZEN = {"max_epochs": 1, "lr": 1e-12}


@pytest.fixture(scope="module")
def panel(make_frame):
    names = ["north", "south", "west"]
    frames = {name: make_frame(60, seed=n) for n, name in enumerate(names)}
    return pd.concat(frames, names=["place"])


@pytest.fixture(scope="module")
def pretrained(make_model, panel):
    return make_model(max_epochs=5).pretrain(panel)


@pytest.fixture
def starts(monkeypatch):
    """Return the weights that trainings start from, as they happen."""
    weights = []

    def spy(network, *args, **kwargs):
        weights.append({k: v.clone() for k, v in network.state_dict().items()})
        return train_on_windows(network, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    return weights


def same(weights, others):
    return weights.keys() == others.keys() and all(
        torch.equal(weights[k], others[k]) for k in weights
    )


def test_pretraining_is_a_fit_on_the_panel(pretrained, panel, make_model, weights_of):
    fitted = make_model(max_epochs=5).fit(panel)
    assert same(pretrained.pretrained_weights_, weights_of(fitted))
    assert [r["train_loss"] for r in pretrained.pretrained_history_] == [
        r["train_loss"] for r in fitted.history_
    ]
    assert pretrained.state == "pretrained"


def test_a_fit_starts_from_there(pretrained, make_frame, starts):
    model = pretrained.clone().fit(make_frame(40, seed=7))
    assert same(starts[0], pretrained.pretrained_weights_)
    assert model.pretrained_weights_.keys() == pretrained.pretrained_weights_.keys()
    model.fit(make_frame(40, seed=8))  # once more: from the panel's, not the last fit's
    assert same(starts[1], pretrained.pretrained_weights_)


def test_a_fit_leaves_what_was_pretrained(pretrained, make_frame):
    before = {k: v.clone() for k, v in pretrained.pretrained_weights_.items()}
    model = pretrained.clone().fit(make_frame(40))
    assert same(model.pretrained_weights_, before)
    assert "pretrained_weights_" not in model.get_fitted_params()


def test_more_pretraining_goes_on(pretrained, panel, starts):
    model = pretrained.clone().pretrain(panel)
    assert same(starts[0], pretrained.pretrained_weights_)
    assert not same(model.pretrained_weights_, pretrained.pretrained_weights_)


def test_the_horizon_is_that_of_the_pretraining(panel, make_frame, make_model):
    model = make_model(horizon=None).pretrain(panel, fh=[1, 4])
    assert model.pretrained_horizon_ == 4
    model.fit(make_frame(40), fh=[1, 2])
    assert model.network_(torch.zeros(1, 3, 8)).shape[-1] == 4


def test_it_learns_from_the_panel(make_frame, make_model):
    wave = make_frame(300, noise=0.3)
    panel = pd.concat({n: make_frame(300, noise=0.3, seed=n + 1) for n in range(4)})
    cold = make_model(max_epochs=1).fit(wave[:40])
    warm = make_model(max_epochs=10).pretrain(panel)
    warm.max_epochs = 1
    warm.fit(wave[:40])
    assert warm.score(wave[40:]) > 0.6 * cold.score(wave[40:])


@pytest.mark.filterwarnings("ignore")  # sktime's, of its own future
def test_evaluate_pretrains_on_other_series(panel, make_model):
    cv = ExpandingWindowSplitter(fh=[1, 2, 3, 4], initial_window=56, step_length=4)
    results = evaluate(
        make_model(),
        cv=cv,
        y=panel,
        cv_global=InstanceSplitter(TimeSeriesSplit(2)),
        error_score="raise",
    )
    assert len(results) == 2
    assert np.isfinite(results.iloc[:, 0]).all()


# Files ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def path(pretrained, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("weights") / "panel.pt")
    pretrained.save_weights(path)
    return path


def test_a_file_of_weights_is_where_a_fit_starts(
    pretrained, path, make_model, make_frame, starts
):
    make_model(initial_weights=path).clone().fit(make_frame(40))
    assert same(starts[0], pretrained.pretrained_weights_)


def test_the_weights_of_a_fit_can_be_saved(
    make_model, make_frame, tmp_path, weights_of
):
    y = make_frame(40)
    first = make_model().fit(y)
    first.save_weights(tmp_path / "weights.pt")
    path = str(tmp_path / "weights.pt")
    second = make_model(**FROZEN, initial_weights=path).fit(y)
    for name, weight in weights_of(second).items():
        torch.testing.assert_close(weight, weights_of(first)[name])


@pytest.mark.filterwarnings("ignore")  # sktime's, of its own future
def test_tuners_keep_a_file_and_lose_what_is_in_memory(
    pretrained, path, make_model, make_frame, starts
):
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=40, step_length=10)
    settings = {"cv": cv, "param_grid": {"rho": [0.0, 0.5]}, "backend": None}
    ForecastingGridSearchCV(
        make_model(initial_weights=path), error_score="raise", **settings
    ).fit(make_frame(60), fh=[1, 2])
    assert len(starts) > 4
    assert all(same(weights, pretrained.pretrained_weights_) for weights in starts)
    starts.clear()
    lost = ForecastingGridSearchCV(pretrained.clone(), error_score="raise", **settings)
    with pytest.warns(UserWarning, match="call save_weights before"):
        lost.fit(make_frame(60), fh=[1, 2])
    assert not any(same(weights, pretrained.pretrained_weights_) for weights in starts)


def test_scikit_learns_search_keeps_a_file(
    pretrained, path, make_model, make_frame, starts
):
    GridSearchCV(
        make_model(initial_weights=path),
        {"rho": [0.0, 0.5]},
        cv=TimeSeriesSplit(2, test_size=10),
        error_score="raise",
    ).fit(make_frame(60))
    assert len(starts) == 5
    assert all(same(weights, pretrained.pretrained_weights_) for weights in starts)


def test_scikit_learns_clone_keeps_what_is_in_memory_and_its_searches_warn(
    pretrained, make_frame
):
    assert same(clone(pretrained).pretrained_weights_, pretrained.pretrained_weights_)
    search = GridSearchCV(
        pretrained, {"rho": [0.5]}, cv=TimeSeriesSplit(2, test_size=10), refit=False
    )
    with pytest.warns(UserWarning, match="call save_weights before"):
        search.fit(make_frame(60))


def test_lsinet_starts_from_weights_too(panel, tmp_path):
    settings = {"context_length": 8, "horizon": 4, "hidden_size": 8, "n_heads": 2}
    settings |= {"head_size": 4, "max_epochs": 1, "device": "cpu", "random_state": 0}
    model = LSINetForecaster(**settings, validation_fraction=0).pretrain(panel)
    model.save_weights(tmp_path / "weights.pt")
    path = str(tmp_path / "weights.pt")
    settings |= {"lr": 1e-12, "initial_weights": path, "validation_fraction": 0}
    fitted = LSINetForecaster(**settings).fit(panel.loc["north"])
    for name, weight in fitted.network_.state_dict().items():
        torch.testing.assert_close(weight, model.pretrained_weights_[name])


# Bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"context_length": 9}, "head"),
        ({"horizon": 3}, "head"),
        ({"hidden_size": 5}, ""),
    ],
)
def test_weights_of_another_architecture(
    path, make_model, make_frame, starts, changes, name
):
    model = make_model(initial_weights=path, **changes)
    with pytest.raises(
        ValueError, match=f"initial_weights=.* differ: '{name}.*context"
    ):
        model.fit(make_frame(40))
    assert not starts


def test_weights_for_other_channels(pretrained, make_frame, starts):
    with pytest.raises(ValueError, match="pretrain must give the weights of this arch"):
        pretrained.clone().fit(make_frame(40, n_channels=2))
    assert not starts


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (None, ValueError, "where there is no file"),
        (b"no weights", ValueError, "torch cannot read"),
        ([1, 2], ValueError, "holds no weights"),
    ],
)
def test_files_without_weights(
    tmp_path, make_model, make_frame, starts, content, error, words
):
    path = tmp_path / "weights.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(error, match=f"initial_weights must be None or .*{words}"):
        make_model(initial_weights=str(path)).fit(make_frame(40))
    assert not starts


def test_initial_weights_of_a_wrong_type(make_model, make_frame):
    with pytest.raises(TypeError, match="initial_weights must be None or the path"):
        make_model(initial_weights=3).fit(make_frame(40))


def test_no_weights_to_save(make_model, tmp_path):
    with pytest.raises(Exception, match="has not been fitted"):
        make_model().save_weights(tmp_path / "weights.pt")


def test_times_as_the_horizon_of_a_pretraining(panel, make_model):
    with pytest.raises(ValueError, match="fh must hold steps ahead in pretrain"):
        make_model(horizon=None).pretrain(panel, fh=panel.loc["north"].index[-2:])


def test_no_horizon_to_pretrain_for(panel, make_model):
    with pytest.raises(ValueError, match="horizon is unknown: pass fh to pretrain"):
        make_model(horizon=None).pretrain(panel)


@pytest.mark.parametrize(
    ("horizon", "fh", "error", "words"),
    [
        (None, [0], ValueError, "steps >= 1 in pretrain, got 0"),
        (4, [-1], ValueError, "steps >= 1 in pretrain, got -1"),
        (None, pd.to_timedelta([1], unit="h"), TypeError, "whole steps ahead"),
    ],
)
def test_steps_that_are_none_are_refused(panel, make_model, horizon, fh, error, words):
    with pytest.raises(error, match=words):
        make_model(horizon=horizon).pretrain(panel, fh=fh)
