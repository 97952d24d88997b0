"""What windows count: weights, as the square roots that their errors are taken by."""

from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array
from torch import Tensor

from skts.data import Rows


def read_weights(sample_weight: Any, n_windows: int) -> np.ndarray | None:
    """Return one weight for each window; None where all count the same.

    Raises
    ------
    ValueError
        If they are not one for each, finite, at least 0, and more than 0 in all.
    """
    if sample_weight is None:
        return None
    weights = check_array(
        sample_weight,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        input_name="sample_weight",
    )
    if weights.ndim == 0:
        weights = np.full(n_windows, weights)
    if weights.shape != (n_windows,):
        raise ValueError(
            f"sample_weight must have a weight for each of the {n_windows} windows, of "
            f"shape ({n_windows},), got shape {weights.shape}."
        )
    if (weights < 0).any() or not weights.any():
        raise ValueError(
            "sample_weight must not be negative, nor zero for all windows, got "
            f"{weights.min():g} to {weights.max():g}. Leave windows out by weight 0."
        )
    return weights


def weighted_rows(
    contexts: Tensor, targets: Tensor, weights: np.ndarray | None
) -> Rows:
    """Return windows with the square roots of their weights, ``(n, 1, 1)``, if any."""
    if weights is None:
        return Rows(contexts, targets)
    roots = torch.from_numpy(np.sqrt(weights)[:, None, None])
    return _of_mean_one(Rows(contexts, targets, roots.to(contexts)))


def some_rows(rows: Rows, which: slice) -> Rows:
    """Return some rows, whose weights have the mean 1 again."""
    return _of_mean_one(Rows(*rows.take(which)))


def _of_mean_one(rows: Rows) -> Rows:
    contexts, targets, *roots = rows.tensors
    if not roots or not len(rows):
        return rows
    root = roots[0]
    return Rows(contexts, targets, root / root.square().mean().sqrt())
