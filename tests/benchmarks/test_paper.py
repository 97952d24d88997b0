"""Paper-scale runs: minutes each, picked with ``pytest -m slow``."""

import pytest

from skts.benchmarks._forecasting import run_cell


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("ett")
@pytest.mark.parametrize(("dataset", "bound"), [("ETTh1", 0.375), ("ETTh2", 0.275)])
def test_the_defaults_reach_the_error_of_the_paper_at_horizon_96(dataset, bound):
    result = run_cell(dataset, 96, "samformer", seed=0)
    assert result["mse"] <= bound
