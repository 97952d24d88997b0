"""What a fit learns: one object that knows neither sktime nor scikit-learn."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from skts.clustering._input import series_tensor
from skts.clustering._training import MAX_ROWS, encode
from skts.nn import LoSTer, SeriesFeatures


class FittedClusters(nn.Module):
    """Features of series, the network that encodes them, and its centres.

    Parameters
    ----------
    features : SeriesFeatures
        Maps series to what is encoded, and back.
    network : LoSTer
        Encodes, decodes, and holds the centres.
    standardize : bool
        Whether each channel of each series is given mean 0 and deviation 1.
    """

    def __init__(
        self, features: SeriesFeatures, network: LoSTer, standardize: bool
    ) -> None:
        super().__init__()
        self.features = features
        self.network = network
        self.standardize = standardize

    @property
    def device(self) -> torch.device:
        """Where everything is."""
        return self.network.centers.device

    def prepare(self, X: NDArray[Any]) -> Tensor:
        """Return series ``(N, C, L)`` as features are made from.

        Raises
        ------
        ValueError
            If they have another shape than those in ``fit``, or values that are not
            finite.
        """
        n_channels, length = self.features.shape
        if X.shape[1:] != (n_channels, length):
            raise ValueError(
                f"X must have the shape of the series in fit, {n_channels} "
                f"channel(s) of {length} time points, got {X.shape[1]} of "
                f"{X.shape[2]}. Cut or resample them, for instance with sktime's "
                "TSInterpolator, or fit with the parameter length."
            )
        return series_tensor(X, self.standardize, self.device)

    def latents(self, X: NDArray[Any]) -> Tensor:
        """Return the latents ``(N, d)`` of series, without dropout."""
        # Spectra of pieces take several times the memory of the series.
        parts = [
            encode(self.network, self.features(some).unsqueeze(1))[0]
            for some in torch.split(self.prepare(X), MAX_ROWS)
        ]
        return torch.cat(parts)

    def distances(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """Return squared latent distances to the centres, ``(N, K)``."""
        with torch.no_grad():
            distances = self.network.squared_distances(self.latents(X)[None])[0]
        return distances.clamp(min=0).cpu().numpy()

    def centers(self) -> NDArray[np.float32]:
        """Return the centres among the latents, ``(K, d)``."""
        return self.network.centers[0].detach().cpu().numpy().copy()

    def prototypes(self) -> NDArray[np.float32]:
        """Return the centres decoded to series, ``(K, C, L)``."""
        with torch.no_grad():
            decoded = self.network.decode(self.network.centers[:1])[0]
            return self.features.invert(decoded).cpu().numpy()
