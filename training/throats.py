"""Other throats and rooms: what is done to the teacher's speech so that models know more than it.

A vocal tract is a filter of minimum phase: a smooth curve on the spectrum, which is drawn anew for
every piece. The vocoder hears the wave through it (`Throats`); for the acoustic model a curve on
the log-mel says nearly the same (`color`), and the part that it listens to is degraded as the
recordings of people are (`degrade`), while it is to speak cleanly.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.shards import SAMPLE_RATE_HZ

_FLOOR = math.log(1e-5)
"""Log-mel of silence."""
_CEPSTRA = 36
"""Coefficients of a drawn curve: details down to 330 Hz."""
_CURVE_STD = 0.35
"""Standard deviation of the first coefficients, in nepers; the others fall off."""
_FILTERED, _DULLED, _NOISY = 0.6, 0.15, 0.15
"""Shares of the pieces with another throat, a cut bandwidth, and noise."""
_CUT_HZ = (3300.0, 11_000.0)
_NOISE_DB = (-60.0, -25.0)
_COLORED, _DEGRADED = 0.4, 0.3
_WAVES = 9
"""Cosines that a curve over the mel bands is made of."""
_COLOR_STD = 0.6
_STRETCHED, _STRETCH_STD, _STRETCH_MOST = 0.3, 0.06, 0.15
"""Share of the pieces whose frequencies are moved, and by how much, as a logarithm."""
_NOISE_FLOOR = (-8.0, -3.5)
"""Log-mel of the noise in a degraded recording; speech is about -1."""
_ROOM_FRAMES = 48


class Throats(nn.Module):
    """Random filters, bandwidths and noise for a batch of waves; all on the device."""

    cosines: Tensor
    sines: Tensor
    bins_hz: Tensor
    falling: Tensor

    def __init__(self, samples: int) -> None:
        """Take the length of the waves."""
        super().__init__()
        bins = samples // 2 + 1
        angle = torch.linspace(0, math.pi, bins)[None, :] * torch.arange(1, _CEPSTRA + 1)[:, None]
        self._samples = samples
        self.register_buffer("cosines", angle.cos())
        self.register_buffer("sines", angle.sin())
        self.register_buffer("bins_hz", torch.linspace(0, SAMPLE_RATE_HZ / 2, bins))
        falling = _CURVE_STD * torch.arange(1, _CEPSTRA + 1).float().pow(-0.75)
        self.register_buffer("falling", falling)

    def forward(self, wave: Tensor) -> Tensor:
        """Return `wave`, `[B, n]`, as others would say it, as loud as before."""
        count = len(wave)
        device = wave.device
        chance = torch.rand(6, count, 1, device=device)
        weights = torch.randn(count, _CEPSTRA, device=device) * self.falling
        weights = weights * (chance[0] < _FILTERED)
        # Cepstra on one side of zero alone are those of a filter of minimum phase.
        response = torch.polar((weights @ self.cosines).exp(), -(weights @ self.sines))
        low, high = _CUT_HZ
        cut_hz = low + (high - low) * chance[1]
        passed = torch.sigmoid((cut_hz - self.bins_hz) / 60.0)
        passed = torch.where(chance[2] < _DULLED, passed, torch.ones_like(passed))
        spectrum = torch.fft.rfft(wave) * response * passed
        filtered = torch.fft.irfft(spectrum, n=self._samples)
        loudness = _rms(wave)
        filtered = filtered * (loudness / _rms(filtered))
        quiet, loud = _NOISE_DB
        noise_db = quiet + (loud - quiet) * chance[3]
        level = loudness * 10 ** (noise_db / 20) * (chance[4] < _NOISY)
        filtered = filtered + level * torch.randn_like(filtered)
        peak = filtered.abs().amax(dim=-1, keepdim=True)
        return filtered / peak.clamp(min=1.0)


def _rms(wave: Tensor) -> Tensor:
    return wave.square().mean(dim=-1, keepdim=True).sqrt().clamp(min=1e-4)


def _curves(rows: int, bands: int, random: torch.Generator) -> Tensor:
    """Return smooth curves over the bands, `[rows, 1, bands]`, standard deviation about 1."""
    device = random.device
    waves = torch.arange(1, _WAVES + 1, device=device)
    places = torch.linspace(0, math.pi, bands, device=device)
    weights = torch.randn(rows, 1, _WAVES, generator=random, device=device) * waves.pow(-0.5)
    return weights @ (waves[:, None] * places).cos()


def color(mel: Tensor, random: torch.Generator, share: float = _COLORED) -> Tensor:
    """Return log-mels, `[B, T, bands]`; a share of the rows has another throat, all along."""
    rows, _, bands = mel.shape
    chance = torch.rand(rows, 1, 1, generator=random, device=mel.device)
    curves = _COLOR_STD * _curves(rows, bands, random) * (chance < share)
    # Silence stays silence, and only what is sound takes on the color.
    above = ((mel - _FLOOR) / 4.0).clamp(0.0, 1.0)
    return (mel + above * curves).clamp(min=_FLOOR)


def stretch(mel: Tensor, random: torch.Generator, share: float = _STRETCHED) -> Tensor:
    """Return log-mels, `[B, T, bands]`; a share has a longer throat or a shorter one.

    All frequencies of a piece are multiplied by the same factor, those of its pitch, too.
    """
    rows, frames, bands = mel.shape
    device = mel.device
    draw = torch.randn(rows, 1, generator=random, device=device) * _STRETCH_STD
    chosen = torch.rand(rows, 1, generator=random, device=device) < share
    factor = (draw.clamp(-_STRETCH_MOST, _STRETCH_MOST) * chosen).exp()
    # Band n of the HTK scale has its middle at 700 (10 ** (n / steps) - 1) Hz.
    step = math.log10(1.0 + SAMPLE_RATE_HZ / 2 / 700.0) / (bands + 1)
    middles_hz = 700.0 * (10.0 ** (step * torch.arange(1, bands + 1, device=device)) - 1.0)
    place = (1.0 + middles_hz / factor / 700.0).log10() / step - 1.0  # [B, bands]
    place = place.clamp(0.0, bands - 1.0)
    lower = place.long().clamp(max=bands - 2)
    part = (place - lower)[:, None]

    def taken(index: Tensor) -> Tensor:
        return mel.gather(2, index[:, None].expand(-1, frames, -1))

    return torch.lerp(taken(lower), taken(lower + 1), part)


def degrade(mel: Tensor, random: torch.Generator) -> Tensor:
    """Return log-mels, `[B, T, bands]`, some with noise, a room or a narrow band."""
    rows, frames, bands = mel.shape
    device = mel.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random, device=device)

    chance = uniform(6, rows, 1, 1)
    energy = mel.exp()
    # A room: what was said dies away, a tenth of it or more at first.
    time = torch.arange(_ROOM_FRAMES, device=device)
    decay = torch.exp(-time / (4.0 + 20.0 * chance[0]))[:, 0] * (0.3 * chance[1][:, 0])
    decay[:, 0] = 0.0
    flat = functional.pad(energy.mT, (_ROOM_FRAMES - 1, 0))  # [B, bands, T + room - 1]
    late = functional.conv1d(
        flat.transpose(0, 1), decay.flip(-1)[:, None] / 6.0, groups=rows
    ).transpose(0, 1)
    energy = energy + late.mT[:, :frames] * (chance[2] < 0.5)  # noqa: PLR2004 - a share
    quiet, loud = _NOISE_FLOOR
    floor = (quiet + (loud - quiet) * chance[3] + 0.7 * _curves(rows, bands, random)).exp()
    unsteady = (0.3 * torch.randn(mel.shape, generator=random, device=device)).exp()
    energy = energy + floor * unsteady * (chance[4] < 0.7)  # noqa: PLR2004 - a share
    edge = bands * (0.6 + 0.6 * chance[5])  # bands from here on are lost
    energy = energy * torch.sigmoid(edge - torch.arange(bands, device=device))
    is_degraded = uniform(rows, 1, 1) < _DEGRADED
    return torch.where(is_degraded, energy.clamp(min=1e-5).log(), mel)
