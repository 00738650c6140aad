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
from torch.nn import functional

from bot.engine.f5.mel import FFT_SAMPLES, HOP_SAMPLES, filter_bank

OVERLAP = FFT_SAMPLES // HOP_SAMPLES
_MOMENTUM = 0.99
_LEAST = 1e-8
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
    frames = torch.fft.irfft(spectrum) * window  # [T, 1024]
    envelope = _overlap_add(window.square() * keep)
    return _overlap_add(frames) / envelope.clamp(min=_MIN_ENVELOPE)


def fit(spectrum: Tensor, mel: Tensor, how: Fitting, window: Tensor, keep: Tensor) -> Tensor:
    """Return `spectrum`, `[T, 513]`, with other phases, and magnitudes as `mel`, `[T, 100]`, asks.

    Frames that `keep`, `[T, 1]`, leaves out stay zero.
    """
    if not how.rounds:
        return spectrum
    asked = (mel.float().exp() @ how.from_mel).clamp(min=0)
    # Neither the vocoder nor the mel knows the magnitudes; what errs in one seldom errs in both.
    magnitude = (spectrum.abs() * asked).sqrt().where(keep, 0)
    fitted = spectrum / spectrum.abs().clamp(min=_LEAST) * magnitude
    before = None
    for _ in range(how.rounds):
        wave = sound(fitted, window, keep)
        measured = torch.fft.rfft(wave.unfold(0, FFT_SAMPLES, HOP_SAMPLES) * window)
        onward = measured if before is None else measured + _MOMENTUM * (measured - before)
        before = measured
        fitted = onward * (magnitude / onward.abs().clamp(min=_LEAST))
    return fitted


def _overlap_add(frames: Tensor) -> Tensor:
    """Return the sum of windows that begin a hop apart, `[(T + 3) * 256]` of `[T, 1024]`."""
    parts = frames.unflatten(-1, (OVERLAP, HOP_SAMPLES)).unbind(1)
    padded = [functional.pad(p, (0, 0, i, OVERLAP - 1 - i)) for i, p in enumerate(parts)]
    return torch.stack(padded).sum(dim=0).flatten()
