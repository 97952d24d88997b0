"""Intervals reach as far as most errors on the held-out windows did."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from skts.data import Windows
from skts.fitted import MAX_WINDOWS, absolute_errors, window_spread
from skts.forecasting import SAMformerForecaster

L, H = 8, 4
STEPS = range(1, H + 1)


@pytest.fixture(scope="module")
def make_still(make_model):
    """Return a function that constructs a forecaster whose intervals stay."""

    def make(**params):
        return make_model(**{"interval_method": "conformal", **params})

    return make


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(120)


@pytest.fixture(scope="module")
def model(make_still, y):
    return make_still(validation_fraction=0.5).fit(y[:100])


def held_out_errors(model, y):
    """Return absolute errors ``(n, H, C)`` of the windows with targets in rows 50-99.

    Without the intervals' own code.
    """
    forecasts, truths = model.predict_windows(y[50 - L : 100])
    assert len(forecasts) == 47
    return np.abs(forecasts - truths)


# By hand --------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_intervals_are_the_ranked_errors_of_the_held_out_windows(model, y, coverage):
    errors = np.sort(held_out_errors(model, y), axis=0)
    rank = int(np.ceil(48 * coverage))
    interval = model.predict_interval(STEPS, coverage=coverage)
    forecast = model.predict(STEPS).to_numpy()
    for end, sign in [("lower", -1), ("upper", 1)]:
        found = interval.xs(end, axis=1, level=2).to_numpy()
        expected = forecast + sign * errors[rank - 1]
        # float32 errors, in units of each channel
        np.testing.assert_allclose(
            found / model.scale_, expected / model.scale_, atol=1e-4
        )


@pytest.mark.parametrize("steps", [[1, 2, 3, 4], [2, 4], [3]])
def test_bands_are_ranks_of_the_worst_step_of_each_window(model, y, steps):
    errors = held_out_errors(model, y)[:, np.array(steps) - 1]
    unit = np.sort(errors, axis=0)[int(np.ceil(48 * 0.8)) - 1]
    worst = np.sort((errors / unit).max(axis=1), axis=0)[int(np.ceil(48 * 0.8)) - 1]
    band = model.predict_band(steps, coverage=[0.8, 0.9])
    interval = model.predict_interval(steps, coverage=[0.8, 0.9])
    assert band.columns.equals(interval.columns)
    assert band.index.equals(interval.index)
    found = band.xs((0.8, "upper"), axis=1, level=(1, 2)) - model.predict(steps)
    np.testing.assert_allclose(found / (worst * unit), 1, rtol=1e-3)
    middle = (band.to_numpy()[:, ::2] + band.to_numpy()[:, 1::2]) / 2
    np.testing.assert_allclose(middle[:, ::2], model.predict(steps))
    gain = (band - interval).xs("upper", axis=1, level=2).to_numpy()
    assert (gain > 0).any() if len(steps) > 1 else np.allclose(gain, 0)
    assert (gain >= -1e-9).all()


def test_bands_end_with_the_horizon(model):
    with pytest.raises(ValueError, match=r"Step 5 lies beyond horizon=4.*horizon=5"):
        model.predict_band([1, 5])


@pytest.mark.parametrize("standardize", [True, False])
def test_each_series_of_a_panel_has_its_band(make_still, make_frame, standardize):
    rows = {name: make_frame(100, seed=i) * 10**i for i, name in enumerate("ab")}
    panel = pd.concat(rows, names=["series"])
    model = make_still(validation_fraction=0.5, standardize=standardize).fit(panel)
    width = model.predict_band(STEPS).diff(axis=1).to_numpy()[:, 1::2]
    assert width.shape == (2 * H, 3)
    ratio = width[H:] / width[:H]
    expected = model.scale_.loc["b"] / model.scale_.loc["a"]
    np.testing.assert_allclose(ratio, [expected.to_numpy()] * H, rtol=1e-4)


def test_the_variance_is_that_of_the_errors_with_the_largest_taken_twice(model, y):
    variance = model.predict_var(STEPS)
    squares = held_out_errors(model, y) ** 2
    expected = (squares.sum(axis=0) + squares.max(axis=0)) / 48
    np.testing.assert_allclose(variance, expected, rtol=1e-3)
    assert variance.index.equals(model.predict(STEPS).index)
    assert list(variance.columns) == list(y.columns)


def test_spread_is_a_deviation_and_never_nothing():
    context = torch.tensor([[[1.0, 3.0], [5.0, 5.0]]])
    spread = window_spread(context, torch.tensor([1.0, 2.0]))
    np.testing.assert_allclose(spread, [[[1.0], [0.02]]])


def test_absolute_errors_by_hand():
    series = torch.tensor([[0.0, 1.0, 3.0, 2.0, 8.0]])
    windows = Windows(series, torch.arange(3), 2, 1)
    last = absolute_errors(
        lambda c: c[..., -1:], windows, lambda c: torch.ones(3, 1, 1)
    )
    np.testing.assert_array_equal(last[:, 0, 0], [2.0, 1.0, 6.0])
    assert last.dtype == np.float32


def test_no_more_than_a_thousand_windows_are_measured(make_frame, make_still):
    model = make_still(validation_fraction=0.9, max_epochs=1).fit(make_frame(1500))
    assert model._model.held_out.pool.errors.shape == (MAX_WINDOWS, 3, H)


# Coverage -------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["following", "conformal", "adaptive"])
def test_noise_is_covered_as_often_as_asked(make_model, method):
    noise = np.random.default_rng(0).standard_normal((4000, 2))
    model = make_model(
        horizon=2, max_epochs=1, validation_fraction=0.5, interval_method=method
    ).fit(noise[:2000])
    forecasts, truths = model.predict_windows(noise[2000:])
    contexts = np.lib.stride_tricks.sliding_window_view(noise[2000:], L, axis=0)
    spread = contexts[: len(truths)].std(axis=-1)[:, None]
    for coverage in (0.5, 0.8, 0.95):
        ends = model.predict_interval([1, 2], coverage=coverage).to_numpy()
        width = (ends[:, 1::2] - ends[:, ::2])[None] / 2
        if method == "adaptive":
            width = width / noise[2000 - L : 2000].std(axis=0) * spread
        covered = np.mean(np.abs(forecasts - truths) <= width, axis=(0, 1))
        # about 2000 draws on either side; the recent errors are some 230
        atol = 0.06 if method == "following" else 0.03
        np.testing.assert_allclose(covered, coverage, atol=atol)


def growing(n_rows):
    wave = np.sin(np.arange(n_rows)) + 0.3 * np.random.default_rng(1).standard_normal(
        n_rows
    )
    return wave * np.exp(np.arange(n_rows) / 250)


@pytest.mark.filterwarnings("ignore:Of the truths in the last quarter")
def test_adaptive_intervals_grow_with_the_series(make_model):
    y = growing(1200)
    share = {}
    for method in ("conformal", "adaptive"):
        model = make_model(validation_fraction=0.4, interval_method=method)
        model.fit(pd.Series(y[:800]))
        covered = []
        for now in range(804, 1200 - H, H):
            model.update(pd.Series(y[now - 4 : now], range(now - 4, now)), None, False)
            ends = model.predict_interval(STEPS, coverage=0.8).to_numpy()
            truth = y[now : now + H]
            covered += [(ends[:, 0] <= truth) & (truth <= ends[:, 1])]
        share[method] = np.mean(covered)
    assert share["conformal"] < 0.65
    assert share["adaptive"] == pytest.approx(0.8, abs=0.06)


def test_adaptive_intervals_follow_the_spread_of_the_last_window(make_model, y):
    model = make_model(validation_fraction=0.5, interval_method="adaptive")
    model.fit(y[:100])

    def widths():
        ends = model.predict_interval(STEPS, coverage=0.8).to_numpy()
        return ends[:, 1::2] - ends[:, ::2]

    before, spread = widths(), y[92:100].std(ddof=0).to_numpy()
    calm = (y[100:108] - y[100:108].mean()) * 0.1 + y[100:108].mean()
    model.update(calm, update_params=False)
    after, calmer = widths(), calm.std(ddof=0).to_numpy()
    np.testing.assert_allclose(after / before, [calmer / spread] * H, rtol=1e-3)


@pytest.mark.parametrize("standardize", [True, False])
def test_adaptive_intervals_at_rest_have_a_hundredth_of_the_usual_width(
    make_model, y, standardize
):
    model = make_model(
        validation_fraction=0.5, interval_method="adaptive", standardize=standardize
    ).fit(y[:100])

    def widths():
        ends = model.predict_interval(STEPS, coverage=0.8).to_numpy()
        return ends[:, 1::2] - ends[:, ::2]

    before, spread = widths(), y[92:100].std(ddof=0).to_numpy()
    at_rest = y[100:108].assign(**y.iloc[99])
    model.update(at_rest, update_params=False)
    expected = 0.01 * model.scale_ / spread
    np.testing.assert_allclose(widths() / before, [expected] * H, rtol=1e-3)


def test_a_channel_that_never_moved_has_no_width(make_model, y):
    still = y.assign(temperature=3.5)
    model = make_model(validation_fraction=0.5, use_revin=False).fit(still)
    ends = model.predict_interval(STEPS, coverage=0.8)
    assert (ends["temperature"].to_numpy() == 3.5).all()
    assert (ends["load"].diff(axis=1).iloc[:, 1] > 0).all()


# Form and life --------------------------------------------------------------------


@pytest.mark.parametrize("ask", ["predict_interval", "predict_var"])
def test_each_step_has_its_own_width(model, ask):
    every_step = getattr(model, ask)(STEPS)
    for fh in ([4], [2, 3]):
        expected = every_step.iloc[np.array(fh) - 1]
        pd.testing.assert_frame_equal(getattr(model, ask)(fh), expected)


def test_quantiles_grow_with_their_probability(model):
    alpha = [0.02, 0.2, 0.45, 0.5, 0.55, 0.9]
    quantiles = model.predict_quantiles(STEPS, alpha=alpha).to_numpy()
    assert (np.diff(quantiles.reshape(H, 3, 6), axis=-1) > 0).all()


def test_quantiles_are_the_ends_of_intervals(model):
    interval = model.predict_interval([1, 4], coverage=[0.9, 0.5])
    alpha = [0.05, 0.95, 0.25, 0.75, 0.5]
    quantiles = model.predict_quantiles([1, 4], alpha=alpha)
    assert list(quantiles.columns.get_level_values(1)) == 3 * alpha
    for name in ["load", "temperature", "pressure"]:
        for coverage, low, high in [(0.9, 0.05, 0.95), (0.5, 0.25, 0.75)]:
            ends = interval[name][coverage]
            np.testing.assert_allclose(ends["lower"], quantiles[name][low])
            np.testing.assert_allclose(ends["upper"], quantiles[name][high])
    median = quantiles.xs(0.5, axis=1, level=1)
    pd.testing.assert_frame_equal(median, model.predict([1, 4]))


def test_wider_coverage_is_wider(model):
    coverages = [0.2, 0.5, 0.8, 0.95]
    ends = model.predict_interval(STEPS, coverage=coverages)
    lower, upper = (ends.xs(end, axis=1, level=2) for end in ("lower", "upper"))
    widths = (upper - lower).to_numpy().reshape(H, 3, 4)
    assert (np.diff(widths, axis=-1) >= 0).all()
    assert (widths > 0).all()


def test_channels_in_other_units_have_intervals_in_those(make_still, make_frame):
    y = make_frame(100)
    model = make_still(validation_fraction=0.5)
    interval = model.fit(y).predict_interval(STEPS)
    scaled = make_still(validation_fraction=0.5).fit(y * 7.0).predict_interval(STEPS)
    np.testing.assert_allclose(scaled, 7 * interval, rtol=1e-3, atol=1e-2)


def test_without_standardising_widths_are_in_the_units_of_the_data(make_still, y):
    model = make_still(validation_fraction=0.5, standardize=False).fit(y[:100])
    errors = np.sort(held_out_errors(model, y), axis=0)[int(np.ceil(48 * 0.8)) - 1]
    ends = model.predict_interval(STEPS, coverage=0.8).to_numpy()
    widths = ends[:, 1::2] - ends[:, ::2]
    np.testing.assert_allclose(widths / model.scale_, 2 * errors / model.scale_, 1e-3)


def test_a_series_without_a_name_has_a_column_0(make_model):
    model = make_model(validation_fraction=0.5).fit(np.sin(np.arange(100.0)))
    assert list(model.predict_interval(STEPS, coverage=0.5).columns) == [
        (0, 0.5, "lower"),
        (0, 0.5, "upper"),
    ]


def test_update_leaves_the_errors_as_they_are(make_still, y):
    model = make_still(validation_fraction=0.5).fit(y[:100])

    def widths():
        ends = model.predict_interval(STEPS).to_numpy()
        return ends[:, 1::2] - ends[:, ::2]

    before = widths()
    model.update(y[100:], update_params=True)
    np.testing.assert_allclose(widths(), before, rtol=1e-9)


@pytest.mark.parametrize("method", ["following", "conformal"])
def test_intervals_survive_pickling_and_saving(make_model, y, tmp_path, method):
    model = make_model(validation_fraction=0.5, interval_method=method).fit(y[:100])
    expected = model.predict_interval(STEPS)
    copies = [pickle.loads(pickle.dumps(model))]
    model.save(tmp_path / "model")
    copies.append(SAMformerForecaster.load_from_path(tmp_path / "model.zip"))
    for same in copies:
        pd.testing.assert_frame_equal(same.predict_interval(STEPS), expected)
        held_out = same._model.held_out
        kept = held_out.own[None] if method == "following" else held_out.pool
        assert kept.errors.dtype == np.float32


# Too little to go by --------------------------------------------------------------


def test_too_few_windows_give_the_largest_error_and_a_warning(make_still, y):
    model = make_still(validation_fraction=0.15).fit(y[:60])  # 9 rows: 6 windows
    with pytest.warns(UserWarning, match=r"0\.9 needs .* at least 9 .* there are 6"):
        ends = model.predict_interval(STEPS, coverage=[0.5, 0.9])
    forecasts, truths = model.predict_windows(y[51 - L : 60])
    largest = np.abs(forecasts - truths).max(axis=0)
    upper = ends.xs((0.9, "upper"), axis=1, level=(1, 2)) - model.predict(STEPS)
    np.testing.assert_allclose(upper / model.scale_, largest / model.scale_, atol=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict_interval(STEPS, coverage=0.85)  # six are just enough


@pytest.mark.filterwarnings("ignore:y is too short for validation_fraction")
@pytest.mark.parametrize(
    ("fraction", "n_rows"), [(0, 60), (0.2, 15)], ids=["none asked for", "too short"]
)
def test_without_validation_there_are_no_intervals(make_model, y, fraction, n_rows):
    model = make_model(validation_fraction=fraction).fit(y[:n_rows])
    assert not model.get_tag("capability:pred_int")
    way_out = r"Fit with validation_fraction=0\.2"
    for ask, what in [
        (model.predict_interval, "prediction intervals"),
        (model.predict_quantiles, "quantile predictions"),
        (model.predict_var, "variance predictions"),
        (model.predict_band, "bands"),
    ]:
        with pytest.raises(NotImplementedError, match=f"{what}: they .*{way_out}"):
            ask([1])


@pytest.mark.filterwarnings("ignore:y is too short for validation_fraction")
def test_the_tag_follows_parameters_and_fits(make_model, y):
    model = make_model(validation_fraction=0.5)
    assert model.get_tag("capability:pred_int")
    assert not model.fit(y[:15]).get_tag("capability:pred_int")
    assert model.fit(y).get_tag("capability:pred_int")
    assert not model.set_params(validation_fraction=0).get_tag("capability:pred_int")
    assert (
        model.clone().set_params(validation_fraction=0.2).get_tag("capability:pred_int")
    )


@pytest.mark.parametrize("level", [0, 1, -0.1, 1.5, 90, np.inf, np.nan])
def test_a_level_outside_0_and_1_is_an_error(model, level):
    for ask, name in [("interval", "coverage"), ("quantiles", "alpha")]:
        for value in (level, [0.5, level]):
            with pytest.raises(ValueError, match=f"{name} must be .*, got {level}"):
                getattr(model, f"predict_{ask}")([1], **{name: value})


def test_percents_are_recognised(model):
    with pytest.raises(ValueError, match=r"got 90\. Give 0\.9\."):
        model.predict_interval([1], coverage=90)
    with pytest.raises(ValueError, match=r"got 100\.$"):  # 1 would be refused, too
        model.predict_interval([1], coverage=100)


@pytest.mark.parametrize("level", ["0.9", None, True, [0.5, "0.9"]])
def test_a_level_must_be_a_number(model, level):
    with pytest.raises(TypeError, match="coverage must be a number > 0 and < 1"):
        model.predict_interval([1], coverage=level)


@pytest.mark.parametrize("level", [[], [0.5, 0.5]])
def test_levels_must_differ(model, level):
    with pytest.raises(ValueError, match="or a list of different ones"):
        model.predict_interval([1], coverage=level)


def test_an_unknown_method_is_an_error(make_model, y):
    with pytest.raises(ValueError, match="interval_method must be one of 'following'"):
        make_model(interval_method="bootstrap").fit(y)
