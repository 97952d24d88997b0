"""Ridge maps: literal least squares, literal forecasts, and all strengths at once."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from skts.linear import Naive, WindowMoments
from skts.linear._members import raw
from skts.linear._ridge import centred, errors_of_strengths, fold, solve
from skts.linear._strengths import STRENGTHS, _Search, first_of_the_best, raw_error
from tests.linear.naive import (
    literal_forecast,
    literal_ridge,
    make_series,
    make_windows,
    split,
)

CONTEXT, HORIZON = 14, 4
NAIVES = [
    Naive("mean"),
    Naive("last"),
    Naive("seasonal", 3),
    Naive("seasonal", 6),
    Naive("change", 6),
    Naive("profile", 3),
    Naive("profile", 6),
]


@pytest.fixture(scope="module")
def windows():
    series = make_series()
    learned = make_windows(series, CONTEXT, HORIZON, end=200)
    return learned, make_windows(series, CONTEXT, HORIZON, begin=200 - CONTEXT)


@pytest.mark.parametrize("context", [1, 6, CONTEXT])
def test_centred_moments_are_those_of_centred_windows(windows, context):
    X, Y = (each[:, 1] for each in split(windows[0], context))
    mean = X.mean(1, keepdims=True)
    found = centred(WindowMoments(windows[0]).channel(1), context, HORIZON)
    expected = (X - mean).T @ (X - mean), (X - mean).T @ (Y - mean)
    assert_close(found.gram, torch.from_numpy(expected[0]), rtol=0, atol=1e-10)
    assert_close(found.cross, torch.from_numpy(expected[1]), rtol=0, atol=1e-10)
    assert float(found.target) == pytest.approx(((Y - mean) ** 2).sum(), rel=1e-12)


@pytest.mark.parametrize("context", [7, CONTEXT])
@pytest.mark.parametrize("naive", [Naive("mean"), Naive("seasonal", 6)])
@pytest.mark.parametrize("strength", [1e-4, 1.0, 1e4])
def test_a_map_is_that_of_literal_least_squares(windows, context, naive, strength):
    weights = naive.weights(context, HORIZON)
    learned = centred(WindowMoments(windows[0]).channel(0), context, HORIZON)
    expected = literal_ridge(windows[0], [0], context, weights.numpy(), strength)
    found = solve(learned, weights, strength).numpy()
    # What is added to all weights of a step alike multiplies rows of mean zero.
    np.testing.assert_allclose(
        found - found.mean(0), expected - expected.mean(0), atol=1e-8
    )


def test_errors_of_all_strengths_are_those_of_literal_forecasts(windows):
    learned, held_out = (
        centred(WindowMoments(each).channel(0), CONTEXT, HORIZON) for each in windows
    )
    first_steps = [naive.weights(CONTEXT, naive.period) for naive in NAIVES]
    found = errors_of_strengths(learned, held_out, first_steps, STRENGTHS)
    assert found.shape == (len(NAIVES), len(STRENGTHS))
    target = split(windows[1], 1)[1][:, 0]
    for naive, row in zip(NAIVES, found.tolist(), strict=True):
        weights = naive.weights(CONTEXT, HORIZON).numpy()
        for strength, error in zip(STRENGTHS, row, strict=True):
            ridge = literal_ridge(windows[0], [0], CONTEXT, weights, strength)
            residual = literal_forecast(windows[1], 0, ridge) - target
            assert error == pytest.approx((residual**2).sum(), rel=1e-8)


def test_the_error_of_a_raw_map_is_that_of_its_forecasts(windows):
    moments = WindowMoments(windows[1]).channel(1)
    weights = torch.randn(9, HORIZON, generator=torch.Generator().manual_seed(0))
    weights = weights.double()
    residual = literal_forecast(windows[1], 1, weights.numpy())
    residual -= split(windows[1], 1)[1][:, 1]
    assert raw_error(moments, raw(weights)) == pytest.approx((residual**2).sum())


def test_very_strong_ridge_is_the_naive_forecast_and_very_weak_least_squares(windows):
    learned = centred(WindowMoments(windows[0]).channel(0), CONTEXT, HORIZON)
    naive = Naive("seasonal", 6).weights(CONTEXT, HORIZON)
    assert_close(solve(learned, naive, 1e12), naive, rtol=0, atol=1e-8)
    zero = torch.zeros_like(naive)
    weak = [raw(solve(learned, start, 1e-9)) for start in (naive, zero)]
    assert_close(weak[0], weak[1], rtol=0, atol=1e-4)


def test_rows_that_never_move_have_a_map():
    windows = make_windows(torch.full((1, 40), 3.0), 5, 2)
    learned = centred(WindowMoments(windows).channel(0), 5, 2)
    found = raw(solve(learned, torch.zeros(5, 2, dtype=torch.float64), 1.0))
    assert_close(found.sum(0), torch.ones(2, dtype=torch.float64))


def test_folding_sums_every_nth_column():
    columns = torch.arange(10.0).reshape(2, 5)
    assert fold(columns, 2).tolist() == [[0 + 2 + 4, 1 + 3], [5 + 7 + 9, 6 + 8]]
    assert fold(columns, 7).tolist() == [[0, 1, 2, 3, 4, 0, 0], [5, 6, 7, 8, 9, 0, 0]]


# Choice of a strength ----------------------------------------------------------------


def test_of_equal_errors_the_first_and_simplest_wins():
    assert first_of_the_best([2.0, 1.0 + 1e-9, 1.0]) == 1
    assert first_of_the_best([2.0, 1.0 + 1e-3, 1.0]) == 2
    assert STRENGTHS[0] == max(STRENGTHS)


@pytest.mark.parametrize("least", [0, 2, 5, len(STRENGTHS) - 1])
def test_a_search_walks_to_the_least_error(least):
    search, tried = _Search(3), []
    while not search.is_done:
        tried.append(search.position)
        search.tell((search.position - least) ** 2)
    assert search.best == least
    assert len(tried) == len(set(tried)) <= abs(least - 3) + 3
