"""Steps beyond the horizon: forecast in blocks, each fed back as if it had come."""

from copy import copy
from dataclasses import replace

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


# Intervals ------------------------------------------------------------------------

N_VALID = 40


@pytest.fixture(scope="module", params=["conformal", "adaptive"])
def held_out(request, make_frame, make_model):
    """Return a frame and a network fitted with its last rows held out."""
    y = make_frame(120)
    params = {"validation_fraction": N_VALID / 120, "interval_method": request.param}
    return y, make_model(**params).fit(y)


def errors_at(model, y, step):
    """Return the errors of all held-out windows that have so many rows after them.

    Those of steps within the horizon have as many as it has steps.
    """
    rows = y.to_numpy()
    errors = []
    for end in range(len(y) - N_VALID, len(y) - max(step, H) + 1):
        known = copy_at(model, y[:end])
        forecast = known.predict([step]).to_numpy()[0]
        error = np.abs(forecast - rows[end + step - 1])
        if model.interval_method == "adaptive":
            error /= rows[end - 8 : end].std(axis=0)
        errors.append(error)
    return np.sort(errors, axis=0)


def copy_at(model, y):
    """Return the forecaster as it would forecast from the end of some rows."""
    known = model._model.known[None]
    moved = copy(model)
    moved._model = replace(model._model, known={None: known.keep(y, 1000)})
    return moved


@pytest.mark.parametrize("step", [3, 4, 5, 11])
def test_intervals_come_from_the_same_recursion(held_out, step):
    y, model = held_out
    errors = errors_at(model, y, step)
    assert len(errors) == N_VALID - max(step, H) + 1
    rank = int(np.ceil((len(errors) + 1) * 0.8))
    scale = 1.0
    if model.interval_method == "adaptive":
        scale = y[-8:].std(ddof=0).to_numpy()
    interval = model.predict_interval([1, step], coverage=0.8)[-1:]
    width = interval.xs("upper", axis=1, level=2) - interval.xs(
        "lower", axis=1, level=2
    )
    np.testing.assert_allclose(
        width.to_numpy()[0] / 2, errors[rank - 1] * scale, rtol=2e-3
    )
    variance = model.predict_var([step]).to_numpy()[0]
    squares = (errors * scale) ** 2  # of which the largest counts twice
    expected = (squares.sum(axis=0) + squares.max(axis=0)) / (len(errors) + 1)
    np.testing.assert_allclose(variance, expected, rtol=2e-3)


def test_an_interval_does_not_depend_on_what_else_is_asked(held_out):
    _, model = held_out
    together = model.predict_interval(range(1, 20))
    for step in (1, 4, 5, 12):
        assert_same(model.predict_interval([step]), together.iloc[[step - 1]])


def test_too_few_windows_are_refused(held_out):
    _, model = held_out
    # 90 % need 9 windows: 40 rows after the training part, 32 steps
    assert len(model.predict_interval([32])) == 1
    words = (
        "Step 33 lies beyond horizon=4, where an interval with a coverage of 0.9 needs "
        "the errors of at least 9 held-out windows with so many rows after them, but "
        "there are 8. Steps up to 32 have enough"
    )
    with pytest.raises(ValueError, match=words):
        model.predict_interval([1, 33])
    with pytest.raises(ValueError, match=r"a variance needs .* Steps up to 40"):
        model.predict_var([41])
    assert len(model.predict_var([40])) == 1
    assert len(model.predict([400])) == 1


def test_maps_that_have_seen_the_rows_do_not_tell_their_errors(make_frame, make_model):
    y = make_frame(3000, noise=1.0)
    y[-600:] += 3 * y[-600:].sample(frac=1, random_state=0).to_numpy()
    params = {"linear_maps": "shared", "validation_fraction": 0.2, "max_epochs": 0}
    kept = make_model(**params, refit_maps=False).fit(y)
    again = make_model(**params, refit_maps=True).fit(y)
    assert not kept.predict([9]).equals(again.predict([9]))
    assert_same(again.predict_var([4, 9, 17]), kept.predict_var([4, 9, 17]))


def test_short_series_and_panels_have_such_intervals(make_frame, make_model):
    params = {"linear_maps": "auto", "validation_fraction": 0.2}
    short = make_model(**params).fit(make_frame(90))
    assert len(short.predict_interval([1, 7])) == 2
    panel = pd.concat({n: make_frame(90, seed=n) for n in range(3)})
    wide = make_model(**params).fit(panel).predict_interval([1, 7])
    assert len(wide) == 6
    assert np.isfinite(wide).all().all()


def test_files_keep_what_such_intervals_need(make_frame, make_model, tmp_path):
    params = {"linear_maps": "auto", "validation_fraction": 0.2}
    model = make_model(**params).fit(make_frame(90))
    for kind in ("pickle", "safe"):
        model.save(tmp_path / kind, serialization_format=kind)
        loaded = type(model).load_from_path(tmp_path / kind)
        found = loaded.predict_interval([1, 7])
        pd.testing.assert_frame_equal(found, model.predict_interval([1, 7]))
