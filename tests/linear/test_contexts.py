"""Contexts by hand, from a year of months to years of hours."""

import pytest

from skts.linear import longest_context, map_contexts


@pytest.mark.parametrize(
    ("n_rows", "horizon", "longest"),
    [(8640, 96, 1024), (115, 12, 52), (36, 6, 15), (3, 5, 1)],
)
def test_there_are_as_many_windows_as_rows_in_a_context(n_rows, horizon, longest):
    assert longest_context(n_rows, horizon) == longest


@pytest.mark.parametrize(
    ("longest", "horizon", "periods", "contexts"),
    [
        (1024, 96, (24,), (96, 192, 336, 512, 720, 1024)),
        (600, 96, (24,), (96, 192, 336, 512)),
        (370, 24, (52,), (52, 96, 104, 156, 192, 336)),
        (52, 12, (12, 3), (12, 24, 36)),
        (52, 2, (), (4, 8, 12)),
        (9, 12, (12,), (9,)),
        (9, 4, (1,), (4, 8)),
    ],
)
def test_contexts_are_a_ladder_or_seasons(longest, horizon, periods, contexts):
    assert map_contexts(longest, horizon, periods) == contexts
