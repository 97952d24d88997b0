"""Whatever is given is taken, or refused on purpose and before any training."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skts.forecasting import SAMformerForecaster
from tests.any_input import data, horizons, levels, taken_or_refused

pytestmark = pytest.mark.filterwarnings("ignore")

# The same examples each time; more of them make a hunt.
bounded = settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def make(**params):
    tiny = {"context_length": 4, "horizon": 3, "max_epochs": 1, "hidden_size": 4}
    tiny |= {"batch_size": 16, "device": "cpu", "random_state": 0}
    return SAMformerForecaster(**{**tiny, **params})


def wave(index=None, columns=("a", "b")):
    rows = np.arange(40)
    values = np.sin(rows[:, None] * np.arange(1, len(columns) + 1))
    return pd.DataFrame(values, index, list(columns))


HOURS = pd.date_range("2024-03-01", periods=40, freq="h")
DAYS = pd.date_range("2024-03-01", periods=40, freq="D", tz="Europe/Berlin")
FITTED = {
    "integers": wave(),
    "hours": wave(HOURS),
    "days": wave(DAYS),
    "months": wave(pd.date_range("2021-01-01", periods=40, freq="MS")),
    "periods": wave(pd.period_range("2021-01-01", periods=40, freq="M")),
    "one channel": wave(columns=["a"])["a"],
    "an array": wave().to_numpy(),
    "a panel": pd.concat(
        {"a": wave(HOURS), "b": wave(HOURS)[:30]}, names=["name", "time"]
    ),
}


@pytest.fixture(scope="module")
def fitted():
    return {name: make().fit(y) for name, y in FITTED.items()}


@st.composite
def later(draw):
    """Draw data for a fitted forecaster, which may well go on with those it knows."""
    if draw(st.booleans()):
        columns = draw(st.sampled_from([["a", "b"], None]))
        return draw(data(columns=columns))
    n, y = draw(st.integers(1, 12)), wave(HOURS).shift(40, freq="h")
    return draw(
        st.sampled_from(
            [
                y[:n],
                y[:n]["a"],
                y[:n].to_numpy(),
                y[:n].tz_localize("UTC"),
                y.shift(-20, freq="h")[:n],
                wave(pd.RangeIndex(40, 80))[:n],
                wave(pd.period_range("2024-05", periods=40, freq="M"))[:n],
                pd.concat({"a": y, "c": wave(HOURS)[:n]}, names=["name", "time"]),
            ]
        )
    )


@bounded
@given(y=data(), fh=horizons(), later_fh=horizons(), horizon=st.sampled_from([None, 3]))
def test_any_series_and_horizon(training, y, fh, later_fh, horizon):
    model = make(horizon=horizon)
    if taken_or_refused(lambda: model.fit(y, fh=fh), training) is not None:
        taken_or_refused(lambda: model.predict(later_fh), training)
        forecast = taken_or_refused(lambda: model.predict(1), training)
        if isinstance(forecast, pd.DataFrame | np.ndarray):
            assert np.isfinite(np.asarray(forecast, dtype=float)).all()


@bounded
@given(name=st.sampled_from(sorted(FITTED)), fh=horizons(), level=levels)
def test_any_horizon_and_level(fitted, training, name, fh, level):
    model = deepcopy(fitted[name])
    taken_or_refused(lambda: model.predict(fh), training)
    taken_or_refused(lambda: model.predict_interval([1], coverage=level), training)
    taken_or_refused(lambda: model.predict_quantiles([1], alpha=level), training)
    taken_or_refused(lambda: model.predict_var(fh), training)


@bounded
@given(name=st.sampled_from(sorted(FITTED)), y=later(), update_params=st.booleans())
def test_any_update(fitted, training, name, y, update_params):
    model = deepcopy(fitted[name])
    updated = taken_or_refused(lambda: model.update(y, None, update_params), training)
    if updated is not None:
        forecast = model.predict([1, 2])
        assert np.isfinite(np.asarray(forecast, dtype=float)).all()


@bounded
@given(
    name=st.sampled_from(sorted(FITTED)),
    y=later(),
    fh=horizons(),
    stride=st.sampled_from([1, 1, 3, 0, 10**6, "a", None, 1.5, True]),
    sp=st.sampled_from([1, 1, 2, 0, 9, "a"]),
)
def test_any_series_to_roll_over(fitted, training, name, y, fh, stride, sp):
    model = deepcopy(fitted[name])
    taken_or_refused(lambda: model.predict_windows(y, stride), training)
    taken_or_refused(lambda: model.predict_rolling(y, stride), training)
    taken_or_refused(lambda: model.backtest(y, stride, sp=sp), training)
    taken_or_refused(lambda: model.score(y), training)
    taken_or_refused(lambda: model.score(y, fh=fh), training)
    taken_or_refused(lambda: model.attention_matrix(y), training)


@bounded
@given(y=data(), fh=horizons(), horizon=st.sampled_from([None, 3]))
def test_any_panel_to_pretrain_on(training, y, fh, horizon):
    taken_or_refused(lambda: make(horizon=horizon).pretrain(y, fh=fh), training)
