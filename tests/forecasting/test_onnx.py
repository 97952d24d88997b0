"""A file that other programs run gives the same forecasts without torch."""

import json
import logging
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from skts.forecasting import LSINetForecaster, SAMformerForecaster

needs_onnx = pytest.mark.skipif(
    find_spec("onnxscript") is None or find_spec("onnxruntime") is None,
    reason="needs the extra onnx",
)


def open_session(path):
    from onnxruntime import InferenceSession

    return InferenceSession(path)


def assert_same_intervals(outputs, intervals):
    """Compare what a file gives for one window with intervals of one series."""
    _, *ends = outputs  # each (1, A, H, C)
    ends = np.stack(ends, axis=-1)[0].transpose(1, 2, 0, 3)
    ends = ends.reshape(len(intervals), -1)
    np.testing.assert_allclose(ends, intervals, rtol=0, atol=1e-4)


def width(intervals):
    return intervals.iloc[:, 1::2].to_numpy() - intervals.iloc[:, ::2].to_numpy()


@needs_onnx
def test_a_mixture_gives_the_same_numbers_in_a_file(mixed, pair, tmp_path, capfd):
    y = pair.assign(still=7.0)
    model = SAMformerForecaster(**mixed.get_params()).fit(y[:-100])
    before = model.predict_interval([1, 2], coverage=[0.9, 0.5])
    model.update(y[-100:], update_params=False)  # errors to follow
    # whatever the network was found to be worth, it shall be in the file
    half = replace(model._model.solved, network_weight=0.5)
    model._keep(replace(model._model, solved=half))
    level = logging.getLogger("torch.onnx").level
    model.to_onnx(tmp_path / "model.onnx", coverage=[0.9, 0.5])
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("torch.onnx").level == level
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]

    session = open_session(tmp_path / "model.onnx")
    later = y[-100:].to_numpy() + 3  # what was still moves off, and stays again
    expected, _ = model.predict_windows(later)
    windows = sliding_window_view(later, model.context_length_, axis=0)
    windows = windows[: len(expected)].swapaxes(1, 2)
    forecast = session.run(["forecast"], {"context": windows})[0]
    np.testing.assert_allclose(forecast, expected, rtol=0, atol=1e-4)
    assert (forecast[..., 2] == 10).all()
    parts = model.predict_parts([1, 2])["call"]
    assert abs(parts["maps"] - parts["network"]).min() > 0.01  # each of them counts

    now = model.predict_interval([1, 2], coverage=[0.9, 0.5])
    newest = y[-model.context_length_ :].to_numpy()[None]
    assert_same_intervals(session.run(None, {"context": newest}), now)
    assert abs(width(now) - width(before)).max() > 0.01  # they have followed

    facts = session.get_modelmeta().custom_metadata_map
    assert json.loads(facts["channels"]) == ["call", "echo", "still"]
    assert json.loads(facts["coverages"]) == [0.9, 0.5]


@needs_onnx
def test_a_panel_says_whose_window_it_is(pair, tmp_path):
    panel = pd.concat({"a": pair[:200], "b": 100 + 5 * pair[200:400]}, names=["n", "t"])
    model = LSINetForecaster(
        16,
        4,
        linear_maps=None,
        hidden_size=8,
        max_epochs=1,
        interval_method="adaptive",  # widths go by each window
        random_state=0,
    ).fit(panel)
    model.to_onnx(tmp_path / "model.onnx", coverage=0.8)
    session = open_session(tmp_path / "model.onnx")
    names = json.loads(session.get_modelmeta().custom_metadata_map["series"])
    inputs = {
        "context": np.stack([panel.loc[name].to_numpy()[-16:] for name in names]),
        "series": np.arange(len(names)),
    }
    outputs = session.run(None, inputs)
    forecasts = model.predict(range(1, 5))
    intervals = model.predict_interval(range(1, 5), coverage=0.8)
    for row, name in enumerate(names):
        of_series = [values[row : row + 1] for values in outputs]
        np.testing.assert_allclose(of_series[0][0], forecasts.loc[name], atol=1e-4)
        assert_same_intervals(of_series, intervals.loc[name])


def test_bad_coverages_are_refused_as_by_predict_interval(mixed, tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ValueError, match=r"coverage must be .* got 80. Give 0.8"):
        mixed.to_onnx(path, coverage=80)
    none = SAMformerForecaster(4, 2, max_epochs=0, validation_fraction=0)
    with pytest.raises(NotImplementedError, match="There are no prediction intervals"):
        none.fit(np.arange(50.0) % 7).to_onnx(path, coverage=0.8)
    assert not path.exists()


def test_without_onnx_it_says_what_to_install(mixed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(
        ImportError, match=r"needs .*onnxscript.* pip install 'skts\[onnx\]'"
    ):
        mixed.to_onnx(tmp_path / "model.onnx")
