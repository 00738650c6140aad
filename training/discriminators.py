"""Discriminators of real and generated waves, and the losses of a GAN.

By period (HiFi-GAN, arXiv 2010.05646) with half the channels, and by resolution on compressed
complex spectra (after UnivNet, arXiv 2106.07889, and Vocos).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from training.spectra import RESOLUTIONS, Spectrum, item_distance

PERIODS = (2, 3, 5, 7, 11)
Maps: TypeAlias = list[Tensor]
"""Every layer's output of one discriminator, the scores last; items come first in the shapes."""

_SLOPE = 0.1
_COMPRESSION = 0.3
"""Exponent on magnitudes, so that quiet high frequencies count."""
_POWER_FLOOR = 1e-5


def _convolution(
    inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)
) -> nn.Module:
    padding = (kernel[0] // 2, kernel[1] // 2)
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding))


def _apply(layers: Sequence[nn.Module] | nn.ModuleList, x: Tensor) -> Maps:
    maps = []
    for i, layer in enumerate(layers):
        # Tensor cores want channels last; a single channel does not tell its order.
        x = layer(x).contiguous(memory_format=torch.channels_last)
        if i < len(layers) - 1:
            x = functional.leaky_relu(x, _SLOPE)
        maps.append(x)
    return maps


class _ByPeriod(nn.Module):
    def __init__(self, period: int, channels: Sequence[int]) -> None:
        super().__init__()
        self._period = period
        self.layers = nn.ModuleList(
            [
                *(_convolution(a, b, (5, 1), (3, 1)) for a, b in pairwise((1, *channels[:-1]))),
                _convolution(channels[-2], channels[-1], (5, 1)),
                _convolution(channels[-1], 1, (3, 1)),
            ]
        )

    def forward(self, wave: Tensor) -> Maps:
        """Judge `wave`, `[B, n]`."""
        missing = -wave.shape[-1] % self._period
        wave = functional.pad(wave[:, None], (0, missing), mode="reflect")
        return _apply(self.layers, wave.unflatten(-1, (-1, self._period)))


class _ByResolution(nn.Module):
    position: Tensor

    def __init__(self, fft_samples: int, channels: int) -> None:
        super().__init__()
        bins = fft_samples // 2 + 1
        # Convolutions do not know where they are, but every band sounds different.
        self.register_buffer("position", torch.linspace(-1, 1, bins).view(1, 1, 1, bins))
        self.layers = nn.ModuleList(
            [
                _convolution(3, channels, (3, 9)),
                *(_convolution(channels, channels, (3, 9), (1, 2)) for _ in range(3)),
                _convolution(channels, channels, (3, 3)),
                _convolution(channels, 1, (3, 3)),
            ]
        )

    def forward(self, parts: Tensor) -> Maps:
        """Judge spectra, `[B, T, F, 2]`."""
        power = parts.square().sum(dim=-1, keepdim=True) + _POWER_FLOOR
        x = (parts * power.pow((_COMPRESSION - 1) / 2)).permute(0, 3, 1, 2)  # [B, 2, T, F]
        position = self.position.expand(x.shape[0], 1, x.shape[2], x.shape[3])
        return _apply(self.layers, torch.cat([x, position], dim=1))


class Discriminators(nn.Module):
    """All of them."""

    def __init__(
        self, period_channels: Sequence[int] = (32, 64, 256, 512, 512), channels: int = 32
    ) -> None:
        super().__init__()
        self.by_period = nn.ModuleList(_ByPeriod(period, period_channels) for period in PERIODS)
        self.by_resolution = nn.ModuleList(
            _ByResolution(fft_samples, channels) for fft_samples, _ in RESOLUTIONS
        )

    def forward(self, wave: Tensor, spectra: Sequence[Tensor]) -> list[Maps]:
        """Judge `wave`, `[B, n]`, and the parts of its spectra."""
        by_resolution = zip(self.by_resolution, spectra, strict=True)
        return [
            *(discriminator(wave) for discriminator in self.by_period),
            *(discriminator(parts) for discriminator, parts in by_resolution),
        ]


def parts_of(spectra: Sequence[Spectrum]) -> list[Tensor]:
    """Return what the discriminators see of `spectra`."""
    return [spectrum.parts for spectrum in spectra]


def _mean(losses: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(losses)).mean(dim=0)


def discriminator_loss(judged: Sequence[Maps]) -> Tensor:
    """Return the hinge loss for a batch whose first half is real, the second generated."""
    losses = []
    for *_, scores in judged:
        real, generated = scores.float().chunk(2)
        losses.append(functional.relu(1 - real).mean() + functional.relu(1 + generated).mean())
    return _mean(losses)


def adversarial_loss(generated: Sequence[Maps]) -> Tensor:
    """Return how far what was generated is from passing as real."""
    return _mean([functional.relu(1 - maps[-1].float()).mean() for maps in generated])


def feature_loss(real: Sequence[Maps], generated: Sequence[Maps], weights: Tensor) -> Tensor:
    """Return the distance in every layer; `weights`, `[B]`, are those of items."""
    losses = []
    for real_maps, generated_maps in zip(real, generated, strict=True):
        pairs = zip(real_maps[:-1], generated_maps[:-1], strict=True)
        distances = [item_distance(b.float(), a.float()) for a, b in pairs]  # [B] each
        losses.append((torch.stack(distances).sum(dim=0) * weights).mean())
    return _mean(losses)
