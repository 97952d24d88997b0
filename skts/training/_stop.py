"""What ends training before its time: Ctrl-C, or seconds that are up."""

import signal
import threading
from math import inf
from time import monotonic
from types import FrameType, TracebackType
from typing import Self


class Stop:
    """Says when training is to end, with what it has learned.

    Within ``with``, once training listens, the first Ctrl-C only asks for the end: no
    step is left half done, and what follows training is done as well. The next one
    raises KeyboardInterrupt as usual. Where Ctrl-C is not Python's own, or a callback
    raises KeyboardInterrupt, training ends there.

    Parameters
    ----------
    max_time : float or None, default=None
        Seconds after which training is to end.
    spent : float, default=0.0
        Seconds of them that have passed.

    Attributes
    ----------
    reason : {"interrupt", "max_time"} or None
        What asked for the end, if anything did.
    ended_by : {"interrupt", "max_time"} or None
        What training ended for, if it was cut short.
    """

    def __init__(self, max_time: float | None = None, spent: float = 0.0) -> None:
        self.reason: str | None = None
        self.ended_by: str | None = None
        self._end = inf if max_time is None else monotonic() + max_time - spent
        self._listens = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._restore()

    def listen(self) -> None:
        """Take Ctrl-C for a wish from now on, where it would raise KeyboardInterrupt.

        Handlers belong to the main thread, and those of others stay.
        """
        if self._listens or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._listens = True
            signal.signal(signal.SIGINT, self._on_signal)

    def interrupt(self) -> bool:
        """Ask for the end; return False if that has been asked before."""
        if self.reason == "interrupt":
            return False
        self.reason = "interrupt"
        return True

    def ends_training(self) -> bool:
        """Return whether training is to end here, and remember it."""
        if self.reason is None and monotonic() >= self._end:
            self.reason = "max_time"
        if self.reason is not None:
            self.ended_by = self.reason
        return self.ended_by is not None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._restore()
        self.interrupt()

    def _restore(self) -> None:
        if self._listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._listens = False
