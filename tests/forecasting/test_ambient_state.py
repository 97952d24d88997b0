"""What a caller has set in torch, and what other threads do, changes no result."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from skts.forecasting import LSINetForecaster, SAMformerForecaster

TINY = {
    "context_length": 8,
    "horizon": 4,
    "max_epochs": 1,
    "batch_size": 16,
    "lr": 1e-2,
    "device": "cpu",
}
MODELS = {
    "SAMformer": SAMformerForecaster(**TINY, hidden_size=4),
    "LSINet": LSINetForecaster(**TINY, hidden_size=8, n_heads=2, head_size=4),
}


@contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


AMBIENT = {
    "float64": lambda: default_dtype(torch.float64),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}


def state():
    """Return what a caller may have set."""
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_rng_state().tolist(),
    )


def make(name, seed=0):
    return MODELS[name].clone().set_params(random_state=seed)


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(90)


def call_everything(model, y, around=nullcontext):
    """Return what all methods answer, each called within a context of its own."""
    panel = pd.concat({"a": y[:50], "b": y[:60]}, names=["name", "time"])
    calls = [
        lambda: model.pretrain(panel, fh=[1, 4]).pretrained_weights_,
        lambda: model.fit(y[:60]).history_,
        lambda: model.predict([1, 3]),
        lambda: model.predict_interval([1, 3], coverage=0.5),
        lambda: model.predict_quantiles([1, 3], alpha=[0.2]),
        lambda: model.predict_var([1, 3]),
        lambda: model.predict_windows(y[60:]),
        lambda: model.predict_rolling(y[60:]),
        lambda: model.backtest(y[60:], return_forecasts=True).forecasts,
        lambda: model.score(y[60:]),
        lambda: model.score(y[60:62], fh=[1, 2]),
        lambda: model.update(y[60:70]).predict([1, 4]),
        lambda: model.update(y[70:80], update_params=False).predict([1, 4]),
        lambda: model.update_predict(
            y[80:],
            ExpandingWindowSplitter(fh=[1, 2], initial_window=2, step_length=4),
            update_params=False,
        ),
        lambda: model.clone().fit(y[:60]).update(y[60:]).predict([2]),
    ]
    if isinstance(model, SAMformerForecaster):
        calls.append(model.attention_matrix)
    answers = []
    for call in calls:
        before = state()
        with around():
            within = state()
            answers.append(call())
            assert state() == within
        assert state() == before
    return answers


def without_seconds(answer):
    if isinstance(answer, list):
        return [{k: v for k, v in one.items() if k != "seconds"} for one in answer]
    return answer


def assert_same(given, wanted):
    given, wanted = without_seconds(given), without_seconds(wanted)
    if isinstance(wanted, pd.DataFrame):
        pd.testing.assert_frame_equal(given, wanted)
    elif isinstance(wanted, dict):
        assert {k: v.tolist() for k, v in given.items()} == {
            k: v.tolist() for k, v in wanted.items()
        }
    else:
        np.testing.assert_equal(given, wanted)


@pytest.fixture(scope="module")
def plain(y):
    """Return what the models answer where nothing is set."""
    return {name: call_everything(make(name), y) for name in MODELS}


@pytest.mark.parametrize("ambient", AMBIENT)
@pytest.mark.parametrize("name", MODELS)
def test_what_is_set_in_torch_changes_no_answer_and_is_given_back(
    y, plain, name, ambient
):
    answers = call_everything(make(name), y, AMBIENT[ambient])
    for given, wanted in zip(answers, plain[name], strict=True):
        assert_same(given, wanted)


@pytest.mark.parametrize("ambient", AMBIENT)
def test_it_is_given_back_after_an_error_too(y, make_model, ambient):
    with AMBIENT[ambient]():
        before = state()
        with pytest.raises(ValueError, match="context_length must be an int"):
            make_model(context_length=0).fit(y)
        assert state() == before


def test_a_network_fitted_under_float64_has_float32_weights(y, make_model):
    with default_dtype(torch.float64):
        model = make_model().fit(y)
    assert {weight.dtype for weight in model.network_.parameters()} == {torch.float32}


# Threads --------------------------------------------------------------------------


def forecast(name, seed, y):
    return make(name, seed).fit(y[:60]).update(y[60:]).predict([1, 4]).to_numpy()


def in_a_pool(jobs, y):
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda job: forecast(*job, y), jobs))


def in_threads_of_joblib(jobs, y):
    with joblib.parallel_config("threading"):
        return joblib.Parallel(3)(joblib.delayed(forecast)(*job, y) for job in jobs)


@pytest.mark.parametrize("at_a_time", [in_a_pool, in_threads_of_joblib])
def test_fits_in_threads_are_those_of_one_by_one(y, at_a_time):
    jobs = [(name, seed) for seed in range(2) for name in ("SAMformer", "LSINet")]
    one_by_one = [forecast(*job, y) for job in jobs]
    torch.manual_seed(7)
    before = state()
    np.testing.assert_array_equal(at_a_time(jobs, y), one_by_one)
    assert state() == before


@pytest.mark.parametrize("name", ["SAMformer", "LSINet"])
def test_sktime_evaluates_folds_in_threads_as_one_by_one(y, name):
    folds = ExpandingWindowSplitter(fh=[1, 2], initial_window=60, step_length=8)
    before = state()
    scores = [
        evaluate(make(name), folds, y, backend=backend, backend_params=params)
        for backend, params in [(None, None), ("threading", {"n_jobs": 3})]
    ]
    one_by_one, at_a_time = (table.iloc[:, 0].to_numpy() for table in scores)
    np.testing.assert_array_equal(at_a_time, one_by_one)
    assert state() == before


def test_a_default_dtype_set_while_threads_fit_disturbs_no_fit(y):
    jobs = [("SAMformer", seed) for seed in range(4)]
    one_by_one = [forecast(*job, y) for job in jobs]
    with ThreadPoolExecutor(3) as pool, default_dtype(torch.float64):
        futures = [pool.submit(forecast, *job, y) for job in jobs]
        at_a_time = [future.result() for future in futures]
    np.testing.assert_array_equal(at_a_time, one_by_one)
    assert torch.get_default_dtype() == torch.float32


def test_threads_that_draw_from_torch_are_not_disturbed(y):
    torch.manual_seed(3)
    wanted = torch.rand(100)
    torch.manual_seed(3)
    with ThreadPoolExecutor(1) as pool:
        fit = pool.submit(forecast, "LSINet", 0, y)
        given = torch.cat([torch.rand(10) for _ in range(10)])
        fit.result()
    torch.testing.assert_close(given, wanted, rtol=0, atol=0)
