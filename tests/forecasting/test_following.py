"""Intervals follow the errors of the windows that updates complete."""

import re

import numpy as np
import pandas as pd
import pytest

from skts.forecasting import SAMformerForecaster

L, H = 8, 4
STEPS = range(1, H + 1)
COVERAGES = [0.5, 0.8, 0.9]


@pytest.fixture(scope="module")
def y(make_frame):
    return make_frame(400)


@pytest.fixture
def fit():
    def fit(y, **params):
        tiny = {"context_length": L, "horizon": H, "max_epochs": 0, "device": "cpu"}
        return SAMformerForecaster(**{**tiny, **params}).fit(y)

    return fit


def widths(model):
    ends = model.predict_interval(STEPS, coverage=COVERAGES)
    lower, upper = (ends.xs(end, axis=1, level=2) for end in ("lower", "upper"))
    return upper - lower


def fed(model, y, n_each, learn=False):
    for first in range(0, len(y), n_each):
        model.update(y[first : first + n_each], update_params=learn)
    return model


def test_the_errors_are_those_of_all_windows_that_new_rows_complete(fit, y):
    model = fit(y[:200])
    before = model._model.held_out.own[None]
    forecasts, truths = model.predict_windows(y[200 - L - H + 1 : 260])
    errors = np.abs(truths - forecasts).transpose(0, 2, 1) / model.scale_[:, None]
    assert len(errors) == 60
    model.update(y[200:260], update_params=False)
    after = model._model.held_out.own[None]
    assert before.spacing == 1
    np.testing.assert_allclose(after.errors[-60:], errors, atol=1e-5)
    expected = before.followed_by(after.errors[-60:], 60).half_widths(COVERAGES)
    np.testing.assert_array_equal(after.half_widths(COVERAGES), expected)


@pytest.mark.parametrize("n_each", [1, 7])
def test_pieces_of_any_size_lead_to_the_same_intervals(fit, y, n_each):
    expected = widths(fed(fit(y[:200]), y[200:260], 60))
    found = widths(fed(fit(y[:200]), y[200:260], n_each))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-5)


def test_it_does_not_matter_whether_anything_was_forecast(fit, y):
    asked, silent = fit(y[:200]), fit(y[:200])
    for first in range(200, 260, 6):
        widths(asked)
        for model in (asked, silent):
            model.update(y[first : first + 6], update_params=False)
    pd.testing.assert_frame_equal(widths(asked), widths(silent))


def test_windows_do_not_cross_gaps(fit, y):
    model = fit(y[:200])
    n_before = len(model._model.held_out.own[None].errors)
    model.update(y[210:230], update_params=False)  # 20 rows after the gap
    n_new = len(model._model.held_out.own[None].errors) - n_before
    assert n_new == 20 - L - H + 1


@pytest.mark.parametrize("learn", [True, False])
def test_intervals_widen_once_errors_have_grown(fit, y, learn):
    rng = np.random.default_rng(0)
    louder = y[200:] + 3 * y[:200].std().to_numpy() * rng.standard_normal((200, 3))
    model, still = fit(y[:200]), fit(y[:200], interval_method="conformal")
    before = widths(model)
    for each in (model, still):
        fed(each, louder, 50, learn)
    assert (widths(model).to_numpy() > 1.5 * before.to_numpy()).all()
    as_fitted = widths(fit(y[:200], interval_method="conformal"))
    np.testing.assert_allclose(widths(still), as_fitted)


def test_intervals_follow_on_copies_and_files(fit, y, tmp_path):
    model = fit(y[:200])
    model.update(y[200:230], update_params=False)
    model.save(tmp_path / "model")
    loaded = SAMformerForecaster.load_from_path(tmp_path / "model.zip")
    for each in (model, loaded):
        each.update(y[230:260], update_params=False)
    pd.testing.assert_frame_equal(widths(loaded), widths(model))


def test_a_series_with_enough_windows_has_its_own_errors(fit, make_frame):
    noises = {"calm": 0.1, "loud": 3.0}
    rows = {name: make_frame(400, noise=noise) for name, noise in noises.items()}
    short = {"short": make_frame(120, noise=0.1)}
    train = pd.concat({n: y[:300] for n, y in rows.items()} | short, names=["series"])
    model = fit(train, linear_maps="shared", validation_fraction=0.4)
    own = model._model.held_out.own
    assert {"calm", "loud"} <= set(own)
    before = widths(model)
    louder = rows["calm"][300:] + 50 * rows["loud"][300:].to_numpy()
    new = pd.concat({"calm": louder}, names=["series"])
    model.update(new, update_params=False)
    after = widths(model)
    assert (after.loc["calm"].to_numpy() > before.loc["calm"].to_numpy()).mean() > 0.9
    assert np.array_equal(after.loc["loud"], before.loc["loud"])


def test_a_short_series_follows_from_the_errors_of_all(fit, make_frame):
    rows = {"calm": make_frame(400, noise=0.1), "loud": make_frame(420, noise=3.0)}
    train = {"calm": rows["calm"][:300], "loud": rows["loud"][:100]}
    model = fit(pd.concat(train, names=["series"]), linear_maps="shared")
    before = widths(model)
    assert "loud" not in model._model.held_out.own
    new = rows["loud"][100:]
    panel = pd.concat({"loud": new}, names=["series"])
    tried = model.backtest(panel, 10, coverage=COVERAGES).intervals
    held = []
    for first in range(0, len(new) - H + 1, 10):
        ends = model.predict_interval(STEPS, coverage=COVERAGES).loc["loud"]
        lower, upper = ends_of(ends)
        truth = new[first : first + H].to_numpy()[..., None]
        held.append((lower <= truth) & (truth <= upper))
        model.update(panel[first : first + 10], update_params=False)
    table = tried.set_index("form").loc["following", "held"].to_numpy()
    found = np.mean(held, axis=0).transpose(2, 1, 0).reshape(-1)
    np.testing.assert_allclose(table, found, atol=1e-6)
    means = tried.groupby(["form", "coverage"], observed=True)["held"].mean()
    assert (means["conformal"].to_numpy() < np.array(COVERAGES) - 0.1).all()
    np.testing.assert_allclose(means["following"], COVERAGES, atol=0.08)
    after = widths(model)
    pd.testing.assert_frame_equal(after.loc["calm"], before.loc["calm"], rtol=1e-5)


# In one pass ----------------------------------------------------------------------


def ends_of(ends):
    """Return lower and upper ends, each ``(H, C, A)``."""
    return [
        ends.xs(end, axis=1, level=2).to_numpy().reshape(H, 3, -1)
        for end in ("lower", "upper")
    ]


def tried_one_by_one(model, Y, stride):
    """Return held, width, interval score and pinball loss ``(A, C, H)``, slowly.

    And those of bands, held and width, ``(A, C)``, and what each window held,
    ``(A, n)``.
    """
    sums, of_bands, by_window = 0.0, 0.0, []
    for first in range(0, len(Y) - H + 1, stride):
        truth = Y[first : first + H].to_numpy()
        truth = truth[..., None]
        lower, upper = ends_of(model.predict_interval(STEPS, coverage=COVERAGES))
        bottom, top = ends_of(model.predict_band(STEPS, coverage=COVERAGES))
        path_held = ((bottom <= truth) & (truth <= top)).all(axis=0)
        of_bands = of_bands + np.stack([path_held, (top - bottom).mean(axis=0)])
        missing = 1 - np.array(COVERAGES)
        below, above = np.maximum(lower - truth, 0), np.maximum(truth - upper, 0)
        held = (lower <= truth) & (truth <= upper)
        score = upper - lower + 2 / missing * (below + above)
        pinball = [
            np.maximum(level * (truth - end), (level - 1) * (truth - end))
            for end, level in [(lower, missing / 2), (upper, 1 - missing / 2)]
        ]
        sums = sums + np.stack([held, upper - lower, score, sum(pinball) / 2])
        by_window.append(held.mean(axis=(0, 1)))
        model.update(Y[first : first + stride], update_params=False)
    n = len(by_window)
    return (
        (sums / n).transpose(0, 3, 2, 1),
        (of_bands / n).transpose(0, 2, 1),
        np.transpose(by_window),
    )


@pytest.mark.parametrize("stride", [1, 6])
def test_a_backtest_tries_intervals_as_if_updated_at_each_cutoff(fit, y, stride):
    model = fit(y[:200])
    result = model.backtest(y[200:240], stride, coverage=COVERAGES)
    names = ["held", "width", "interval_score", "pinball_loss"]
    intervals, bands, by_window = tried_one_by_one(model, y[200:240], stride)
    for table, expected in ((result.intervals, intervals), (result.bands, bands)):
        columns = names[: len(expected)]
        found = table[table["form"] == "following"][columns].to_numpy().T
        expected = expected.reshape(len(columns), -1)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
    held = result.held_by_window.set_index(["form", "coverage"]).loc["following"]
    assert list(held["cutoff"].unique()) == list(y.index[199 : 240 - H : stride])
    np.testing.assert_allclose(held["held"], by_window.ravel())
    told = re.findall(r"held of (\S+) +(\S+) .*\(following\)", repr(result))
    assert [float(coverage) for coverage, _ in told] == COVERAGES
    shares = held.groupby("coverage")["held"].mean()
    np.testing.assert_allclose([float(each) for _, each in told], shares, rtol=1e-3)
    assert result._repr_html_().count("<th>held of") == 3
    overall = result.intervals.groupby(["form", "coverage"], observed=True)["held"]
    whole = result.held_by_window.groupby(["form", "coverage"], observed=True)["held"]
    pd.testing.assert_series_equal(whole.mean(), overall.mean())


@pytest.mark.parametrize("method", ["conformal", "adaptive"])
def test_a_backtest_tries_intervals_that_stay(fit, y, method):
    model = fit(y[:200], interval_method=method)
    result = model.backtest(y[200:240], coverage=COVERAGES)
    intervals, bands, _ = tried_one_by_one(model, y[200:240], 1)
    for table, expected in ((result.intervals, intervals[:2]), (result.bands, bands)):
        assert set(table["form"]) == {method}
        found = table[["held", "width"]].to_numpy().T
        np.testing.assert_allclose(found, expected.reshape(2, -1), rtol=1e-3)


def test_a_backtest_tells_coverage_of_each_series(fit, make_frame):
    rows = {name: make_frame(260, seed=seed) for seed, name in enumerate("ab")}
    train = pd.concat({n: y[:200] for n, y in rows.items()}, names=["series"])
    test = pd.concat({n: y[200:] for n, y in rows.items()}, names=["series"])
    model = fit(train)
    result = model.backtest(test, coverage=0.8).intervals
    assert list(result.columns[:2]) == ["series", "form"]
    held = result.groupby(["series", "form"], observed=True)["held"].mean()
    assert len(held) == 4
    assert held.between(0.6, 1).all()
    # One that fit has not seen goes by the errors of all.
    short = fit(train.groupby(level=0).head(100))
    new = short.backtest(test.rename({"a": "new"}), coverage=0.8).intervals
    assert set(new["series"]) == {"new", "b"}
    assert new.loc[new["series"] == "new", "held"].between(0.5, 1).all()


def test_trying_no_intervals_takes_nothing_held_out(fit, y):
    model = fit(y[:200], validation_fraction=0)
    assert model.backtest(y[200:240]).intervals is None
    with pytest.raises(NotImplementedError, match="no prediction intervals"):
        model.backtest(y[200:240], coverage=0.8)
