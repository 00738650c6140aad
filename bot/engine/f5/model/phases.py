"""Phases that fit each other, by the fast Griffin-Lim algorithm.

A vocoder predicts magnitudes well and phases less so, which is heard as a rough voice, most of all
with low ones. Its spectrum is made to sound and measured again some times; each time the phases
are kept, the magnitudes not (Griffin and Lim 1984; with momentum, Perraudin, Balazs and Sondergaard
2013). That is for vocoders whose `config.yaml` says how often.

Shapes: T frames of the packed row.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.mel import FFT_SAMPLES, HOP_SAMPLES, filter_bank

OVERLAP = FFT_SAMPLES // HOP_SAMPLES
_MOMENTUM = 0.99
_LEAST = 1e-16
_MIN_ENVELOPE = 1e-11  # upstream's guard against division by zero


class Fitting(NamedTuple):
    """How phases are fitted."""

    rounds: int
    from_mel: Tensor
    """Mel to magnitudes, `[100, 513]`"""


def fitting(rounds: int, device: torch.device) -> Fitting:
    """Return it for so many rounds."""
    return Fitting(rounds, torch.linalg.pinv(filter_bank()).to(device))


def sound(spectrum: Tensor, window: Tensor, keep: Tensor) -> Tensor:
    """Return the wave, `[(T + 3) * 256]`, of spectra, `[T, 513]`; `keep` is `[T, 1]`."""
    return _overlap_add(torch.fft.irfft(spectrum) * window) / _envelope(window, keep)


def fit(spectrum: Tensor, mel: Tensor, how: Fitting, window: Tensor, keep: Tensor) -> Tensor:
    """Return `spectrum`, `[T, 513]`, with other phases, and magnitudes as `mel`, `[T, 100]`, asks.

    Frames that `keep`, `[T, 1]`, leaves out stay zero.
    """
    if not how.rounds:
        return spectrum
    asked = (mel.float().exp() @ how.from_mel).clamp(min=0)
    # Neither the vocoder nor the mel knows the magnitudes; what errs in one seldom errs in both.
    magnitude = (spectrum.abs() * asked).sqrt().where(keep, 0)
    fitted = _turned(torch.view_as_real(spectrum), magnitude)
    share = 1 / _envelope(window, keep)
    before = None
    for _ in range(how.rounds):
        wave = _overlap_add(torch.fft.irfft(fitted) * window) * share
        frames = wave.unfold(0, FFT_SAMPLES, HOP_SAMPLES) * window
        measured = torch.view_as_real(torch.fft.rfft(frames))  # [T, 513, 2]
        onward = measured if before is None else torch.lerp(before, measured, 1 + _MOMENTUM)
        before = measured
        fitted = _turned(onward, magnitude)
    return fitted


def _turned(parts: Tensor, magnitude: Tensor) -> Tensor:
    """Return `magnitude` with the phases of `parts`, real and imaginary, `[T, 513, 2]`."""
    real, imaginary = parts.unbind(-1)
    scale = torch.addcmul(real * real, imaginary, imaginary).clamp(min=_LEAST).rsqrt() * magnitude
    return torch.view_as_complex(parts * scale[..., None])


def _envelope(window: Tensor, keep: Tensor) -> Tensor:
    return _overlap_add(window.square() * keep).clamp(min=_MIN_ENVELOPE)


def _overlap_add(frames: Tensor) -> Tensor:
    """Return the sum of windows that begin a hop apart, `[(T + 3) * 256]` of `[T, 1024]`."""
    count = len(frames)
    total = frames.new_zeros(count + OVERLAP - 1, HOP_SAMPLES)
    for i, part in enumerate(frames.unflatten(-1, (OVERLAP, HOP_SAMPLES)).unbind(1)):
        total[i : i + count] += part
    return total.flatten()
