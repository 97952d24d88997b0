"""A panel trains one network, and each of its series is forecast from its own end."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.datatypes import convert_to
from sktime.utils._testing.hierarchical import _make_hierarchical

from skts.fitted import Sizes, lay_out
from skts.models import train_on_windows
from skts.series import find_frequency

L, H = 8, 4
FH = [1, 4]


@pytest.fixture
def series(make_frame):
    """Return three series of unlike length and scale, which end at different times."""
    return {
        "north": make_frame(60),
        "south": 100 * make_frame(45, seed=1) + 7,
        "west": -make_frame(80, seed=2),
    }


@pytest.fixture
def panel(series):
    return pd.concat(series, names=["place"])


def cut(series, validation_fraction):
    frequencies = {name: find_frequency(y.index) for name, y in series.items()}
    cpu = torch.device("cpu")
    return lay_out(series, frequencies, Sizes(L, 0, H), validation_fraction, True, cpu)


def own_units(y):
    values = y.to_numpy()
    return (values - values.mean(axis=0)) / values.std(axis=0)


# What is learned from -------------------------------------------------------------


def test_windows_are_those_of_each_series_in_its_own_units(series):
    layout = cut(series, 0.0)
    windows = layout.train
    expected = [
        own_units(y)[first : first + L + H]
        for y in series.values()
        for first in range(len(y) - L - H + 1)
    ]
    found = torch.cat(windows.take(slice(None)), dim=-1).transpose(1, 2)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert layout.valid is None


def test_each_series_is_divided_by_itself(series):
    parts = list(cut(series, 0.25).parts.values())
    assert [part.n_train for part in parts] == [45, 34, 60]
    assert [len(part.train) for part in parts] == [34, 23, 49]
    assert [len(part.valid) for part in parts] == [12, 8, 17]
    for y, part in zip(series.values(), parts, strict=True):
        np.testing.assert_allclose(part.known.units.center, y[: part.n_train].mean())
        targets = part.valid.take(slice(1))[1][0]
        scaled = (y.to_numpy() - part.known.units.center) / part.known.units.scale
        np.testing.assert_allclose(
            targets.T, scaled[part.n_train :][:H], rtol=1e-4, atol=1e-5
        )


def test_a_series_too_short_to_validate_on_is_trained_on_whole(series):
    series["south"] = series["south"][: L + H]
    parts = list(cut(series, 0.25).parts.values())
    assert [len(part.valid) for part in parts] == [12, 0, 17]
    assert parts[1].n_train == L + H
    assert len(parts[1].train) == 1


def test_a_panel_of_one_is_that_series(series, make_model):
    y = series["north"]
    alone = make_model(validation_fraction=0.3).fit(y)
    panel = make_model(validation_fraction=0.3).fit(pd.concat({"north": y}))
    for method in ("predict", "predict_interval", "predict_quantiles", "predict_var"):
        found = getattr(panel, method)(FH).loc["north"]
        pd.testing.assert_frame_equal(found, getattr(alone, method)(FH))


def test_all_series_train_one_network(panel, make_model, monkeypatch):
    calls = []

    def spy(network, *args, **kwargs):
        calls.append(network)
        return train_on_windows(network, *args, **kwargs)

    monkeypatch.setattr("skts.models._trained.train_on_windows", spy)
    model = make_model().fit(panel)
    assert calls == [model.network_]


def test_learning_from_all_helps_the_short_one(make_frame, make_model):
    short = make_frame(26, seed=3)
    truth = make_frame(26 + H, seed=3)[26:]
    panel = pd.concat({"short": short, "long": make_frame(400, seed=4)})
    settings = {"max_epochs": 15, "lr": 3e-3, "standardize": True}
    steps = range(1, H + 1)
    alone = make_model(**settings).fit(short).predict(steps)
    together = make_model(**settings).fit(panel).predict(steps).loc["short"]
    scale = short.std()
    assert ((together - truth) / scale).abs().to_numpy().mean() < (
        0.7 * ((alone - truth) / scale).abs().to_numpy().mean()
    )


# Forecasts ------------------------------------------------------------------------


def test_each_series_is_forecast_from_its_own_end(panel, series, make_model):
    model = make_model().fit(panel)
    forecast = model.predict(FH)
    assert forecast.index.names == ["place", "time"]
    assert list(forecast.columns) == list(panel.columns)
    assert list(forecast.index.get_level_values(0).unique()) == list(series)
    for name, y in series.items():
        ends = y.index[-1] + pd.to_timedelta(FH, "h")
        assert list(forecast.loc[name].index) == list(ends)
        context = torch.tensor(own_units(y)[-L:].T, dtype=torch.float32)
        with torch.no_grad():
            expected = model.network_(context[None])[0, :, [0, 3]].numpy().T
        found = (forecast.loc[name] - y.mean()) / y.std(ddof=0)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_units_and_cutoff_of_a_panel(panel, series, make_model):
    model = make_model().fit(panel)
    assert model.cutoff[0] == series["west"].index[-1]
    for name, y in series.items():
        np.testing.assert_allclose(model.center_.loc[name], y.mean())
        np.testing.assert_allclose(model.scale_.loc[name], y.std(ddof=0))
    assert list(model.scale_.index) == list(series)
    assert list(model.scale_.columns) == list(panel.columns)


def test_intervals_are_wide_in_the_units_of_each_series(panel, make_model):
    model = make_model(validation_fraction=0.3).fit(panel)
    interval = model.predict_interval(FH, coverage=0.8)
    widths = interval.xs("upper", axis=1, level=2) - interval.xs(
        "lower", axis=1, level=2
    )
    north, south = widths.loc["north"], widths.loc["south"]
    scale = (model.scale_.loc["south"] / model.scale_.loc["north"]).to_numpy()
    np.testing.assert_allclose(south, north * scale, rtol=1e-4)
    # Errors of all series count, each channel and step by itself.
    assert model._model.held_out.pool.errors.shape == (15 + 11 + 21, 3, H)


def test_errors_of_calm_and_of_noisy_series_are_ranked_together(make_frame, make_model):
    noises = {"calm": 0.1, "noisy": 1.0, "mild": 0.3}
    panel = pd.concat({name: make_frame(60, noise=n) for name, n in noises.items()})
    model = make_model(validation_fraction=0.3).fit(panel)
    ends = model.predict_interval(FH, coverage=np.arange(0.1, 0.95, 0.1))
    lower, upper = (ends.xs(end, axis=1, level=2) for end in ("lower", "upper"))
    widths = (upper - lower).to_numpy().reshape(len(ends), 3, -1)
    assert (np.diff(widths, axis=-1) >= 0).all()


def test_no_more_than_a_thousand_windows_of_all_series_are_measured(
    make_frame, make_model
):
    panel = pd.concat({name: make_frame(1200, seed=name) for name in (0, 1)})
    model = make_model(
        validation_fraction=0.9, max_epochs=1, interval_method="conformal"
    ).fit(panel)
    with pytest.warns(UserWarning, match="there are 1000"):
        model.predict_interval([1], coverage=0.9995)


@pytest.mark.parametrize(
    "mtype", ["numpy3D", "df-list", "pd-multiindex", "nested_univ"]
)
def test_any_kind_of_panel_is_taken(make_frame, make_model, mtype):
    index = pd.RangeIndex(30, name="time")
    frames = {name: make_frame(30, index=index, seed=name) for name in range(3)}
    panel = pd.concat(frames, names=["name"])
    given = convert_to(panel, mtype)
    forecast = make_model().fit(given).predict(FH)
    found = convert_to(forecast, "numpy3D")
    expected = convert_to(make_model().fit(panel).predict(FH), "numpy3D")
    np.testing.assert_allclose(found, expected)
    assert type(forecast) is type(given)


def test_a_hierarchy_keeps_its_levels(make_model):
    y = _make_hierarchical((2, 2), min_timepoints=20, max_timepoints=20, n_columns=2)
    model = make_model().fit(y)
    forecast = model.predict([1, 2])
    assert forecast.index.names == y.index.names
    assert set(forecast.index.droplevel(-1)) == set(y.index.droplevel(-1))
    assert list(model.center_.index) == list(y.index.droplevel(-1).unique())


def test_rows_of_series_may_alternate(panel, make_model):
    mixed = panel.sort_index(level=1, sort_remaining=False, kind="stable")
    assert not mixed.index.equals(panel.index)
    found = make_model().fit(mixed).predict(FH)
    expected = make_model().fit(panel).predict(FH)
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index())


def test_a_still_channel_stays_in_its_series_alone(series, make_model):
    series["south"] = series["south"].assign(temperature=3.5)
    panel = pd.concat(series)
    forecast = make_model(use_revin=False).fit(panel).predict(FH)["temperature"]
    assert (forecast.loc["south"] == 3.5).all()
    assert (forecast.loc["north"] != series["north"]["temperature"].iloc[-1]).all()


@pytest.mark.parametrize("kind", [pd.RangeIndex, "period"])
def test_times_that_are_no_dates(make_frame, make_model, kind):
    index = pd.RangeIndex(40)
    if kind == "period":
        index = pd.period_range("2000-01", periods=40, freq="M")
    panel = pd.concat({k: make_frame(40 - k, index=index[: 40 - k]) for k in (0, 3)})
    forecast = make_model().fit(panel).predict([2])
    assert forecast.index.get_level_values(1)[1] == index[38]


def test_a_pickled_model_forecasts_the_same(panel, make_model):
    model = make_model(validation_fraction=0.3).fit(panel)
    same = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(same.predict(FH), model.predict(FH))


def test_times_ahead_are_ahead_of_each_end(make_frame, make_model):
    panel = pd.concat({"long": make_frame(43), "short": make_frame(41)})
    model = make_model(horizon=H).fit(panel)
    time = make_frame(44).index[-1:]
    forecast = model.predict(time)
    assert list(forecast.index.get_level_values(1)) == [time[0]] * 2
    steps = model.predict([1, 3])
    np.testing.assert_allclose(forecast.loc["long"], steps.loc["long"][:1])
    model = make_model(horizon=H).fit(panel)
    np.testing.assert_allclose(forecast.loc["short"], model.predict([3]).loc["short"])


# Update ---------------------------------------------------------------------------


@pytest.mark.parametrize("update_params", [False, True])
def test_new_rows_move_their_series_alone(panel, series, make_model, update_params):
    old = pd.concat({name: y[:-5] for name, y in series.items()}, names=["place"])
    model = make_model().fit(old)
    new = pd.concat({"south": series["south"][-5:]}, names=["place"])
    model.update(new, update_params=update_params)
    forecast = model.predict([1])
    ends = forecast.index.get_level_values(1) - pd.Timedelta("1h")
    assert list(ends) == [
        y.index[-1 if n == "south" else -6] for n, y in series.items()
    ]
    assert model.cutoff[0] == series["west"].index[-6]


def test_a_series_not_seen_in_fit_is_forecast_in_its_own_units(
    panel, make_frame, make_model, weights_of
):
    model = make_model().fit(panel)
    weights = weights_of(model)
    unseen = 1000 + make_frame(30, seed=5)
    model.update(pd.concat({"east": unseen}, names=["place"]), update_params=False)
    forecast = model.predict(FH).loc["east"]
    context = torch.tensor(own_units(unseen)[-L:].T, dtype=torch.float32)
    with torch.no_grad():
        expected = model.network_(context[None])[0, :, [0, 3]].numpy().T
    found = (forecast - unseen.mean()) / unseen.std(ddof=0)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    assert all(torch.equal(weights[k], v) for k, v in weights_of(model).items())
    np.testing.assert_allclose(model.center_.loc["east"], unseen.mean())


def test_learning_from_an_unseen_series_moves_the_weights(
    panel, make_frame, make_model, weights_of
):
    model = make_model().fit(panel)
    weights = weights_of(model)
    model.update(pd.concat({"east": make_frame(30, seed=5)}, names=["place"]))
    assert not all(torch.equal(weights[k], v) for k, v in weights_of(model).items())


def test_what_an_update_learns_does_not_depend_on_the_order_of_series(
    series, make_model
):
    """All windows, new and old, are in one batch, and each is one of its series."""
    old = pd.concat({name: y[:-5] for name, y in series.items()}, names=["place"])
    settings = {"batch_size": 1000, "update_epochs": 10, "lr": 0.1}
    forecasts = []
    for order in (["north", "south", "west"], ["west", "south", "north"]):
        model = make_model(**settings).fit(old)
        before = model.predict(FH)
        model.update(pd.concat({n: series[n][-5:] for n in order}, names=["place"]))
        forecasts.append(model.predict(FH).loc[list(series)])
    scale = model.scale_.reindex(forecasts[0].index.get_level_values(0)).to_numpy()
    one, other = (forecast / scale for forecast in forecasts)
    # float32 sums in another order, through ten steps of Adam
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    assert (one - before.to_numpy() / scale).abs().to_numpy().max() > 0.5


# Bad input ------------------------------------------------------------------------


def refused(error, *words):
    """Return a context that wants an error with these words, before any training."""
    pattern = "(?s)" + "".join(f"(?=.*{word})" for word in words)
    return pytest.raises(error, match=pattern)


@pytest.fixture
def no_training(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("training has begun")

    monkeypatch.setattr("skts.models._trained.train_on_windows", fail)


@pytest.mark.usefixtures("no_training")
class TestBadPanels:
    def test_short_instance(self, series, make_model):
        series["south"] = series["south"][:11]
        words = ("instance 'south' of y has 11 time points", "at least 12")
        with refused(ValueError, *words):
            make_model().fit(pd.concat(series))

    def test_not_finite(self, panel, make_model):
        panel.iloc[63, 1] = np.inf
        with refused(ValueError, "must be finite", "'temperature'", "'south'", "03:00"):
            make_model().fit(panel)

    def test_array_not_finite(self, make_model):
        y = np.ones((2, 3, 20))
        y[1, 2, 5] = np.inf
        with refused(ValueError, "must be finite", "1 infinite", "column 2"):
            make_model().fit(y)

    def test_missing_columns(self, make_frame, make_model):
        frames = [make_frame(30), make_frame(30)[["load", "pressure"]]]
        with refused(
            ValueError, "same columns", "instance 1", "leave the instance out"
        ):
            make_model().fit(frames)

    def test_names_twice(self, series, make_model):
        y = pd.concat([series["north"], series["south"]], keys=["north", "north"])
        with refused(ValueError, "instance 'north' of y", "unique times", "45 dupl"):
            make_model().fit(y)

    def test_times_out_of_order(self, series, make_model):
        series["west"] = series["west"][::-1]
        with refused(ValueError, "instance 'west' of y", "in order"):
            make_model().fit(pd.concat(series))

    def test_irregular_times(self, series, make_model):
        times = series["west"].index + pd.to_timedelta(np.arange(80) ** 2, "min")
        series["west"] = series["west"].set_axis(times)
        with refused(ValueError, "instance 'west' of y", "regular times"):
            make_model().fit(pd.concat(series))

    def test_pretraining_on_one_series(self, make_frame, make_model):
        with refused(TypeError, "requires Panel or Hierarchical data"):
            make_model().pretrain(make_frame(40))


@pytest.fixture(scope="module")
def fitted(make_frame, make_model):
    frames = {name: make_frame(40, seed=n) for n, name in enumerate(["north", "south"])}
    return make_model().fit(pd.concat(frames))


@pytest.mark.usefixtures("no_training")
class TestBadNews:
    def test_unseen_and_too_short(self, fitted, make_frame):
        y = pd.concat({"east": make_frame(7)})
        words = ("instance 'east' of y, not seen in fit", "7 time point", "length=8")
        with refused(ValueError, *words):
            fitted.update(y)
        assert "east" not in fitted._model.known

    def test_one_series_for_a_panel(self, fitted, make_frame):
        with refused(TypeError, r"2 level\(s\)", "got 1", "fitted on one series"):
            fitted.update(make_frame(50)[40:])

    def test_other_columns(self, fitted, make_frame):
        y = pd.concat({"north": make_frame(50, n_channels=2)[40:]})
        with refused(ValueError, "columns seen in fit", "missing"):
            fitted.update(y)

    def test_other_times(self, fitted, make_frame):
        y = pd.concat({"north": make_frame(50).reset_index(drop=True)[40:]})
        with refused(TypeError, "indexed by dates", "got integers"):
            fitted.update(y)


def test_a_panel_is_no_news_of_one_series(make_frame, make_model):
    model = make_model().fit(make_frame(40))
    with refused(TypeError, r"1 level\(s\)", "got 2", "a panel to one fitted"):
        model.update(pd.concat({"north": make_frame(50)[40:]}))


def test_series_of_unlike_steps_are_forecast_at_their_own_times(make_frame, make_model):
    series = {
        "shop": make_frame(60, index=pd.date_range("2020", periods=60, freq="B")),
        "site": make_frame(60, index=pd.date_range("2020", periods=60, freq="D")),
    }
    panel = pd.concat(series, names=["place"])
    forecast = make_model(validation_fraction=0.3).fit(panel).predict(FH)
    for name, y in series.items():
        times = pd.date_range(y.index[-1], periods=5, freq=y.index.freq)[FH]
        assert list(forecast.loc[name].index) == list(times)


def test_series_of_unlike_steps_may_end_at_the_same_time(make_frame, make_model):
    end = pd.Timestamp("2020-05-29")  # a Friday
    steps = {"shop": "B", "site": "D"}
    panel = pd.concat(
        {
            name: make_frame(60, index=pd.date_range(end=end, periods=60, freq=step))
            for name, step in steps.items()
        },
        names=["place"],
    )
    forecast = make_model().fit(panel).predict([1])
    assert forecast.loc["shop"].index[0] == pd.Timestamp("2020-06-01")
    assert forecast.loc["site"].index[0] == pd.Timestamp("2020-05-30")


def test_the_way_out_of_repeated_times_keeps_the_others(panel, make_model):
    twice = pd.concat([panel, panel.iloc[:1]])
    way_out = r"y\.groupby\(level=\[\*range\(y\.index\.nlevels\)\]\)\.mean\(\)"
    with pytest.raises(ValueError, match=way_out):
        make_model().fit(twice)
    aggregated = twice.groupby(level=[*range(twice.index.nlevels)]).mean()
    pd.testing.assert_frame_equal(aggregated, panel, check_freq=False)
    with pytest.raises(ValueError, match=r"Use y\.sort_index\(\)"):
        make_model().fit(panel[::-1])
