"""Every kind of series and index gives its own kind back."""

import numpy as np
import pandas as pd
import pytest

N, H = 40, 4


def dates(freq, **kwargs):
    return pd.date_range("2020-02-10", periods=N + H, freq=freq, **kwargs)


INDEXES = {
    "range": pd.RangeIndex(N + H),
    "range not from 0": pd.RangeIndex(7, 7 + N + H),
    "integers": pd.Index(np.arange(100, 100 + N + H)),
    "negative integers": pd.Index(np.arange(-20, N + H - 20)),
    "monthly periods": pd.period_range("1999-11", periods=N + H, freq="M"),
    "hourly periods": pd.period_range("1999-11", periods=N + H, freq="h"),
    "two-monthly periods": pd.period_range("1999-11", periods=N + H, freq="2M"),
    "hours": dates("h"),
    "quarters of an hour": dates("15min"),
    "days": dates("D"),
    "weeks": dates("W"),
    "month starts": dates("MS"),
    "month ends": dates("ME"),
    "business days": dates("B"),
    "hours in a zone": dates("h", tz="UTC"),
    "hours over a change of clocks": pd.date_range(
        "2020-03-28", periods=N + H, freq="h", tz="Europe/Berlin"
    ),
    "days over a change of clocks": dates("D", tz="Europe/Berlin"),
}


@pytest.mark.parametrize("knows_frequency", [True, False])
@pytest.mark.parametrize("kind", INDEXES)
def test_forecasts_continue_the_index(make_frame, make_model, kind, knows_frequency):
    index = INDEXES[kind].rename("when")
    expected = index[N:]
    if isinstance(index, pd.DatetimeIndex) and not knows_frequency:
        index = pd.DatetimeIndex(list(index), name="when")
        assert index.freq is None
    y = make_frame(N, index=index[:N])
    model = make_model().fit(y)
    forecast = model.predict([1, 2, 3, 4])
    pd.testing.assert_index_equal(forecast.index, expected, exact="equiv")
    pd.testing.assert_index_equal(forecast.columns, y.columns)
    by_rows = make_model().fit(y.to_numpy()).predict([1, 2, 3, 4])
    np.testing.assert_array_equal(forecast, by_rows)
    # one step on, with a gap in the steps asked for
    moved = model.update(make_frame(N + 1, index=index[: N + 1]), update_params=False)
    steps = moved.predict([1, 3]).index
    pd.testing.assert_index_equal(steps, expected[[1, 3]], exact="equiv")


@pytest.mark.parametrize("name", ["load", None, 3, ("a", 1)])
def test_a_series_gives_a_series_with_its_name(make_frame, make_model, name):
    frame = make_frame(n_channels=1)
    y = frame["load"].rename(name)
    forecast = make_model().fit(y).predict([1, 3])
    assert isinstance(forecast, pd.Series)
    assert forecast.name == name
    expected = make_model().fit(frame).predict([1, 3])
    np.testing.assert_array_equal(forecast, expected["load"])


@pytest.mark.parametrize("columns", [list("zab"), [3, 1, 2], ["a", 1, "b"]])
def test_a_frame_keeps_its_columns(make_frame, make_model, columns):
    y = make_frame().set_axis(columns, axis=1)
    forecast = make_model().fit(y).predict([1, 3])
    assert isinstance(forecast, pd.DataFrame)
    assert list(forecast.columns) == columns


def test_an_array_gives_an_array(make_frame, make_model):
    y = make_frame().to_numpy()
    forecast = make_model().fit(y).predict([1, 3])
    assert isinstance(forecast, np.ndarray)
    assert forecast.shape == (2, 3)
    flat = make_model().fit(y[:, 0]).predict([1, 3])
    np.testing.assert_array_equal(
        flat.ravel(), make_model().fit(y[:, :1]).predict([1, 3]).ravel()
    )


@pytest.mark.parametrize("dtype", ["float32", "int64", "Float64", "bool"])
def test_all_number_types_are_numbers(make_frame, make_model, dtype):
    y = make_frame().round().clip(-100, 100)
    y = y > 0 if dtype == "bool" else y
    expected = make_model().fit(y.astype(float)).predict([1, 2])
    forecast = make_model().fit(y.astype(dtype)).predict([1, 2])
    np.testing.assert_allclose(forecast, expected, rtol=1e-5)


def test_the_series_given_is_left_as_it_was(make_frame, make_model):
    y = make_frame(50)
    kept = y.copy()
    model = make_model(validation_fraction=0.3).fit(y[:30])
    model.predict_windows(y)
    model.score(y)
    model.update(y)
    pd.testing.assert_frame_equal(y, kept)


@pytest.mark.parametrize("as_array", [False, True])
def test_what_becomes_of_the_series_given_changes_nothing(
    make_frame, make_model, as_array
):
    y = make_frame(3000)
    data = y.to_numpy(copy=True) if as_array else y
    model = make_model(max_epochs=1).fit(data)
    expected = model.predict([1, 2])
    data[:] = 99.0
    np.testing.assert_array_equal(model.predict([1, 2]), expected)
    recent = model._model.known[None].recent.to_numpy()
    assert len(recent if recent.base is None else recent.base.T) < 3000
