"""Where and how training runs: device, precision and seeds."""

import secrets
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
)
from threading import Lock

import numpy as np
import torch

from skts._random import DrawnFromOwn, drawing
from skts.training._threads import fair_share_of_threads

PRECISIONS = ("float32", "bf16")


def resolve_device(device: str) -> torch.device:
    """Turn the parameter `device` into a torch device that is really there.

    A GPU without a number is the current one.

    Raises
    ------
    TypeError
        If `device` is not a str.
    ValueError
        If `device` is no device name, or names a device this machine does not have.
    """
    if device == "auto":
        return _numbered(torch.device(_best_device()))
    rule = "device must be 'auto', 'cpu', 'cuda', 'cuda:<index>' or 'mps'"
    if not isinstance(device, str):
        raise TypeError(f"{rule}, got {device!r}.")
    try:
        resolved = torch.device(device)
    except RuntimeError:
        resolved = None
    if resolved is None or resolved.type not in ("cpu", "cuda", "mps"):
        raise ValueError(f"{rule}, got {device!r}.")
    n_devices = _count_devices(resolved.type)
    if (resolved.index or 0) >= n_devices:
        raise ValueError(
            f"device={device!r} is not available: torch {torch.__version__} finds "
            f"{n_devices} {resolved.type} device(s) on this machine. "
            "Use device='auto' to take what is there."
        )
    return _numbered(resolved)


def _numbered(device: torch.device) -> torch.device:
    """Return a device as its tensors tell it, which GPUs do by number."""
    if device.type != "cuda" or device.index is not None:
        return device
    return torch.device("cuda", torch.cuda.current_device())


def _best_device() -> str:
    return next(kind for kind in ("cuda", "mps", "cpu") if _count_devices(kind))


def _count_devices(kind: str) -> int:
    if kind == "cuda":
        return torch.cuda.device_count()
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return 1


def mixed_precision(
    precision: str, device: torch.device
) -> AbstractContextManager[object]:
    """Return the context in which the network computes in `precision`.

    Raises
    ------
    ValueError
        If `precision` is "bf16" and the device has no bfloat16 arithmetic.
    """
    if precision == "float32":
        return nullcontext()
    if not _has_bf16(device):
        raise ValueError(
            f"precision='bf16' is not available: the {device.type} device has no "
            "bfloat16 arithmetic. Use precision='float32'."
        )
    return torch.autocast(device.type, dtype=torch.bfloat16)


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Builds without oneDNN, as for Apple silicon, lack the operator.
        built = torch.backends.mkldnn.is_available()
        return built and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(torch.backends.mps.is_macos_or_newer(14, 0))


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed for torch; None draws one without touching numpy's generator."""
    if random_state is None:
        return secrets.randbelow(2**31)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return int(random_state)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Let torch's functions and modules draw from a seed, on the CPU and on `device`.

    The global generators are neither used nor changed, so that several threads may do
    this at a time. It slows every operation down a little: networks that are trained
    draw through `skts._random` instead.
    """
    with drawing(seed, device), DrawnFromOwn():
        yield


@contextmanager
def as_usual() -> Iterator[None]:
    """Run torch as its estimators expect it, whatever the caller has set.

    Gradients are recorded where they are needed, also inside ``torch.no_grad`` and
    ``torch.inference_mode``; ``torch.autocast`` is off, and the default dtype is
    float32. A worker process keeps to its share of the cores. It also serves as a
    decorator.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        stack.enter_context(_float32)
        stack.enter_context(fair_share_of_threads())
        yield


class _Float32:
    """Make float32 the default dtype of the process while any thread is inside."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_inside = 0
        self._before = torch.float32

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._before = torch.get_default_dtype()
                self._set(torch.float32)
            self._n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._set(self._before)

    def _set(self, dtype: torch.dtype) -> None:
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)


_float32 = _Float32()
