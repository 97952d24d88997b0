"""One line on the terminal that tells how a fit is going."""

import sys
from typing import Any


class ProgressLine:
    """Rewrite a single line on standard error after each epoch.

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
        self._width = 0

    def show(self, record: dict[str, Any]) -> None:
        """Show an epoch's record."""
        self._elapsed += record["seconds"]
        parts = [f"{self.start} {record['epoch']}/{self.max_epochs}"]
        parts += [
            f"{name} {record[name]:.4f}"
            for name in ("train_loss", "valid_loss")
            if name in record
        ]
        parts.append(f"{self._elapsed:.1f} s")
        line = "  ".join(parts)
        # Spaces cover what a longer line before this one left behind.
        sys.stderr.write("\r" + line.ljust(self._width))
        self._width = len(line)
        sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        sys.stderr.write("\n")
