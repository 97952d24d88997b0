"""Steps beyond the horizon: forecast in blocks, each fed back as if it had come."""

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.difference import Differencer

H = 4


def fed_back(model, n_steps):
    """Forecast by hand: the forecast of a block is given as what has come."""
    blocks = []
    while len(blocks) * H < n_steps:
        blocks.append(model.predict(range(1, H + 1)))
        model = model.update(blocks[-1], update_params=False)
    return pd.concat(blocks)


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found, expected, check_freq=False, rtol=1e-4)


@pytest.fixture(scope="module", params=["network", "maps", "long horizon"])
def fitted(request, make_frame, make_model):
    """Return a function that makes a fitted forecaster of one of three kinds."""
    params = {"network": {}, "maps": {"linear_maps": "auto"}}
    params["long horizon"] = {"context_length": 3}  # shorter than what is fed back
    return lambda y: make_model(**params[request.param]).fit(y)


def test_it_equals_feeding_back_by_hand(fitted, make_frame):
    y = make_frame()
    found = fitted(y).predict(range(1, 12))
    assert_same(found, fed_back(fitted(y), 11)[:11])
    assert_same(fitted(y).predict([2, 10]), found.iloc[[1, 9]])


def test_within_the_horizon_nothing_changes(fitted, make_frame):
    model = fitted(make_frame())
    within = model.predict(range(1, H + 1))
    beyond = model.predict(range(1, 3 * H))
    pd.testing.assert_frame_equal(beyond[:H], within, check_freq=False)


def test_series_of_a_panel_have_each_their_own_end(fitted, make_frame):
    a, b = make_frame(60), make_frame(54, seed=1)
    model = fitted(pd.concat({"a": a, "b": b}, names=["name", "time"]))
    dates = ForecastingHorizon(
        pd.date_range(a.index[-1], periods=3, freq="h", inclusive="right"),
        is_relative=False,
    )
    found = model.predict(dates)  # 1 and 2 steps after one end, 7 and 8 after another
    steps = model.predict(range(1, 9))
    assert_same(found.loc["a"], steps.loc["a"][:2])
    assert_same(found.loc["b"], steps.loc["b"][6:])


def test_a_channel_at_rest_stays_where_it_is(make_frame, make_model):
    y = make_frame()
    y["rest"] = 7.0
    model = make_model(linear_maps="auto").fit(y)
    assert (model.predict(range(1, 30))["rest"] == 7.0).all()


def test_parts_feed_back_their_own(make_frame, make_model):
    y = make_frame()
    model = make_model(linear_maps="auto", max_epochs=0).fit(y)
    parts = model.predict_parts(range(1, 10)).xs("maps", axis=1, level="part")
    np.testing.assert_array_equal(parts, model.predict(range(1, 10)))


@pytest.mark.filterwarnings("ignore")  # sktime's, of its own future
def test_all_cutoffs_of_update_predict_are_forecast_so_far(fitted, make_frame):
    y = make_frame()
    cv = ExpandingWindowSplitter([1, 7], initial_window=2, step_length=8)
    model = fitted(y[:40])
    found = model.update_predict(y[40:], cv, update_params=False)
    model.update(y[40:42], update_params=False)
    np.testing.assert_allclose(
        found.to_numpy()[:2, :3], model.predict([1, 7]).to_numpy(), rtol=1e-4
    )


@pytest.mark.filterwarnings("ignore")  # sktime's, of its own future
def test_sktime_tools_take_such_steps(make_frame, make_model):
    y = make_frame(80)
    fh = range(1, 11)
    cv = ExpandingWindowSplitter(fh, initial_window=60, step_length=10)
    for strategy in ("refit", "no-update_params"):
        results = evaluate(make_model(), cv, y, strategy=strategy, error_score="raise")
        assert np.isfinite(results.iloc[:, 0]).all()
    search = ForecastingGridSearchCV(
        make_model(), cv, {"horizon": [2, 4]}, backend=None, error_score="raise"
    )
    assert search.fit(y, fh=fh).predict().shape == (10, 3)
    piped = Differencer() * make_model()
    assert piped.fit(y, fh=fh).predict().shape == (10, 3)


def test_pretraining_may_be_for_fewer_steps(make_frame, make_model):
    panel = pd.concat({name: make_frame(60, seed=name) for name in (0, 1)})
    model = make_model(horizon=None).pretrain(panel, fh=[1, H])
    model.fit(make_frame(40), fh=[1, 9])
    assert model.network_(torch.zeros(1, 3, 8)).shape[-1] == H
    assert len(model.predict()) == 2
