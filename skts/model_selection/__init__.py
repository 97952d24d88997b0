"""What scikit-learn's searches need for series: windows, splits and scorers."""

from skts.model_selection._compare import compare
from skts.model_selection._scorer import rolling_scorer
from skts.model_selection._sklearn_forecaster import SklearnForecaster
from skts.model_selection._split import WindowSplit
from skts.model_selection._windows import make_windows

__all__ = [
    "SklearnForecaster",
    "WindowSplit",
    "compare",
    "make_windows",
    "rolling_scorer",
]
