"""Errors beyond the horizon: of forecasts that were fed back, on windows held out.

Steps beyond the horizon are known when they are asked for. So the rows that windows
were held out in are kept, with the linear maps that had not learned from them, and the
windows are forecast as far as is wanted. Each step has the errors of all windows that
have so many rows held out after them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from skts.conformal import AlikeErrors, count, windows_needed
from skts.data import Windows, spread_out
from skts.fitted._held_out import MAX_WINDOWS, HeldOut, HeldOutErrors, errors_of
from skts.fitted._held_out_rows import HeldOutRows
from skts.fitted._model import SeriesModel


def errors_to(model: SeriesModel, n_steps: int) -> HeldOutErrors:
    """Return the errors of held-out windows at the first `n_steps` steps, or at all.

    Those within the horizon are as they are.
    """
    held_out, horizon = model.held_out, model.prediction_length
    assert held_out is not None, "checked before sktime calls"
    if n_steps <= horizon:
        return held_out
    rows = [r for r in model.held_out_rows if not _is_still(model, r)]
    rows = rows or list(model.held_out_rows[:1])
    n_each = max(1, MAX_WINDOWS // max(len(rows), 1))
    # At least one, of nothing known: there may be no rows.
    shape = 1, len(model.columns), n_steps - horizon
    errors = [np.full(shape, np.nan, dtype=np.float32)]
    errors += [_errors(model, part, n_steps, n_each, held_out.method) for part in rows]
    return replace(held_out, beyond=AlikeErrors(np.concatenate(errors)))


def _padded(rows: Tensor, n_rows: int) -> Tensor:
    """Return rows ``(C, T)`` and so many unknown ones after them."""
    return torch.nn.functional.pad(rows, (0, n_rows), value=torch.nan)


def _is_still(model: SeriesModel, rows: HeldOutRows) -> bool:
    return bool(model.known[rows.name].units.still.all())


def check_enough(
    held_out: HeldOutErrors, horizon: int, coverages: Sequence[float] = ()
) -> None:
    """Raise if too few windows tell the errors beyond the horizon.

    Raises
    ------
    ValueError
        If there are fewer than some coverages need, or none at all.
    """
    if held_out.beyond is None:
        return
    errors = held_out.beyond.errors
    counts = count(errors)[held_out.moving()]  # (C, steps beyond)
    counts = counts.min(axis=0, initial=len(errors))
    needed = max(map(windows_needed, coverages), default=1)
    enough = np.flatnonzero(counts >= needed)
    n_steps, last = horizon + len(counts), max([horizon, *(horizon + enough + 1)])
    if last == n_steps:
        return
    what = "a variance"
    if coverages:
        what = f"an interval with a coverage of {max(coverages):g}"
    raise ValueError(
        f"Step {n_steps} lies beyond horizon={horizon}, where {what} needs the errors "
        f"of at least {needed} held-out windows with so many rows after them, but "
        f"there are {counts[-1]}. Steps up to {last} have enough. Give fit a longer "
        f"series, or horizon={n_steps}."
    )


def check_within(n_steps: int, horizon: int) -> None:
    """Raise if a band shall hold steps that are not forecast together."""
    if n_steps > horizon:
        raise ValueError(
            f"Step {n_steps} lies beyond horizon={horizon}, and a band holds steps "
            "that are forecast together: it goes by the paths of whole windows held "
            f"out. Ask for steps up to {horizon}, or fit with horizon={n_steps}."
        )


def _errors(
    model: SeriesModel, part: HeldOutRows, n_steps: int, n_windows: int, method: str
) -> np.ndarray:
    """Return the errors of a series beyond the horizon, ``(n, C, n_steps - H)``."""
    known, horizon = model.known[part.name], model.prediction_length
    fold = replace(model, due=False)
    if part.maps is not None:
        fold = replace(fold, solved=model.solved.with_maps(part.maps.to(model.device)))
    # A window has the rows up to the end of the last one that begins in a row with it.
    starts = part.starts
    ends = torch.cat([starts.diff() != 1, torch.ones(1, dtype=torch.bool)])
    last = starts[ends][ends.cumsum(0) - ends.long()]
    starts, last = spread_out(starts, n_windows), spread_out(last, n_windows)
    rows, truth = (
        None if each is None else _padded(each, n_steps - horizon).to(model.device)
        for each in (part.rows, part.truth)
    )
    assert rows is not None, "rows are always there"
    starts_there = starts.to(model.device)
    windows = Windows(rows, starts_there, model.context_length, n_steps, truth)
    held_out = HeldOut(
        part.name,
        known,
        windows,
        lambda context, known: fold.forecast(context, known, n_steps),
        part.maps,
    )
    errors = errors_of(held_out, method)[..., horizon:]
    room = (last - starts).numpy()[:, None, None]
    errors[np.broadcast_to(np.arange(n_steps - horizon) >= room, errors.shape)] = np.nan
    return errors
