"""Modern torch time-series models with the manners of scikit-learn and sktime."""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

# The public rooms, loaded when touched: importing torch and sktime takes seconds.
__all__ = [
    "clustering",
    "datasets",
    "forecasting",
    "model_selection",
    "plotting",
    "regression",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
