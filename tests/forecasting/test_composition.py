"""sktime's compositors and evaluation, each on real data: US quarterly changes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.datasets import load_uschange
from sktime.forecasting.compose import (
    BaggingForecaster,
    EnsembleForecaster,
    ForecastingPipeline,
    TransformedTargetForecaster,
)
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanSquaredError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.bootstrap import MovingBlockBootstrapTransformer
from sktime.transformations.series.adapt import TabularToSeriesAdaptor

from skts.models import train_on_windows

pytestmark = pytest.mark.filterwarnings("ignore")  # sktime's, of its own future

FH = [1, 2, 3, 4]
CV = ExpandingWindowSplitter(fh=FH, initial_window=140, step_length=20)


@pytest.fixture(scope="module")
def exogenous():
    return load_uschange()[1]


@pytest.fixture(scope="module")
def y(exogenous):
    return load_uschange()[0].to_frame().join(exogenous)


@pytest.fixture(scope="module")
def fitted(make_model, y):
    return make_model().fit(y)


def scaled():
    return TabularToSeriesAdaptor(StandardScaler())


def test_transformed_target_forecaster(make_model, y, fitted):
    pipeline = TransformedTargetForecaster(
        [("scale", scaled()), ("forecast", make_model(standardize=False))]
    ).fit(y, fh=FH)
    # Without validation, our own standardisation does the same.
    expected = fitted.predict(FH)
    np.testing.assert_allclose(pipeline.predict(), expected, rtol=1e-3, atol=1e-3)


def test_forecasting_pipeline_transforms_covariates(make_model, y, exogenous):
    target = y[["Consumption"]]
    pipeline = ForecastingPipeline([("scale", scaled()), ("forecast", make_model())])
    pipeline.fit(target[:-4], X=exogenous[:-4], fh=FH)
    forecast = pipeline.predict(X=exogenous[-4:])
    # Covariates are standardised in any case.
    alone = make_model().fit(target[:-4], X=exogenous[:-4])
    expected = alone.predict(FH, X=exogenous[-4:])
    np.testing.assert_allclose(forecast, expected, rtol=1e-3, atol=1e-3)


def test_ensemble_forecaster(make_model, y, fitted):
    naive = NaiveForecaster()
    ensemble = EnsembleForecaster([("ours", make_model()), ("naive", naive)])
    forecast = ensemble.fit(y, fh=FH).predict()
    expected = (fitted.predict(FH) + naive.fit(y, fh=FH).predict()) / 2
    pd.testing.assert_frame_equal(forecast, expected)


def test_bagging_trains_one_network_on_all_samples(make_model, y, monkeypatch):
    calls = []

    def spy(*args, **kwargs):
        calls.append(args)
        return train_on_windows(*args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    bagging = BaggingForecaster(
        MovingBlockBootstrapTransformer(n_series=3, random_state=0),
        make_model(),
    )
    forecast = bagging.fit(y[["Consumption"]], fh=FH).predict()
    assert len(calls) == 1
    assert forecast.shape == (4, 1)
    assert np.isfinite(forecast.to_numpy()).all()


def test_benchmark(make_model, y, tmp_path):
    benchmark = ForecastingBenchmark()
    benchmark.add_estimator(make_model(), "ours")
    benchmark.add_estimator(NaiveForecaster(), "naive")
    benchmark.add_task(lambda: y, CV, [MeanSquaredError()], task_id="us")
    results = benchmark.run(tmp_path / "results.csv").set_index("model_id")
    errors = plain_errors(make_model, y, "refit")
    found = results.loc["ours", "MeanSquaredError_mean"]
    assert found == pytest.approx(np.mean(errors), rel=1e-5)
    assert found != results.loc["naive", "MeanSquaredError_mean"]


def plain_errors(make_model, y, strategy):
    """Return the mean squared error of each fold, from a loop of our own."""
    model, errors = None, []
    for seen, coming in CV.split(y):
        rows = y.iloc[seen]
        if strategy == "refit" or model is None:
            model = make_model().fit(rows)
        else:
            model.update(rows, update_params=strategy == "update")
        difference = model.predict(FH).to_numpy() - y.iloc[coming].to_numpy()
        errors.append(float(np.mean(difference**2)))
    return errors


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
@pytest.mark.parametrize("n_workers", [1, 2])
def test_evaluate_gives_the_numbers_of_a_plain_loop(make_model, y, strategy, n_workers):
    parallel = {"backend": "loky", "backend_params": {"n_jobs": n_workers}}
    results = evaluate(
        make_model(),
        cv=CV,
        y=y,
        strategy=strategy,
        scoring=MeanSquaredError(),
        error_score="raise",
        **(parallel if n_workers > 1 else {}),
    )
    errors = plain_errors(make_model, y, strategy)
    assert len(errors) == 3
    # Workers sum up in threads of their own number.
    np.testing.assert_allclose(results["test_MeanSquaredError"], errors, rtol=1e-4)
