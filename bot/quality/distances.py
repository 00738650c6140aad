"""How far two renditions of a text are apart: of the model's mel, and of the sound."""

import numpy as np
import torch
from torch import Tensor

from bot.engine.f5.mel import FFT_SAMPLES, HOP_SAMPLES
from bot.messages import Samples

_FLOOR = 1e-5
"""Of magnitudes, -100 dB: below it nothing is heard."""


def mel_distance(mel: Tensor, reference: Tensor) -> float:
    """Return the relative L2 distance of log-mels, both `[T, 100]`."""
    return float((mel - reference).norm() / reference.norm())


def log_spectral_distance_db(wave: Samples, reference: Samples) -> float:
    """Return the log-spectral distance in dB of two waves of one length.

    The root mean square over frequencies of the difference of the levels, averaged over frames
    (Gray and Markel, "Distance measures for speech processing", 1976).
    """
    difference = _levels_db(wave) - _levels_db(reference)  # [513, T]
    return float(difference.square().mean(dim=0).sqrt().mean())


def _levels_db(wave: Samples) -> Tensor:
    spectrum = torch.stft(
        torch.from_numpy(np.ascontiguousarray(wave)),
        FFT_SAMPLES,
        HOP_SAMPLES,
        window=torch.hann_window(FFT_SAMPLES),
        return_complex=True,
    )
    return 20 * spectrum.abs().clamp(min=_FLOOR).log10()
