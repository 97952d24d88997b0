"""Training steps recorded in CUDA graphs. No other file knows of them.

A step of a small network is a hundred or two operations of a few microseconds each, and
a GPU is done with each before Python has launched the next. A graph holds all of them,
from the choice of the samples to the optimiser's update, and is launched as one.

A graph repeats what was recorded: the same shapes, the same numbers of Python, the same
memory. Samples and learning rates are therefore copied into tensors that it reads, and
steps that differ in anything else are recorded apart. Random numbers go on from replay
to replay as they do from step to step.

``SKTS_CUDA_GRAPHS=0`` in the environment switches all of this off.
"""

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.optim import Optimizer

from skts._random import generator_for

Batch = tuple[Tensor, ...]
Step = Callable[[Batch], Tensor]

# Steps of a kind before it is recorded. They fill the optimiser's state and load what
# is loaded at its first use, and a fit of few steps is not worth a recording.
N_FIRST = 5
# Kinds whose recordings are kept, with the memory they take.
MAX_KINDS = 4


@runtime_checkable
class Drawn(Protocol):
    """Batches that can be drawn, as a few indices, before they are collected."""

    def draw(self) -> Iterator[Batch]:
        """Return the draws of an epoch."""

    def collect(self, drawn: Batch) -> Batch:
        """Return the batch of a draw."""


def can_record(device: torch.device, batches: object) -> bool:
    """Return whether steps on such batches can be recorded, and may be."""
    allowed = os.environ.get("SKTS_CUDA_GRAPHS", "1") != "0"
    return allowed and device.type == "cuda" and isinstance(batches, Drawn)


class RecordedStep:
    """A training step, replayed once it has been recorded.

    Parameters
    ----------
    step : callable
        Takes a step on what was drawn and returns its loss. Nothing in it may wait for
        the device or come from the CPU.
    optimizer : Optimizer
        What takes the step, an Adam inside.
    kind : callable
        Returns what a step depends on besides weights, draw, learning rate and chance,
        or None while it cannot be recorded.
    """

    def __init__(
        self, step: Step, optimizer: Optimizer, kind: Callable[[], Hashable]
    ) -> None:
        self.step = step
        self.kind = kind
        self._optimizer = optimizer
        self._rates = _Rates(optimizer)
        self._seen: Counter[Hashable] = Counter()
        self._recorded: dict[Hashable, Step] = {}
        self._pool: Any = None

    def __call__(self, drawn: Batch) -> Tensor:
        """Take a step and return its loss, which the next one overwrites."""
        of_step = self.kind()
        if of_step is None:
            return self.step(drawn)
        kind = of_step, *(tensor.shape for tensor in drawn)
        if kind not in self._recorded:
            self._seen[kind] += 1
            if self._seen[kind] <= N_FIRST:
                return self.step(drawn)
            if len(self._recorded) == MAX_KINDS:
                del self._recorded[next(iter(self._recorded))]
            self._recorded[kind] = self._record(drawn)
        self._rates.follow()
        return self._recorded[kind](drawn)

    def _record(self, drawn: Batch) -> Step:
        """Return the step as a graph; nothing is computed yet."""
        read = tuple(tensor.clone() for tensor in drawn)
        device = read[0].device
        graph = torch.cuda.CUDAGraph()
        generator = generator_for(device)
        if generator is not None:  # torch registers its own by itself
            graph.register_generator_state(generator)
        self._optimizer.zero_grad()  # new gradients then live in the graph's memory
        with (
            _recording,
            torch.cuda.device(device),
            self._rates.on_device(),
            torch.cuda.graph(
                graph,
                pool=self._pool,
                stream=_stream(device),
                capture_error_mode="thread_local",  # other threads may use the device
            ),
        ):
            loss = self.step(read)
        self._pool = graph.pool()

        def replay(drawn: Batch) -> Tensor:
            for tensor, new in zip(read, drawn, strict=True):
                tensor.copy_(new)
            graph.replay()
            return loss

        return replay


_recording = Lock()  # two threads cannot record on one stream at a time


@cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """Return the stream to record on, always the same.

    What cuBLAS works in, 64 MiB on an H100, is taken once for each stream and kept.
    """
    return torch.cuda.Stream(device)


class _Rates:
    """Learning rates of an optimiser as tensors, which follow its numbers."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.groups = optimizer.param_groups
        self._tensors = [
            torch.zeros((), device=group["params"][0].device) for group in self.groups
        ]
        self._last: list[float] = []

    def follow(self) -> None:
        """Write the rates as they are now into the tensors."""
        rates = [float(group["lr"]) for group in self.groups]
        if rates != self._last:
            for tensor, rate in zip(self._tensors, rates, strict=True):
                tensor.fill_(rate)
            self._last = rates

    @contextmanager
    def on_device(self) -> Iterator[None]:
        """Let the optimiser read the tensors."""
        before = [(group["lr"], group["capturable"]) for group in self.groups]
        for group, tensor in zip(self.groups, self._tensors, strict=True):
            group.update(lr=tensor, capturable=True)
        try:
            yield
        finally:
            for group, (lr, capturable) in zip(self.groups, before, strict=True):
                group.update(lr=lr, capturable=capturable)
