"""Choices of maps, kept for the next fits on the same rows."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields
from hashlib import blake2b
from itertools import product
from threading import Lock

from torch import Tensor

from skts.data import Windows
from skts.linear import Choice
from skts.training import usual_threads

# A choice is a few kilobytes: members, and products of their residuals.
MAX_CHOICES = 100


class KeptChoices:
    """The choices made last, found again by what they were made from.

    A search over settings of the network fits to the same rows again and again, and the
    maps are chosen only once for each part of the data. Each process has its own. No
    rows and no maps are kept: the chosen ones are solved again.
    """

    def __init__(self) -> None:
        self._choices: OrderedDict[Hashable, Choice] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, choose: Callable[[], Choice]) -> Choice:
        """Return the choice that was made before, or make it."""
        with self._lock:
            if key in self._choices:
                self._choices.move_to_end(key)
                return self._choices[key]
        choice = choose()  # not under the lock: threads choose beside each other
        with self._lock:
            self._choices[key] = choice
            if len(self._choices) > MAX_CHOICES:
                self._choices.popitem(last=False)
        return choice


def fingerprint(windows: Sequence[Windows], settings: Hashable) -> Hashable:
    """Return what tells one choice from another: rows, windows and settings."""
    digest = blake2b()
    tensors: dict[int, int] = {}  # series of a panel lie in the same one
    for each, field in product(windows, fields(windows[0])):
        value = getattr(each, field.name)
        if not isinstance(value, Tensor):
            digest.update(repr(value).encode())
        elif id(value) in tensors:
            digest.update(repr(tensors[id(value)]).encode())
        else:
            tensors[id(value)] = len(tensors)
            rows = value.detach().cpu().contiguous()
            digest.update(f"{rows.dtype} {tuple(rows.shape)}".encode())
            digest.update(rows.numpy().data)
    # Devices and numbers of threads differ in rounding.
    return digest.digest(), settings, windows[0].device, usual_threads()
