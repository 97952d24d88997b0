"""When training ends half-way: with nothing gained, and nothing in sight."""

from types import SimpleNamespace

import pytest

from skts.linear import LEAST_GAIN, NetworkShare
from skts.models._held_to_maps import HeldToMaps


def held(gains, errors):
    """Return what has seen epochs with these gains, and errors of the network alone."""
    shares = [
        NetworkShare((), 0.0, 1.0, e, g) for g, e in zip(gains, errors, strict=True)
    ]
    return SimpleNamespace(shares=shares)


def is_in_vain(gains, errors=None, n_epochs=8):
    seen = held(gains, errors or [1.2] * len(gains))
    return HeldToMaps.is_in_vain(seen, n_epochs)


@pytest.mark.parametrize("n_epochs", [7, 8])
def test_it_is_asked_once_half_way(n_epochs):
    asked = [is_in_vain([0.0] * n, n_epochs=n_epochs) for n in range(1, 9)]
    assert asked == [n == 4 for n in range(1, 9)]


def test_one_epoch_tells_nothing():
    assert not is_in_vain([0.0], n_epochs=1)
    assert not is_in_vain([0.0], n_epochs=2)


def test_a_trace_of_a_gain_goes_on():
    trace = LEAST_GAIN / 10
    assert not is_in_vain([0, 0, 0, trace])
    assert not is_in_vain([0, 0, trace, 0])
    assert is_in_vain([trace, trace, 0, 0])


def test_a_network_whose_own_error_falls_fast_goes_on():
    # As on the Mackey-Glass series, where the maps lose to the network in the end.
    assert not is_in_vain([0, 0, 0, 0], [2.4, 1.9, 1.6, 1.4])
    assert is_in_vain([0, 0, 0, 0], [2.4, 1.9, 1.6, 1.5])
