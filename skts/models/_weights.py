"""Weights that a network starts from, in place of random ones."""

from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


class InitialWeights(NamedTuple):
    """Weights, and in words where they come from."""

    source: str
    weights: Weights


def start_from(network: nn.Module, initial: InitialWeights | None) -> None:
    """Load weights, if there are any.

    Raises
    ------
    ValueError
        If they are those of another architecture.
    """
    if initial is None:
        return
    source, weights = initial
    given = {name: tuple(value.shape) for name, value in weights.items()}
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if given != wanted:
        names = [n for n in {**wanted, **given} if given.get(n) != wanted.get(n)]
        raise ValueError(
            f"{source} must give the weights of this architecture, but {len(names)} of "
            f"them differ: {names[0]!r} has the shape {wanted.get(names[0])} here and "
            f"{given.get(names[0])} there. Use the same columns, context_length, "
            "horizon and other parameters of the network as there."
        )
    network.load_state_dict(weights)


def weights_of(network: nn.Module) -> Weights:
    """Return the weights of a network, on the CPU."""
    return {name: w.detach().cpu() for name, w in network.state_dict().items()}


def read_weights(path: Any) -> Weights:
    """Return the weights in a file that ``save_weights`` wrote; raise if it is none."""
    rule = "initial_weights must be None or the path of a file made by save_weights"
    if not isinstance(path, str | PathLike):
        raise TypeError(f"{rule}, got {path!r}.")
    if not Path(path).is_file():
        raise ValueError(f"{rule}, got {fspath(path)!r}, where there is no file.")
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no class for what is no file of its own
        raise ValueError(
            f"{rule}, got {fspath(path)!r}, which torch cannot read as weights."
        ) from error
    if not isinstance(weights, dict) or not all(
        isinstance(value, Tensor) for value in weights.values()
    ):
        raise ValueError(f"{rule}, got {fspath(path)!r}, which holds no weights.")
    return weights
