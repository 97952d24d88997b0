"""How any network is fitted: loop, optimiser, schedule, stopping, device and seeds."""

from skts.training._early_stopping import EarlyStopping
from skts.training._flat import Flat
from skts.training._loop import fit_network
from skts.training._optimizers import SGD, Adam
from skts.training._parts import loss_in_parts
from skts.training._progress import ProgressLine
from skts.training._runtime import (
    PRECISIONS,
    as_usual,
    draw_seed,
    mixed_precision,
    resolve_device,
    seeded,
)
from skts.training._sam import SAM
from skts.training._schedules import SCHEDULES, make_schedule
from skts.training._stop import Stop
from skts.training._threads import (
    fair_share_of_threads,
    faster_threads,
    usual_threads,
)

__all__ = [
    "PRECISIONS",
    "SAM",
    "SCHEDULES",
    "SGD",
    "Adam",
    "EarlyStopping",
    "Flat",
    "ProgressLine",
    "Stop",
    "as_usual",
    "draw_seed",
    "fair_share_of_threads",
    "faster_threads",
    "fit_network",
    "loss_in_parts",
    "make_schedule",
    "mixed_precision",
    "resolve_device",
    "seeded",
    "usual_threads",
]
