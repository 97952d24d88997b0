"""What the autoencoder sees of a series: the series itself, and its spectrum beside it.

The amplitude spectrum says which frequencies a series holds and not where, so it does
not change when the series is shifted, which the series itself does in every point.

Axes: ``N`` series, ``C`` channels, ``L`` time points, ``F`` frequencies without zero.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Self

import torch
from torch import Tensor


def standardise_each(series: Tensor) -> Tensor:
    """Give each channel of each series mean 0 and deviation 1, constant ones 0."""
    centred = series - series.mean(-1, keepdim=True)
    deviation = centred.square().mean(-1, keepdim=True).sqrt()
    largest = series.abs().amax(-1, keepdim=True)
    # What rounding leaves of a constant series is no signal.
    still = deviation <= 8 * torch.finfo(series.dtype).eps * largest
    return torch.where(still, 0.0, centred / torch.where(still, 1.0, deviation))


def amplitude_spectrum(series: Tensor) -> Tensor:
    """Return the roots of the amplitudes, ``(N, C, L)`` to ``(N, C, F)``."""
    amplitudes = torch.fft.rfft(series).abs()[..., 1:] / sqrt(series.shape[-1])
    return amplitudes.sqrt()


@dataclass
class SeriesFeatures:
    """Map series to features and back, with the scaling of the training set.

    Without a spectrum, features are the series as they are. With one, the series and
    their spectra are centred and brought to the same total variance, the spectra times
    `spectral_weight`.
    """

    spectral_weight: float

    def fit(self, series: Tensor) -> Self:
        """Learn centre and scale of both parts from series ``(N, C, L)``."""
        self.shape = series.shape[1:]
        if self.spectral_weight:
            n_points = self.shape.numel()
            self.center, self.scale = _center_and_scale(series, n_points)
            self.spectral_center, spectral_scale = _center_and_scale(
                amplitude_spectrum(series), n_points
            )
            self.spectral_scale = spectral_scale / self.spectral_weight
        return self

    def __call__(self, series: Tensor) -> Tensor:
        """Return the features ``(N, D)`` of series ``(N, C, L)``."""
        if not self.spectral_weight:
            return series.flatten(1)
        spectrum = amplitude_spectrum(series)
        return torch.cat(
            [
                ((series - self.center) / self.scale).flatten(1),
                ((spectrum - self.spectral_center) / self.spectral_scale).flatten(1),
            ],
            dim=1,
        )

    def invert(self, features: Tensor) -> Tensor:
        """Return the series ``(N, C, L)`` within features ``(N, D)``."""
        series = features[:, : self.shape.numel()].unflatten(1, self.shape)
        return series * self.scale + self.center if self.spectral_weight else series


def _center_and_scale(part: Tensor, n_points: int) -> tuple[Tensor, Tensor]:
    """Return the mean of a part, and what gives it `n_points` as total variance."""
    center = part.mean(0)
    variance = (part - center).square().sum() / len(part)
    scale = (variance / n_points).sqrt()
    return center, torch.where(scale > 0, scale, 1.0)
