"""Coverage as time goes by: rolling means of what windows held."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skts.plotting import plot_coverage

HELD = np.array([1.0, 0.5, 0.0, 1.0, 0.75])
CUTOFFS = pd.date_range("2024-01-01", periods=5, freq="D", tz="Europe/Rome")


def told(held, form="following", coverage=0.8, **more):
    forms = pd.Categorical([form] * len(held), ["conformal", "following"])
    rows = {"form": forms, "coverage": coverage, "cutoff": CUTOFFS[: len(held)]}
    return pd.DataFrame({**more, **rows, "held": held})


def result_of(*parts):
    return SimpleNamespace(held_by_window=pd.concat(parts, ignore_index=True))


def shares(ax):
    return {line.get_label(): line.get_ydata() for line in ax.lines}


def test_each_point_is_the_mean_of_the_windows_up_to_there(labels):
    still = told(1 - HELD, "conformal")
    ax = plot_coverage(result_of(still, told(HELD)), n_windows=3)
    assert labels(ax) == ["asked for", "80% following", "80% conformal"]
    drawn = shares(ax)
    expected = [1.5 / 3, 1.5 / 3, 1.75 / 3]
    np.testing.assert_allclose(drawn["80% following"], expected)
    np.testing.assert_allclose(drawn["80% conformal"], np.subtract(1, expected))
    assert set(drawn["asked for"]) == {0.8}
    times = ax.lines[1].get_xdata()
    assert list(times) == list(CUTOFFS[2:])
    assert ax.get_ylabel() == "share held\n(mean of 3 windows)"
    assert ax.get_xlabel() == "cutoff"


def test_the_last_point_of_all_windows_is_the_whole_coverage(fitted, frame):
    result = fitted.backtest(frame[48:], coverage=[0.5, 0.7])
    ax = plot_coverage(result, n_windows=result.n_windows)
    rows = result.intervals
    for coverage in (0.5, 0.7):
        for form in ("conformal", "following"):
            of_form = rows[(rows["form"] == form) & (rows["coverage"] == coverage)]
            (last,) = shares(ax)[f"{100 * coverage:g}% {form}"]
            assert last == pytest.approx(of_form["held"].mean())


def test_a_tenth_of_the_windows_is_taken_unless_a_number_is_named():
    long = pd.concat([told(HELD)] * 6, ignore_index=True)
    long["cutoff"] = pd.period_range("2024-01", periods=30, freq="M")
    ax = plot_coverage(result_of(long))
    np.testing.assert_allclose(ax.lines[1].get_ydata()[:2], [0.5, 0.5])
    assert len(ax.lines[1].get_xdata()) == 28
    assert plot_coverage(result_of(told(HELD))).get_ylabel().endswith("each window")


def test_series_of_a_panel_count_the_same_and_unknown_windows_do_not():
    unknown = told([np.nan, *HELD[1:]], series="a")
    other = told(1 - HELD[:3], series="b")
    ax = plot_coverage(result_of(unknown, other), n_windows=1)
    np.testing.assert_allclose(shares(ax)["80% following"], [0, 0.5, 0.5, 1, 0.75])


def test_what_cannot_be_drawn_says_why(fitted, frame):
    with pytest.raises(ValueError, match="a window whose truths are known, got none"):
        plot_coverage(result_of(told(HELD * np.nan)))
    with pytest.raises(ValueError, match=r"Pass coverage=0\.9 to backtest"):
        plot_coverage(fitted.backtest(frame[48:]))
    with pytest.raises(ValueError, match=r"n_windows must be at most 5, .* got 6"):
        plot_coverage(result_of(told(HELD)), n_windows=6)
