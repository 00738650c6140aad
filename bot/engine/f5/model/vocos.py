"""Vocos (arXiv 2306.00814), the vocoder: log-mel to wave, as pure functions on a packed row.

The inverse STFT (`phases`) is our own: inverse real FFT and overlap-add as four shifted additions,
which runs inside a CUDA graph and keeps the items of a row apart.

Shapes: T frames of the packed row, C channels.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.mel import FFT_SAMPLES, HOP_SAMPLES
from bot.engine.f5.model import operations, phases
from bot.engine.f5.model.operations import Linear

TAPS = 7
_EPSILON = 1e-6
_MAX_MAGNITUDE = 1e2  # upstream's guard against exploding exponentials


class ConvNeXt(NamedTuple):
    """ConvNeXt block (arXiv 2201.03545) with one-dimensional convolution."""

    depthwise: Linear
    norm: Linear
    expand: Linear
    reduce: Linear
    """Second map, with the layer scale multiplied in."""


class Vocos(NamedTuple):
    """Weights of the vocoder."""

    embed: Linear
    norm: Linear
    blocks: tuple[ConvNeXt, ...]
    final_norm: Linear
    spectrum: Linear
    """To log-magnitudes and phases, weight `[1026, C]`."""
    window: Tensor
    """`[1024]` float32"""
    is_complex: Tensor
    """`[513]`: 0 for the bins that a real signal has no imaginary part in, else 1."""
    trim_samples: int
    """Samples cut at both ends: half a window where frames are centred, else 384."""
    fitting: phases.Fitting


def _convnext(
    x: Tensor, block: ConvNeXt, keep: Tensor, depthwise: Callable[[Tensor, Linear], Tensor]
) -> Tensor:
    """Return `[T, C]` of `x`, `[T, C]`; frames that `keep`, `[T, 1]`, leaves out count as zero."""
    y = depthwise(x.where(keep, 0)[None], block.depthwise)[0]
    y = functional.linear(_normalize(y, block.norm), *block.expand)
    return x + functional.linear(functional.gelu(y), *block.reduce)


def decode(
    model: Vocos,
    mel: Tensor,
    is_decoded: Tensor,
    depthwise: Callable[[Tensor, Linear], Tensor] = operations.depthwise,
) -> Tensor:
    """Return the overlapped wave of the row, float32 `[(T + 3) * 256]`; see `wave_span`.

    `mel` is `[T, 100]`, `is_decoded` `[T]`; runs of decoded frames are items. They are at least 3
    frames apart. `depthwise` is as in `Operations`.
    """
    keep = is_decoded[:, None]
    x = _convolve(mel.where(keep, 0).to(model.embed.weight.dtype), model.embed)
    x = _normalize(x, model.norm)
    for block in model.blocks:
        x = _convnext(x, block, keep, depthwise)
    x = functional.linear(_normalize(x, model.final_norm), *model.spectrum).float()
    magnitude, phase = x.chunk(2, dim=-1)  # [T, 513]
    magnitude = magnitude.exp().clamp(max=_MAX_MAGNITUDE).where(keep, 0)
    # A real signal's first and last bins are real; cuFFT ignores an imaginary part there for some
    # lengths of the row and not for others.
    spectrum = torch.complex(magnitude * phase.cos(), magnitude * phase.sin() * model.is_complex)
    spectrum = phases.fit(spectrum, mel.where(keep, 0), model.fitting, model.window, keep)
    return phases.sound(spectrum, model.window, keep)


def wave_span(model: Vocos, start: int, end: int) -> slice:
    """Return where the sound of the decoded frames `start` to `end` lies in `decode`'s result."""
    samples = (end - start - 1) * HOP_SAMPLES + FFT_SAMPLES - 2 * model.trim_samples
    first = start * HOP_SAMPLES + model.trim_samples
    return slice(first, first + samples)


def _convolve(x: Tensor, weights: Linear) -> Tensor:
    """Return `[T, out]` of `x`, `[T, in]`."""
    return functional.conv1d(x.T[None], *weights, padding=TAPS // 2)[0].T


def _normalize(x: Tensor, weights: Linear) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], *weights, eps=_EPSILON)
