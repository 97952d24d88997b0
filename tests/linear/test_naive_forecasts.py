"""Naive forecasts by hand, from seven rows that two seasons of three end."""

import pytest
import torch

from skts.linear import Naive
from skts.linear._members import raw
from skts.linear._naive import naive_forecasts

ROWS = torch.tensor([[9.0, 1, 2, 3, 5, 7, 9]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("naive", "expected"),
    [
        (Naive("mean"), [36 / 7] * 4),
        (Naive("last"), [9] * 4),
        (Naive("seasonal", 3), [5, 7, 9, 5]),
        # Last value 9, and the season before went from 3 to 5, 7, 9.
        (Naive("change", 3), [9 + 2, 9 + 4, 9 + 6, 9 + 2]),
        # Seasons less their means: (-1, 0, 1) and (-2, 0, 2); the last mean is 7.
        (Naive("profile", 3), [7 - 1.5, 7, 7 + 1.5, 7 - 1.5]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_forecasts_by_hand(naive, expected):
    forecast = ROWS @ raw(naive.weights(7, 4))
    assert forecast[0].tolist() == pytest.approx(expected)


def test_a_context_allows_what_it_holds_the_simplest_first():
    names = [(naive.name, naive.period) for naive in naive_forecasts(6, (1, 3, 6, 7))]
    assert names == [
        ("mean", 1),
        ("last", 1),
        ("seasonal", 3),
        ("change", 3),
        ("profile", 3),
        ("seasonal", 6),
    ]
