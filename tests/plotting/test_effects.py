"""Bars are the coefficients, in units of the covariates or of their deviations."""

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_effects


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    values = {"sun": rng.normal(0, 3, 120), "holiday": (rng.random(120) < 0.2) * 1.0}
    return pd.DataFrame(values)


@pytest.fixture(scope="module")
def model(X):
    rng = np.random.default_rng(1)
    late = X["holiday"].shift(1, fill_value=0)
    y = pd.DataFrame({"a": 2 * X["sun"] - 4 * late, "b": -X["sun"]})
    y += 0.1 * rng.standard_normal(y.shape)
    return SAMformerForecaster(6, 2, max_epochs=0).fit(y, X)


def test_bars_are_coefficients(model):
    ax = plot_effects(model, variable="a")
    drawn = [[bar.get_width() for bar in group] for group in ax.containers]
    wanted = model.coef_["a"].unstack("lag").loc[["sun", "holiday"]]
    np.testing.assert_allclose(np.transpose(drawn), wanted)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["sun", "holiday"]
    assert ax.get_xlabel() == "effect of a unit on a"


def test_changes_are_those_that_are_usual(model, X):
    units = plot_effects(model, variable="b")
    usual = plot_effects(model, X, variable="b")
    for one, other in zip(units.containers, usual.containers, strict=True):
        np.testing.assert_allclose(
            [bar.get_width() for bar in other],
            [bar.get_width() * d for bar, d in zip(one, X.std(ddof=0), strict=True)],
        )


def test_a_variable_is_named_where_there_are_several(model):
    with pytest.raises(ValueError, match="variable must be one of"):
        plot_effects(model)
