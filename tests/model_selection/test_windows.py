"""Windows of a series: by hand, as views, never across a gap."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from skts.model_selection import make_windows

L, H = 8, 4


def naive_windows(values, starts):
    """Return contexts and targets, one window after the other."""
    X = [values[first : first + L] for first in starts]
    y = [values[first + L : first + L + H] for first in starts]
    return np.array(X), np.array(y)


def test_windows_by_hand():
    Y = np.array([[1, 10], [2, 20], [3, 30], [4, 40]])
    X, y = make_windows(Y, context_length=2, horizon=1)
    assert X.tolist() == [[[1, 10], [2, 20]], [[2, 20], [3, 30]]]
    assert y.tolist() == [[[3, 30]], [[4, 40]]]
    # flat, a row goes through time and names all channels at each step
    assert X.reshape(2, -1).tolist() == [[1, 10, 2, 20], [2, 20, 3, 30]]


@pytest.mark.parametrize("stride", [1, 3, 50])
@pytest.mark.parametrize("kind", ["frame", "array", "series", "integers", "float32"])
def test_windows_are_cut_as_one_by_one(make_frame, kind, stride):
    frame = make_frame(60)
    Y = {
        "frame": frame,
        "array": frame.to_numpy(),
        "series": frame["load"],
        "integers": (100 * frame).astype(int),
        "float32": frame.to_numpy(dtype=np.float32),
    }[kind]
    X, y = make_windows(Y, L, H, stride=stride)
    starts = range(0, 60 - L - H + 1, stride)
    expected = naive_windows(np.asarray(Y).reshape(60, -1), starts)
    np.testing.assert_array_equal(X, expected[0])
    np.testing.assert_array_equal(y, expected[1])
    assert X.dtype == (np.float32 if kind == "float32" else np.float64)


@pytest.mark.parametrize("stride", [1, 3])
def test_windows_of_floats_are_views_that_cannot_be_written(make_frame, stride):
    frame = make_frame(60)
    for Y in (frame, frame["load"], frame.to_numpy(), np.asfortranarray(frame)):
        for part in make_windows(Y, L, H, stride=stride):
            assert np.shares_memory(part, np.asarray(Y))
            assert not part.flags.writeable


@pytest.mark.parametrize("stride", [1, 3])
def test_windows_never_cross_a_gap(make_frame, stride):
    frame = make_frame(80)
    broken = frame.drop(frame.index[[13, 40]])
    first, last = broken.index[: -L - H + 1], broken.index[L + H - 1 :]
    starts = np.flatnonzero(last - first == pd.Timedelta(hours=L + H - 1))[::stride]
    assert 0 < len(starts) < len(range(0, 78 - L - H + 1, stride))
    X, y = make_windows(broken, L, H, stride=stride)
    expected = naive_windows(broken.to_numpy(), starts)
    np.testing.assert_array_equal(X, expected[0])
    np.testing.assert_array_equal(y, expected[1])


def test_a_linear_regressor_finds_the_rule_of_a_wave():
    """Two past points determine the next one of a sine."""
    X, y = make_windows(np.sin(0.3 * np.arange(200)), 2, 1)
    model = Ridge(alpha=1e-9).fit(X[..., 0], y[..., 0, 0])
    np.testing.assert_allclose(model.coef_, [-1, 2 * np.cos(0.3)], atol=1e-6)


FRAME = pd.DataFrame({"a": np.arange(20.0)})
PANEL = pd.concat({"one": FRAME, "two": FRAME})


@pytest.mark.parametrize(
    ("Y", "changes", "error", "message"),
    [
        (np.arange(11.0), {}, ValueError, r"Y has 11 time points .*need at least 12"),
        (np.empty(0), {}, ValueError, "Y has 0 time points"),
        (FRAME.drop(index=10), {}, ValueError, "Y has 10 time points without a gap at"),
        (FRAME, {"stride": 0}, ValueError, "stride must be an int >= 1, got 0"),
        (FRAME, {"stride": 1.5}, TypeError, "stride must be an int >= 1, got 1.5"),
        (FRAME, {"horizon": 0}, ValueError, "horizon must be an int >= 1, got 0"),
        (FRAME, {"context_length": 0}, ValueError, "context_length must be an int"),
        (FRAME.replace(3.0, np.nan), {}, ValueError, "Y must be finite, got 1 NaN"),
        (np.full(20, np.inf), {}, ValueError, "Y must be finite, got 20 NaN or inf"),
        (FRAME[::-1], {}, ValueError, r"in order.*Use Y.sort_index\(\)"),
        (FRAME.astype(str), {}, TypeError, "Y must have numeric columns"),
        ([1.0] * 20, {}, TypeError, "Y must be a Series, a DataFrame or an array"),
        (np.ones((20, 2, 2)), {}, ValueError, r"got shape \(20, 2, 2\)"),
        (PANEL, {}, TypeError, "Y must be one series, got a panel"),
        (PANEL["a"], {}, TypeError, "Y must be one series, got a panel"),
    ],
)
def test_bad_input_is_refused_with_the_reason(Y, changes, error, message):
    lengths = {"context_length": L, "horizon": H, **changes}
    with pytest.raises(error, match=message):
        make_windows(Y, **lengths)
