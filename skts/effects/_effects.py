"""Linear effects of covariates, and the rows they say were added to a series.

Axes: ``C`` channels, ``K`` covariates, ``J`` offsets, ``T`` rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from skts.data import Stretch


@dataclass(frozen=True)
class Effects:
    """What each covariate adds to each channel.

    Attributes
    ----------
    offsets : tuple of int
        How many rows after a covariate's its effect comes: 0 in the same row, 1 in the
        next (a lag), -1 in the one before (a lead).
    coefs : ndarray of shape (C, K, J)
        What one unit of a covariate adds to a channel, in the units that the channel
        is standardised to.
    center : ndarray of shape (K,)
        Mean of the covariates in training. There they add nothing.
    """

    offsets: tuple[int, ...]
    coefs: np.ndarray
    center: np.ndarray

    @property
    def n_before(self) -> int:
        """Rows of covariates that are needed before a row."""
        return max(0, *self.offsets)

    @property
    def n_after(self) -> int:
        """Rows of covariates that are needed after a row."""
        return max(0, *(-offset for offset in self.offsets))

    def of_each(self, X: np.ndarray, stretches: Sequence[Stretch]) -> np.ndarray:
        """Return what each covariate ``(T, K)`` adds to each row, ``(T, C, K)``.

        Stretches are those without a gap. Beyond their ends covariates are taken to
        stay what they were.
        """
        centred = torch.from_numpy((X - self.center).T.copy())
        rows = lagged(centred, self.offsets, stretches).numpy()  # (K, J, T)
        return np.einsum("kjt,ckj->tck", rows, self.coefs)


def lagged(
    rows: Tensor, offsets: Sequence[int], stretches: Sequence[Stretch]
) -> Tensor:
    """Return rows ``(K, T)`` as they were some rows before each, ``(K, J, T)``.

    Beyond the ends of a stretch they are taken to stay what they were.
    """
    shifted = torch.arange(rows.shape[-1]) - torch.tensor(offsets)[:, None]  # (J, T)
    for begin, end in stretches:
        shifted[:, begin:end] = shifted[:, begin:end].clamp(begin, end - 1)
    return rows[:, shifted]
