"""sktime's own test suite, on every set of test parameters."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skts.forecasting import LSINetForecaster, SAMformerForecaster

# The suite checks that estimators warn, and sktime warns of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")

# Checks left out, each with its reason. There are none.
SKIPPED_CHECKS: dict[str, str] = {}


@parametrize_with_checks([LSINetForecaster, SAMformerForecaster])
def test_forecasters_pass_every_check_of_sktime(obj, test_name):
    if test_name in SKIPPED_CHECKS:
        pytest.skip(SKIPPED_CHECKS[test_name])
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
