"""The generators that networks draw from: each fit's own, in its own thread.

Torch's generators are shared by the whole process. Fits in threads that seeded them
would disturb each other, and whoever else draws from them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


class _Drawing(threading.local):
    generators: dict[str, torch.Generator] | None = None


_drawing = _Drawing()

# What takes a generator, by its name in torch, in a tensor's methods and in nn.init.
_TAKES_GENERATOR = {
    *("bernoulli", "bernoulli_", "exponential_", "multinomial", "normal", "normal_"),
    *("rand", "randint", "randn", "random_", "randperm", "uniform_"),
    *("kaiming_normal_", "kaiming_uniform_", "orthogonal_", "trunc_normal_"),
    *("xavier_normal_", "xavier_uniform_"),
}


@contextmanager
def drawing(
    seed: int, device: torch.device, *, also_shared: bool = False
) -> Iterator[None]:
    """Let this thread draw from generators of its own on the CPU and on a device.

    With `also_shared`, torch's own generators have the seed, too, and are given back:
    what ``torch.compile`` makes draws from no others. That is not for threads.
    """
    before = _drawing.generators
    own = {"cpu": torch.Generator("cpu").manual_seed(seed)}
    if device.type in ("cuda", "mps"):
        own[device.type] = torch.Generator(device).manual_seed(seed)
    _drawing.generators = own
    try:
        with _shared(seed, device) if also_shared else nullcontext():
            yield
    finally:
        _drawing.generators = before


@contextmanager
def _shared(seed: int, device: torch.device) -> Iterator[None]:
    on_cuda = device.type == "cuda"
    with torch.random.fork_rng([device] if on_cuda else []):
        # torch.manual_seed would change the generators of every other device for good.
        torch.default_generator.manual_seed(seed)
        if on_cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def generator_for(device: torch.device) -> torch.Generator | None:
    """Return what this thread draws from on a device; None for torch's own."""
    return (_drawing.generators or {}).get(device.type)


class DrawnFromOwn(TorchFunctionMode):
    """Lets torch's modules start from this thread's generators, not from torch's."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Add a generator where one is taken and none is given."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _TAKES_GENERATOR and kwargs.get("generator") is None:
            tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
            device = tensors[0].device if tensors else kwargs.get("device") or "cpu"
            generator = generator_for(torch.device(device))
            if generator is not None:
                kwargs = kwargs | {"generator": generator}
        return func(*args, **kwargs)
