"""Checks of parameters name the parameter, the rule and the value received."""

import re

import numpy as np
import pytest

from skts._validation import check_bool, check_int, check_option, check_real, check_seed


def expect(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize("value", [1, 5, np.int64(3), np.uint8(1)])
def test_ints_in_range_pass(value):
    check_int("n", value, 1)


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [
        (0, ValueError, "0"),
        (-3, ValueError, "-3"),
        (2.0, TypeError, "2.0"),
        ("2", TypeError, "'2'"),
        (True, TypeError, "True"),
        (None, TypeError, "None"),
        ([1], TypeError, "[1]"),
    ],
)
def test_what_is_no_int_in_range_is_refused(value, error, got):
    with expect(error, f"n must be an int >= 1, got {got}."):
        check_int("n", value, 1)


def test_none_passes_where_it_is_allowed_and_the_rule_says_so():
    check_int("n", None, 1, optional=True)
    with expect(ValueError, "n must be an int >= 1 or None, got 0."):
        check_int("n", 0, 1, optional=True)


@pytest.mark.parametrize("value", [0, 0.0, 3, 1e9, np.float32(0.5), np.int64(2)])
def test_numbers_in_range_pass(value):
    check_real("x", value, 0)


@pytest.mark.parametrize(
    ("value", "error", "got"),
    [
        (-0.1, ValueError, "-0.1"),
        (float("nan"), ValueError, "nan"),
        (float("inf"), ValueError, "inf"),
        ("0.5", TypeError, "'0.5'"),
        (False, TypeError, "False"),
        (None, TypeError, "None"),
        (1j, TypeError, "1j"),
    ],
)
def test_what_is_no_number_in_range_is_refused(value, error, got):
    with expect(error, f"x must be a number >= 0, got {got}."):
        check_real("x", value, 0)


def test_the_start_of_a_range_belongs_to_it_unless_excluded():
    check_real("lr", 0, 0)
    with expect(ValueError, "lr must be a number > 0, got 0."):
        check_real("lr", 0, 0, exclusive=True)
    check_real("lr", 1e-12, 0, exclusive=True)


def test_the_end_of_a_range_does_not_belong_to_it():
    check_real("share", 0.999, 0, 1)
    for value in (1, 1.5, float("inf"), float("nan")):
        with expect(ValueError, f"share must be a number >= 0 and < 1, got {value}."):
            check_real("share", value, 0, 1)


def test_only_true_and_false_are_booleans():
    check_bool("flag", True)
    check_bool("flag", np.bool_(False))
    for value in (1, 0, None, "yes"):
        with expect(TypeError, f"flag must be True or False, got {value!r}."):
            check_bool("flag", value)


def test_only_listed_options_pass():
    check_option("kind", "a", ("a", "b"))
    for value in ("c", "", None, 1, ["a"]):
        with expect(ValueError, f"kind must be one of 'a', 'b', got {value!r}."):
            check_option("kind", value, ("a", "b"))


@pytest.mark.parametrize("value", [0, np.int64(7), None, np.random.RandomState(0)])
def test_what_seeds_a_generator_passes(value):
    check_seed("random_state", value)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (-1, ValueError),
        (2**63, ValueError),
        (1.0, TypeError),
        ("0", TypeError),
        (True, TypeError),
    ],
)
def test_what_seeds_no_generator_is_refused(value, error):
    rule = "random_state must be an int >= 0 and < 2**63, a numpy RandomState or None"
    with expect(error, f"{rule}, got {value!r}."):
        check_seed("random_state", value)
