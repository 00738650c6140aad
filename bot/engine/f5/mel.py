"""Log-mel spectrogram of the models: 24 kHz, 100 bands, hop 256.

Matches `torchaudio.transforms.MelSpectrogram` with power 1, HTK scale and no normalisation, then
`log(max(mel, 1e-5))`, which is what F5-TTS and Vocos were trained on.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

SAMPLE_RATE_HZ = 24_000
HOP_SAMPLES = 256
FFT_SAMPLES = 1024
BANDS = 100
_FLOOR = 1e-5


def log_mel(wave: Tensor) -> Tensor:
    """Return the log-mel spectrogram, `[n // 256 + 1, 100]`, of `wave`, `[n]` at 24 kHz.

    `wave` needs more than 512 samples, since its ends are mirrored.
    """
    spectrum = torch.stft(
        wave,
        FFT_SAMPLES,
        HOP_SAMPLES,
        window=torch.hann_window(FFT_SAMPLES, device=wave.device),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    ).abs()  # [513, T]
    mel = spectrum.T @ filter_bank().to(wave.device)  # [T, 513] @ [513, 100]
    return mel.clamp(min=_FLOOR).log()


@lru_cache(maxsize=1)
def filter_bank() -> Tensor:
    """Return overlapping triangles on the HTK mel scale, `[513, 100]`."""
    bins_hz = torch.linspace(0, SAMPLE_RATE_HZ // 2, FFT_SAMPLES // 2 + 1)
    top_mel = 2595.0 * math.log10(1.0 + SAMPLE_RATE_HZ / 2 / 700.0)
    corners_mel = torch.linspace(0.0, top_mel, BANDS + 2)
    corners_hz = 700.0 * (10.0 ** (corners_mel / 2595.0) - 1.0)
    widths_hz = corners_hz.diff()  # [101]
    offsets_hz = corners_hz[None, :] - bins_hz[:, None]  # [513, 102]
    falling = offsets_hz[:, 2:] / widths_hz[1:]
    rising = -offsets_hz[:, :-2] / widths_hz[:-1]
    return torch.minimum(rising, falling).clamp(min=0.0)
