"""A comparison is drawn in the order of its table, beside the naive forecast."""

import numpy as np
import pandas as pd
import pytest

from skts.plotting import plot_comparison

NAMES = pd.Index(["ours", "seasonal naive", "broken"], name="forecaster")
TABLE = pd.DataFrame(
    {"mse": [0.5, 0.8, np.nan], "fit_seconds": [1.5, 0.001, np.nan]}, NAMES
)


def test_points_are_the_errors_and_a_line_is_the_naive_one():
    ax = plot_comparison(TABLE)
    points, line = ax.lines
    assert list(points.get_xdata()) == [0.5, 0.8]
    assert set(line.get_xdata()) == {0.8}
    assert [text.get_text() for text in ax.get_yticklabels()] == list(NAMES[:2])
    assert [text.get_text() for text in ax.texts] == ["1.5 s", "0.001 s"]
    below, above = ax.get_ylim()
    assert below > above  # the first on top


def test_bad_metrics_are_named():
    with pytest.raises(ValueError, match=r"metric must be one of .* got 'mape'"):
        plot_comparison(TABLE, "mape")
    with pytest.raises(ValueError, match="a value of 'mse', got none"):
        plot_comparison(TABLE.loc[["broken"]])
