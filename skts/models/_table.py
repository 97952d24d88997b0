"""The members of a mixture as a table that people read."""

from typing import Any

import pandas as pd

from skts.linear import Naive
from skts.models._mixture import Mixture


def table_of_members(mixture: Mixture) -> pd.DataFrame:
    """Return what is mixed, a row each, the network last."""
    rows: list[dict[str, Any]] = [
        {
            "kind": member.kind,
            "context": member.context,
            "naive": _name(member.naive),
            "strength": member.strength,
            "own_strength": member.own_strength,
            "weight": member.weight,
            "valid_loss": member.error,
        }
        for member in mixture.members
    ]
    if mixture.network is not None:
        row = {"kind": "network", "context": mixture.network_context}
        row |= {"weight": mixture.network_weight, "valid_loss": mixture.network_error}
        rows.append(row)
    columns = ["kind", "context", "naive", "strength", "own_strength"]
    table = pd.DataFrame(rows, columns=[*columns, "weight", "valid_loss"])
    return table.astype({"weight": float, "valid_loss": float})


def _name(naive: Naive) -> str:
    return naive.name if naive.period == 1 else f"{naive.name} {naive.period}"
