"""A forecaster as the last step of a scikit-learn pipeline."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skts.forecasting import SAMformerForecaster

CV = TimeSeriesSplit(3)


@pytest.fixture
def pipeline(make_model):
    return Pipeline([("scale", StandardScaler()), ("f", make_model())])


def test_it_fits_and_scores_what_the_scaler_makes_of_the_series(
    make_frame, make_model, pipeline
):
    Y = make_frame(96)
    train, test = Y[:80], Y[80:]
    scaler = StandardScaler().fit(train)
    alone = make_model().fit(scaler.transform(train))
    score = pipeline.fit(train).score(test)
    assert score == alone.score(scaler.transform(test))
    # The scaler drops the index; kept, it says the same.
    pipeline.set_output(transform="pandas").fit(train)
    assert pipeline[-1].cutoff[0] == train.index[-1]
    assert pipeline.score(test) == score


def test_a_search_over_rho_is_that_of_the_bare_forecaster(
    make_frame, make_model, pipeline
):
    """Both standardise by channel, so that scaling before changes next to nothing."""
    Y = make_frame(96)
    grid = [0.0, 2.0]
    search = GridSearchCV(pipeline, {"f__rho": grid}, cv=CV, error_score="raise").fit(Y)
    bare = GridSearchCV(make_model(), {"rho": grid}, cv=CV, error_score="raise").fit(Y)
    assert search.best_params_["f__rho"] == bare.best_params_["rho"]
    scores = [s.cv_results_["mean_test_score"] for s in (search, bare)]
    np.testing.assert_allclose(*scores, rtol=1e-4)
    assert search.best_estimator_[-1].rho == search.best_params_["f__rho"]


@pytest.mark.parametrize(
    "given",
    [
        lambda Y: Y,
        lambda Y: Y.to_numpy(),
        lambda Y: Y[:0].reindex(Y.index[:1], fill_value=0.0),
    ],
    ids=["frame", "array", "one row"],
)
@pytest.mark.parametrize("searched", [False, True])
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_its_predict_names_the_two_right_ways(make_frame, pipeline, given, searched):
    Y = make_frame(96)
    if searched:
        pipeline = GridSearchCV(pipeline, {"f__rho": [0.5]}, cv=CV)
    pipeline.fit(Y)
    with pytest.raises(TypeError, match="fh must hold steps ahead") as raised:
        pipeline.predict(given(Y))
    message = str(raised.value)
    assert f"got data of shape {given(Y).shape}" in message
    assert "StandardScaler() * forecaster" in message
    assert "regressor of skts.regression" in message


def test_a_forecaster_alone_says_the_same_of_data_for_fh(make_frame, make_model):
    Y = make_frame()
    model = make_model().fit(Y)
    for data in (Y, Y["load"], Y.to_numpy()):
        with pytest.raises(TypeError, match="fh must hold steps ahead"):
            model.predict(data)


# sktime warns of its own future in the constructor of its own pipeline.
@pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")
def test_the_first_of_the_two_ways_is_right(make_frame, make_model):
    Y = make_frame(96)
    forecasts = (StandardScaler() * make_model()).fit(Y).predict(fh=[1, 4])
    scaler = StandardScaler().set_output(transform="pandas").fit(Y)
    alone = make_model().fit(scaler.transform(Y)).predict(fh=[1, 4])
    expected = scaler.inverse_transform(alone)
    pd.testing.assert_index_equal(forecasts.index, alone.index)
    np.testing.assert_allclose(forecasts, expected, rtol=1e-6)


def test_real_data_go_through(ett):
    Y = ett("ETTh1")[:300]
    pipeline = Pipeline(
        [
            ("scale", StandardScaler()),
            ("f", SAMformerForecaster(16, horizon=4, max_epochs=2, random_state=0)),
        ]
    )
    grid = {"f__rho": [0.0, 0.7]}
    search = GridSearchCV(pipeline, grid, cv=CV, error_score="raise").fit(Y[:250])
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert np.isfinite(search.score(Y[250:]))
