"""How many rows maps look at, from short series to long ones."""

from collections.abc import Sequence

LADDER = (96, 192, 336, 512, 720, 1024)
# With fewer contexts of the ladder than these, multiples of a season are added.
ENOUGH = 4
SHORTEST_BASE = 4


def longest_context(n_rows: int, horizon: int, limit: int = LADDER[-1]) -> int:
    """Return the longest context for which there are as many windows as rows in it.

    Parameters
    ----------
    n_rows : int
        Rows of the longest stretch to learn from.
    horizon : int
        Steps of a forecast.
    limit : int, default=1024
        The longest context wanted.
    """
    return max(1, min(limit, (n_rows - horizon + 1) // 2))


def map_contexts(
    longest: int, horizon: int, periods: Sequence[int] = ()
) -> tuple[int, ...]:
    """Return the contexts to solve maps for, the longest of them at most `longest`.

    They are those of a ladder from 96 to 1024 rows. Where few of them fit, one, two
    and three seasons are added, or horizons where no season is known.

    Parameters
    ----------
    longest : int
        Rows that a context may have.
    horizon : int
        Steps of a forecast.
    periods : sequence of int, default=()
        Rows of a season, the most important first.
    """
    contexts = {context for context in LADDER if context <= longest}
    if len(contexts) < ENOUGH:
        seasons = [period for period in periods if period > 1]
        base = seasons[0] if seasons else max(SHORTEST_BASE, horizon)
        contexts |= {n * base for n in (1, 2, 3) if n * base <= longest}
    return tuple(sorted(contexts)) or (longest,)
