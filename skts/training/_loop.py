"""The one training loop. It has never heard of horizons, clusters or sharpness."""

from collections.abc import Callable, Hashable, Iterable
from math import isfinite
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from skts.training._early_stopping import EarlyStopping
from skts.training._graph import Drawn, RecordedStep, can_record
from skts.training._stop import Stop
from skts.training._threads import at_pace

Batch = tuple[Tensor, ...]
Record = dict[str, Any]

_WAY_OUT = (
    "Use a smaller lr, and bring the data to a common scale (standardize=True) if that "
    "is switched off."
)


def fit_network(
    network: nn.Module,
    compute_loss: Callable[[Batch], Tensor],
    batches: Iterable[Batch],
    optimizer: Optimizer,
    *,
    max_epochs: int,
    schedule: LRScheduler | None = None,
    validate: Callable[[], float] | None = None,
    early_stopping: EarlyStopping | None = None,
    start_epoch: Callable[[int], None] | None = None,
    end_epoch: Callable[[Record], object] | None = None,
    kind: Callable[[], Hashable] | None = None,
    paced: bool = True,
    stop: Stop | None = None,
) -> list[Record]:
    """Train `network` in place and return one record per epoch.

    Parameters
    ----------
    network : Module
        Network to train, already on its device.
    compute_loss : callable
        Maps a batch to a scalar loss with a gradient, or to one without if it has put
        the gradients where ``backward`` would.
    batches : iterable of tuple of Tensor
        Iterated once per epoch. The first axis of a batch's first tensor counts its
        samples.
    optimizer : Optimizer
        Stepped through a closure, so that it may evaluate the loss more than once.
    max_epochs : int
        Largest number of epochs.
    schedule : LRScheduler, default=None
        Stepped after each epoch.
    validate : callable, default=None
        Returns the validation loss of the network as it stands.
    early_stopping : EarlyStopping, default=None
        Told the validation loss, or the training loss where there is none; its best
        weights are restored at the end.
    start_epoch : callable, default=None
        Called with the number of the epoch, from 0, before it starts.
    end_epoch : callable, default=None
        Called with the epoch's record, which it may extend; a true value stops
        training.
    kind : callable, default=None
        Returns what a step depends on besides weights, batch, learning rate and chance.
        If it is given and returns something, steps may be recorded and replayed where
        that is faster: they may neither wait for the device nor change anything that is
        not on it.
    paced : bool, default=True
        Whether steps may change the number of threads on a CPU. A compiled network
        would be compiled again for each.
    stop : Stop, default=None
        Asked after each step whether to end. An epoch that has not ended then has no
        record, but what it learned stays in the weights, unless those of the best epoch
        are restored.

    Returns
    -------
    list of dict
        Keys ``epoch`` (from 1), ``train_loss``, ``valid_loss`` (with `validate`),
        ``lr`` and ``seconds``.

    Raises
    ------
    ValueError
        If a loss, or a weight at the end, is no longer finite.
    """
    history: list[Record] = []
    steps = _plan_steps(network, compute_loss, batches, optimizer, kind, paced)

    def run_epoch(epoch: int) -> bool:
        """Train for an epoch, take note of it, and tell whether to go on."""
        started = perf_counter()
        lr = optimizer.param_groups[0]["lr"]
        if start_epoch is not None:
            start_epoch(epoch)
        record: Record = {"epoch": epoch + 1}
        train_loss = _run_epoch(network, *steps, stop)
        if train_loss is None:
            return False
        record["train_loss"] = train_loss
        if validate is not None:
            network.eval()
            record["valid_loss"] = validate()
        _check_finite(record, lr)
        record |= {"lr": lr, "seconds": perf_counter() - started}
        history.append(record)
        if schedule is not None:
            schedule.step()
        ends = False
        if early_stopping is not None:
            watched = "valid_loss" if validate is not None else "train_loss"
            ends = early_stopping.should_stop(epoch + 1, record[watched], network)
        if end_epoch is not None:
            ends |= bool(end_epoch(record))
        return not ends

    if stop is not None:
        stop.listen()
    for epoch in range(max_epochs):
        try:
            goes_on = run_epoch(epoch)
        except KeyboardInterrupt:
            if stop is None or not stop.interrupt():
                raise
            goes_on = not stop.ends_training()
        is_last = epoch + 1 == max_epochs
        if not goes_on or (not is_last and stop is not None and stop.ends_training()):
            break
    if early_stopping is not None:
        early_stopping.restore(network)
    network.eval()
    rate = history[-1]["lr"] if history else optimizer.param_groups[0]["lr"]
    _check_weights(network, rate)
    return history


def _plan_steps(
    network: nn.Module,
    compute_loss: Callable[[Batch], Tensor],
    batches: Iterable[Batch],
    optimizer: Optimizer,
    kind: Callable[[], Hashable] | None,
    paced: bool,
) -> tuple[Callable[[], Iterable[Batch]], Callable[[Batch], Tensor]]:
    """Return what gives the batches of an epoch, and what takes a step on one."""

    def step(batch: Batch) -> Tensor:
        return _step(compute_loss, batch, optimizer)

    device = next(network.parameters()).device
    if kind is None or not can_record(device, batches):
        chooses = paced and device.type == "cpu"
        return lambda: batches, at_pace(step) if chooses else step
    assert isinstance(batches, Drawn)
    recorded = RecordedStep(lambda drawn: step(batches.collect(drawn)), optimizer, kind)
    return batches.draw, recorded


def _run_epoch(
    network: nn.Module,
    draw: Callable[[], Iterable[Batch]],
    step: Callable[[Batch], Tensor],
    stop: Stop | None,
) -> float | None:
    """Take one step per batch; return the mean loss over samples, None if stopped."""
    network.train()
    # The sum stays on the device until the epoch is over: reading it waits for the
    # device. One tensor for all steps: small ones that live on between large ones that
    # die break the heap up, and the process grows without end.
    total = torch.zeros((), device=next(network.parameters()).device)
    n_samples = 0
    for batch in draw():
        if n_samples and stop is not None and stop.ends_training():
            return None
        total.add_(step(batch), alpha=len(batch[0]))
        n_samples += len(batch[0])
    return float(total) / n_samples


def _step(
    compute_loss: Callable[[Batch], Tensor], batch: Batch, optimizer: Optimizer
) -> Tensor:
    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = compute_loss(batch)
        if loss.requires_grad:
            loss.backward()
        return loss.detach()

    return optimizer.step(closure)  # type: ignore[arg-type, return-value]


def _check_finite(record: Record, lr: float) -> None:
    for name in ("train_loss", "valid_loss"):
        if not isfinite(record.get(name, 0.0)):
            raise ValueError(
                f"{name} became {record[name]} in epoch {record['epoch']} at "
                f"lr={lr:g}. {_WAY_OUT}"
            )


def _check_weights(network: nn.Module, lr: float) -> None:
    """Raise if the last step, after which no loss was computed, went astray."""
    if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
        raise ValueError(f"weights are no longer finite at lr={lr:g}. {_WAY_OUT}")
