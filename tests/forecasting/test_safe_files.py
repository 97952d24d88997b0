"""A file that is safe to open holds the whole forecaster, and runs no code."""

import json
import pickle
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skts.clustering import LoSTerClusterer
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.regression import LSINetRegressor, SAMformerRegressor


@pytest.fixture
def through_file(tmp_path, monkeypatch):
    """Return a function that saves and loads while nothing can be unpickled."""

    def refuse(*args, **kwargs):
        raise AssertionError("unpickled")

    def through(model):
        with monkeypatch.context() as patch:
            for name in ("load", "loads", "Unpickler"):
                patch.setattr(pickle, name, refuse)
            model.save(tmp_path / "model", "safe")
            return type(model).load_from_path(tmp_path / "model", "safe")

    return through


INDEXES = {
    "range": lambda n: pd.RangeIndex(5, 5 + n, name="row"),
    "numbers": lambda n: pd.Index(np.arange(n)),
    "hours with a zone": lambda n: pd.date_range(
        "2025-03-29", periods=n, freq="h", tz="Europe/Berlin"
    ),
    "gaps": lambda n: pd.date_range("2025", periods=n + 1, freq="D").delete(3),
    "months": lambda n: pd.period_range("1900-01", periods=n, freq="M"),
    "weeks": lambda n: pd.date_range("2000", periods=n, freq="W-WED", unit="s"),
}


@pytest.mark.filterwarnings("ignore:y has 1 gap")
@pytest.mark.parametrize("kind", INDEXES)
def test_times_come_back_as_they_were(pair, through_file, kind):
    y = pair[:300].set_axis(INDEXES[kind](300))
    model = SAMformerForecaster(8, horizon=2, max_epochs=0).fit(y[:250])
    loaded = through_file(model)
    pd.testing.assert_frame_equal(loaded.predict([1, 2]), model.predict([1, 2]))
    loaded.update(y[250:]), model.update(y[250:])
    pd.testing.assert_frame_equal(loaded.predict([1, 2]), model.predict([1, 2]))
    assert loaded.cutoff.equals(model.cutoff)
    assert loaded.cutoff.dtype == model.cutoff.dtype


def test_a_mixture_goes_on_as_before(mixed, pair, through_file):
    before = torch.get_rng_state()
    loaded = through_file(mixed)
    assert torch.equal(torch.get_rng_state(), before)
    assert vars(loaded).keys() == vars(mixed).keys()
    assert loaded.get_params() == mixed.get_params()
    assert 0 < loaded.network_weight_ == mixed.network_weight_
    pd.testing.assert_frame_equal(loaded.members_, mixed.members_)
    assert loaded.history_ == mixed.history_
    for name in ("predict", "predict_interval", "predict_parts"):
        pd.testing.assert_frame_equal(
            getattr(loaded, name)([1, 2]), getattr(mixed, name)([1, 2])
        )
    later = pair[:40].set_axis(np.arange(1400, 1440))
    again = pickle.loads(pickle.dumps(mixed)).update(later)
    pd.testing.assert_frame_equal(
        loaded.update(later).predict([1, 2]), again.predict([1, 2])
    )


def test_a_panel_with_names_of_all_kinds_comes_back(pair, through_file):
    wide = pair[:120].set_axis(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), axis=1)
    panel = pd.concat({("x", 1): wide, ("y", 2): 9 * wide}, names=["name", "n", "t"])
    model = LSINetForecaster(
        8, linear_maps=None, hidden_size=8, max_epochs=1, random_state=0
    ).fit(panel, fh=[1, 3])
    loaded = through_file(model)
    pd.testing.assert_frame_equal(loaded.predict(), model.predict())
    pd.testing.assert_frame_equal(loaded.scale_, model.scale_)


def test_what_a_safe_file_cannot_hold_is_named(mixed, pair, tmp_path):
    model = SAMformerForecaster(
        8, horizon=2, max_epochs=0, random_state=np.random.RandomState(0)
    ).fit(pair[:200])
    with pytest.raises(TypeError, match=r"parameters has a RandomState.*'pickle'"):
        model.save(tmp_path / "model", "safe")
    assert not list(tmp_path.iterdir())
    with pytest.raises(NotFittedError):
        LoSTerClusterer().save(tmp_path / "model", "safe")


def test_clusters_come_back(through_file, monkeypatch):
    series = np.random.default_rng(0).normal(size=(20, 2, 24)).cumsum(axis=2)
    for parameters in LoSTerClusterer.get_test_params():
        model = LoSTerClusterer(**parameters).fit(series)
        loaded = through_file(model)
        assert vars(loaded).keys() == vars(model).keys()
        np.testing.assert_array_equal(
            loaded.predict_proba(series), model.predict_proba(series)
        )
        np.testing.assert_array_equal(loaded.cluster_centers_, model.cluster_centers_)
    weights = loaded._take_apart() | {"shape": (2, 30)}
    monkeypatch.setattr(loaded, "_take_apart", lambda: weights)
    with pytest.raises(ValueError, match="weights that its parameters speak of"):
        through_file(loaded)


@pytest.mark.parametrize("cls", [SAMformerRegressor, LSINetRegressor])
@pytest.mark.parametrize("linear_maps", ["auto", None])
def test_regressors_come_back(pair, through_file, cls, linear_maps):
    rows = np.lib.stride_tricks.sliding_window_view(pair.to_numpy(), 10, axis=0)
    rows = rows.transpose(0, 2, 1)[:700]
    X = pd.DataFrame(rows[:, :8].reshape(len(rows), -1)).add_prefix("column ")
    model = cls(2, linear_maps=linear_maps, max_epochs=1, random_state=0)
    model.fit(X, rows[:, 8:])
    loaded = through_file(model)
    assert vars(loaded).keys() == vars(model).keys()
    assert list(loaded.feature_names_in_) == list(X)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_a_pickle_is_refused_where_only_safe_files_are_wanted(mixed, tmp_path):
    mixed.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"safe format, got .* may run any code"):
        SAMformerForecaster.load_from_path(tmp_path / "model", "safe")
    mixed.save(tmp_path / "model", "safe")
    with pytest.raises(TypeError, match=r"must hold a LSINetF.* got a SAMformerF"):
        LSINetForecaster.load_from_path(tmp_path / "model")


@pytest.mark.parametrize(
    "path", ["os.system", "subprocess.Popen", "skts.models._maps.Path", "skts.nn.X"]
)
def test_a_file_that_names_other_classes_is_refused(tmp_path, path):
    evil = {"kind": "record", "class": path, "values": {"command": "true"}}
    content = {"estimator": "SAMformerForecaster", "model": evil}
    with ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("content.json", json.dumps(content))
    with pytest.raises(ValueError, match="which such files never do"):
        SAMformerForecaster.load_from_path(tmp_path / "model")
