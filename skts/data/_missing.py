"""Missing values: which windows tell enough, and errors where truths are known."""

import numpy as np
import torch
from torch import Tensor

# Of the values that a window looks at, at most this share may be missing.
MOST_MISSING = 0.5


class WindowsThatTell:
    """Tells which windows of a series are left although values are missing.

    Left out are windows of whose contexts more than half of the values are missing, and
    those without any target.

    Parameters
    ----------
    missing : ndarray of shape (T, C)
        Which values of the series are missing.
    """

    def __init__(self, missing: np.ndarray) -> None:
        self._before = np.concatenate([[0], missing.sum(axis=1).cumsum()])
        self._n_channels = missing.shape[1]

    def among(self, starts: np.ndarray, context: int, horizon: int) -> np.ndarray:
        """Return the starts, of some, of windows that are not left out."""
        if not self._before[-1]:
            return starts
        has_target = self._share(starts + context, horizon) < 1
        return starts[~self.lacks_context(starts, context) & has_target]

    def lacks_context(self, starts: np.ndarray, context: int) -> np.ndarray:
        """Return whether too much is missing of the contexts that start at rows."""
        lacks: np.ndarray = self._share(starts, context) > MOST_MISSING
        return lacks

    def _share(self, first: np.ndarray, n_rows: int) -> np.ndarray:
        """Return the share of values that is missing in some rows from each first."""
        n_missing = self._before[first + n_rows] - self._before[first]
        share: np.ndarray = n_missing / max(1, n_rows * self._n_channels)
        return share


def truth_of(rows: Tensor, values: np.ndarray) -> Tensor | None:
    """Return rows ``(C, T)`` with NaN where values ``(T, C)`` are missing.

    None if none is.
    """
    missing = np.isnan(values)
    if not missing.any():
        return None
    return rows.masked_fill(torch.from_numpy(missing.T.copy()), torch.nan)


def errors_where_known(forecast: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return errors ``(B, C, H)``, 0 at missing targets, and which are known."""
    known = ~target.isnan()
    errors = torch.where(known, forecast - target, target.new_zeros(()))
    return errors, known
