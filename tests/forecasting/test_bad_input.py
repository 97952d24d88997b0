"""Bad input is refused in words that help, before any training."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

HOURS = pd.date_range("2020-01-01", periods=60, freq="h", name="time")


@pytest.fixture(scope="module")
def fitted(make_frame, make_model):
    return make_model().fit(make_frame(60))


@pytest.fixture(scope="module")
def others(make_frame, make_model):
    """Return forecasters fitted on other data, by what they are."""
    y = make_frame(60)
    days = pd.Timestamp("2262-04-10").as_unit("ns") - pd.to_timedelta(
        np.arange(60)[::-1], unit="D"
    )
    data = {
        "one channel": y["load"],
        "a panel": panel_of({"a": y, "b": y}),
        "the last dates": y.set_axis(days),
    }
    return {name: make_model().fit(one) for name, one in data.items()}


def panel_of(series):
    return pd.concat(series.values(), keys=series, names=["name", "time"])


@pytest.fixture
def world(fitted, others, make_frame, make_model, monkeypatch):
    """Hold what a case needs; training is switched off."""

    def train(*args, **kwargs):
        pytest.fail("training was started")

    monkeypatch.setattr("skts.models._trained.train_on_windows", train)

    def fit(y=None, fh=None, **params):
        return make_model(**params).fit(make_frame(60) if y is None else y, fh=fh)

    def fit_and_update(fh):
        model = deepcopy(fitted)
        model._check_fh(fh)  # as in fit, which would train
        return model.update(make_frame(62)[60:], update_params=False)

    later = pd.date_range(HOURS[-1] + pd.Timedelta("1h"), periods=30, freq="h")
    return SimpleNamespace(
        fit=fit,
        construct=make_model,
        fit_and_update=fit_and_update,
        one_channel=deepcopy(others["one channel"]),
        of_a_panel=deepcopy(others["a panel"]),
        at_the_end=deepcopy(others["the last dates"]),
        fitted=deepcopy(fitted),  # sktime keeps the last fh that was asked for
        y=make_frame(60),
        later=make_frame(30, index=later, seed=1),
    )


def case(name, act, error, *words):
    return pytest.param(act, error, words, id=name)


def parameter(name, value, error, *words):
    """Make a case of a wrong parameter, refused by its name and with its value."""
    return case(
        f"{name}={value!r}",
        lambda w: w.fit(**{name: value}),
        error,
        name,
        f"got {value!r}",
        *words,
    )


def with_value(y, value):
    y = y.copy()
    y.iloc[3, 1] = value
    return y


PARAMETERS = [
    parameter("context_length", 1, ValueError, "int >= 2"),
    parameter("context_length", 3.5, TypeError, "int >= 2"),
    parameter("context_length", "12", TypeError, "int >= 2"),
    parameter("context_length", True, TypeError, "int >= 2"),
    parameter("horizon", 0, ValueError, "int >= 1 or None"),
    parameter("horizon", 2.5, TypeError, "int >= 1 or None"),
    parameter("hidden_size", 0, ValueError, "int >= 1"),
    parameter("n_heads", 0, ValueError, "int >= 1"),
    parameter("rho", -0.1, ValueError, ">= 0"),
    parameter("rho", float("nan"), ValueError, ">= 0"),
    parameter("rho", "0.7", TypeError, ">= 0"),
    parameter("adaptive", 1, TypeError, "True or False"),
    parameter("attention", "chanel", ValueError, "'channel'", "'temporal'", "'none'"),
    parameter("attention", None, ValueError, "'channel'"),
    parameter("value_projection", "half", ValueError, "'factorised'", "'full'"),
    parameter("head_init", "ones", ValueError, "'zeros'", "'glorot'"),
    parameter("sigma_reparam", "yes", TypeError, "True or False"),
    parameter("use_revin", None, TypeError, "True or False"),
    parameter("standardize", 0, TypeError, "True or False"),
    parameter("max_epochs", 0, ValueError, "int >= 1"),
    parameter("max_epochs", 1e2, TypeError, "int >= 1"),
    parameter("windows_per_epoch", 0, ValueError, "int >= 1 or None"),
    parameter("batch_size", 0, ValueError, "int >= 1"),
    parameter("batch_size", "32", TypeError, "int >= 1"),
    parameter("lr", -1e-3, ValueError, "> 0"),
    parameter("lr", 0, ValueError, "> 0"),
    parameter("lr", float("inf"), ValueError, "> 0"),
    parameter("lr", [1e-3], TypeError, "> 0"),
    parameter("lr_schedule", "linear", ValueError, "'constant'", "'cosine'", "'decay'"),
    parameter("weight_decay", -1, ValueError, ">= 0"),
    parameter("validation_fraction", 1, ValueError, ">= 0 and < 1"),
    parameter("validation_fraction", -0.2, ValueError, ">= 0 and < 1"),
    parameter("validation_fraction", "0.2", TypeError, ">= 0 and < 1"),
    parameter("patience", 0, ValueError, "int >= 1 or None"),
    parameter("update_epochs", 0, ValueError, "int >= 1"),
    parameter("device", "banana", ValueError, "'auto'", "'cpu'", "'cuda'", "'mps'"),
    parameter("device", "meta", ValueError, "'auto'"),
    parameter("device", None, TypeError, "'auto'"),
    parameter("device", 0, TypeError, "'auto'"),
    parameter("precision", "fp8", ValueError, "'float32'", "'bf16'"),
    parameter("compile", "no", TypeError, "True or False"),
    parameter("verbose", -1, ValueError, "int >= 0"),
    parameter("random_state", -1, ValueError, "int >= 0", "RandomState or None"),
    parameter("random_state", 1.5, TypeError, "int >= 0"),
    parameter("random_state", "zero", TypeError, "int >= 0"),
    case(
        "full values with two heads",
        lambda w: w.fit(value_projection="full", n_heads=2),
        ValueError,
        "n_heads must be 1",
        "got 2",
        "Use value_projection='factorised'",
    ),
    case(
        "sigma-reparam of a head of zeros",
        lambda w: w.fit(sigma_reparam=True),
        ValueError,
        "head_init must be 'glorot' with sigma_reparam=True",
        "got 'zeros'",
    ),
]

HORIZONS = [
    case(
        "fit with fh of zero",
        lambda w: w.fit(fh=[0, 1]),
        NotImplementedError,
        "in-sample",
        "fh",
        "[0, 1]",
    ),
    case(
        "fit with negative fh",
        lambda w: w.fit(fh=[-2]),
        NotImplementedError,
        "in-sample",
        "fh",
        "[-2]",
    ),
    case(
        "predict with fh of zero",
        lambda w: w.fitted.predict([0, 1]),
        NotImplementedError,
        "in-sample",
        "fh",
        "[0, 1]",
    ),
    case(
        "predict with negative fh",
        lambda w: w.fitted.predict(-3),
        NotImplementedError,
        "in-sample",
        "fh",
        "[-3]",
    ),
    case("fit with empty fh", lambda w: w.fit(fh=[]), ValueError, "fh", "empty"),
    case(
        "predict with empty fh",
        lambda w: w.fitted.predict([]),
        ValueError,
        "fh",
        "empty",
    ),
    *(
        case(
            f"steps too many for memory, {fh!r}",
            lambda w, fh=fh: w.fitted.predict(fh),
            ValueError,
            "fh must hold steps up to 1000000 ahead",
            "ForecastingHorizon with is_relative=False",
        )
        for fh in (2**31, [1, 10**30], range(1, 10**12), np.array([2**62]))
    ),
    *(
        case(
            f"steps of several kinds, {fh!r}",
            lambda w, fh=fh: w.fitted.predict(fh),
            TypeError,
            "Invalid `fh`",
            "all of one kind",
            "got [",
        )
        for fh in (
            [1, "a"],
            [pd.Timedelta("1h"), pd.offsets.BDay(2)],
            [pd.Timestamp("2020-01-04"), pd.Timestamp("2020-01-04", tz="UTC")],
        )
    ),
    case(
        "times that have passed by now",
        lambda w: w.fit_and_update(w.later.index[:3]).predict(),
        NotImplementedError,
        "fh was given as times before",
        "rows up to 2020-01-03 13:00:00 are known by now",
        "Pass fh again, as steps ahead",
    ),
    case(
        "dates after the last there is",
        lambda w: w.at_the_end.predict([1, 4]),
        ValueError,
        "fh must lead to times that there are",
        "a step of 4 after 2262-04-10",
        'y.index.as_unit("s")',
    ),
    case(
        "neither horizon nor fh",
        lambda w: w.fit(horizon=None).predict(),
        ValueError,
        "forecasting horizon is unknown",
        "pass fh to fit",
        "horizon=<largest step>",
    ),
    case(
        "predict without fh after fit without fh",
        lambda w: w.fitted.predict(),
        ValueError,
        "predict needs fh",
        "any steps ahead",
        "fh=range(1, 5)",
    ),
]

SERIES = [
    case(
        "inf",
        lambda w: w.fit(with_value(w.y, -np.inf)),
        ValueError,
        "y must be finite",
        "first is infinite, in column 'temperature' at",
        "2020-01-01 03:00:00",
        "put NaN where",
    ),
    case(
        "inf in an array",
        lambda w: w.fit(with_value(w.y, np.inf).to_numpy()),
        ValueError,
        "y must be finite",
        "in column 1 at 3",
    ),
    case(
        "inf in a series",
        lambda w: w.fit(with_value(w.y, np.inf)["temperature"]),
        ValueError,
        "y must be finite",
        "'temperature'",
    ),
    case(
        "duplicated times",
        lambda w: w.fit(w.y.set_axis(HOURS[[0, 0, *range(2, 60)]])),
        ValueError,
        "unique times",
        "1 duplicated one(s)",
        "2020-01-01 00:00:00",
        "groupby(level=0)",
    ),
    case(
        "a missing time",
        lambda w: w.fit(w.y.set_axis([*HOURS[:30], pd.NaT, *HOURS[31:60]])),
        ValueError,
        "y must have a time in every row",
        "1 row(s) without one",
        "y.index.get_level_values(-1).isna()",
    ),
    case(
        "times out of order",
        lambda w: w.fit(w.y.iloc[[1, 0, *range(2, 60)]]),
        ValueError,
        "times in order",
        "2020-01-01 00:00:00') after Timestamp('2020-01-01 01:00:00')",
        "y.sort_index()",
    ),
    case(
        "integers out of order",
        lambda w: w.fit(w.y.reset_index(drop=True)[::-1]),
        ValueError,
        "times in order",
        "58 after 59",
        "y.sort_index()",
    ),
    case(
        "irregular times",
        lambda w: w.fit(
            w.y.set_axis(HOURS + pd.to_timedelta(np.arange(60) ** 2, unit="s"))
        ),
        ValueError,
        "y must have regular times",
        "2020-01-01 01:00:01",
        "Resample",
    ),
    case(
        "too short",
        lambda w: w.fit(w.y[:11]),
        ValueError,
        "y has 11 time points",
        "context_length=8 and horizon=4 need at least 12",
        "Use a shorter context_length or horizon, or a longer series",
    ),
    case(
        "too short for fh",
        lambda w: w.fit(w.y[:11], fh=[2, 4], horizon=None),
        ValueError,
        "y has 11 time points",
        "horizon=4 need at least 12",
    ),
    *(
        case(
            f"no rows in {name}",
            lambda w, empty=empty, fh=fh: w.fit(empty(w.y), fh=fh),
            ValueError,
            "y has 0 time points",
            "too few to learn or forecast from",
            "Give a longer series",
        )
        for fh in (None, [1, 2])
        for name, empty in {
            "a frame": lambda y: y[:0],
            "an array": lambda y: y.to_numpy()[:0],
            "a panel": lambda y: pd.concat({"a": y, "b": y}, names=["name", "time"])[
                :0
            ],
        }.items()
    ),
    case(
        "no series",
        lambda w: w.fit([]),
        ValueError,
        "y must hold at least one series, got []",
    ),
    case(
        "an array of no axes",
        lambda w: w.fit(np.array(3.0)),
        ValueError,
        "y must be an array of shape (n_timepoints, n_channels)",
        "got shape ()",
    ),
    *(
        case(
            f"a series without a name, {missing!r}",
            lambda w, missing=missing: w.fit(panel_of({"a": w.y, missing: w.y})),
            ValueError,
            "y must have a name for each series",
            "got 60 row(s) without one in level 0",
            "Drop these rows, or name the series",
        )
        for missing in (None, np.nan, pd.NaT)
    ),
    case(
        "a region without a name",
        lambda w: w.fit(
            pd.concat({"x": panel_of({"a": w.y}), None: panel_of({"a": w.y})})
        ),
        ValueError,
        "y must have a name for each series",
        "in level 0",
    ),
    case(
        "a nested panel with inf",
        lambda w: w.fit(
            pd.DataFrame({"a": [w.y["load"], with_value(w.y, np.inf)["temperature"]]})
        ),
        ValueError,
        "instance 1 of y must be finite",
    ),
    case(
        "numbers that have no squares",
        lambda w: w.fit(w.y * 1e200),
        ValueError,
        "y must hold numbers up to 1e+150",
        "Divide it by a constant",
    ),
    case(
        "spans of time as index",
        lambda w: w.fit(w.y.set_axis(w.y.index - w.y.index[0])),
        TypeError,
        "y must be indexed by dates, periods or integers, got timedelta64",
        'y.set_axis(pd.Timestamp("2000-01-01") + y.index)',
    ),
    case(
        "no stretch that is long enough",
        lambda w: w.fit(w.y.drop(HOURS[9::10])),
        ValueError,
        "54 time points with 5 gaps, 9 of them at most without a gap",
        "need at least 12",
        "Windows never cross a gap",
        "fill the gaps in",
        "TimeSeriesSplit",
    ),
    case(
        "last stretch too short",
        lambda w: w.fit(w.y.drop(HOURS[55])),
        ValueError,
        "y has a gap 4 time point(s) before its end",
        "context_length=8",
        "Fill the gap",
        "shorter context_length",
    ),
    case(
        "text",
        lambda w: w.fit(w.y.assign(load="high")),
        TypeError,
        "y must have numeric columns",
        "'load' (str)" if pd.__version__ >= "3" else "'load' (object)",
        "astype(float)",
    ),
    case(
        "categories",
        lambda w: w.fit(w.y.assign(load=pd.Categorical(["a", "b"] * 30))),
        TypeError,
        "y must have numeric columns",
        "'load' (category)",
        "encode",
    ),
    case(
        "dates as values",
        lambda w: w.fit(w.y.assign(load=HOURS)),
        TypeError,
        "y must have numeric columns",
        "'load' (datetime64",
    ),
    case(
        "complex numbers",
        lambda w: w.fit(w.y + 1j),
        TypeError,
        "y must have numeric columns",
        "'load' (complex128)",
    ),
    case(
        "a list",
        lambda w: w.fit([1.0, 2.0, 3.0] * 20),
        TypeError,
        "y must",
        "list",
        "pandas.DataFrame",
    ),
    case(
        "duplicated columns",
        lambda w: w.fit(w.y.set_axis(["a", "a", "b"], axis=1)),
        TypeError,
        "unique column",
        "['a', 'a', 'b']",
    ),
]


def after_fit(method, y="y"):
    """Make the cases of a series that the fitted forecaster cannot take."""

    def act(change):
        return lambda w: getattr(w.fitted, method)(change(w.later))

    columns = (
        f"{y} must have the columns seen in fit, in the same order",
        "['load', 'temperature', 'pressure']",
    )
    way_out = f"Use {y}[['load', 'temperature', 'pressure']]"
    return [
        case(
            f"{method} with a column missing",
            act(lambda z: z[["load", "pressure"]]),
            ValueError,
            *columns,
            "missing ['temperature']",
            way_out,
        ),
        case(
            f"{method} with a column too many",
            act(lambda z: z.assign(wind=1.0)),
            ValueError,
            *columns,
            "not seen in fit ['wind']",
            way_out,
        ),
        case(
            f"{method} with columns in another order",
            act(lambda z: z[["pressure", "load", "temperature"]]),
            ValueError,
            *columns,
            "got ['pressure', 'load', 'temperature'] (in another order)",
            way_out,
        ),
        case(
            f"{method} with one of the columns",
            act(lambda z: z["load"]),
            ValueError,
            *columns,
            "got ['load']",
            way_out,
        ),
        case(
            f"{method} with inf",
            act(lambda z: with_value(z, np.inf)),
            ValueError,
            f"{y} must be finite",
            "first is infinite, in column 'temperature'",
            "put NaN where",
        ),
        case(
            f"{method} with times out of order",
            act(lambda z: z[::-1]),
            ValueError,
            f"{y} must have its times in order",
            f"{y}.sort_index()",
        ),
    ]


def after_fit_by_array(method, y):
    """Make the cases of an array that the fitted forecaster cannot take."""
    return [
        case(
            f"{method} with an array of two columns",
            lambda w: getattr(w.fitted, method)(w.later.to_numpy()[:, :2]),
            ValueError,
            f"{y} must have the columns seen in fit",
            "got [0, 1]",
        ),
        case(
            f"{method} with an array of three axes",
            lambda w: getattr(w.fitted, method)(np.ones((30, 3, 1))),
            ValueError,
            f"{y} must be an array of shape (n_timepoints, n_channels)",
            "got shape (30, 3, 1)",
        ),
        case(
            f"{method} with a list",
            lambda w: getattr(w.fitted, method)([1.0] * 30),
            TypeError,
            f"{y} must be a Series, a DataFrame or an array",
            "got list",
        ),
    ]


PREDICT_TIME = [
    *after_fit("predict_windows", "Y"),
    *after_fit_by_array("predict_windows", "Y"),
    *after_fit("predict_rolling", "Y"),
    *after_fit_by_array("predict_rolling", "Y"),
    *after_fit("score"),
    *after_fit_by_array("score", "y"),
    *after_fit("update"),
    case(
        "predict_windows of too short a series",
        lambda w: w.fitted.predict_windows(w.later[:11]),
        ValueError,
        "Y has 11 time points",
        "context_length=8 and horizon=4 need at least 12",
        "longer series",
    ),
    case(
        "predict_windows of no rows",
        lambda w: w.fitted.predict_windows(w.later[:0]),
        ValueError,
        "Y has 0 time points",
        "too few to learn or forecast from",
    ),
    case(
        "predict_windows of a series full of gaps",
        lambda w: w.fitted.predict_windows(w.later.drop(w.later.index[9::10])),
        ValueError,
        "Y has 9 time points without a gap at most",
        "need at least 12",
    ),
    case(
        "predict_windows with stride 0",
        lambda w: w.fitted.predict_windows(w.later, stride=0),
        ValueError,
        "stride must be an int >= 1",
        "got 0",
    ),
    case(
        "predict_windows with half a stride",
        lambda w: w.fitted.predict_windows(w.later, stride=0.5),
        TypeError,
        "stride must be an int >= 1",
        "got 0.5",
    ),
    case(
        "score of fewer rows than the horizon",
        lambda w: w.fitted.score(w.later[:3]),
        ValueError,
        "y has 3 time points",
        "at least 4",
        "horizon=4",
    ),
    case(
        "score of later rows without a context",
        lambda w: w.fitted.score(w.later[5:16]),
        ValueError,
        "y has 11 time points",
        "context_length=8 and horizon=4 need at least 12",
    ),
    case(
        "score of no rows",
        lambda w: w.fitted.score(w.later[:0]),
        ValueError,
        "y has 0 time points",
    ),
    case(
        "score with fh and columns in another order",
        lambda w: w.fitted.score(
            w.later[["pressure", "load", "temperature"]][:2], fh=[1, 2]
        ),
        ValueError,
        "y must have the columns seen in fit, in the same order",
        "(in another order)",
    ),
    case(
        "update with an array",
        lambda w: w.fitted.update(w.later.to_numpy()),
        TypeError,
        "update needs a Series or DataFrame",
        "got ndarray",
        "index that goes on after",
        "2020-01-03 11:00:00",
    ),
    case(
        "update with integers for dates",
        lambda w: w.fitted.update(w.later.reset_index(drop=True)),
        TypeError,
        "y must be indexed by dates",
        "got integers",
        "index that goes on after",
    ),
    case(
        "update with another time zone",
        lambda w: w.fitted.update(w.later.tz_localize("UTC")),
        TypeError,
        "y must be indexed by dates",
        "got dates in time zone UTC",
    ),
    case(
        "update with periods for dates",
        lambda w: w.fitted.update(w.later.to_period("h")),
        TypeError,
        "y must be indexed by dates",
        "got periods of 'h'",
    ),
    case(
        "update between the steps",
        lambda w: w.fitted.update(w.later.shift(20, freq="min")),
        ValueError,
        "y must have regular times that go on with those seen in fit",
        "after 2020-01-03 11:00:00 come 2020-01-03 12:00:00, 2020-01-03 13:00:00",
        "got 2020-01-03 12:20:00",
    ),
    case(
        "update of a series with a nested panel",
        lambda w: w.one_channel.update(pd.DataFrame({"load": [w.later["load"]] * 2})),
        TypeError,
        "y must have an index of 1 level(s)",
        "a panel to one fitted on a panel",
    ),
    case(
        "update with a new series that is too short",
        lambda w: w.of_a_panel.update(panel_of({"new": w.y[:5]})),
        ValueError,
        "instance 'new' of y, not seen in fit, has 5 time point(s)",
        "a forecast needs the last context_length=8",
        "Give a longer history",
    ),
    case(
        "update with numbers in other units",
        lambda w: w.fitted.update(w.later * 1e30),
        ValueError,
        "Values must lie within 1e+17 units of where the training part lies",
        "in other units?",
    ),
    case(
        "predict_windows with text as times",
        lambda w: w.fitted.predict_windows(w.y.set_axis(w.y.index.astype(str))),
        TypeError,
        "Y must be indexed by dates, periods or integers",
        "Y.set_axis(pd.to_datetime(Y.index))",
    ),
    case(
        "score of steps with inf",
        lambda w: w.fitted.score(with_value(w.later[:4], np.inf), fh=range(1, 5)),
        ValueError,
        "y must be finite",
    ),
    case(
        "update that leaves less than a context after a gap",
        lambda w: w.fitted.update(w.later[2:9]),
        ValueError,
        "has a gap 7 time point(s) before its end",
        "context_length=8",
        "Fill the gap",
    ),
    case(
        "attention of too short a series",
        lambda w: w.fitted.attention_matrix(w.y[:7]),
        ValueError,
        "Y has 7 time points",
        "context_length=8",
        "longer series",
    ),
    case(
        "path that is none",
        lambda w: w.fitted.save(3),
        TypeError,
        "path must be a str, a Path or None",
        "got int",
    ),
    *(
        case(
            f"{method} before fit",
            lambda w, method=method, args=args: getattr(w.construct(), method)(
                *(w.y if a == "y" else a for a in args)
            ),
            Exception,
            "SAMformerForecaster has not been fitted yet",
            "call `fit` first",
        )
        for method, args in [
            ("predict", [[1]]),
            ("predict_windows", ["y"]),
            ("score", ["y"]),
            ("update", ["y"]),
            ("attention_matrix", []),
        ]
    ),
]


@pytest.mark.parametrize(
    ("act", "error", "words"), [*PARAMETERS, *HORIZONS, *SERIES, *PREDICT_TIME]
)
def test_bad_input_is_refused_before_training(world, act, error, words):
    with pytest.raises(error) as raised:
        act(world)
    message = str(raised.value)
    assert [word for word in words if word not in message] == [], message


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_an_absent_device_is_refused(world, device):
    with pytest.raises(ValueError, match=f"device='{device}' is not available") as e:
        world.fit(device=device)
    assert "finds 0 cuda device(s)" in str(e.value)
    assert "device='auto'" in str(e.value)


def test_numpy_numbers_are_good_parameters(make_frame, make_model):
    model = make_model(
        context_length=np.int64(8), lr=np.float32(1e-2), standardize=np.bool_(True)
    )
    plain = make_model(lr=float(np.float32(1e-2)))
    y = make_frame(40)
    expected = plain.fit(y).predict([1])
    pd.testing.assert_frame_equal(model.fit(y).predict([1]), expected)


def test_refused_update_changes_nothing(make_frame, make_model, world, weights_of):
    model = world.fitted
    weights, cutoff = weights_of(model), model.cutoff
    before = model.predict([1, 2, 3, 4])
    for bad in (
        world.later[2:9],
        world.later.to_numpy(),
        with_value(world.later, np.inf),
    ):
        with pytest.raises((ValueError, TypeError)):
            model.update(bad)
        assert model.cutoff.equals(cutoff)
        assert all(torch.equal(weights[k], v) for k, v in weights_of(model).items())
        pd.testing.assert_frame_equal(model.predict([1, 2, 3, 4]), before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_interrupted_update_changes_nothing(
    make_frame, make_model, monkeypatch, weights_of, error
):
    def interrupt(network, *args, **kwargs):
        with torch.no_grad():
            for weight in network.parameters():
                weight.add_(1)
        raise error

    y = make_frame(50)
    model = make_model().fit(y[:40])
    weights, cutoff = weights_of(model), model.cutoff
    before = model.predict([1, 4])
    monkeypatch.setattr("skts.models._trained.train_on_windows", interrupt)
    with pytest.raises(error):
        model.update(y[40:])
    assert model.cutoff.equals(cutoff)
    assert all(torch.equal(weights[k], v) for k, v in weights_of(model).items())
    pd.testing.assert_frame_equal(model.predict([1, 4]), before)


@pytest.mark.parametrize("was_fitted", [False, True])
def test_interrupted_fit_leaves_the_forecaster_unfitted(
    make_frame, make_model, monkeypatch, was_fitted
):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    y = make_frame(40)
    model = make_model()
    if was_fitted:
        model.fit(y)
    with monkeypatch.context() as patch:
        patch.setattr("skts.models._trained.train_on_windows", interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.fit(y)
    assert not model.is_fitted
    assert not hasattr(model, "network_")
    with pytest.raises(Exception, match="has not been fitted"):
        model.predict([1])
    # and it can be fitted again
    expected = make_model().fit(y).predict([1])
    pd.testing.assert_frame_equal(model.fit(y).predict([1]), expected)


@pytest.mark.parametrize("validation_fraction", [0, 0.4])
def test_a_loss_that_diverges_says_what_to_change(
    make_frame, make_model, validation_fraction
):
    model = make_model(
        lr=1e20, lr_schedule="constant", validation_fraction=validation_fraction
    )
    with pytest.raises(ValueError, match=r"_loss became (nan|inf) in epoch \d") as e:
        model.fit(make_frame(60))
    assert "lr=1e+20" in str(e.value)
    assert "Use a smaller lr" in str(e.value)
    assert "standardize=True" in str(e.value)
    assert not model.is_fitted
