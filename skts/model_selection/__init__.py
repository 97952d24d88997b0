"""What scikit-learn's searches need for series: windows and splits."""

from skts.model_selection._split import WindowSplit
from skts.model_selection._windows import make_windows

__all__ = ["WindowSplit", "make_windows"]
