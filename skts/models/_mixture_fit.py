"""How a mixture of linear maps and a network is fitted."""

import sys
from typing import Any

from skts._callbacks import FitTask
from skts._stopped import warn_if_stopped
from skts.data import Rows, Windows
from skts.linear import FEW_WINDOWS
from skts.models._held_to_maps import HeldToMaps
from skts.models._maps import ChosenMaps
from skts.models._mixture import Attributes, Mixture, Record
from skts.models._recipe import Recipe
from skts.models._trained import Trained, told_weights, train_new
from skts.models._weights import InitialWeights
from skts.nn import WindowNetwork
from skts.training import Stop


def fit_mixture(
    recipe: Recipe,
    chosen: ChosenMaps | None,
    train: Windows | Rows,
    valid: Windows | Rows | None,
    seed: int,
    initial: InitialWeights | None,
    task: FitTask,
    attributes: Attributes,
    stop: Stop,
) -> Mixture:
    """Train a network, and mix it with linear maps if there are any.

    The network trains as it would alone, but the epoch is chosen, and training stopped,
    by the validation error of the mixture. Where blocks of few windows chose the maps,
    no network is trained: too few windows could tell what it adds.

    Parameters
    ----------
    recipe : Recipe
        How the network is built and trained.
    chosen : ChosenMaps or None
        The maps; None for the network alone.
    train, valid : Windows or Rows
        Windows to learn from, and those held out, of which there may be None.
    seed : int
        Seed of weights and batches.
    initial : InitialWeights or None
        Weights to start from, in place of random ones.
    task : FitTask
        What is told of each epoch.
    attributes : callable
        Returns the fitted attributes that a mixture makes, for callbacks.
    stop : Stop
        What may end training before its time: the best epoch so far is kept, or, before
        the first one has ended, the linear maps, or, without any, the weights so far.
    """
    context_length = train.take(slice(1))[0].shape[-1]
    if chosen is None and recipe.max_epochs == 0:
        raise ValueError(
            "max_epochs must be >= 1 where there are no linear maps, got 0: fewer than "
            f"{FEW_WINDOWS} rows to validate on cannot choose any. Train the network, "
            "or give more rows."
        )
    of_maps = [] if chosen is None else [_record_of_maps(chosen)]
    task.history += of_maps
    if chosen is not None and (chosen.by_blocks or recipe.max_epochs == 0):
        return _told(_of_maps(chosen, context_length, of_maps), recipe)
    held = None
    if chosen is not None:
        assert chosen.choice is not None, "windows were held out"
        assert valid is not None, "windows were held out"
        held = HeldToMaps(chosen.learned, chosen.choice, valid, context_length)

    def mix(trained: Trained) -> Mixture:
        if chosen is None or held is None:
            return Mixture(trained.network, context_length, 1.0, None, (), *trained[1:])
        share = held.share_at(trained.best_epoch)
        return Mixture(
            trained.network,
            context_length,
            share.weight,
            chosen.with_members(share.members).solve(),
            share.members,
            trained.history,
            trained.best_epoch,
        )

    def fitted_by_now(network: WindowNetwork, history: list[Record]) -> dict[str, Any]:
        return attributes(mix(Trained(network, history, history[-1]["epoch"])))

    task.attributes = fitted_by_now
    network, history, best_epoch = train_new(
        recipe, train, valid, seed, initial, task, held, stop
    )
    if chosen is not None and not history:
        mixture = _of_maps(chosen, context_length, of_maps)
    else:
        mixture = mix(Trained(network, of_maps + history, best_epoch))
    kept = _what_is_kept(mixture, validated=valid is not None)
    warn_if_stopped(stop, len(history), recipe.max_epochs, recipe.max_time, kept)
    return _told(mixture, recipe)


def _what_is_kept(mixture: Mixture, *, validated: bool) -> str:
    if mixture.maps is not None and not mixture.best_epoch:
        return "none has bettered the linear maps, which forecast alone"
    return told_weights(mixture.best_epoch, validated=validated)


def _told(mixture: Mixture, recipe: Recipe) -> Mixture:
    if recipe.verbose and mixture.maps is not None:
        sys.stderr.write(tell_worth(mixture) + "\n")
    return mixture


def tell_worth(mixture: Mixture) -> str:
    """Return in a line what each part of a mixture was worth on validation."""
    by_epoch = {record["epoch"]: record for record in mixture.history}
    alone = by_epoch[0].get("valid_loss")
    if alone is None:
        return "naive forecast alone: too few rows for anything else"
    line = f"linear maps {alone:.4f}"
    if mixture.network is None:
        return line + ", no network"
    line += f", network {mixture.network_error:.4f}"
    if not mixture.network_weight:
        return line + ": it adds nothing, weight 0"
    together = by_epoch[mixture.best_epoch]["valid_loss"]
    return line + f", together {together:.4f} (weight {mixture.network_weight:.2f})"


def _record_of_maps(chosen: ChosenMaps) -> Record:
    """Return epoch 0 of a history: what the maps alone are worth."""
    record: Record = {"epoch": 0}
    if chosen.choice is not None:
        record["valid_loss"] = chosen.choice.error
    return record | {"seconds": chosen.seconds}


def _of_maps(chosen: ChosenMaps, context_length: int, history: list[Record]) -> Mixture:
    maps = chosen.solve()
    return Mixture(None, context_length, 0.0, maps, chosen.members, history, 0)
