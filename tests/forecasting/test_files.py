"""Copies, files and other processes: the same forecasts everywhere."""

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import sklearn
import torch
from sktime.base import load

import skts
from skts.forecasting import LSINetForecaster, SAMformerForecaster


@pytest.fixture(scope="module")
def fitted(make_frame, make_model):
    return make_model(validation_fraction=0.3).fit(make_frame(), fh=[1, 3])


def reload_by_path(model, path):
    return SAMformerForecaster.load_from_path(model.save(path).filename)


def load_safely(model, path):
    model.save(path, "safe")
    return SAMformerForecaster.load_from_path(path, "safe")


WAYS = {
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, path: copy.deepcopy(model),
    "file": reload_by_path,
    "sktime's load": lambda model, path: load(Path(model.save(path).filename)),
    "bytes": lambda model, path: load(model.save()),
    "safe file": lambda model, path: load_safely(model, path),
    "safe bytes": lambda model, path: load(model.save(serialization_format="safe")),
}


@pytest.mark.parametrize("way", WAYS)
def test_copies_forecast_the_same(fitted, make_frame, tmp_path, way):
    copied = WAYS[way](fitted, tmp_path / "model")
    assert copied is not fitted
    assert copied.network_ is not fitted.network_
    pd.testing.assert_frame_equal(copied.predict(), fitted.predict())
    assert copied.history_ == fitted.history_
    assert copied.device_ == torch.device("cpu")
    # the copy lives its own life
    later = make_frame(70)[60:]
    before = fitted.predict()
    copied.update(later)
    pd.testing.assert_frame_equal(fitted.predict(), before)
    assert copied.score(make_frame(80)[70:]) < 0


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("model", "model.zip"),
        ("m_rho0.7", "m_rho0.7.zip"),
        ("a.b.zip", "a.b.zip"),
        ("v1.2/m.x", "v1.2/m.x.zip"),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_file_names_may_hold_dots(fitted, tmp_path, name, file, as_text):
    (tmp_path / "v1.2").mkdir()
    path = tmp_path / name
    fitted.save(str(path) if as_text else path)
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert written == [tmp_path / file]
    loaded = SAMformerForecaster.load_from_path(tmp_path / file)
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict())


@pytest.mark.parametrize("name", ["model", "m_rho0.7", "a.b.zip"])
def test_a_file_is_found_by_the_name_it_was_saved_by(fitted, tmp_path, name):
    fitted.save(tmp_path / name)
    for path in (tmp_path / name, str(tmp_path / name)):
        loaded = SAMformerForecaster.load_from_path(path)
        pd.testing.assert_frame_equal(loaded.predict(), fitted.predict())


def test_a_file_is_found_by_its_own_name_whatever_its_ending(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    (tmp_path / "model.zip").rename(tmp_path / "model.skts")
    loaded = SAMformerForecaster.load_from_path(tmp_path / "model.skts")
    assert loaded.is_fitted


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"serial must .* got .*lost.*\.zip"):
        SAMformerForecaster.load_from_path(tmp_path / "lost")


def test_another_class_than_the_one_saved_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    message = "must hold a .*LSINetForecaster, got a SAMformerForecaster. Load it with"
    with pytest.raises(TypeError, match=message):
        LSINetForecaster.load_from_path(tmp_path / "model")
    with pytest.raises(TypeError, match=message):
        LSINetForecaster.load_from_serial(fitted.save()[1])
    assert type(load(tmp_path / "model.zip")) is SAMformerForecaster


@pytest.mark.parametrize(
    "clone",
    [sklearn.base.clone, lambda model: model.clone()],
    ids=["sklearn", "sktime"],
)
def test_clones_have_the_parameters_and_nothing_else(fitted, clone):
    cloned = clone(fitted)
    assert cloned.get_params() == fitted.get_params()
    assert not cloned.is_fitted
    assert not [name for name in vars(cloned) if name.endswith("_") and name[0] != "_"]


def test_a_second_fit_leaves_no_trace_of_the_first(make_frame, make_model):
    params = {"horizon": None, "max_epochs": 4}
    other = make_frame(80, n_channels=2, index=pd.RangeIndex(80), seed=3)
    model = make_model(**params).fit(make_frame(), fh=[1, 2])
    model.predict()
    model.update(make_frame(70)[60:])
    model.fit(other, fh=[2, 5])
    fresh = make_model(**params).fit(other, fh=[2, 5])
    assert vars(model).keys() == vars(fresh).keys()
    pd.testing.assert_frame_equal(model.predict(), fresh.predict())

    def record(model):
        return [{**epoch, "seconds": 0} for epoch in model.history_]

    assert record(model) == record(fresh)


def pretend_on_cuda(model):
    """Mark a network as being on a GPU; it stays where any machine can run it."""
    model = copy.deepcopy(model)
    model.device = "cuda"
    model.device_ = torch.device("cuda")
    return model


class OnGPU(torch.nn.Module):
    """Stand-in for a network on a GPU, which knows where it is."""

    place = "cuda"

    def to(self, device):
        self.place = device.type
        return self


def test_the_state_holds_a_network_on_the_cpu_and_the_own_one_is_not_moved(fitted):
    model = pretend_on_cuda(fitted)
    model.network_ = OnGPU()
    state = model.__getstate__()
    assert state["network_"].place == "cpu"
    assert model.network_.place == "cuda"
    assert model.device_ == torch.device("cuda")


def test_a_model_from_a_gpu_is_read_on_a_machine_without_one(fitted, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    loaded = pickle.loads(pickle.dumps(pretend_on_cuda(fitted)))
    assert loaded.device == "cuda"
    assert loaded.device_ == torch.device("cpu")
    pd.testing.assert_frame_equal(loaded.predict(), fitted.predict())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_model_on_a_gpu_is_saved_from_the_cpu(make_frame, make_model):
    model = make_model(device="cuda").fit(make_frame())
    state = model.__getstate__()
    assert {p.device.type for p in state["network_"].parameters()} == {"cpu"}
    assert {p.device.type for p in model.network_.parameters()} == {"cuda"}
    loaded = pickle.loads(pickle.dumps(model))
    assert loaded.device_ == model.device_
    pd.testing.assert_frame_equal(loaded.predict([1, 2]), model.predict([1, 2]))


OTHER_PROCESS = """
import json, sys
import pandas as pd
from skts.forecasting import SAMformerForecaster

folder = sys.argv[1]
y = pd.read_pickle(folder + "/y.pkl")
loaded = SAMformerForecaster.load_from_path(folder + "/model.zip")
fitted = SAMformerForecaster(**loaded.get_params()).fit(y, fh=[1, 3])
print(json.dumps([m.predict().to_numpy().tolist() for m in (loaded, fitted)]))
"""


def test_another_process_loads_and_fits_to_the_same_forecasts(
    fitted, make_frame, tmp_path
):
    make_frame().to_pickle(tmp_path / "y.pkl")
    fitted.save(tmp_path / "model")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OTHER_PROCESS, str(tmp_path)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"},
        cwd=Path(skts.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, refitted = json.loads(done.stdout)
    assert loaded == fitted.predict().to_numpy().tolist()
    assert refitted == fitted.predict().to_numpy().tolist()
