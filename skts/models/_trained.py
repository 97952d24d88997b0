"""A network that has been trained, and what is told of its training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from skts._callbacks import FitTask
from skts._random import DrawnFromOwn, drawing
from skts.data import Rows, Windows
from skts.models._recipe import Recipe
from skts.models._training import train_on_windows
from skts.models._weights import InitialWeights, start_from
from skts.nn import WindowNetwork

Record = dict[str, Any]


@dataclass
class TrainedNetwork:
    """A trained network.

    Attributes
    ----------
    network : WindowNetwork
        The network; maps standardised windows ``(B, C, L)`` to ``(B, C, H)``.
    history : list of dict
        A record per epoch.
    best_epoch : int
        Epoch whose weights it has, counted from 1.
    """

    network: WindowNetwork
    history: list[Record]
    best_epoch: int

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @torch.no_grad()
    def forecast(self, context: Tensor, still: Tensor | None = None) -> Tensor:
        """Forecast standardised windows ``(B, C, L)`` as ``(B, C, H)``.

        What never moved, neither in training (`still`, ``(C,)`` or ``(B, C)``) nor in
        the window, stays where it is.
        """
        forecast: Tensor = self.network(context)
        if still is None or not still.any():
            return forecast
        at_rest = still & (context == context[..., :1]).all(dim=-1)
        return torch.where(at_rest[..., None], context[..., -1:], forecast)

    def forecast_rows(self, rows: Rows) -> Tensor:
        """Forecast rows of contexts, and of what is still, ``(n, C, H)`` on the CPU."""
        return torch.cat([self.forecast(*row).cpu() for row in rows.in_order()])


# What a trained network makes of the fitted attributes of an estimator.
Attributes = Callable[[TrainedNetwork], dict[str, Any]]


def train_new(
    recipe: Recipe,
    train: Windows | Rows,
    valid: Windows | Rows | None,
    seed: int,
    initial: InitialWeights | None = None,
    task: FitTask | None = None,
) -> TrainedNetwork:
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
    """
    device = train.device
    context, target = train.take(slice(1))
    with drawing(seed, device):
        with DrawnFromOwn(), torch.device(device):
            _, n_channels, context_length = context.shape
            network = recipe.build(n_channels, context_length, target.shape[-1])
        start_from(network, initial)
        history, best_epoch = train_on_windows(
            network, train, valid, recipe, seed, task or FitTask()
        )
    return TrainedNetwork(network, history, best_epoch)


def train_further(
    network: WindowNetwork, recipe: Recipe, train: Windows | Rows, seed: int
) -> None:
    """Train a network in place, for all epochs of the recipe."""
    with drawing(seed, train.device):
        train_on_windows(network, train, None, recipe, seed, FitTask())
