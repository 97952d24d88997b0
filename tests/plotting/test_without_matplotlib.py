"""Without matplotlib the package works, and pictures say what to install."""

import sys

import pytest

from skts.plotting import plot_learning_curves


def test_the_error_says_what_to_install(fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'pip install "skts\[plot\]"'):
        plot_learning_curves(fitted)
