"""A network that is built for windows and trained on them, or trained further."""

from typing import Any, NamedTuple

import torch

from skts._callbacks import FitTask
from skts._random import DrawnFromOwn, drawing
from skts.data import Rows, Windows
from skts.models._held_to_maps import HeldToMaps
from skts.models._recipe import Recipe
from skts.models._training import train_on_windows
from skts.models._weights import InitialWeights, start_from
from skts.nn import WindowNetwork


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
    """
    device = train.device
    context, target = train.take(slice(1))
    with drawing(seed, device, also_shared=recipe.compile):
        with DrawnFromOwn(), torch.device(device):
            _, n_channels, context_length = context.shape
            network = recipe.build(n_channels, context_length, target.shape[-1])
        start_from(network, initial)
        history, best_epoch = train_on_windows(
            network, train, valid, recipe, seed, task or FitTask(), held
        )
    return Trained(network, history, best_epoch)


def train_further(
    network: WindowNetwork, recipe: Recipe, train: Windows | Rows, seed: int
) -> None:
    """Train a network in place, for all epochs of the recipe."""
    with drawing(seed, train.device, also_shared=recipe.compile):
        train_on_windows(network, train, None, recipe, seed, FitTask())
