"""What a caller has set in torch, and what other threads do, changes no result."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import joblib
import numpy as np
import pytest
import torch
from sklearn.model_selection import cross_val_score


@contextmanager
def float64():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


AMBIENT = {
    "float64": float64,
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}


def state():
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_rng_state().tolist(),
    )


def answers(model, windows, around=nullcontext):
    X, y = windows
    given = []
    for call in (
        lambda: model.fit(X, y).history_[-1]["train_loss"],
        lambda: model.predict(X),
        lambda: model.score(X, y),
    ):
        before = state()
        with around():
            within = state()
            given.append(call())
            assert state() == within
        assert state() == before
    return given


@pytest.mark.parametrize("ambient", AMBIENT)
@pytest.mark.parametrize("kind", ["SAMformer", "LSINet"])
def test_what_is_set_in_torch_changes_no_answer_and_is_given_back(
    make_regressor, windows, kind, ambient
):
    wanted = answers(make_regressor(kind), windows)
    given = answers(make_regressor(kind), windows, AMBIENT[ambient])
    for one, other in zip(given, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["SAMformer", "LSINet"])
def test_fits_in_threads_are_those_of_one_by_one(make_regressor, windows, kind):
    X, y = windows

    def forecast(seed):
        return make_regressor(kind, random_state=seed).fit(X, y).predict(X[:2])

    one_by_one = [forecast(seed) for seed in range(4)]
    torch.manual_seed(7)
    before = state()
    with ThreadPoolExecutor(3) as pool:
        np.testing.assert_array_equal(list(pool.map(forecast, range(4))), one_by_one)
    with joblib.parallel_config("threading"):
        at_a_time = joblib.Parallel(3)(joblib.delayed(forecast)(s) for s in range(4))
    np.testing.assert_array_equal(at_a_time, one_by_one)
    assert state() == before


def test_folds_in_threads_are_scored_as_one_by_one(make_regressor, windows):
    X, y = windows

    def scores(n_jobs):
        with joblib.parallel_config("threading"):
            return cross_val_score(make_regressor(), X, y, cv=3, n_jobs=n_jobs)

    with pytest.warns(UserWarning, match="y shares targets"):
        np.testing.assert_array_equal(scores(3), scores(1))
