"""Vocos (arXiv 2306.00814) for training: tensors are called as in the package `vocos` 0.1.0.

`save_vocoder` writes a folder that the package and `bot.engine.f5` load.
"""

import math
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from training.shards import HOP_SAMPLES, SAMPLE_RATE_HZ
from training.spectra import BANDS, FFT_SAMPLES, LogMel

_TAPS = 7
_EPSILON = 1e-6
_MAX_LOG_MAGNITUDE = math.log(1e2)
_OVERLAP = FFT_SAMPLES // HOP_SAMPLES


class Size(NamedTuple):
    """Sizes of the vocoder; the defaults make 7.0 million parameters."""

    width: int = 384
    inner: int = 1024
    depth: int = 8


class _Block(nn.Module):
    """ConvNeXt block (arXiv 2201.03545) with one-dimensional convolution."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        width = size.width
        self.dwconv = nn.Conv1d(width, width, _TAPS, padding=_TAPS // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.pwconv1 = nn.Linear(width, size.inner)
        self.pwconv2 = nn.Linear(size.inner, width)
        self.gamma = nn.Parameter(torch.full((width,), 1 / size.depth))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.dwconv(x.mT).mT)  # [B, T, C]
        return x + self.gamma * self.pwconv2(functional.gelu(self.pwconv1(y)))


class _Backbone(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embed = nn.Conv1d(BANDS, size.width, _TAPS, padding=_TAPS // 2)
        self.norm = nn.LayerNorm(size.width, eps=_EPSILON)
        self.convnext = nn.ModuleList(_Block(size) for _ in range(size.depth))
        self.final_layer_norm = nn.LayerNorm(size.width, eps=_EPSILON)
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, mel: Tensor) -> Tensor:
        x: Tensor = self.norm(self.embed(mel).mT)  # [B, T, C]
        for block in self.convnext:
            x = block(x)
        result: Tensor = self.final_layer_norm(x)
        return result


class _InverseStft(nn.Module):
    """Centred frames to a wave; `torch.istft` would wait for the GPU."""

    window: Tensor
    is_complex: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(FFT_SAMPLES))
        is_complex = torch.ones(FFT_SAMPLES // 2 + 1)
        is_complex[[0, -1]] = 0  # a real signal's first and last bins have no imaginary part
        self.register_buffer("is_complex", is_complex, persistent=False)

    def forward(self, magnitude: Tensor, phase: Tensor) -> Tensor:
        """Return `[B, (T - 1) * 256]` of `[B, T, 513]` each."""
        imaginary = magnitude * phase.sin() * self.is_complex
        spectrum = torch.complex(magnitude * phase.cos(), imaginary)
        frames = torch.fft.irfft(spectrum, n=FFT_SAMPLES) * self.window
        envelope = _overlap_add(self.window.square().expand(frames.shape[-2:]))
        half = FFT_SAMPLES // 2
        return _overlap_add(frames)[..., half:-half] / envelope[half:-half]


def _overlap_add(frames: Tensor) -> Tensor:
    """Return the sum of windows a hop apart, `[..., (T + 3) * 256]` of `[..., T, 1024]`."""
    parts = frames.unflatten(-1, (_OVERLAP, HOP_SAMPLES)).unbind(-2)
    total = sum(
        (functional.pad(part, (0, 0, i, _OVERLAP - 1 - i)) for i, part in enumerate(parts)),
        start=frames.new_zeros(()),
    )
    return total.flatten(-2)


class _Head(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.out = nn.Linear(size.width, FFT_SAMPLES + 2)
        self.istft = _InverseStft()

    def forward(self, x: Tensor) -> Tensor:
        magnitude, phase = self.out(x).float().chunk(2, dim=-1)  # [B, T, 513]
        # Limited before the exponential: its overflow would make the gradient undefined.
        wave: Tensor = self.istft(magnitude.clamp(max=_MAX_LOG_MAGNITUDE).exp(), phase)
        return wave


class Vocos(nn.Module):
    """Log-mel to wave."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.feature_extractor = LogMel()
        self.backbone = _Backbone(size)
        self.head = _Head(size)

    def forward(self, mel: Tensor) -> Tensor:
        """Return the wave, `[B, (T - 1) * 256]`, of `mel`, `[B, 100, T]`."""
        wave: Tensor = self.head(self.backbone(mel))
        return wave


_CONFIG = """\
# Vocos for the mel spectrogram of F5-TTS: 24 kHz, 100 bands.
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args:
    sample_rate: {rate}
    n_fft: {fft}
    hop_length: {hop}
    n_mels: {bands}
    padding: center

backbone:
  class_path: vocos.models.VocosBackbone
  init_args:
    input_channels: {bands}
    dim: {size.width}
    intermediate_dim: {size.inner}
    num_layers: {size.depth}

head:
  class_path: vocos.heads.ISTFTHead
  init_args:
    dim: {size.width}
    n_fft: {fft}
    hop_length: {hop}
    padding: center

# Rounds of fitting phases to each other, by our engine alone.
ishowtts:
  fit_rounds: {rounds}
"""
_FIT_ROUNDS = 32


def save_vocoder(model: Vocos, folder: Path, rounds: int = _FIT_ROUNDS) -> None:
    """Write `config.yaml` and `model.safetensors` in half precision, buffers in full.

    `rounds` is how often the engine fits phases.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parameters = dict(model.named_parameters())
    state = {
        name: (tensor.half() if name in parameters else tensor).detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    (folder / "config.yaml").write_text(
        _CONFIG.format(
            size=model.size,
            rate=SAMPLE_RATE_HZ,
            fft=FFT_SAMPLES,
            hop=HOP_SAMPLES,
            bands=BANDS,
            rounds=rounds,
        ),
        encoding="utf-8",
    )
    temporary = folder / ".model.safetensors.part"
    temporary.write_bytes(save(state))  # `save_file` would let nobody else read it
    temporary.replace(folder / "model.safetensors")
