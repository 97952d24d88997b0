"""Whatever is given is taken, or refused on purpose and before any training."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skts.regression import SAMformerRegressor
from tests.any_input import arrays, taken_or_refused

pytestmark = pytest.mark.filterwarnings("ignore")


@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    X=arrays(),
    y=arrays(),
    other=arrays(),
    n_channels=st.sampled_from([1, 1, 2]),
    validation_fraction=st.sampled_from([0, 0.3]),
)
def test_any_windows(training, X, y, other, n_channels, validation_fraction):
    model = SAMformerRegressor(
        n_channels,
        max_epochs=1,
        hidden_size=4,
        validation_fraction=validation_fraction,
        device="cpu",
        random_state=0,
    )
    if taken_or_refused(lambda: model.fit(X, y), training) is not None:
        assert np.isfinite(model.predict(X)).all()
        taken_or_refused(lambda: model.predict(other), training)
        taken_or_refused(lambda: model.score(X, other), training)
        taken_or_refused(lambda: model.score(other, y), training)
