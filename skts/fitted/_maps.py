"""What linear maps bring to a model: errors of windows held out, and new rows."""

from dataclasses import replace

from torch import Tensor

from skts.fitted._held_out import HeldOut
from skts.fitted._layout import Layout, Part
from skts.fitted._model import SeriesModel
from skts.linear import last_rows
from skts.models import ChosenMaps, follow


def held_out_windows(
    model: SeriesModel, layout: Layout, chosen: ChosenMaps | None
) -> list[HeldOut]:
    """Return windows of each series, and what forecasts them without having seen them.

    Where maps were chosen by blocks, each block is forecast by the maps of the others.
    """
    if chosen is None or not chosen.by_blocks:
        maps = model.solved.maps
        return [
            HeldOut(name, part.known, part.valid, model.forecast, maps)
            for name, part in layout.parts.items()
        ]
    held_out = []
    for learned, block in chosen.folds:
        maps = chosen.solve_from(learned)
        fold = replace(model, solved=model.solved.with_maps(maps))
        held_out += [
            HeldOut(name, part.known, windows, fold.forecast, maps)
            for (name, part), windows in zip(
                layout.parts.items(), block.series, strict=True
            )
        ]
    return held_out


def settle_maps(
    model: SeriesModel, layout: Layout, chosen: ChosenMaps, refit: bool
) -> SeriesModel:
    """Return the model with maps that follow new rows.

    With `refit`, they have learned from all rows, those held out included.
    """
    if chosen.choice is None:
        return model
    moments = chosen.windows.moments if refit else chosen.learned
    chosen = chosen.with_members(model.solved.members)
    tails = [
        last_rows(_rows_of(part), part.stretches, moments.width)
        for part in layout.parts.values()
    ]
    following = follow(moments, tails, chosen.apart, model.prediction_length)
    model = replace(model, following=following)
    if not refit or chosen.by_blocks:  # blocks have left none out
        return model
    return replace(model, solved=model.solved.with_maps(chosen.solve_from(moments)))


def _rows_of(part: Part) -> Tensor:
    """Return the rows ``(C, T)`` of one series, standardised."""
    _, n_rows = part.stretches[-1]
    return part.every.series[:, part.first_row : part.first_row + n_rows]
