"""Bad input is named, with the rule and the way out, before any training."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError as SklearnNotFittedError
from sktime.datatypes import convert_to
from sktime.exceptions import NotFittedError as SktimeNotFittedError

import skts.clustering._fitting as fitting
import skts.clustering._loster as module
from skts.clustering import LoSTerClusterer


def series(n_series=10, length=12):
    return np.random.default_rng(0).standard_normal((n_series, length))


def spoiled(value):
    X = series()
    X[3, 4] = value
    return X


@pytest.fixture
def no_training(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("training was called")

    monkeypatch.setattr(module, "fit_clusters", fail)


WRONG_PARAMETERS = [
    ({"n_clusters": 0}, ValueError, ["n_clusters", ">= 1", "0"]),
    ({"n_clusters": 2.5}, TypeError, ["n_clusters", "int", "2.5"]),
    ({"hidden_size": 0}, ValueError, ["hidden_size", "0"]),
    ({"n_layers": 0}, ValueError, ["n_layers", "0"]),
    ({"dropout": 1}, ValueError, ["dropout", "< 1", "1"]),
    ({"spectral_weight": -1}, ValueError, ["spectral_weight", "-1"]),
    ({"local_weight": -1}, ValueError, ["local_weight", "-1"]),
    ({"start": "middle"}, ValueError, ["start", "'graph'", "'middle'"]),
    ({"n_neighbors": 0}, ValueError, ["n_neighbors", "0"]),
    ({"neighbor_weight": -1}, ValueError, ["neighbor_weight", "-1"]),
    ({"n_landmarks": 2}, ValueError, ["n_landmarks", "n_clusters=3", "2"]),
    ({"length": 0}, ValueError, ["length", "None", "0"]),
    ({"alpha": -0.5}, ValueError, ["alpha", "-0.5"]),
    ({"instance_weight": "much"}, TypeError, ["instance_weight", "'much'"]),
    ({"cluster_weight": -1}, ValueError, ["cluster_weight", "-1"]),
    ({"entropy_weight": -1}, ValueError, ["entropy_weight", "-1"]),
    ({"temperature": 0}, ValueError, ["temperature", "> 0", "0"]),
    ({"annealing": 0}, ValueError, ["annealing", "> 0", "0"]),
    ({"augmentation": ("mirror",)}, ValueError, ["augmentation", "'flip'", "mirror"]),
    ({"augmentation": (["flip"],)}, ValueError, ["augmentation", "['flip']"]),
    ({"augmentation": "flip"}, ValueError, ["augmentation", "tuple", "'flip'"]),
    ({"standardize": "yes"}, TypeError, ["standardize", "'yes'"]),
    ({"n_init": 0}, ValueError, ["n_init", "0"]),
    ({"pretrain_epochs": -1}, ValueError, ["pretrain_epochs", "-1"]),
    ({"pretrain_lr": 0}, ValueError, ["pretrain_lr", "0"]),
    ({"max_epochs": -1}, ValueError, ["max_epochs", "-1"]),
    ({"lr": -1}, ValueError, ["lr", "-1"]),
    ({"batch_size": 0}, ValueError, ["batch_size", "0"]),
    ({"tol": -1}, ValueError, ["tol", "-1"]),
    ({"device": "banana"}, ValueError, ["device", "banana"]),
    ({"random_state": -1}, ValueError, ["random_state", "-1"]),
]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(("changed", "kind", "words"), WRONG_PARAMETERS, ids=str)
def test_wrong_parameters(changed, kind, words):
    with pytest.raises(kind) as error:
        LoSTerClusterer(**({"n_clusters": 3} | changed)).fit(series())
    assert all(word in str(error.value) for word in words)


@pytest.mark.usefixtures("no_training")
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there():
    with pytest.raises(ValueError, match="device='cuda' is not available"):
        LoSTerClusterer(3, device="cuda").fit(series())


def unequal_panel():
    frames = [pd.DataFrame({"a": series(1, n)[0]}) for n in (8, 9, 10)]
    return convert_to(frames, "pd-multiindex", "Panel")


WRONG_DATA = [
    (spoiled(np.inf), ValueError, ["inf"]),
    (spoiled(np.inf)[:, None, :], ValueError, ["inf"]),
    (series()[:2], ValueError, ["n_samples=2", "n_clusters=3", "fewer clusters"]),
    (np.empty((0, 12)), ValueError, ["0 sample"]),
    (np.empty((5, 0)), ValueError, ["0 feature"]),
    (series()[0], ValueError, ["1D array"]),
    (np.full((5, 4), "a"), ValueError, ["'a'"]),
    (pd.DataFrame({"a": list("xyz"), "b": 1.0}), ValueError, ["'x'"]),
    (None, ValueError, ["2D array"]),
    (np.empty((5, 1, 0)), ValueError, ["(5, 1, 0)", "time points"]),
    (np.empty((5, 0, 10)), ValueError, ["(5, 0, 10)", "channels"]),
    (np.empty((0, 1, 10)), ValueError, ["(0, 1, 10)", "series"]),
    (pd.DataFrame({"a": [], "b": []}), ValueError, ["0 sample"]),
    (list(series()[:, None]), ValueError, ["one array", "numpy.asarray"]),
    (unequal_panel(), ValueError, ["unequal length"]),
]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(("X", "kind", "words"), WRONG_DATA)
def test_wrong_data(X, kind, words):
    model = LoSTerClusterer(3)
    with pytest.raises(kind) as error:
        model.fit(X)
    assert all(word.lower() in str(error.value).lower() for word in words)
    assert not model.is_fitted


@pytest.fixture(scope="module")
def fitted():
    tiny = {"hidden_size": 4, "pretrain_epochs": 1, "max_epochs": 1, "tol": 0}
    return LoSTerClusterer(2, **tiny, random_state=0).fit(series()[:, None, :])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "embed", "score"])
def test_new_series_of_another_shape(fitted, method):
    with pytest.raises(ValueError, match="12 time points, got 1 of 9"):
        getattr(fitted, method)(series(length=9)[:, None, :])
    with pytest.raises(ValueError, match=r"1 channel\(s\).*got 2 of 12"):
        getattr(fitted, method)(series().reshape(5, 2, 12))


@pytest.fixture(scope="module")
def named():
    """A clusterer of two channels with names, and its panel."""
    values = np.random.default_rng(0).standard_normal((10, 12, 2))
    frames = {
        i: pd.DataFrame(x, columns=["load", "price"]) for i, x in enumerate(values)
    }
    X = pd.concat(frames, names=["id", "time"])
    tiny = {"hidden_size": 4, "pretrain_epochs": 1, "max_epochs": 1, "tol": 0}
    return LoSTerClusterer(2, **tiny, random_state=0).fit(X), X


@pytest.mark.parametrize("method", ["predict", "predict_proba", "embed", "score"])
def test_channels_are_told_apart_by_name(named, method):
    model, X = named
    forms = [X, convert_to(X, "df-list"), convert_to(X, "nested_univ")]
    for form in forms:
        getattr(model, method)(form)
    getattr(model, method)(convert_to(X, "numpy3D"))  # no names, taken as they come
    swapped = X[["price", "load"]]
    for form in (swapped, convert_to(swapped, "df-list")):
        with pytest.raises(ValueError, match="in another order"):
            getattr(model, method)(form)
    with pytest.raises(ValueError, match=r"missing ..load.., not seen .*wind"):
        getattr(model, method)(X.rename(columns={"load": "wind"}))


def test_a_single_channel_may_have_another_name(named):
    one = named[1][["load"]]
    model = clone(named[0]).fit(one)
    renamed = one.rename(columns={"load": "wind"})
    np.testing.assert_array_equal(model.predict(renamed), model.labels_)


def test_names_are_those_of_the_last_fit(named):
    model = clone(named[0]).fit(convert_to(named[1], "numpy3D"))
    model.predict(named[1])  # an array had none
    model.fit(named[1][["price", "load"]])
    with pytest.raises(ValueError, match="in another order"):
        model.predict(named[1])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "embed", "score"])
def test_nothing_works_before_fit(method):
    for kind in (SklearnNotFittedError, SktimeNotFittedError):
        with pytest.raises(kind):
            getattr(LoSTerClusterer(), method)(series())


@pytest.mark.parametrize("name", ["cluster_centers_", "latent_centers_"])
def test_no_centres_before_fit(name):
    model = LoSTerClusterer()
    assert not hasattr(model, name)


def test_a_loss_that_is_no_number_stops_with_advice():
    with pytest.raises(ValueError, match=r"train_loss became .*Use a smaller lr"):
        LoSTerClusterer(2, pretrain_lr=1e30, device="cpu").fit(series())


@pytest.mark.usefixtures("no_training")
def test_values_beyond_single_precision():
    with pytest.raises(ValueError, match=r"single precision, got .*e\+39.*standardize"):
        LoSTerClusterer(2, standardize=False).fit(1e39 * series())


def test_an_interrupted_fit_leaves_the_clusterer_unfitted(monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    model = LoSTerClusterer(2, pretrain_epochs=1)
    before = set(vars(model.fit(series()).reset()))
    monkeypatch.setattr(fitting, "train_jointly", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(series())
    assert not model.is_fitted
    assert not hasattr(model, "labels_")
    assert set(vars(model)) == before  # nothing of this fit, or of the one before


def test_a_refit_that_fails_forgets_the_fit_before():
    tiny = {"hidden_size": 4, "pretrain_epochs": 1, "max_epochs": 1, "tol": 0}
    model = LoSTerClusterer(2, **tiny).fit(series())
    with pytest.raises(ValueError, match="n_samples=1"):
        model.fit(series(1))
    with pytest.raises(SklearnNotFittedError):
        model.predict(series())
