"""Work beside other work, while a CUDA graph is recorded.

The operations of a small network fill a small part of a GPU, and in a graph recorded
from one stream each waits for the one before. Those put on another stream depend on
nothing but what came before the streams parted, and run at the same time.

Outside of a recording all of this does nothing: there the GPU waits for Python, not for
other operations.
"""

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch
from torch import Tensor


class Lanes:
    """Lanes beside the current stream, for as long as a function runs.

    Memory is handed on within a stream without asking others. So whatever a lane reads
    has to be kept, under a name, until the lanes are joined.

    Parameters
    ----------
    like : Tensor
        Tensor on the device that is used.
    """

    def __init__(self, like: Tensor) -> None:
        self.device = like.device
        self.open = _is_recording(like.device)

    def beside(self, lane: int) -> AbstractContextManager[object]:
        """Return the context of what may start as soon as all before it is done."""
        if not self.open:
            return nullcontext()
        stream = _stream(self.device, lane)
        stream.wait_stream(torch.cuda.current_stream(self.device))
        return torch.cuda.stream(stream)

    def join(self, *lanes: int) -> None:
        """Let what follows wait for what is on some lanes."""
        if self.open:
            current = torch.cuda.current_stream(self.device)
            for lane in lanes:
                current.wait_stream(_stream(self.device, lane))


def _is_recording(device: torch.device) -> bool:
    if device.type != "cuda" or torch.compiler.is_compiling():
        return False
    return torch.cuda.is_current_stream_capturing()


@cache
def _stream(device: torch.device, lane: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)
