"""How a window network learns from windows, of a series or given as arrays."""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from skts._callbacks import FitTask
from skts.data import Rows, ShuffledBatches, Windows, errors_where_known
from skts.models._held_to_maps import HeldToMaps
from skts.models._recipe import Recipe
from skts.nn import ByHand, WindowNetwork
from skts.training import (
    EarlyStopping,
    ProgressLine,
    Stop,
    fit_network,
    loss_in_parts,
    make_schedule,
    mixed_precision,
)


def train_on_windows(
    network: WindowNetwork,
    train: Windows | Rows,
    valid: Windows | Rows | None,
    recipe: Recipe,
    seed: int,
    task: FitTask,
    held: HeldToMaps | None = None,
    stop: Stop | None = None,
) -> tuple[list[dict[str, Any]], int]:
    """Train `network` in place; return its history and the epoch of its weights.

    With `held`, the validation error is that of the network mixed with linear maps, and
    epoch 0 stands for these alone.
    """
    progress = ProgressLine(recipe.max_epochs) if recipe.verbose else None

    def start_epoch(epoch: int) -> None:
        network.start_epoch(epoch)
        task.start_epoch(epoch)

    def validate() -> float:
        assert valid is not None, "called with validation alone"
        return (
            mean_squared_error(network, valid)
            if held is None
            else held.measure(network)
        )

    def end_epoch(record: dict[str, Any]) -> bool:
        record |= network.diagnostics()
        if held is not None:
            record["network_valid_loss"] = held.shares[-1].network_error
        if progress is not None:
            progress.show(record)
        ends = task.end_epoch(record, network)
        return ends or (held is not None and held.is_in_vain(recipe.max_epochs))

    stopping = None
    if valid is not None:
        stopping = EarlyStopping(
            recipe.patience, math.inf if held is None else held.error
        )
    optimizer = recipe.make_optimizer(network)
    has_missing = isinstance(train, Windows) and train.truth is not None
    prepare = partial(prepare_known if has_missing else prepare_batch, network)
    history = fit_network(
        network,
        window_loss(network, recipe.precision, recipe.compile, train.device),
        ShuffledBatches(
            train,
            recipe.batch_size,
            seed,
            prepare,
            n_samples=recipe.windows_per_epoch,
        ),
        optimizer,
        max_epochs=recipe.max_epochs,
        schedule=make_schedule(recipe.lr_schedule, optimizer, recipe.max_epochs),
        validate=None if valid is None else validate,
        early_stopping=stopping,
        start_epoch=start_epoch,
        end_epoch=end_epoch,
        kind=None if recipe.compile else network.step_kind,
        paced=not recipe.compile,
        stop=stop,
    )
    if progress is not None:
        progress.close()
    return history, len(history) if stopping is None else stopping.best_epoch


def prepare_batch(
    network: WindowNetwork, context: Tensor, target: Tensor, root: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `window_loss` needs of some windows and no gradient flows through.

    `root` holds square roots of the weights of windows, ``(B, 1, 1)``: errors that are
    as much larger count as much more.
    """
    normalised, mean, scale = network.normalise(context)
    target = target - mean
    if root is None:
        return normalised, target, scale
    return normalised, target * root, scale * root


def prepare_known(
    network: WindowNetwork, context: Tensor, target: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `prepare_batch` does, weighted so that missing targets do not count.

    Errors become 0 where a target is missing, and so much larger elsewhere that their
    mean square is that of the targets known.
    """
    normalised, target, scale = prepare_batch(network, context, target)
    known = ~target.isnan()
    share = known.sum().clamp(min=1) / known.numel()
    weight = known / share.sqrt()  # (B, C, H)
    return normalised, target.nan_to_num() * weight, scale * weight


def window_loss(
    network: WindowNetwork, precision: str, compile: bool, device: torch.device
) -> Callable[[tuple[Tensor, ...]], Tensor]:
    """Return the mean squared error of a prepared batch as a function.

    Where the network knows its gradient, the weights have it with the loss, which then
    carries none but that of a penalty.
    """
    forward = network.forward_normalised
    if compile:
        forward = torch.compile(forward)
    weights = [weight for weight in network.parameters() if weight.requires_grad]

    def squared_error(batch: tuple[Tensor, ...], *shared: Tensor) -> Tensor:
        normalised, target, scale = batch
        with mixed_precision(precision, device):
            forecast = forward(normalised, *shared)
        return mse_loss(forecast.float() * scale, target)

    # Made with the first loss: the optimiser may still move the weights until then.
    made_by_hand = cache(network.by_hand)

    def split(batch: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
        """Return the parts that a batch is trained on one after the other."""
        n_windows, n_channels = batch[0].shape[:2]
        size = network.windows_at_a_time(n_channels)
        if device.type != "cpu" or compile or size is None or size >= n_windows:
            return [batch]
        size = -(-n_windows // -(-n_windows // size))  # as equal as they can be
        return list(zip(*(tensor.split(size) for tensor in batch), strict=True))

    def error_by_hand(batch: tuple[Tensor, ...], forward: ByHand) -> Tensor:
        shared = network.shared()
        leaves = [tensor.detach() for tensor in shared]
        n_values = batch[1].numel()
        errors = []
        with torch.no_grad():
            for normalised, target, scale in split(batch):
                forecast, differentiate = forward(normalised, *leaves)
                error = torch.addcmul(target, forecast, scale, value=-1)
                differentiate(error * (scale * (-2 / n_values)))
                errors.append(torch.linalg.vector_norm(error).square() / n_values)
        if shared:
            torch.autograd.backward(shared, [leaf.grad for leaf in leaves])
        return errors[0] if len(errors) == 1 else torch.stack(errors).sum()

    def error_with_autograd(batch: tuple[Tensor, ...]) -> Tensor:
        shared = network.shared()
        parts = split(batch)
        if len(parts) == 1:
            return squared_error(batch, *shared)
        n_windows = len(batch[0])
        return loss_in_parts(
            lambda part, *s: squared_error(part, *s) * (len(part[0]) / n_windows),
            parts,
            weights,
            shared,
        )

    def compute_loss(batch: tuple[Tensor, ...]) -> Tensor:
        by_hand = None
        if not compile and precision == "float32":
            by_hand = made_by_hand()
        if by_hand is None:
            error = error_with_autograd(batch)
        else:
            error = error_by_hand(batch, by_hand)
        penalty = network.penalty()
        return error if penalty is None else error + penalty

    return compute_loss


@torch.no_grad()
def channel_errors(
    forecast: Callable[[Tensor], Tensor], windows: Windows | Rows
) -> tuple[Tensor, Tensor]:
    """Return each channel's mean squared error over all windows and steps, ``(C,)``.

    Targets that are missing do not count; how many do is returned, too, and a channel
    without any has the error NaN. Weighted rows hold square roots of their weights,
    whose mean is 1.
    """
    has_float64 = windows.device.type != "mps"
    dtype = torch.float64 if has_float64 else torch.float32
    total = torch.zeros((), dtype=dtype, device=windows.device)
    n_values = torch.zeros((), dtype=torch.long, device=windows.device)
    has_missing = isinstance(windows, Windows) and windows.truth is not None
    for context, target, *root in windows.in_order():
        if has_missing:
            errors, known = errors_where_known(forecast(context), target)
            n_values = n_values + known.sum(dim=(0, 2))
        else:
            errors = forecast(context) - target
            n_values = n_values + target[:, 0].numel()
        if root:
            errors *= root[0]
        total = total + errors.square_().sum(dim=(0, 2)).to(dtype)
    return total / n_values, n_values.expand(total.shape)


def mean_squared_error(network: WindowNetwork, windows: Windows | Rows) -> float:
    """Return the mean squared error over windows, channels and steps."""
    errors, n_values = channel_errors(network, windows)
    if (n_values == n_values[0]).all():
        return float(errors.mean())
    sums = torch.where(n_values > 0, errors * n_values, 0)
    return float(sums.sum() / n_values.sum())
