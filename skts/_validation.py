"""Checks of parameters: each names the parameter, the rule and the value received."""

import sys
import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np

# Whose code is not the caller's.
LIBRARIES = ("skts", "sktime", "skbase", "sklearn", "joblib", "contextlib")

# What follows where too few rows are there to hold some out.
WITHOUT_VALIDATION = (
    "Training on all rows, for max_epochs, without validation; validation_fraction=0 "
    "does so without this warning."
)


def check_int(
    name: str,
    value: Any,
    minimum: int,
    *,
    optional: bool = False,
    or_else: tuple[str, ...] = (),
) -> None:
    """Raise unless `value` is an int of at least `minimum`.

    It may be None if `optional`, or one of the words in `or_else`.
    """
    if (optional and value is None) or (isinstance(value, str) and value in or_else):
        return
    words = [*map(repr, or_else), *(["None"] if optional else [])]
    rule = " or ".join([f"{name} must be an int >= {minimum}", *words])
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{rule}, got {value!r}.")
    if value < minimum:
        raise ValueError(f"{rule}, got {value}.")


def check_real(
    name: str,
    value: Any,
    minimum: float,
    below: float | None = None,
    *,
    exclusive: bool = False,
    optional: bool = False,
) -> None:
    """Raise unless `value` is a finite number in the range, or None if `optional`.

    The range starts at `minimum`, which belongs to it unless `exclusive`, and ends
    before `below`, if given.
    """
    if optional and value is None:
        return
    rule = f"{name} must be a number {'>' if exclusive else '>='} {minimum:g}"
    if below is not None:
        rule += f" and < {below:g}"
    if optional:
        rule += " or None"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{rule}, got {value!r}.")
    number: Any = value  # Real has no comparisons for type checkers
    above = number > minimum if exclusive else number >= minimum
    if not (above and number < (float("inf") if below is None else below)):
        raise ValueError(f"{rule}, got {value}.")


def check_bool(name: str, value: Any) -> None:
    """Raise unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_seed(name: str, value: Any) -> None:
    """Raise unless `value` can seed a generator."""
    rule = f"{name} must be an int >= 0 and < 2**63, a numpy RandomState or None"
    if value is None or isinstance(value, np.random.RandomState):
        return
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{rule}, got {value!r}.")
    if not 0 <= int(value) < 2**63:
        raise ValueError(f"{rule}, got {value}.")


def check_option(name: str, value: Any, options: tuple[str, ...]) -> None:
    """Raise unless `value` is one of `options`."""
    if value not in options:
        listed = ", ".join(map(repr, options))
        raise ValueError(f"{name} must be one of {listed}, got {value!r}.")


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called one of the libraries, however far below that is."""
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals["__name__"].split(".")[0] in LIBRARIES:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
