"""update_predict without learning: one pass, and the frames that sktime would make."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.base import BaseForecaster
from sktime.split import (
    CutoffSplitter,
    ExpandingWindowSplitter,
    SingleWindowSplitter,
    SlidingWindowSplitter,
)

from skts.models import Mixture

L, H = 8, 4
# sktime's path warns of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def slowly(monkeypatch):
    """Return a function that makes sktime's own frame, step by step."""

    def update_predict(model, *args, **kwargs):
        with monkeypatch.context() as patch:
            slow = BaseForecaster._predict_moving_cutoff
            patch.setattr(type(model), "_predict_moving_cutoff", slow)
            return model.update_predict(*args, update_params=False, **kwargs)

    return update_predict


@pytest.fixture
def n_passes(monkeypatch):
    """Return the sizes of the passes through the network, as they are made."""
    sizes = []
    forecast = Mixture.forecast

    def spy(self, context, *args, **kwargs):
        sizes.append(len(context))
        return forecast(self, context, *args, **kwargs)

    monkeypatch.setattr(Mixture, "forecast", spy)
    return sizes


def assert_same(found, expected):
    assert type(found) is type(expected)
    kind = "frame" if isinstance(expected, pd.DataFrame) else "series"
    # float32 sums over other batches
    getattr(pd.testing, f"assert_{kind}_equal")(found, expected, rtol=1e-4, atol=1e-3)


SPLITTERS = {
    "row by row": ExpandingWindowSplitter([1, 2, 3, 4], initial_window=1),
    "every third row": ExpandingWindowSplitter([1, 4], initial_window=2, step_length=3),
    "one step": ExpandingWindowSplitter([1], initial_window=1, step_length=2),
    "one later step": ExpandingWindowSplitter([3], initial_window=1),
    "sliding": SlidingWindowSplitter([2, 3], window_length=5, step_length=2),
    "sliding side by side": SlidingWindowSplitter([1], window_length=4, step_length=4),
    "sliding after a start": SlidingWindowSplitter(
        [1, 2], window_length=3, initial_window=9
    ),
    "cutoffs": CutoffSplitter(np.array([4, 5, 9]), fh=[1, 2], window_length=5),
    "once": SingleWindowSplitter([1, 2, 3]),
}


@pytest.mark.parametrize("name", SPLITTERS)
@pytest.mark.parametrize("first", [40, 35], ids=["what follows", "overlap"])
def test_frames_are_those_of_sktime(make_frame, make_model, slowly, name, first):
    y = make_frame(70)
    model = make_model().fit(y[:40])
    found = model.update_predict(y[first:60], SPLITTERS[name], update_params=False)
    assert_same(found, slowly(model, y[first:60], SPLITTERS[name]))


@pytest.mark.parametrize("name", ["row by row", "one step", "sliding", "cutoffs"])
def test_it_takes_one_pass(make_frame, make_model, n_passes, name):
    y = make_frame(70)
    model = make_model().fit(y[:40])
    model.update_predict(y[40:60], SPLITTERS[name], update_params=False)
    assert n_passes == [len(list(SPLITTERS[name].split(y[40:60])))]


def test_rows_may_start_with_the_last_one_known(make_frame, make_model, n_passes):
    y = make_frame(60)
    model = make_model().fit(y[:40])
    model.update_predict(y[39:50], SPLITTERS["row by row"], update_params=False)
    assert n_passes == [11 - H]


@pytest.mark.parametrize("kind", ["range", "period", "months", "days", "zone", "free"])
def test_any_index_is_carried_on(make_frame, make_model, slowly, n_passes, kind):
    index = {
        "range": pd.RangeIndex(5, 65),
        "period": pd.period_range("2000-01", periods=60, freq="M", name="month"),
        "months": pd.date_range("2000-01", periods=60, freq="MS"),
        "days": pd.date_range("2024-01-01", periods=60, freq="B"),
        "zone": pd.date_range("2024-03-29", periods=60, freq="D", tz="Europe/Paris"),
        "free": pd.DatetimeIndex(list(pd.date_range("2000-01", periods=60, freq="MS"))),
    }[kind]
    y = make_frame(60, index=index)
    model = make_model().fit(y[:40])
    cv = SPLITTERS["row by row"]
    found = model.update_predict(y[40:55], cv, update_params=False)
    assert n_passes == [11]
    assert_same(found, slowly(model, y[40:55], cv))


@pytest.mark.parametrize("name", ["pressure", "other", None])
@pytest.mark.parametrize("splitter", ["row by row", "one step"])
def test_a_series_gives_series(make_frame, make_model, slowly, name, splitter):
    y = make_frame(60)["pressure"]
    model = make_model().fit(y[:40])
    new, cv = y[40:55].rename(name), SPLITTERS[splitter]
    found = model.update_predict(new, cv, update_params=False)
    assert_same(found, slowly(model, new, cv))


def test_forecasts_are_those_of_the_windows(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y[:40])
    cv = SPLITTERS["row by row"]
    found = model.update_predict(y[40:], cv, update_params=False)
    moved = model.update(y[40:41], update_params=False)
    forecasts, _ = moved.predict_rolling(y[41:])
    assert len(forecasts) == 16
    for n, forecast in enumerate(forecasts):
        frame = found[y.index[40 + n]].dropna()
        assert frame.index.equals(y.index[41 + n : 41 + n + H])
        np.testing.assert_allclose(frame, forecast, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("reset", [True, False])
def test_the_state_afterwards_is_that_of_sktime(make_frame, make_model, slowly, reset):
    y = make_frame(60)
    ours, theirs = (make_model().fit(y[:40]) for _ in range(2))
    cv = SPLITTERS["sliding"]
    assert_same(
        ours.update_predict(y[40:55], cv, update_params=False, reset_forecaster=reset),
        slowly(theirs, y[40:55], cv, reset_forecaster=reset),
    )
    assert ours.cutoff.equals(theirs.cutoff)
    assert ours.cutoff[0] == (y.index[39] if reset else theirs._only.recent.index[-1])
    pd.testing.assert_frame_equal(ours._only.recent, theirs._only.recent)
    pd.testing.assert_frame_equal(ours.predict([1, 4]), theirs.predict([1, 4]))


def different_cases(y):
    gap = y[40:60].drop(y.index[45])
    sliding = SlidingWindowSplitter([1, 2], window_length=L, step_length=L + 2)
    return {
        "rows left out": (y[40:70], sliding),
        "a gap before": (y[42:60], SlidingWindowSplitter([1], window_length=L)),
        "a gap within": (gap, SPLITTERS["sliding"]),
        "old rows only": (y[20:38], SPLITTERS["row by row"]),
        "later rows only": (y[40:60], SingleWindowSplitter([1, 2], window_length=L)),
    }


@pytest.mark.parametrize("case", different_cases(pd.DataFrame(index=range(70))))
def test_what_is_different_is_left_to_sktime(
    make_frame, make_model, slowly, n_passes, case
):
    y = make_frame(70)
    new, cv = different_cases(y)[case]
    model = make_model().fit(y[:40])

    def outcome(update_predict, *args, **kwargs):
        try:
            return update_predict(*args, **kwargs)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    found = outcome(model.update_predict, new, cv, update_params=False)
    assert set(n_passes) <= {1}
    expected = outcome(slowly, model, new, cv)
    if isinstance(expected, str):
        assert found == expected
    else:
        assert_same(found, expected)


def test_learning_goes_step_by_step(make_frame, make_model, n_passes):
    y = make_frame(60)
    model = make_model().fit(y[:40])
    model.update_predict(y[40:46], SPLITTERS["one step"])
    assert n_passes == [1, 1, 1]


def test_a_panel_is_left_to_sktime(make_frame, make_model, slowly):
    panel = pd.concat({name: make_frame(50, seed=name) for name in (0, 1)})
    train = panel.groupby(level=0, group_keys=False).head(40)
    new = panel.groupby(level=0, group_keys=False).tail(10)
    cv = SPLITTERS["one step"]
    found = make_model().fit(train).update_predict(new, cv, update_params=False)
    assert_same(found, slowly(make_model().fit(train), new, cv))
