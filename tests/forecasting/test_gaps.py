"""Windows never cross a gap in the index."""

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import SAMformerForecaster
from skts.models import train_on_windows

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

    def spy(network, train, valid, *args, **kwargs):
        seen.append((train, valid))
        return train_on_windows(network, train, valid, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
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


def test_a_gap_is_told_once_whatever_the_fit_starts_from(make_frame, make_mixture):
    whole = make_frame(100)
    model = make_mixture(max_epochs=1).pretrain(pd.concat({"a": whole, "b": whole}))
    with pytest.warns(UserWarning, match="gap") as told:
        model.fit(whole.drop(whole.index[30]))
    (of_gap,) = (warning for warning in told if "1 gap(s)" in str(warning.message))
    assert of_gap.filename == __file__  # the line of the user
    assert model.network_weight_ == 1


def test_a_series_without_gaps_is_not_warned_of(make_frame, make_model):
    make_model().fit(make_frame(50))  # a warning would be an error


def test_a_frequency_that_the_times_do_not_follow_is_not_believed(
    make_frame, make_model
):
    hours = pd.date_range("2024-01-01", "2024-02-01", freq="h")
    open_ = (hours.hour >= 10) & (hours.hour <= 17) & (hours.dayofweek < 5)
    index = pd.DatetimeIndex(hours[open_].to_numpy(), freq="infer")
    assert index.freqstr == "bh"  # from 9 to 17, says pandas
    y = make_frame(len(index), index=index)
    with pytest.warns(UserWarning, match=r"y has 22 gap\(s\) in its index"):
        model = SAMformerForecaster(4, horizon=2, max_epochs=1).fit(y)
    assert model.predict([1]).index[0] == index[-1] + pd.Timedelta(hours=1)


def test_rows_of_an_array_are_taken_as_they_come(make_frame, make_model):
    y = make_frame(60)
    broken = y.drop(y.index[[20, 21]])
    glued = broken.set_axis(y.index[:58])
    forecast = make_model().fit(broken.to_numpy()).predict([1, 2])
    expected = make_model().fit(glued).predict([1, 2])
    np.testing.assert_array_equal(forecast, expected)


def test_a_missing_holiday_is_one_gap_between_weekdays(make_frame, make_model):
    days = pd.date_range("2024-01-01", periods=62, freq="B")
    y = make_frame(62, index=days)
    with pytest.warns(UserWarning, match=r"y has 1 gap\(s\) in its index"):
        model = make_model().fit(y[:60].drop(days[30]))
    pd.testing.assert_index_equal(
        model.predict([1, 2]).index, days[60:], check_names=False
    )


def test_gaps_in_new_rows_are_those_of_the_series_seen(make_frame, make_model):
    days = pd.date_range("2024-01-01", periods=90, freq="B")
    y = make_frame(90, index=days)
    model = make_model(horizon=2).fit(y[:60])
    new = y[60:].drop(days[[70]])
    forecasts, truths = model.predict_rolling(new)
    firsts = [*range(60, 69), *range(71 + L, 89)]  # contexts do not cross it either
    np.testing.assert_array_equal(truths[:, 0], y.iloc[firsts])
    assert model.backtest(new).n_windows == len(forecasts)
    with pytest.raises(ValueError, match="1 time points without a gap"):
        model.backtest(y[60::2])  # not days of its own


def test_corrections_need_no_rhythm_of_their_own(make_frame, make_model):
    y = make_frame(60)
    model = make_model().fit(y)
    corrected = y.iloc[[52, 54, 57]] + 1
    model.update(corrected, update_params=False)
    expected = make_model().fit(y)
    everything = y.copy()
    everything.update(corrected)
    expected.update(everything[-20:], update_params=False)
    np.testing.assert_array_equal(model.predict([1, 4]), expected.predict([1, 4]))
    with pytest.raises(ValueError, match="must have regular times"):
        model.update(y[-3:].shift(freq="17min"))
