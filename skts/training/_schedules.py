"""Learning rates that follow the epoch, as torch schedulers."""

from math import cos, pi

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    LambdaLR,
    LRScheduler,
)

# Epochs from one restart of the cosine to the next, and the rate it falls towards,
# as in SAMformer's code; the paper's text mentions neither.
COSINE_PERIOD = 5
COSINE_FLOOR = 1e-6

SCHEDULES = ("constant", "cosine", "decay", "half-cosine")


def make_schedule(name: str, optimizer: Optimizer, max_epochs: int = 1) -> LRScheduler:
    """Return the schedule `name`, one of `SCHEDULES`, to be stepped once per epoch.

    ``"constant"`` leaves the rate alone, ``"cosine"`` lets it fall along half a cosine
    and restarts every 5 epochs (SAMformer), ``"decay"`` keeps it for 3 epochs and then
    takes a tenth off in each (LSINet), and ``"half-cosine"`` lets it fall to nothing
    over `max_epochs`, along half a cosine that is read in the middle of each epoch.
    """
    if name == "cosine":
        rate = optimizer.param_groups[0]["lr"]
        floor = min(COSINE_FLOOR, rate)  # a rate below the floor is not raised
        return CosineAnnealingWarmRestarts(optimizer, COSINE_PERIOD, eta_min=floor)
    factors = {
        "constant": lambda epoch: 1.0,
        "decay": lambda epoch: 0.9 ** max(0, epoch - 2),
        "half-cosine": lambda epoch: (1 + cos(pi * (epoch + 0.5) / max_epochs)) / 2,
    }
    return LambdaLR(optimizer, factors[name])
