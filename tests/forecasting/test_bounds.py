"""Pipelines of sktime keep forecasts and their intervals above zero, as documented."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.func_transform import FunctionTransformer

FH = range(1, 5)


@pytest.fixture(scope="module")
def sales():
    """Return counts, among them zeros, whose bare intervals reach below zero."""
    rng = np.random.default_rng(0)
    level = 3 + 3 * np.sin(2 * np.pi * np.arange(80) / 8)
    return pd.DataFrame({"sales": rng.poisson(level).astype(float)})


def lower_ends(forecaster, y):
    forecaster.fit(y, fh=FH)
    ends = forecaster.predict_interval(FH, coverage=0.9).to_numpy()
    return forecaster.predict(FH).to_numpy()[:, 0], *ends.T


def test_what_lies_below_zero_is_cut(sales, make_model):
    model = make_model(validation_fraction=0.3)
    cut = FunctionTransformer(None, partial(np.clip, a_min=0, a_max=None))
    forecast, lower, upper = lower_ends(cut * model, sales)
    bare, bare_lower, bare_upper = lower_ends(model, sales)
    assert bare_lower.min() < 0
    for found, raw in ((forecast, bare), (lower, bare_lower), (upper, bare_upper)):
        np.testing.assert_allclose(found, np.maximum(raw, 0), rtol=1e-5, atol=1e-6)


def test_logarithms_give_intervals_that_reach_further_up(sales, make_model):
    pipeline = LogTransformer() * make_model(validation_fraction=0.3)
    forecast, lower, upper = lower_ends(pipeline, sales + 0.5)
    assert lower.min() > 0
    assert (upper - forecast > forecast - lower).all()
