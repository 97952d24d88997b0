"""Lines on standard error that tell how a fit is going."""

import shutil
import sys
from time import monotonic
from typing import Any

# Seconds from one line to the next where each stays: in a log, in a notebook.
LOG_INTERVAL = 10.0


class ProgressLine:
    """Tell on standard error how far training is.

    On a terminal, a single line is rewritten after each epoch. Elsewhere every line
    stays, so there is one every ten seconds, and one for the last epoch.

    Parameters
    ----------
    max_epochs : int
        Number of epochs the line counts towards.
    phase : str, default=""
        What the line starts with.
    """

    def __init__(self, max_epochs: int, phase: str = "") -> None:
        self.max_epochs = max_epochs
        self.start = f"{phase} epoch" if phase else "epoch"
        self._elapsed = 0.0
        self._line = ""
        self._width = 0
        self._next_line_at = monotonic() + LOG_INTERVAL

    def show(self, record: dict[str, Any]) -> None:
        """Show an epoch's record."""
        self._elapsed += record["seconds"]
        self._line = self._describe(record)
        if sys.stderr.isatty():
            self._rewrite()
        elif monotonic() >= self._next_line_at:
            self._write_line()

    def _describe(self, record: dict[str, Any]) -> str:
        parts = [f"{self.start} {record['epoch']}/{self.max_epochs}"]
        parts += [
            f"{name} {record[name]:.4f}"
            for name in ("train_loss", "valid_loss")
            if name in record
        ]
        return "  ".join([*parts, f"{self._elapsed:.1f} s"])

    def _rewrite(self) -> None:
        # A line that wraps cannot be gone back to the start of.
        line = self._line[: shutil.get_terminal_size().columns - 1]
        # Spaces cover what a longer line before this one left behind.
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def _write_line(self) -> None:
        sys.stderr.write(self._line + "\n")
        sys.stderr.flush()
        self._line = ""
        self._next_line_at = monotonic() + LOG_INTERVAL

    def close(self) -> None:
        """End with the last epoch's line, if it is not there yet."""
        if self._width:
            sys.stderr.write("\n")
        elif self._line:
            self._write_line()
