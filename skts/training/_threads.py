"""How many threads torch takes: a fair share, and the number that is faster now."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

import torch
from torch import Tensor

_Batch = tuple[Tensor, ...]
_T = TypeVar("_T")

# A comparison repeats the work this often with each number of threads, or until it has
# taken this many seconds; then it rests, for as long that it takes this share of time.
_REPEATS = 3
_LONG = 0.25
_REST = 1.0
_SHARE = 0.05


@contextmanager
def fair_share_of_threads() -> Iterator[None]:
    """Keep a worker process from using more threads than its share of the cores.

    Two processes with two torch threads each on two cores run ten times slower than
    one. Launchers that divide the cores say so in ``OMP_NUM_THREADS`` (joblib's loky,
    Dask), which torch follows; in a worker of any other launcher, one thread is used.
    The main process keeps torch's setting.
    """
    is_worker = multiprocessing.parent_process() is not None
    if not is_worker or "OMP_NUM_THREADS" in os.environ:
        yield
        return
    with _restored():
        torch.set_num_threads(1)
        yield


@contextmanager
def faster_threads() -> Iterator[None]:
    """Run a fit on all of torch's threads or on one, whichever is faster now.

    Threads of one operation wait for each other. With a core for each, all threads are
    faster; where another program wants one of the cores, they can be many times slower
    than one. So a few products of matrices are timed with all and with one, if no fit
    has done so just before, and while a network is trained its steps, see `at_pace`.

    The number of threads may change the last digit of a sum, and nothing else. It stays
    as it is under ``torch.use_deterministic_algorithms``, where torch has a single
    thread, and outside the main thread, as all threads share some of torch's setting.
    """
    global _pace
    if _pace is not None or not _may_choose():
        yield
        return
    with _restored():
        try:
            _pace = _paces.setdefault(torch.get_num_threads(), _Pace())
            _pace.start()
            yield
        finally:
            _pace = None


def usual_threads() -> int:
    """Return torch's number of threads, inside a fit that of its beginning."""
    return torch.get_num_threads() if _pace is None else _pace.n_all


def at_pace(step: Callable[[_Batch], Tensor]) -> Callable[[_Batch], Tensor]:
    """Return a step that keeps to the faster number of threads inside `faster_threads`.

    The number is chosen again every second or more, so that what other programs do
    meanwhile counts; comparing takes a twentieth of the time at most.
    """
    pace = _pace
    if pace is None or threading.current_thread() is not threading.main_thread():
        return step
    largest = 0

    def paced(batch: _Batch) -> Tensor:
        nonlocal largest
        # The first step prepares what later ones find, and a short one is faster.
        is_usual = 0 < largest <= len(batch[0])
        largest = max(largest, len(batch[0]))
        if is_usual and pace.is_due():
            return pace.time(lambda: step(batch))
        return step(batch)

    return paced


class _Pace:
    """The number of threads of a fit: all or one, as the last comparison found."""

    def __init__(self) -> None:
        self.n_all = self._faster = torch.get_num_threads()
        self._rests_until = 0.0
        self._restart()

    def _restart(self) -> None:
        self._seconds = {self.n_all: 0.0, 1: 0.0}
        self._n_timed = 0

    def is_due(self) -> bool:
        return perf_counter() >= self._rests_until

    def start(self) -> None:
        """Take what was found last, or compare products if that is long ago."""
        self._restart()
        torch.set_num_threads(self._faster)
        if self.is_due():
            self._products()  # the first prepare what later ones find
        for _ in range(2 * _REPEATS):
            if self.is_due():
                self.time(self._products)

    @staticmethod
    def _products() -> None:
        matrix = torch.ones(256, 256)
        for _ in range(4):
            matrix @ matrix

    def time(self, work: Callable[[], _T]) -> _T:
        """Do some work with all threads, the next with one, and compare them."""
        n_threads = 1 if self._n_timed % 2 else self.n_all
        torch.set_num_threads(n_threads)
        started = perf_counter()
        done = work()
        self._seconds[n_threads] += perf_counter() - started
        self._n_timed += 1
        if self._n_timed % 2 == 0:
            self._decide()
        return done

    def _decide(self) -> None:
        seconds = sum(self._seconds.values())
        if self._n_timed < 2 * _REPEATS and seconds < _LONG:
            return
        self._faster = min(self._seconds, key=self._seconds.__getitem__)
        torch.set_num_threads(self._faster)
        self._rests_until = perf_counter() + max(_REST, seconds / _SHARE)
        self._restart()


_pace: _Pace | None = None  # that of the fit which runs
_paces: dict[int, _Pace] = {}  # by the number of all threads; the next fit goes on


def _may_choose() -> bool:
    return (
        torch.get_num_threads() > 1
        and not torch.are_deterministic_algorithms_enabled()
        and threading.current_thread() is threading.main_thread()
    )


@contextmanager
def _restored() -> Iterator[None]:
    n_threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
