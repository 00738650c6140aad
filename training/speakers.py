"""Whose voice a mel spectrogram has: resemblyzer's encoder, through which gradients flow.

The encoder (GE2E, arXiv 1710.10467; resemblyzer 0.1.4, Apache-2.0) hears power in 40 bands of
16 kHz, a hundred times a second. That is had from our log-mel by a fixed matrix and interpolation:
vectors of the two agree to a cosine of 0.92 to 0.97, and both sides of a comparison go one way.
"""

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.mel import BANDS, FFT_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ, filter_bank

WINDOW_FRAMES = 160
"""What one vector is made of, 1.6 s."""
_WIDTH, _LAYERS, _BANDS, _RATE_HZ, _STEP_S = 256, 3, 40, 16_000, 0.01
_FFT_SAMPLES = 400
_LEVEL = 0.364
"""Mean over time of the power in all bands, of speech at -30 dBFS."""
_LINEAR_HZ_PER_MEL, _BREAK_HZ, _LOG_STEP = 200.0 / 3, 1000.0, math.log(6.4) / 27.0
"""Slaney's scale: linear up to 1 kHz, logarithmic above."""


class SpeakerEncoder(nn.Module):
    """Vectors of voices; its weights stay as they are."""

    bands: Tensor
    sums: Tensor

    def __init__(self, weights: Path) -> None:
        """Read resemblyzer's `pretrained.pt`."""
        super().__init__()
        self.lstm = nn.LSTM(_BANDS, _WIDTH, _LAYERS, batch_first=True)
        self.linear = nn.Linear(_WIDTH, _WIDTH)
        state = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
        self.load_state_dict({name: state[name] for name in self.state_dict()})
        self.requires_grad_(requires_grad=False)
        triangles = filter_bank()  # [513, 100]
        self.register_buffer("sums", triangles.sum(dim=0))
        self.register_buffer("bands", _bands(triangles))

    def powers(self, mel: Tensor) -> Tensor:
        """Return `[B, T', 40]`, 10 ms each, of log-mels `[B, T, 100]`, not yet of any level."""
        power = (mel.float().exp() / self.sums).square() @ self.bands
        count = round(mel.shape[1] * HOP_SAMPLES / SAMPLE_RATE_HZ / _STEP_S)
        place = torch.arange(count, device=mel.device) * (_STEP_S * SAMPLE_RATE_HZ / HOP_SAMPLES)
        lower = place.long().clamp(max=mel.shape[1] - 2)
        share = (place - lower).clamp(max=1.0)[:, None]
        return torch.lerp(power[:, lower], power[:, lower + 1], share)

    def forward(self, powers: Tensor, starts: Tensor) -> Tensor:
        """Return vectors of unit length, `[B, 256]`: the mean of those of some windows.

        `powers` are `[B, T', 40]`; `starts`, int `[B, N]`, are the first frames of the windows.
        """
        windows = starts[:, :, None] + torch.arange(WINDOW_FRAMES, device=starts.device)
        batch, count, _ = windows.shape
        rows = torch.arange(batch, device=starts.device)[:, None, None]
        heard = powers[rows, windows]  # [B, N, 160, 40]
        level = heard.sum(dim=-1).mean(dim=(1, 2))
        heard = heard * (_LEVEL / level.clamp(min=1e-9))[:, None, None, None]
        _, (hidden, _) = self.lstm(heard.flatten(0, 1))
        each = functional.normalize(functional.relu(self.linear(hidden[-1])), dim=-1)
        return functional.normalize(each.view(batch, count, _WIDTH).mean(dim=1), dim=-1)


def _bands(triangles: Tensor) -> Tensor:
    """Return `[100, 40]`: from power a hertz in our bands to power in resemblyzer's.

    Those are librosa's, of the same area each; between the middles of ours power is interpolated.
    """
    ours_hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, FFT_SAMPLES // 2 + 1)
    middles_hz = (triangles * ours_hz[:, None]).sum(dim=0) / triangles.sum(dim=0)
    bins_hz = torch.linspace(0, _RATE_HZ / 2, _FFT_SAMPLES // 2 + 1)
    upper = torch.searchsorted(middles_hz, bins_hz).clamp(1, BANDS - 1)
    low, high = middles_hz[upper - 1], middles_hz[upper]
    share = ((bins_hz - low) / (high - low)).clamp(0, 1)
    spread = torch.zeros(len(bins_hz), BANDS)
    at = torch.arange(len(bins_hz))
    spread[at, upper - 1] = 1 - share
    spread[at, upper] += share
    top = _BREAK_HZ / _LINEAR_HZ_PER_MEL + math.log(_RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    corners = torch.linspace(0, top, _BANDS + 2)
    above = (corners - _BREAK_HZ / _LINEAR_HZ_PER_MEL).clamp(min=0)
    corners_hz = torch.where(
        above > 0, _BREAK_HZ * (_LOG_STEP * above).exp(), corners * _LINEAR_HZ_PER_MEL
    )
    widths_hz = corners_hz.diff()
    offsets_hz = corners_hz[:, None] - bins_hz
    rising, falling = -offsets_hz[:-2] / widths_hz[:-1, None], offsets_hz[2:] / widths_hz[1:, None]
    theirs = torch.minimum(rising, falling).clamp(min=0)
    theirs = theirs * (2 / (corners_hz[2:] - corners_hz[:-2]))[:, None]  # [40, 201]
    return (theirs @ spread).T * (_FFT_SAMPLES / FFT_SAMPLES)
