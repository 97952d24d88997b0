"""Series that are given after a fit, as the fitted forecaster knows them."""

from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to

from skts.fitted import SeriesModel
from skts.series import (
    SeriesByName,
    as_frame,
    check_columns,
    check_index,
    check_library,
    check_order,
    check_values,
    split_panel,
)

PANELS = ["pd-multiindex", "pd_multiindex_hier"]


def read_series(model: SeriesModel, Y: Any, name: str) -> SeriesByName:
    """Check one series, or a panel where one was fitted, and return series by name.

    Rows of arrays, which carry no time, get the times that follow those known.
    """
    example = next(iter(model.known.values())).recent
    if None in model.known:
        frame = as_frame(Y, name, list(example.columns))
        check_index(frame.index, name)
        series: SeriesByName = {None: frame}
    else:
        series = split_panel(_as_panel(model, Y, name))
    for label, frame in series.items():
        what = name if label is None else f"instance {label!r} of {name}"
        check_columns(frame, example, what)
        check_values(frame, what, may_miss=True)
        check_order(frame.index, what)
    if isinstance(Y, np.ndarray):
        series = {label: _following(model, label, y) for label, y in series.items()}
    return {
        label: frame.set_axis(example.columns, axis=1)
        for label, frame in series.items()
    }


def _as_panel(model: SeriesModel, Y: Any, name: str) -> pd.DataFrame:
    check_library(Y, name)
    is_one = isinstance(Y, pd.Series | pd.DataFrame) and Y.index.nlevels == 1
    if is_one or (isinstance(Y, np.ndarray) and Y.ndim < 3):
        raise TypeError(
            f"{name} must be a panel like the {len(model.known)} series fitted, with "
            f"the names of its series in its index, got one series. Give it a name: "
            f"pd.concat({{<name>: {name}}})."
        )
    check_values(Y, name, may_miss=True)
    panel = convert_to(Y, PANELS)
    n_levels = len(model.level_names)
    if panel.index.nlevels != n_levels:
        raise TypeError(
            f"{name} must have an index of {n_levels} levels, like the data seen in "
            f"fit, got {panel.index.nlevels}."
        )
    check_index(panel.index, name)
    return panel


def _following(model: SeriesModel, label: Any, frame: pd.DataFrame) -> pd.DataFrame:
    known = model.known.get(label)
    if known is None:
        return frame
    return frame.set_axis(known.times_after(np.arange(1, len(frame) + 1)))
