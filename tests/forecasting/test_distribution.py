"""Predictive distributions say what quantiles and intervals say."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting.probabilistic import CRPS
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.boxcox import LogTransformer

pytest.importorskip("skpro", reason="predict_proba gives distributions of skpro")

from skpro.utils.estimator_checks import check_estimator

from skts.forecasting import _proba
from skts.forecasting._distribution import ForecastDistribution

# A quantile at a step of the cdf is the mirror image of the one above, as the ends of
# intervals are; skpro wants the smallest one.
LEFT_OUT = "test_ppf_and_cdf"
ALPHA = [0.05, 0.95, 0.5, 0.1, 0.9, *np.random.default_rng(0).uniform(0.05, 0.95, 40)]


def test_the_distribution_passes_the_checks_of_skpro():
    found = check_estimator(
        ForecastDistribution, tests_to_exclude=LEFT_OUT, verbose=False
    )
    assert len(found) > 80
    assert set(found.values()) == {"PASSED"}


def panel_of(make_frame):
    """Return series of which the first has errors of its own, and others do not."""
    rows = {"long": make_frame(260, seed=1), "short": make_frame(60, seed=2) * 1000}
    rows["still"] = make_frame(60, seed=3).assign(load=1e6)
    return pd.concat(rows, names=["series"])


@pytest.fixture(params=["following", "conformal", "adaptive"])
def model(make_model, make_frame, request):
    model = make_model(validation_fraction=0.5, interval_method=request.param)
    panel = panel_of(make_frame)
    early = panel.groupby("series").head(50)
    model.fit(pd.concat([early, panel.loc[["long"]].iloc[50:230]]).sort_index())
    model.update(panel.loc[["long"]].iloc[230:], update_params=False)
    return model


@pytest.mark.filterwarnings("ignore:A coverage of")
def test_quantiles_mean_and_variance_agree(model):
    fh = [1, 3, 6]  # beyond the horizon, too
    distribution = model.predict_proba(fh)
    assert distribution.shape == (9, 3)
    expected = model.predict_quantiles(fh, alpha=ALPHA)
    found = distribution.quantile(ALPHA)
    pd.testing.assert_frame_equal(found, expected, check_names=False, rtol=1e-12)
    pd.testing.assert_frame_equal(distribution.mean(), model.predict(fh))
    variance = model.predict_var(fh)
    pd.testing.assert_frame_equal(distribution.var(), variance)
    assert (distribution.var().loc["still", "load"] == 0).all()
    part = distribution.loc[variance.index[[1, 7]], ["pressure"]]
    pd.testing.assert_frame_equal(part.var(), variance.iloc[[1, 7]][["pressure"]])
    copy = pickle.loads(pickle.dumps(distribution))
    pd.testing.assert_frame_equal(copy.quantile(ALPHA), found)


@pytest.mark.filterwarnings("ignore:A coverage of")
def test_the_cdf_undoes_the_quantiles_and_samples_are_of_it(model):
    distribution = model.predict_proba([1, 4])
    gap = 1e-9 * (1 + distribution.mean().abs())
    for alpha in ALPHA:
        quantile = distribution.ppf(alpha)
        assert (distribution.cdf(quantile) >= alpha - 1e-9).all(axis=None)
        assert (distribution.cdf(quantile - gap) <= alpha + 1e-9).all(axis=None)
        mass = distribution.cdf(quantile + gap) - distribution.cdf(quantile - gap)
        np.testing.assert_allclose(distribution.pmf(quantile), mass, atol=1e-9)
    np.random.seed(0)  # noqa: NPY002
    samples = distribution.sample(4000)
    assert samples.index.nlevels == 3
    values = samples.to_numpy().reshape(4000, *distribution.shape)
    found = np.quantile(values, 0.9, axis=0)
    share = distribution.cdf(found)
    at_forecast = distribution.var().to_numpy() == 0
    np.testing.assert_allclose(share.to_numpy()[~at_forecast], 0.9, atol=0.06)
    x = distribution.mean() + 0.7 * distribution.var() ** 0.5
    away = np.abs(values - x.to_numpy()).mean(axis=0).sum(axis=1)
    energy = distribution.energy(x)["energy"]
    np.testing.assert_allclose(energy, away, rtol=0.1)
    own = np.abs(values[:2000] - values[2000:]).mean(axis=0).sum(axis=1)
    np.testing.assert_allclose(distribution.energy()["energy"], own, rtol=0.1)


@pytest.mark.filterwarnings("ignore:A coverage of")
def test_sktime_scores_the_distribution(make_model, make_frame):
    y = make_frame(140)[["load"]]
    split = ExpandingWindowSplitter([1, 2, 3, 4], 120, 8)
    model = make_model(validation_fraction=0.5)
    found = evaluate(model, split, y, scoring=CRPS(), error_score="raise")
    model.fit(y[:120])
    # The CRPS is twice the pinball loss, in the mean of all levels.
    alpha, fh = (np.arange(1000) + 0.5) / 1000, [1, 2, 3, 4]
    gap = y[120:124].to_numpy() - model.predict_quantiles(fh, alpha=alpha).to_numpy()
    loss = gap * (alpha - (gap < 0))
    assert found["test_CRPS"].iloc[0] == pytest.approx(2 * loss.mean(), rel=1e-3)


def test_columns_of_two_levels_stay(make_model, make_frame):
    y = make_frame(100)
    y.columns = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")])
    model = make_model(validation_fraction=0.5).fit(y)
    expected = model.predict_quantiles([1, 2], alpha=[0.2, 0.7])
    distribution = model.predict_proba([1, 2])
    pd.testing.assert_frame_equal(distribution.quantile([0.2, 0.7]), expected)
    pd.testing.assert_frame_equal(distribution.mean(), model.predict([1, 2]))


def test_there_is_no_joint_distribution(make_model, make_frame):
    model = make_model(validation_fraction=0.5).fit(make_frame(100))
    with pytest.raises(NotImplementedError, match=r"marginal must be True.*band"):
        model.predict_proba([1], marginal=False)


def test_without_skpro_an_error_names_the_extra(make_model, make_frame, monkeypatch):
    monkeypatch.setattr(_proba, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'skpro.*pip install "skts\[proba\]"'):
        make_model(validation_fraction=0.5).predict_proba(
            [1]
        )  # before it asks for a fit
    # Pipelines of sktime go by the quantiles, as for one without distributions.
    pipeline = TransformedTargetForecaster([make_model(validation_fraction=0.5)])
    assert (pipeline.fit(make_frame(100, 1)).predict_var([1]) > 0).all(axis=None)


# Bounds ---------------------------------------------------------------------------


def test_what_is_forecast_as_logarithms_stays_above_0(make_model):
    rng = np.random.default_rng(0)
    y = pd.Series(np.exp(np.sin(np.arange(300.0)) + rng.standard_normal(300)))
    model, fh = make_model(validation_fraction=0.5), [1, 2, 3, 4]
    steps = [("logarithm", LogTransformer()), ("model", model)]
    pipeline = TransformedTargetForecaster(steps).fit(y)
    plain, alone = model.clone().fit(y), model.clone().fit(np.log(y))
    low, high = (0, 0.9, "lower"), (0, 0.9, "upper")
    assert (plain.predict_interval(fh)[low] < 0).all()
    interval = pipeline.predict_interval(fh)
    np.testing.assert_allclose(interval, np.exp(alone.predict_interval(fh)))
    middle = pipeline.predict(fh)
    assert (interval[low] > 0).all()
    assert (interval[high] - middle > 2 * (middle - interval[low])).all()
    alpha = [0.02, 0.3, 0.9]
    quantiles = pipeline.predict_quantiles(fh, alpha=alpha)
    expected = np.exp(alone.predict_quantiles(fh, alpha=alpha))
    np.testing.assert_allclose(quantiles, expected)
    found = pipeline.predict_proba(fh).quantile(alpha)
    np.testing.assert_allclose(found, quantiles)
