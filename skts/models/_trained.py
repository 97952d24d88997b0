"""A network that is built for windows and trained on them, or trained further."""

from typing import Any, NamedTuple

import torch

from skts._callbacks import FitTask
from skts._random import DrawnFromOwn, drawing
from skts._stopped import warn_if_stopped
from skts.data import Rows, Windows
from skts.models._held_to_maps import HeldToMaps
from skts.models._recipe import Recipe
from skts.models._training import train_on_windows
from skts.models._weights import InitialWeights, start_from
from skts.nn import WindowNetwork
from skts.training import Stop


class Trained(NamedTuple):
    """A trained network, a record per epoch, and the epoch its weights are of."""

    network: WindowNetwork
    history: list[dict[str, Any]]
    best_epoch: int


def train_new(
    recipe: Recipe,
    train: Windows | Rows,
    valid: Windows | Rows | None,
    seed: int,
    initial: InitialWeights | None = None,
    task: FitTask | None = None,
    held: HeldToMaps | None = None,
    stop: Stop | None = None,
) -> Trained:
    """Build a network for windows and train it where they are.

    Parameters
    ----------
    recipe : Recipe
        How to build and train it.
    train, valid : Windows or Rows
        Windows to learn from, and those held out, of which there may be None.
    seed : int
        Seed of weights and batches.
    initial : InitialWeights or None, default=None
        Weights to start from, in place of random ones.
    task : FitTask or None, default=None
        What is told of each epoch.
    held : HeldToMaps or None, default=None
        Linear maps that the network is mixed with: the validation error is then that
        of the mixture.
    stop : Stop or None, default=None
        What may end training before its time.
    """
    device = train.device
    context, target, *_ = train.take(slice(1))
    with drawing(seed, device, also_shared=recipe.compile):
        with DrawnFromOwn(), torch.device(device):
            _, n_channels, context_length = context.shape
            network = recipe.build(n_channels, context_length, target.shape[-1])
        start_from(network, initial)
        history, best_epoch = train_on_windows(
            network, train, valid, recipe, seed, task or FitTask(), held, stop
        )
    return Trained(network, history, best_epoch)


def pretrain(
    recipe: Recipe,
    train: Windows | Rows,
    valid: Windows | Rows | None,
    seed: int,
    initial: InitialWeights | None,
) -> Trained:
    """Train a network alone, for others to start from; parameters as above."""
    with Stop(recipe.max_time) as stop:
        trained = train_new(recipe, train, valid, seed, initial, stop=stop)
        kept = told_weights(trained.best_epoch, validated=valid is not None)
        n_epochs = len(trained.history)
        warn_if_stopped(stop, n_epochs, recipe.max_epochs, recipe.max_time, kept)
    return trained


def told_weights(best_epoch: int, *, validated: bool) -> str:
    """Return in words which weights are left of a training that was stopped."""
    if validated and best_epoch:
        return f"the weights of epoch {best_epoch}, the best one, are kept"
    return "the weights so far are kept"


def train_further(
    network: WindowNetwork, recipe: Recipe, train: Windows | Rows, seed: int
) -> None:
    """Train a network in place, for all epochs of the recipe."""
    with drawing(seed, train.device, also_shared=recipe.compile):
        train_on_windows(network, train, None, recipe, seed, FitTask())
