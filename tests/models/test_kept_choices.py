"""Choices that are kept: found again by the same rows and settings, and no others."""

from dataclasses import replace

import pytest
import torch

from skts.data import Windows
from skts.models import _kept_choices as module
from skts.models._kept_choices import KeptChoices, fingerprint


def windows():
    return Windows(torch.arange(12.0).reshape(2, 6), torch.arange(3), 3, 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"series": torch.arange(12.0).reshape(2, 6).double()},
        {"series": torch.arange(12.0).reshape(1, 12)},
        {"series": -torch.arange(12.0).reshape(2, 6)},
        {"starts": torch.arange(2)},
        {"context_length": 2},
        {"prediction_length": 2},
    ],
)
def test_whatever_differs_is_told_apart(changed):
    series = windows(), windows()
    assert fingerprint(series, (3,)) == fingerprint((windows(), windows()), (3,))
    assert fingerprint(series, (3,)) != fingerprint(series, (4,))
    for other in [replace(series[0], **changed), series[1]]:
        found = fingerprint((other, replace(other, **changed)), (3,))
        assert found != fingerprint(series, (3,))


def test_a_choice_is_made_once_and_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(module, "MAX_CHOICES", 2)
    kept, made = KeptChoices(), []

    def ask(key):
        return kept.get(key, lambda: made.append(key) or f"choice {key}")

    for key in "abacab":
        assert ask(key) == f"choice {key}"
    assert made == ["a", "b", "c", "b"]
