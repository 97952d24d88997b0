"""What the autoencoder sees of a series: itself, its spectrum, spectra of its pieces.

The amplitude spectrum says which frequencies a series holds and not where, so it does
not change when the series is shifted, which the series itself does in every point. The
spectra of overlapping pieces stand in between: they say roughly where.

Axes: ``N`` series, ``C`` channels, ``L`` time points, ``P`` pieces, ``F`` frequencies
without zero, ``D`` features.
"""

from math import sqrt
from typing import Self

import torch
from torch import Tensor, nn

# The least a part may vary between series, as a share of its size, before it is blown
# up to the variance of the other: below lies rounding. The UCR sets start at 0.11.
LEAST_VARIATION = 0.05
# Pieces are quarters of a series, each moved on by a quarter of itself. Of long ones,
# the low frequencies alone are kept.
PIECES_PER_SERIES, STEPS_PER_PIECE = 4, 4
SHORTEST_PIECE, MAX_FREQUENCIES = 8, 32


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


def local_spectra(series: Tensor) -> Tensor:
    """Return the spectra of tapered pieces, ``(N, C, L)`` to ``(N, C, P * F)``.

    A series shorter than a piece is one piece.
    """
    length = series.shape[-1]
    size = min(length, max(SHORTEST_PIECE, length // PIECES_PER_SERIES))
    pieces = series.unfold(-1, size, max(1, size // STEPS_PER_PIECE))  # (N, C, P, size)
    taper = torch.hann_window(
        size + 2, periodic=False, dtype=series.dtype, device=series.device
    )
    spectra = amplitude_spectrum(pieces * taper[1:-1])
    return spectra[..., :MAX_FREQUENCIES].flatten(2)


class SeriesFeatures(nn.Module):
    """Map series to features and back, with the scaling of the series in ``fit``.

    Without spectra, features are the series as they are. With some, the series and
    their spectra are centred and brought to the same total variance, the spectra times
    their weight.

    Parameters
    ----------
    spectral_weight : float
        Weight of the spectrum of the whole series; 0 leaves it out.
    local_weight : float, default=0.0
        Weight of the spectra of its pieces; 0 leaves them out.
    """

    series_center: Tensor
    series_scale: Tensor
    shape: torch.Size

    def __init__(self, spectral_weight: float, local_weight: float = 0.0) -> None:
        super().__init__()
        self.spectral_weight = float(spectral_weight)
        self.local_weight = float(local_weight)

    def fit(self, series: Tensor) -> Self:
        """Learn centre and scale of all parts from series ``(N, C, L)``."""
        self.shape = series.shape[1:]
        parts = self._spectra(series)
        if parts:
            parts["series"] = series
        for name, part in parts.items():
            center, scale = _center_and_scale(part, self.shape.numel())
            self.register_buffer(f"{name}_center", center)
            self.register_buffer(f"{name}_scale", scale)
        return self

    def forward(self, series: Tensor) -> Tensor:
        """Return the features ``(N, D)`` of series ``(N, C, L)``."""
        spectra = self._spectra(series)
        if not spectra:
            return series.flatten(1)
        weights = {"spectrum": self.spectral_weight, "local": self.local_weight}
        parts = [(series - self.series_center) / self.series_scale]
        for name, part in spectra.items():
            center = self.get_buffer(f"{name}_center")
            scale = self.get_buffer(f"{name}_scale")
            parts.append((part - center) * (weights[name] / scale))
        return torch.cat([part.flatten(1) for part in parts], dim=1)

    def invert(self, features: Tensor) -> Tensor:
        """Return the series ``(N, C, L)`` within features ``(N, D)``."""
        series = features[:, : self.shape.numel()].unflatten(1, self.shape)
        if not (self.spectral_weight or self.local_weight):
            return series
        return series * self.series_scale + self.series_center

    def _spectra(self, series: Tensor) -> dict[str, Tensor]:
        spectra = {}
        if self.spectral_weight:
            spectra["spectrum"] = amplitude_spectrum(series)
        if self.local_weight:
            spectra["local"] = local_spectra(series)
        return spectra


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
