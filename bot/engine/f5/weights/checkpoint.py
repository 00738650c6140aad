"""Checkpoints of F5-TTS (`.safetensors`, `.pt`) and Vocos, as released, to weights.

Files are memory-mapped; every tensor is read, cast and moved once. Names and shapes of the tensors
tell whether this is the architecture that `dit` computes; anything else is refused.
"""

import itertools
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.engine.f5.mel import BANDS, FFT_SAMPLES, HOP_SAMPLES
from bot.engine.f5.model.dit import TEXT_TAPS, Acoustic, Block, DiT, TextBlock, Traits
from bot.engine.f5.model.modulation import Modulations, modulations
from bot.engine.f5.model.operations import (
    HEAD_WIDTH,
    POSITION_GROUPS,
    POSITION_TAPS,
    Linear,
    split_pairs,
)
from bot.engine.f5.model.phases import fitting
from bot.engine.f5.model.vocos import TAPS, ConvNeXt, Vocos
from bot.errors import StartError

_PREFIXES = ("ema_model.", "model.")
_COUNTERS = frozenset({"initted", "step", "update"})
_DERIVED = ("mel_spec.", "transformer.rotary_embed.")
"""Prefixes of buffers that are computed, not read."""


def open_state(path: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a checkpoint by name, read lazily.

    Raises:
        StartError: there is no such file, or it is no checkpoint, or it is truncated.
    """
    if not path.is_file():
        raise StartError(
            f"There is no checkpoint {path}.",
            remedy="Fetch it with `ishowtts model fetch`, or put the file there by hand.",
        )
    try:
        if path.suffix == ".safetensors":
            return _Safetensors(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # any parser's complaint about a file from elsewhere means the same
        raise StartError(
            f"{path} is no readable checkpoint: {error}.",
            remedy="It may be truncated: delete it and fetch it again.",
        ) from error
    for key in ("ema_model_state_dict", "model_state_dict", "state_dict"):
        state = state.get(key, state)
    return dict(state)


class _Safetensors(Mapping[str, Tensor]):
    """Safetensors file as a mapping that reads each tensor when it is asked for."""

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open  # noqa: PLC0415 - only where such a file is read

        self._file: Any = safe_open(path, framework="pt", device="cpu")
        self._names = frozenset(self._file.keys())

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._names:
            raise KeyError(name)
        tensor: Tensor = self._file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Reader:
    """Reader of a state dict that checks shapes and knows which tensors are left."""

    def __init__(
        self, state: Mapping[str, Tensor], what: str, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._names = {bare_name(name): name for name in state}
        self._state = state
        self._left = set(self._names)
        self._what = what
        self._device = device
        self._dtype = dtype
        self._is_finite = torch.ones((), dtype=torch.bool, device=device)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def count(self, pattern: str) -> int:
        """Return the number of parts of a pattern such as `blocks.{}.norm.weight`."""
        return count(self._names, pattern)

    def raw(self, name: str) -> Tensor:
        """Return a tensor as the file has it."""
        if name not in self._names:
            raise self.mismatch(f"the tensor {name} is missing")
        self._left.discard(name)
        return self._state[self._names[name]]

    def take(self, name: str, *shape: int | None) -> Tensor:
        """Return a tensor cast and moved; its shape must be `shape`, None fits any length."""
        tensor = self.raw(name)
        if shape and (
            len(shape) != tensor.ndim
            or any(want not in (None, have) for want, have in zip(shape, tensor.shape, strict=True))
        ):
            raise self.mismatch(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")
        tensor = tensor.to(self._device).to(self._dtype)
        self._is_finite &= tensor.isfinite().all()
        return tensor

    def linear(self, name: str, *shape: int | None) -> Linear:
        """Return weight, of the given shape, and bias."""
        weight = self.take(f"{name}.weight", *shape)
        return Linear(weight, self.take(f"{name}.bias", weight.shape[0]))

    def finish(self, ignored: tuple[str, ...]) -> None:
        """Refuse tensors that are left, and values that are not finite."""
        left = sorted(name for name in self._left if not name.startswith(ignored))
        if left:
            raise self.mismatch(f"it has {len(left)} unknown tensors, such as {left[0]}")
        if not self._is_finite:
            raise StartError(
                f"{self._what} holds values that are not finite in {self._dtype}.",
                remedy="The file is damaged: delete it and fetch it again.",
            )

    def mismatch(self, detail: str) -> StartError:
        """Return the error for a checkpoint that does not fit."""
        return StartError(
            f"{self._what} is of another architecture: {detail}.",
            remedy="Choose an F5-TTS checkpoint with the DiT backbone and a Vocos for 24 kHz mel.",
        )


def bare_name(name: str) -> str:
    """Return the name of a tensor without the prefixes of wrappers."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def count(names: Container[str], pattern: str) -> int:
    """Return how many of `names` follow a pattern such as `blocks.{}.weight`, numbered from 0."""
    return next(number for number in itertools.count() if pattern.format(number) not in names)


def load_acoustic(
    state: Mapping[str, Tensor], traits: Traits, device: torch.device, dtype: torch.dtype
) -> Acoustic:
    """Return the transformer in `state` for computing on `device` in `dtype`.

    Raises:
        StartError: it is of another architecture, or holds numbers that are not finite.
    """
    reader = _Reader(state, "The F5-TTS checkpoint", device, dtype)
    root = "transformer."
    embedding = reader.take(f"{root}text_embed.text_embed.weight", None, None)
    text_width = embedding.shape[1]
    depth = reader.count(root + "transformer_blocks.{}.attn.to_q.weight")
    text_depth = reader.count(root + "text_embed.text_blocks.{}.dwconv.weight")
    if not depth or not text_depth:
        raise reader.mismatch("it has no transformer or no text blocks")
    projection = reader.linear(f"{root}input_embed.proj", None, 2 * BANDS + text_width)
    width = projection.weight.shape[0]
    noise, mel, text = projection.weight.split([BANDS, BANDS, text_width], dim=1)
    group = width // POSITION_GROUPS
    conv = f"{root}input_embed.conv_pos_embed.conv1d"
    weights = DiT(
        token_embedding=embedding,
        text_blocks=tuple(
            _text_block(reader, f"{root}text_embed.text_blocks.{i}", text_width)
            for i in range(text_depth)
        ),
        mel_projection=mel.contiguous(),
        text_projection=Linear(text.contiguous(), projection.bias),
        noise_projection=noise.contiguous(),
        positions=(
            reader.linear(f"{conv}.0", width, group, POSITION_TAPS),
            reader.linear(f"{conv}.2", width, group, POSITION_TAPS),
        ),
        blocks=tuple(_block(reader, f"{root}transformer_blocks.{i}", width) for i in range(depth)),
        output=reader.linear(f"{root}proj_out", BANDS, width),
    )
    # Touched now, so that a file that lacks them is refused here and not by the first request.
    for name in (
        *(f"transformer_blocks.{i}.attn_norm.linear" for i in range(depth)),
        *("norm_out.linear", "time_embed.time_mlp.0", "time_embed.time_mlp.2"),
    ):
        reader.raw(f"{root}{name}.weight")
        reader.raw(f"{root}{name}.bias")
    reader.finish((*_DERIVED, *_COUNTERS))

    def modulate(times: Tensor) -> Modulations:
        result = modulations(lambda name: reader.raw(root + name), depth, times)
        return Modulations(*(part.to(device) for part in result))

    heads = weights.blocks[0].qkv.weight.shape[0] // (3 * HEAD_WIDTH)
    return Acoustic(
        weights=weights,
        traits=traits,
        rotated_heads=heads if traits.pe_attn_head is None else traits.pe_attn_head,
        tokens=embedding.shape[0] - 1,
        modulate=modulate,
    )


def _text_block(reader: _Reader, name: str, width: int) -> TextBlock:
    expand = reader.linear(f"{name}.pwconv1", None, width)
    inner = expand.weight.shape[0]
    return TextBlock(
        depthwise=reader.linear(f"{name}.dwconv", width, 1, TEXT_TAPS),
        norm=reader.linear(f"{name}.norm", width),
        expand=expand,
        response_scale=reader.take(f"{name}.grn.gamma", 1, 1, inner).flatten(),
        response_shift=reader.take(f"{name}.grn.beta", 1, 1, inner).flatten(),
        reduce=reader.linear(f"{name}.pwconv2", width, inner),
    )


def _block(reader: _Reader, name: str, width: int) -> Block:
    parts = [reader.linear(f"{name}.attn.to_{part}", None, width) for part in "qkv"]
    inner = parts[0].weight.shape[0]
    if inner % HEAD_WIDTH:
        raise reader.mismatch(f"{name} has {inner} channels, no multiple of {HEAD_WIDTH}")
    query, key, value = parts
    query, key = (Linear(*(split_pairs(part) for part in linear)) for linear in (query, key))
    norms: list[Tensor | None] = [None, None]
    if f"{name}.attn.q_norm.weight" in reader:
        norms = [
            split_pairs(reader.take(f"{name}.attn.{part}_norm.weight", HEAD_WIDTH)) for part in "qk"
        ]
    up = reader.linear(f"{name}.ff.ff.0.0", None, width)
    return Block(
        qkv=Linear(*(torch.cat(parts) for parts in zip(query, key, value, strict=True))),
        query_norm=norms[0],
        key_norm=norms[1],
        out=reader.linear(f"{name}.attn.to_out.0", width, inner),
        up=up,
        down=reader.linear(f"{name}.ff.ff.2", width, up.weight.shape[0]),
    )


def load_vocos(
    state: Mapping[str, Tensor],
    padding: str,
    device: torch.device,
    dtype: torch.dtype,
    fit_rounds: int = 0,
) -> Vocos:
    """Return the vocoder in `state`; `padding` is "center" or "same", as its `config.yaml` says.

    `fit_rounds` is how often its phases are fitted to each other (`phases`).

    Raises:
        StartError: it is of another architecture, or holds numbers that are not finite.
    """
    reader = _Reader(state, "The Vocos checkpoint", device, dtype)
    embed = reader.linear("backbone.embed", None, BANDS, TAPS)
    width = embed.weight.shape[0]
    is_complex = torch.ones(FFT_SAMPLES // 2 + 1, device=device)
    is_complex[[0, -1]] = 0
    model = Vocos(
        embed=embed,
        norm=reader.linear("backbone.norm", width),
        blocks=tuple(
            _convnext(reader, f"backbone.convnext.{i}", width)
            for i in range(reader.count("backbone.convnext.{}.dwconv.weight"))
        ),
        final_norm=reader.linear("backbone.final_layer_norm", width),
        spectrum=reader.linear("head.out", FFT_SAMPLES + 2, width),
        window=torch.hann_window(FFT_SAMPLES, device=device),
        is_complex=is_complex,
        trim_samples=(FFT_SAMPLES if padding == "center" else FFT_SAMPLES - HOP_SAMPLES) // 2,
        fitting=fitting(fit_rounds, device),
    )
    reader.finish(("feature_extractor.", "head.istft."))
    return model


def _convnext(reader: _Reader, name: str, width: int) -> ConvNeXt:
    expand = reader.linear(f"{name}.pwconv1", None, width)
    reduce = reader.linear(f"{name}.pwconv2", width, expand.weight.shape[0])
    scale = reader.take(f"{name}.gamma", width)
    return ConvNeXt(
        depthwise=reader.linear(f"{name}.dwconv", width, 1, TAPS),
        norm=reader.linear(f"{name}.norm", width),
        expand=expand,
        reduce=Linear(reduce.weight * scale[:, None], reduce.bias * scale),
    )
