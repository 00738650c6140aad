"""Sample rate conversion with a Hann-windowed sinc.

Interpolation of J. O. Smith, "Digital Audio Resampling" (ccrma.stanford.edu/~jos/resample), with
the parameters of `torchaudio.transforms.Resample`, so that references sound as upstream's.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

_ZERO_CROSSINGS = 6
_ROLLOFF = 0.99


def resample(
    wave: Tensor, from_hz: int, to_hz: int, *, zero_crossings: int = _ZERO_CROSSINGS
) -> Tensor:
    """Return `wave`, `[n]`, at the rate `to_hz`: `[ceil(n * to_hz / from_hz)]`.

    The more zero crossings of the sinc on each side, the closer to half the lower rate it is true.
    """
    if from_hz == to_hz:
        return wave
    divisor = math.gcd(from_hz, to_hz)
    source, target = from_hz // divisor, to_hz // divisor
    cutoff = min(source, target) * _ROLLOFF
    width = math.ceil(zero_crossings * source / cutoff)
    # Row p holds the filter for output phase p: float64, since the angles are large. [target, taps]
    taps = torch.arange(-width, width + source, dtype=torch.float64) / source
    phases = -torch.arange(target, dtype=torch.float64) / target
    times = ((phases[:, None] + taps[None, :]) * cutoff).clamp(-zero_crossings, zero_crossings)
    window = torch.cos(times * math.pi / zero_crossings / 2) ** 2
    kernels = (torch.sinc(times) * window * (cutoff / source)).to(wave.dtype)
    padded = functional.pad(wave, (width, width + source))
    frames = functional.conv1d(
        padded[None, None], kernels[:, None], stride=source
    )  # [1, target, m]
    return frames[0].T.reshape(-1)[: math.ceil(target * len(wave) / source)]
