"""sktime's pipelines, tuners and splitters take the forecaster as their own."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import (
    ForecastingGridSearchCV,
    ForecastingOptunaSearchCV,
)
from sktime.performance_metrics.forecasting import MeanSquaredError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.difference import Differencer

pytestmark = pytest.mark.filterwarnings("ignore")  # sktime's, of its own future

CV = ExpandingWindowSplitter(fh=[1, 2, 3, 4], initial_window=40, step_length=10)


def test_evaluate_refits_in_every_fold(make_frame, make_model):
    y = make_frame(70)
    results = evaluate(
        make_model(),
        cv=CV,
        y=y,
        scoring=MeanSquaredError(),
        return_data=True,
        error_score="raise",
    )
    assert len(results) == 3
    for n_train, forecast in zip((40, 50, 60), results["y_pred"], strict=True):
        expected = make_model().fit(y[:n_train]).predict([1, 2, 3, 4])
        pd.testing.assert_frame_equal(forecast, expected, check_freq=False)


def test_the_tuner_of_sktime_searches_rho(make_frame, make_model):
    y = make_frame(70)
    grid = {"rho": [0.0, 0.5, 2.0]}
    tuner = ForecastingGridSearchCV(
        make_model(max_epochs=4),
        cv=CV,
        param_grid=grid,
        scoring=MeanSquaredError(),
        backend=None,
        error_score="raise",
    ).fit(y, fh=[1, 2])
    errors = tuner.cv_results_["mean_test_MeanSquaredError"]
    assert len(set(errors)) == 3
    assert tuner.best_params_["rho"] == grid["rho"][int(np.argmin(errors))]
    expected = make_model(max_epochs=4, **tuner.best_params_).fit(y).predict([1, 2])
    pd.testing.assert_frame_equal(tuner.predict(), expected, check_freq=False)


def test_a_pipeline_undoes_its_transformation(make_frame, make_model):
    y = make_frame(60)
    pipeline = (Differencer() * make_model()).fit(y, fh=[1, 2, 3])
    changes = make_model().fit(y.diff().fillna(0)).predict([1, 2, 3])
    expected = y.iloc[-1] + changes.cumsum()
    pd.testing.assert_frame_equal(pipeline.predict(), expected, check_freq=False)


def test_optuna_searches_rho(make_frame, make_model):
    optuna = pytest.importorskip("optuna", reason="sktime's search by optuna needs it")
    y = make_frame(70)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tuner = ForecastingOptunaSearchCV(
        make_model(max_epochs=4),
        cv=CV,
        param_grid={"rho": optuna.distributions.FloatDistribution(0.0, 2.0)},
        scoring=MeanSquaredError(),
        n_evals=3,
        sampler=optuna.samplers.RandomSampler(seed=0),
        error_score="raise",
    ).fit(y, fh=[1, 2])
    assert len(tuner.cv_results_) == 3
    assert 0 <= tuner.best_params_["rho"] <= 2
    expected = make_model(max_epochs=4, **tuner.best_params_).fit(y).predict([1, 2])
    pd.testing.assert_frame_equal(tuner.predict(), expected, check_freq=False)
