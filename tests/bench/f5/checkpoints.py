"""Checkpoints with random weights, in the files that the engines load.

Speed does not depend on the values; errors do, so no weight is zero.
"""

import math
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from bot.engine.f5.mel import BANDS, FFT_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ, filter_bank
from bot.engine.f5.model.dit import TEXT_TAPS
from bot.engine.f5.model.modulation import SINUSOIDS
from bot.engine.f5.model.operations import HEAD_WIDTH, POSITION_GROUPS, POSITION_TAPS
from bot.engine.f5.model.vocos import TAPS
from bot.errors import StartError

VOICE = "noise"
"""The only voice beside a random checkpoint."""
TRANSCRIPT = "Some call me nature, others call me mother nature, and I have been here for ages now."
REFERENCE_S = 6.0
_LETTERS = "".join(map(chr, range(ord(" "), ord("~") + 1)))  # the space is token 0


class Shape(NamedTuple):
    """The architecture of a model and of its vocoder."""

    width: int
    depth: int
    text_width: int
    vocoder_width: int
    vocoder_depth: int
    tokens: int = 2545
    """Size of the official vocabulary."""
    text_depth: int = 4
    spreads_text: bool = False
    """Upstream's `text_embedding_average_upsampling`."""

    @property
    def config(self) -> dict[str, object]:
        """Return what `model.yaml` says of it."""
        arch = {"text_embedding_average_upsampling": self.spreads_text}
        return {"model": {"backbone": "DiT", "arch": arch}}


SHAPES = {
    "F5TTS_v1_Base": Shape(1024, 22, 512, 512, 8),
    "small": Shape(256, 8, 128, 512, 8, spreads_text=True),
    "tiny": Shape(128, 2, 64, 64, 2, tokens=96, text_depth=2),
}
"""By name: the official model, one for processors (8.6 M parameters), and one for trying out."""


def random_acoustic(shape: Shape) -> dict[str, Tensor]:
    """Return weights of the acoustic model, by the names that upstream gives them."""
    generator = torch.Generator().manual_seed(0)
    return {name: _values(name, size, generator) for name, size in _transformer_shapes(shape)}


def random_vocoder(shape: Shape) -> dict[str, Tensor]:
    """Return weights of the vocoder, with what upstream's files hold besides."""
    generator = torch.Generator().manual_seed(1)
    vocos = {name: _values(name, size, generator) for name, size in _vocos_shapes(shape)}
    return vocos | _vocos_buffers()


def write(folder: Path, shape: Shape) -> None:
    """Write model, vocoder and a voice below `folder`."""
    import yaml  # noqa: PLC0415 - where nothing is written, there may be none

    model, vocoder, voice = folder / "model", folder / "vocoder", folder / "voices" / VOICE
    for each in (model, vocoder, voice):
        each.mkdir(parents=True)
    state = {f"ema_model.{name}": value for name, value in random_acoustic(shape).items()}
    save_file(state, model / "model.safetensors")
    (model / "model.yaml").write_text(yaml.safe_dump(shape.config), encoding="utf-8")
    (model / "vocab.txt").write_text("\n".join(_tokens(shape.tokens)) + "\n", encoding="utf-8")
    torch.save(random_vocoder(shape), vocoder / "pytorch_model.bin")
    (vocoder / "config.yaml").write_text(yaml.safe_dump(_vocos_config(shape)), encoding="utf-8")
    (voice / "transcript.txt").write_text(TRANSCRIPT, encoding="utf-8")
    (voice / "voice.yaml").write_text("consent: noise\nlicence: CC0-1.0\n", encoding="utf-8")
    _write_noise(voice / "reference.wav")


def _tokens(count: int) -> list[str]:
    return [*_LETTERS, *(f"syllable{number}" for number in range(count - len(_LETTERS)))]


def _values(name: str, size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Return random values of a scale that keeps the activations about as large as they came."""
    parameter = torch.randn(size, generator=generator)
    if len(size) > 1:
        return parameter.mul_(math.prod(size[1:]) ** -0.5)
    return parameter.mul_(0.1).add_(1 if "norm" in name and name.endswith("weight") else 0)


def _linear(name: str, *size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", size
    yield f"{name}.bias", size[:1]


def _transformer_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield names and sizes of upstream's `CFM`."""
    width, text, root = shape.width, shape.text_width, "transformer."
    yield f"{root}text_embed.text_embed.weight", (shape.tokens + 1, text)
    for number in range(shape.text_depth):
        block = f"{root}text_embed.text_blocks.{number}"
        yield from _linear(f"{block}.dwconv", text, 1, TEXT_TAPS)
        yield from _linear(f"{block}.norm", text)
        yield from _linear(f"{block}.pwconv1", 2 * text, text)
        yield f"{block}.grn.gamma", (1, 1, 2 * text)
        yield f"{block}.grn.beta", (1, 1, 2 * text)
        yield from _linear(f"{block}.pwconv2", text, 2 * text)
    yield from _linear(f"{root}time_embed.time_mlp.0", width, SINUSOIDS)
    yield from _linear(f"{root}time_embed.time_mlp.2", width, width)
    yield from _linear(f"{root}input_embed.proj", width, 2 * BANDS + text)
    for number in (0, 2):
        name = f"{root}input_embed.conv_pos_embed.conv1d.{number}"
        yield from _linear(name, width, width // POSITION_GROUPS, POSITION_TAPS)
    inner = width // HEAD_WIDTH * HEAD_WIDTH
    for number in range(shape.depth):
        block = f"{root}transformer_blocks.{number}"
        yield from _linear(f"{block}.attn_norm.linear", 6 * width, width)
        for part in "qkv":
            yield from _linear(f"{block}.attn.to_{part}", inner, width)
        yield from _linear(f"{block}.attn.to_out.0", width, inner)
        yield from _linear(f"{block}.ff.ff.0.0", 2 * width, width)
        yield from _linear(f"{block}.ff.ff.2", width, 2 * width)
    yield from _linear(f"{root}norm_out.linear", 2 * width, width)
    yield from _linear(f"{root}proj_out", BANDS, width)


def _vocos_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = shape.vocoder_width
    yield from _linear("backbone.embed", width, BANDS, TAPS)
    yield from _linear("backbone.norm", width)
    for number in range(shape.vocoder_depth):
        block = f"backbone.convnext.{number}"
        yield from _linear(f"{block}.dwconv", width, 1, TAPS)
        yield from _linear(f"{block}.norm", width)
        yield from _linear(f"{block}.pwconv1", 3 * width, width)
        yield from _linear(f"{block}.pwconv2", width, 3 * width)
        yield f"{block}.gamma", (width,)
    yield from _linear("backbone.final_layer_norm", width)
    yield from _linear("head.out", FFT_SAMPLES + 2, width)


def _vocos_buffers() -> dict[str, Tensor]:
    """Return what upstream's files hold besides weights."""
    features = "feature_extractor.mel_spec"
    return {
        f"{features}.spectrogram.window": torch.hann_window(FFT_SAMPLES),
        f"{features}.mel_scale.fb": filter_bank(),
        "head.istft.window": torch.hann_window(FFT_SAMPLES),
    }


def _vocos_config(shape: Shape) -> dict[str, object]:
    width = shape.vocoder_width
    transform = {"n_fft": FFT_SAMPLES, "hop_length": HOP_SAMPLES, "padding": "center"}
    features = {"sample_rate": SAMPLE_RATE_HZ, "n_mels": BANDS, **transform}
    backbone = {
        "input_channels": BANDS,
        "dim": width,
        "intermediate_dim": 3 * width,
        "num_layers": shape.vocoder_depth,
    }
    return {
        "feature_extractor": {
            "class_path": "vocos.feature_extractors.MelSpectrogramFeatures",
            "init_args": features,
        },
        "backbone": {"class_path": "vocos.models.VocosBackbone", "init_args": backbone},
        "head": {"class_path": "vocos.heads.ISTFTHead", "init_args": {"dim": width, **transform}},
    }


def _write_noise(path: Path) -> None:
    samples = np.random.default_rng(0).standard_normal(int(REFERENCE_S * SAMPLE_RATE_HZ)) * 0.1
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((samples * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def shape_named(name: str) -> Shape:
    """Return the shape of that name.

    Raises:
        StartError: there is none.
    """
    if name not in SHAPES:
        raise StartError(f"There is no shape {name!r}.", remedy=f"Choose from {', '.join(SHAPES)}.")
    return SHAPES[name]
