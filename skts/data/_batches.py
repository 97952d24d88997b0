"""Batches in a new random order each epoch, gathered on the device of the data."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

Batch = tuple[Tensor, ...]


class Samples(Protocol):
    """What batches are drawn from."""

    def __len__(self) -> int:
        """Return the number of samples."""

    @property
    def device(self) -> torch.device:
        """Where the samples are."""

    def take(self, which: Tensor) -> Batch:
        """Return some samples."""


class ShuffledBatches:
    """Batches of samples in a new random order each time they are iterated.

    Parameters
    ----------
    samples : Samples
        Samples to draw from.
    batch_size : int
        Samples per batch; the last batch of an epoch takes what is left.
    seed : int
        Seed of the generator of orders, which is independent of torch's own.
    prepare : callable
        Maps what was taken to a batch. It runs once per batch, however often the
        optimiser asks for the loss.
    n_samples : int or None, default=None
        Samples drawn each time, other ones each time. None, or a number as large as
        there are, takes all.
    drop_last : bool, default=False
        Leave out a last batch that is not full, unless it is the only one.
    """

    def __init__(
        self,
        samples: Samples,
        batch_size: int,
        seed: int,
        prepare: Callable[..., Batch],
        *,
        n_samples: int | None = None,
        drop_last: bool = False,
    ) -> None:
        self.samples = samples
        self.batch_size = int(batch_size)  # torch takes no numpy integer
        self.prepare = prepare
        self.n_samples = min(len(samples), int(n_samples or len(samples)))
        self.drop_last = drop_last
        self._generator = torch.Generator(device="cpu").manual_seed(seed)

    def __iter__(self) -> Iterator[Batch]:
        return map(self.collect, self.draw())

    def draw(self) -> Iterator[Batch]:
        """Yield the numbers of the samples of each batch of an epoch, on the device."""
        n_samples = self.n_samples
        order = torch.randperm(
            len(self.samples), generator=self._generator, device="cpu"
        )[:n_samples]
        if self.drop_last and n_samples > self.batch_size:
            order = order[: n_samples - n_samples % self.batch_size]
        for which in order.to(self.samples.device).split(self.batch_size):
            yield (which,)

    def collect(self, drawn: Batch) -> Batch:
        """Return the batch of samples with some numbers."""
        return self.prepare(*self.samples.take(*drawn))
