"""What the autoencoder sees of a series: the series itself, and its spectrum beside it.

The amplitude spectrum says which frequencies a series holds and not where, so it does
not change when the series is shifted, which the series itself does in every point.

Axes: ``N`` series, ``C`` channels, ``L`` time points, ``F`` frequencies without zero.
"""

from math import sqrt
from typing import Self

import torch
from torch import Tensor, nn

# The least a part may vary between series, as a share of its size, before it is blown
# up to the variance of the other: below lies rounding. The UCR sets start at 0.11.
LEAST_VARIATION = 0.05


def standardise_each(series: Tensor) -> Tensor:
    """Give each channel of each series mean 0 and deviation 1, constant ones 0."""
    largest = series.abs().amax(-1, keepdim=True)
    # Neither the squares of huge values nor those of tiny ones fit a float.
    series = series / torch.where(largest > 0, largest, 1.0)
    centred = series - series.mean(-1, keepdim=True)
    deviation = centred.square().mean(-1, keepdim=True).sqrt()
    # What rounding leaves of a constant series is no signal.
    still = deviation <= 8 * torch.finfo(series.dtype).eps
    return torch.where(still, 0.0, centred / torch.where(still, 1.0, deviation))


def amplitude_spectrum(series: Tensor) -> Tensor:
    """Return the roots of the amplitudes, ``(N, C, L)`` to ``(N, C, F)``."""
    amplitudes = torch.fft.rfft(series).abs()[..., 1:] / sqrt(series.shape[-1])
    return amplitudes.sqrt()


class SeriesFeatures(nn.Module):
    """Map series to features and back, with the scaling of the series in ``fit``.

    Without a spectrum, features are the series as they are. With one, the series and
    their spectra are centred and brought to the same total variance, the spectra times
    `spectral_weight`.
    """

    def __init__(self, spectral_weight: float) -> None:
        super().__init__()
        self.spectral_weight = float(spectral_weight)

    def fit(self, series: Tensor) -> Self:
        """Learn centre and scale of both parts from series ``(N, C, L)``."""
        self.shape = series.shape[1:]
        if self.spectral_weight:
            parts = {"series": series, "spectrum": amplitude_spectrum(series)}
            for name, part in parts.items():
                center, scale = _center_and_scale(part, self.shape.numel())
                self.register_buffer(f"{name}_center", center)
                self.register_buffer(f"{name}_scale", scale)
        return self

    def forward(self, series: Tensor) -> Tensor:
        """Return the features ``(N, D)`` of series ``(N, C, L)``."""
        if not self.spectral_weight:
            return series.flatten(1)
        spectrum = amplitude_spectrum(series) - self.spectrum_center
        spectrum = spectrum * (self.spectral_weight / self.spectrum_scale)
        series = (series - self.series_center) / self.series_scale
        return torch.cat([series.flatten(1), spectrum.flatten(1)], dim=1)

    def invert(self, features: Tensor) -> Tensor:
        """Return the series ``(N, C, L)`` within features ``(N, D)``."""
        series = features[:, : self.shape.numel()].unflatten(1, self.shape)
        if not self.spectral_weight:
            return series
        return series * self.series_scale + self.series_center


def _center_and_scale(part: Tensor, n_points: int) -> tuple[Tensor, Tensor]:
    """Return the mean of a part, and what gives it `n_points` as total variance."""
    # The squares of huge values fit no float; a power of two changes no digit.
    largest = part.abs().max() if part.numel() else part.new_zeros(())
    factor = torch.exp2(torch.where(largest > 0, largest, 1.0).log2().floor())
    part = part / factor
    center = part.mean(0)
    total = part.shape[1:].numel() / n_points
    variance = total * (part - center).square().mean()
    least = total * part.square().mean() * LEAST_VARIATION**2
    scale = torch.maximum(variance, least).sqrt()
    return factor * center, factor * torch.where(scale > 0, scale, 1.0)
