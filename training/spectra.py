"""Spectrograms in batches, on the device and without a host copy, so that CUDA graphs hold them.

`LogMel` computes what `bot.engine.f5.mel` does (a test compares them); that module cannot serve
here, since its package wants what a bare GPU machine lacks.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.shards import HOP_SAMPLES, SAMPLE_RATE_HZ

BANDS = 100
FFT_SAMPLES = 1024
_MEL_FLOOR = 1e-5
_MAGNITUDE_FLOOR = 1e-3
"""Log-magnitudes below it are the rounding of 16-bit samples."""


def mel_filters(fft_samples: int, bands: int) -> Tensor:
    """Return overlapping triangles on the HTK mel scale, `[fft_samples // 2 + 1, bands]`."""
    bins_hz = torch.linspace(0, SAMPLE_RATE_HZ // 2, fft_samples // 2 + 1)
    top_mel = 2595.0 * math.log10(1.0 + SAMPLE_RATE_HZ / 2 / 700.0)
    corners_hz = 700.0 * (10.0 ** (torch.linspace(0.0, top_mel, bands + 2) / 2595.0) - 1.0)
    widths_hz = corners_hz.diff()
    offsets_hz = corners_hz[None, :] - bins_hz[:, None]
    rising = -offsets_hz[:, :-2] / widths_hz[:-1]
    falling = offsets_hz[:, 2:] / widths_hz[1:]
    return torch.minimum(rising, falling).clamp(min=0.0)


class _Spectrogram(nn.Module):
    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT_SAMPLES))


class _MelScale(nn.Module):
    fb: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("fb", mel_filters(FFT_SAMPLES, BANDS))


class _MelSpectrogram(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.spectrogram = _Spectrogram()
        self.mel_scale = _MelScale()


class LogMel(nn.Module):
    """The spectrogram that the models work with; its buffers are called as in `vocos`."""

    def __init__(self) -> None:
        super().__init__()
        self.mel_spec = _MelSpectrogram()

    def forward(self, wave: Tensor) -> Tensor:
        """Return `[B, 100, n // 256 + 1]` of `wave`, `[B, n]` float32 at 24 kHz."""
        spectrum = torch.stft(
            wave,
            FFT_SAMPLES,
            HOP_SAMPLES,
            window=self.mel_spec.spectrogram.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        ).abs()  # [B, 513, T]
        mel = self.mel_spec.mel_scale.fb.T @ spectrum
        return mel.clamp(min=_MEL_FLOOR).log()


class Spectrum(NamedTuple):
    """A batch of waves at one resolution; all float32."""

    parts: Tensor
    """Real and imaginary parts, `[B, T, F, 2]`, of unit-power windows"""
    log_magnitude: Tensor
    """`[B, T, F]`"""
    log_mel: Tensor
    """`[B, T, bands]`"""


def windows(wave: Tensor, size: int) -> Tensor:
    """Return centred windows a quarter of `size` apart, `[B, n // (size / 4) + 1, size]`.

    As `torch.stft` has them, `wave` being `[B, n]`; made of slices, whose slope is simple.
    """
    hop = size // 4
    count = wave.shape[-1] // hop + 1
    padded = functional.pad(wave[:, None], (size // 2, size // 2), mode="reflect")[:, 0]
    quarters = padded[:, : (count + 3) * hop].unflatten(-1, (count + 3, hop))
    return torch.cat([quarters[:, i : i + count] for i in range(4)], dim=-1)


class _Resolution(nn.Module):
    window: Tensor
    filters: Tensor

    def __init__(self, fft_samples: int, bands: int) -> None:
        super().__init__()
        self._fft_samples = fft_samples
        self.register_buffer("window", torch.hann_window(fft_samples))
        self.register_buffer("filters", mel_filters(fft_samples, bands))
        self._power = math.sqrt(float(torch.hann_window(fft_samples).square().sum()))

    def forward(self, wave: Tensor) -> Spectrum:
        spectrum = torch.fft.rfft(windows(wave, self._fft_samples) * self.window)
        parts = torch.view_as_real(spectrum)  # [B, T, F, 2]
        # The square root's slope at zero is infinite.
        magnitude = parts.square().sum(dim=-1).clamp(min=_MEL_FLOOR**2).sqrt()
        return Spectrum(
            parts=parts / self._power,
            log_magnitude=magnitude.clamp(min=_MAGNITUDE_FLOOR).log(),
            log_mel=(magnitude @ self.filters).clamp(min=_MEL_FLOOR).log(),
        )


RESOLUTIONS = ((512, 40), (1024, 100), (2048, 160))
"""Samples of the window, a quarter of it being the hop, and mel bands."""


class Spectra(nn.Module):
    """Short-time spectra at several resolutions, for losses and discriminators alike."""

    def __init__(self) -> None:
        super().__init__()
        self.resolutions = nn.ModuleList(_Resolution(*sizes) for sizes in RESOLUTIONS)

    def forward(self, wave: Tensor) -> list[Spectrum]:
        """Return the spectra of `wave`, `[B, n]`."""
        return [resolution(wave) for resolution in self.resolutions]


def item_distance(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean absolute difference of each item, `[B]`."""
    return functional.l1_loss(a, b, reduction="none").flatten(1).mean(dim=1)
