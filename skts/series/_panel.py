"""A panel or a hierarchy as series by name, and back. One series has the name None."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

SeriesByName = dict[Hashable, pd.DataFrame]


def split_panel(y: pd.Series | pd.DataFrame) -> SeriesByName:
    """Return the series of `y` by name, in order of appearance."""
    if isinstance(y, pd.Series):
        y = y.to_frame()
    if not isinstance(y.index, pd.MultiIndex):
        return {None: y}
    times = y.index.levels[-1].take(y.index.codes[-1]).rename(y.index.names[-1])
    codes, names = y.index.droplevel(-1).factorize()
    order = np.argsort(codes, kind="stable")
    rows = y.set_axis(times).iloc[order]
    ends = np.cumsum(np.bincount(codes))
    return {
        name: rows.iloc[begin:end]
        for name, begin, end in zip(names, [0, *ends[:-1]], ends, strict=True)
    }


def join_panel(series: dict[Any, pd.DataFrame], names: Sequence[Any]) -> pd.DataFrame:
    """Return series by name as one frame, whose index levels have `names`."""
    if None in series:
        return series[None]
    return pd.concat(series, names=list(names))


def series_index(names: list[Hashable], levels: Sequence[Hashable]) -> pd.Index:
    """Return the names of series, which are tuples in a hierarchy, as an index."""
    if len(levels) > 1:
        tuples = [name if isinstance(name, tuple) else (name,) for name in names]
        return pd.MultiIndex.from_tuples(tuples, names=list(levels))
    return pd.Index(names, name=levels[0], tupleize_cols=False)


def describe(name: Hashable) -> str:
    """Return in words which series of `y` is meant."""
    return "y" if name is None else f"instance {name!r} of y"
