"""A vocoder without an acoustic model: the mel of a recording, and what becomes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from bot.engine.f5.mel import BANDS, FFT_SAMPLES, HOP_SAMPLES, log_mel
from bot.engine.f5.model.vocos import decode, wave_span
from bot.engine.f5.weights.model_folder import load_vocoder
from training.spectra import mel_filters

Copy: TypeAlias = Callable[[Tensor], Tensor]
"""Wave to wave, `[n]` at 24 kHz; the end may be up to a hop shorter."""

_ITERATIONS = 32
_MOMENTUM = 0.99
_RESOLUTIONS = (512, 1024, 2048)
_FLOOR = 1e-3


def vocoder_copy(folder: Path) -> Copy:
    """Return copy-synthesis by the vocoder in `folder`, in our engine.

    Raises:
        StartError: the folder holds no vocoder.
    """
    model = load_vocoder(folder, torch.device("cpu"), torch.float32)

    def copy(wave: Tensor) -> Tensor:
        mel = log_mel(wave)
        decoded = decode(model, mel, torch.ones(len(mel), dtype=torch.bool))
        return decoded[wave_span(model, 0, len(mel))]

    return torch.inference_mode()(copy)


def griffin_lim(wave: Tensor) -> Tensor:
    """Return what can be had of the mel without a vocoder.

    The fast algorithm of Perraudin, Balazs and Sondergaard (2013) on least-squares magnitudes.
    """
    mel = log_mel(wave).exp()  # [T, 100]
    magnitude = (mel @ torch.linalg.pinv(mel_filters(FFT_SAMPLES, BANDS))).clamp(min=0).T
    window = torch.hann_window(FFT_SAMPLES)
    generator = torch.Generator().manual_seed(0)
    turn = 2 * torch.pi * torch.rand(magnitude.shape, generator=generator)
    spectrum = torch.polar(magnitude, turn)
    before = torch.zeros_like(spectrum)
    result = wave
    for _ in range(_ITERATIONS):
        result = torch.istft(spectrum, FFT_SAMPLES, HOP_SAMPLES, window=window)
        again = torch.stft(result, FFT_SAMPLES, HOP_SAMPLES, window=window, return_complex=True)
        guess = again + _MOMENTUM * (again - before)
        before = again
        spectrum = magnitude * guess / guess.abs().clamp(min=1e-8)
    return result


def stft_distance(truth: Tensor, copy: Tensor) -> float:
    """Return spectral convergence plus the mean difference of log-magnitudes, over resolutions.

    As in Parallel WaveGAN (arXiv 1910.11480); windows of 512, 1024 and 2048 samples.
    """
    samples = min(len(truth), len(copy))
    distances = []
    for size in _RESOLUTIONS:
        a, b = (
            torch.stft(
                wave[:samples], size, size // 4, window=torch.hann_window(size), return_complex=True
            ).abs()
            for wave in (truth, copy)
        )
        convergence = (a - b).norm() / a.norm().clamp(min=_FLOOR)
        difference = (a.clamp(min=_FLOOR).log() - b.clamp(min=_FLOOR).log()).abs().mean()
        distances.append(float(convergence + difference))
    return sum(distances) / len(distances)
