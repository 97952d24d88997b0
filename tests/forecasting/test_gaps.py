"""Windows never cross a gap in the index."""

import numpy as np
import pandas as pd
import pytest

from skts.models import _base

L, H = 8, 4

INDEXES = {
    "hours": pd.date_range("2020-01-01", periods=100, freq="h"),
    "days in a zone": pd.date_range(
        "2020-03-01", periods=100, freq="D", tz="Europe/Berlin"
    ),
    "months": pd.date_range("1990-01-01", periods=100, freq="MS"),
    "periods": pd.period_range("1990-01", periods=100, freq="M"),
    "integers": pd.RangeIndex(5, 105),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_windows_never_cross_a_gap(make_frame, make_model, monkeypatch, kind):
    seen = []
    train_on_windows = _base.train_on_windows

    def spy(network, train, valid, *args, **kwargs):
        seen.append((train, valid))
        return train_on_windows(network, train, valid, *args, **kwargs)

    monkeypatch.setattr(_base, "train_on_windows", spy)
    whole = make_frame(100, index=INDEXES[kind])
    kept = np.delete(np.arange(100), [14, 15, 50, 85])
    with pytest.warns(UserWarning, match=r"y has 3 gap\(s\) in its index"):
        model = make_model(validation_fraction=0.25).fit(whole.iloc[kept])
    ((train, valid),) = seen
    boundary = 96 - 24

    def crosses(first):
        return kept[first + L + H - 1] - kept[first] != L + H - 1

    naive = [i for i in range(96 - L - H + 1) if not crosses(i)]
    assert train.starts.tolist() == [i for i in naive if i + L + H <= boundary]
    assert valid.starts.tolist() == [i for i in naive if i + L >= boundary]
    assert len(train) > 0 < len(valid)
    # the forecast goes on after the last time
    last = INDEXES[kind][-1]
    step = 1 if kind == "integers" else INDEXES[kind].freq
    assert model.predict([1]).index[0] == last + step


def test_a_series_without_gaps_is_not_warned_of(make_frame, make_model):
    make_model().fit(make_frame(50))  # a warning would be an error


def test_rows_of_an_array_are_taken_as_they_come(make_frame, make_model):
    y = make_frame(60)
    broken = y.drop(y.index[[20, 21]])
    glued = broken.set_axis(y.index[:58])
    forecast = make_model().fit(broken.to_numpy()).predict([1, 2])
    expected = make_model().fit(glued).predict([1, 2])
    np.testing.assert_array_equal(forecast, expected)
