"""The same seed gives the same result, and nobody else's generator notices."""

import random

import numpy as np
import pandas as pd
import torch

WITH_EVERYTHING = {"validation_fraction": 0.3, "max_epochs": 4}


def test_the_same_seed_gives_the_same_forecasts_twice(make_frame, make_model):
    y = make_frame()
    model = make_model(**WITH_EVERYTHING).fit(y)
    first = model.predict([1, 2, 3, 4])
    torch.rand(3)
    again = make_model(**WITH_EVERYTHING).fit(y)
    pd.testing.assert_frame_equal(again.predict([1, 2, 3, 4]), first, check_exact=True)
    refitted = model.fit(y)
    pd.testing.assert_frame_equal(
        refitted.predict([1, 2, 3, 4]), first, check_exact=True
    )


def test_the_same_seed_gives_the_same_update(make_frame, make_model):
    y = make_frame(70)
    first, second = (make_model().fit(y[:60]).update(y[60:]) for _ in range(2))
    pd.testing.assert_frame_equal(
        first.predict([1, 4]), second.predict([1, 4]), check_exact=True
    )


def test_other_seeds_give_other_forecasts(make_frame, make_model):
    y = make_frame()
    forecasts = [
        make_model(random_state=seed).fit(y).predict([1])
        for seed in (0, 1, None, None, np.random.RandomState(2))
    ]
    for i, one in enumerate(forecasts):
        assert not any(np.allclose(one, other) for other in forecasts[:i])


def test_a_random_state_goes_on_from_fit_to_fit(make_frame, make_model):
    y = make_frame()
    generator = np.random.RandomState(0)
    first, second = (
        make_model(random_state=generator).fit(y).predict([1]) for _ in range(2)
    )
    again = make_model(random_state=np.random.RandomState(0)).fit(y).predict([1])
    pd.testing.assert_frame_equal(again, first)
    assert not np.allclose(first, second)


def states():
    return (
        torch.get_rng_state().tolist(),
        repr(np.random.get_state(legacy=False)),  # noqa: NPY002
        random.getstate(),
    )


def test_global_generators_are_left_as_found(make_frame, make_model):
    y = make_frame(80)
    before = states()
    model = make_model(**WITH_EVERYTHING, attention="random")
    for change in (
        lambda: model.fit(y[:60]),
        lambda: model.predict([1, 2]),
        lambda: model.predict_windows(y),
        lambda: model.score(y[60:]),
        lambda: model.attention_matrix(),
        lambda: model.update(y[60:]),
        lambda: make_model(random_state=None).fit(y),
    ):
        change()
        assert states() == before


def test_global_generators_change_nothing(make_frame, make_model):
    y = make_frame()
    forecasts = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        forecasts.append(make_model(**WITH_EVERYTHING).fit(y).predict([1, 4]))
    pd.testing.assert_frame_equal(*forecasts, check_exact=True)
