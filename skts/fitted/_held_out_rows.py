"""The rows that windows were held out in, kept to forecast them further."""

from collections.abc import Hashable
from dataclasses import dataclass

from torch import Tensor

from skts.fitted._held_out import HeldOut
from skts.linear import LinearMixture

# Maps of more bytes than this are not kept a second time.
MAX_BYTES = 2**27


@dataclass(frozen=True)
class HeldOutRows:
    """Rows of a series that windows were held out in.

    Attributes
    ----------
    name : Hashable
        The series.
    rows : Tensor of shape (C, T)
        Standardised, on the CPU.
    truth : Tensor of shape (C, T) or None
        The rows with NaN where a value is missing, if one is.
    starts : Tensor of shape (n_windows,)
        The first rows of the windows.
    maps : LinearMixture or None
        The maps that have not learned from them, if there are maps.
    """

    name: Hashable
    rows: Tensor
    truth: Tensor | None
    starts: Tensor
    maps: LinearMixture | None


def keep_rows(held_out: list[HeldOut]) -> list[HeldOutRows]:
    """Return the rows of windows held out; none if their maps take too much memory."""
    maps = {id(part.maps): part.maps for part in held_out if part.maps is not None}
    if sum(one.weight.nbytes for one in maps.values()) > MAX_BYTES:
        return []
    kept = []
    for name, _, windows, _, of_part in held_out:
        if not len(windows):
            continue
        width = windows.context_length + windows.prediction_length
        first, last = int(windows.starts.min()), int(windows.starts.max())
        rows, truth = (
            None if each is None else each[:, first : last + width].cpu().clone()
            for each in (windows.series, windows.truth)
        )
        assert rows is not None, "a series is always there"
        starts = windows.starts.cpu() - first
        kept.append(HeldOutRows(name, rows, truth, starts, of_part))
    return kept
