"""Spectrograms of one recording as several systems make it, one below the other."""

from collections.abc import Mapping
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

_FFT_SAMPLES = 1024
_HOP_SAMPLES = 128
_RATE_HZ = 24_000
_RANGE_DB = 80.0


def draw_spectrograms(waves: Mapping[str, Tensor], path: Path) -> None:
    """Write a PNG with the spectrogram of each wave, `[n]` at 24 kHz, under its name."""
    figure = Figure(figsize=(9, 2.4 * len(waves)), layout="tight")
    axes = figure.subplots(len(waves), 1, squeeze=False)
    top_db = None
    for axis, (name, wave) in zip(axes[:, 0], waves.items(), strict=True):
        window = torch.hann_window(_FFT_SAMPLES)
        spectrum = torch.stft(wave, _FFT_SAMPLES, _HOP_SAMPLES, window=window, return_complex=True)
        level_db = 20 * spectrum.abs().clamp(min=1e-6).log10()
        top_db = float(level_db.max()) if top_db is None else top_db
        axis.imshow(
            level_db.numpy(),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=top_db - _RANGE_DB,
            vmax=top_db,
            extent=(0, len(wave) / _RATE_HZ, 0, _RATE_HZ / 2000),
        )
        axis.set_title(name, fontsize=9, loc="left")
        axis.set_ylabel("kHz")
    axes[-1, 0].set_xlabel("s")
    figure.savefig(path, dpi=110)
