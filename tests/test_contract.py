"""The test suites of sktime and scikit-learn, on every set of test parameters."""

import pytest
from sklearn.utils.estimator_checks import (
    parametrize_with_checks as parametrize_with_sklearn_checks,
)
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skts.clustering import LoSTerClusterer
from skts.forecasting import LSINetForecaster, SAMformerForecaster
from skts.regression import LSINetRegressor, SAMformerRegressor

# The suite checks that estimators warn, and sktime warns of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")

# Checks left out, each with its reason. There are none.
SKIPPED_CHECKS: dict[str, str] = {}


@parametrize_with_checks([LSINetForecaster, LoSTerClusterer, SAMformerForecaster])
def test_estimators_pass_every_check_of_sktime(obj, test_name):
    if test_name in SKIPPED_CHECKS:
        pytest.skip(SKIPPED_CHECKS[test_name])
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)


# The blobs of one check have two features, of which per-series standardisation leaves
# the sign of their difference alone. The check of array API input skips itself unless
# SCIPY_ARRAY_API is set. Nothing else is left out.
SMALL = {"hidden_size": 32, "pretrain_epochs": 3, "max_epochs": 2, "device": "cpu"}


# The tag poor_score of the regressors says that few steps on a small table teach them
# little.
TINY = {"max_epochs": 2, "device": "cpu", "random_state": 0}
# The last fifth of rows with weights are not the last fifth of the same rows repeated;
# scikit-learn's own MLPRegressor is let off this check, too. Nothing else is left out.
WEIGHTS = {"check_sample_weight_equivalence_on_dense_data": "other rows are held out"}


@parametrize_with_sklearn_checks(
    [
        LSINetRegressor(**TINY, hidden_size=8, n_heads=2, head_size=4),
        SAMformerRegressor(**TINY),
        SAMformerRegressor(**TINY, standardize=False, validation_fraction=0),
    ],
    expected_failed_checks=lambda one: WEIGHTS if one.validation_fraction else {},
)
def test_the_regressors_pass_every_check_of_scikit_learn(estimator, check):
    check(estimator)


@parametrize_with_sklearn_checks(
    [LoSTerClusterer(3, **SMALL, standardize=False, random_state=0)]
)
def test_the_clusterer_passes_every_check_of_scikit_learn(estimator, check):
    check(estimator)
