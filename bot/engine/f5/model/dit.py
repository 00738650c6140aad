"""Diffusion transformer of F5-TTS (`f5_tts.model.backbones.dit`) as pure functions.

Differences to upstream, none of which changes a result beyond rounding: the modulations come
precomputed (`modulation`), query, key and value are one product, and the projection of the input is
split so that its constant part is computed once per text.

Shapes: T frames of the packed row, G copies of it (2 with classifier-free guidance: conditioned and
not; else 1), D model width, C text width, H heads, d head width, S steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.layout import Frames
from bot.engine.f5.model.modulation import Modulations
from bot.engine.f5.model.operations import EPSILON, HEAD_WIDTH, Attend, Linear, Operations, Rotation

TEXT_TAPS = 7
_ROTARY_BASE = 10_000.0


class TextBlock(NamedTuple):
    """ConvNeXt V2 block (arXiv 2301.00808)."""

    depthwise: Linear
    norm: Linear
    expand: Linear
    response_scale: Tensor
    """Global response normalisation, `[2 C]`."""
    response_shift: Tensor
    reduce: Linear


class Block(NamedTuple):
    """Transformer block, without its modulation."""

    qkv: Linear
    """Query, key and value stacked: weight `[3 * H * d, D]`."""
    query_norm: Tensor | None
    """RMS norm, `[d]`."""
    key_norm: Tensor | None
    out: Linear
    up: Linear
    down: Linear


class DiT(NamedTuple):
    """Weights of the transformer."""

    token_embedding: Tensor
    """`[tokens + 1, C]`; row 0 is the filler."""
    text_blocks: tuple[TextBlock, ...]
    mel_projection: Tensor
    """Part of the input projection that sees the reference, `[D, 100]`."""
    text_projection: Linear
    """Part that sees the text, weight `[D, C]`, with the bias of all three."""
    noise_projection: Tensor
    """Part that sees the state, `[D, 100]`."""
    positions: tuple[Linear, Linear]
    """Grouped convolutions of the position embedding."""
    blocks: tuple[Block, ...]
    output: Linear
    """To mel: weight `[100, D]`."""


class Traits(NamedTuple):
    """Architecture that the tensors do not show, by its names in upstream's configuration."""

    text_mask_padding: bool = True
    text_embedding_average_upsampling: bool = False
    pe_attn_head: int | None = None
    """Number of heads that are rotated; None for all."""


class Acoustic(NamedTuple):
    """Loaded F5-TTS checkpoint."""

    weights: DiT
    traits: Traits
    rotated_heads: int
    """Number of heads with a rotary position embedding."""
    tokens: int
    """Size of the vocabulary that it was trained with."""
    modulate: Callable[[Tensor], Modulations]
    """Modulations at times, `[S]`, on the model's device; reads their matrices from the file."""


def embed_text(
    acoustic: Acoustic, operations: Operations, frames: Frames, items: int, copies: int
) -> Tensor:
    """Return the text along the frames, `[G, T, C]`; copy 1 is the one without text.

    `items` bounds the number of items in the row.
    """
    model, traits = acoustic.weights, acoustic.traits
    token = torch.stack([frames.token, torch.zeros_like(frames.token)][:copies])  # [G, T]
    keep = frames.token > 0 if traits.text_mask_padding else frames.is_frame
    x = functional.embedding(token, model.token_embedding)  # [G, T, C]
    x = x + _sinusoids(frames.position, x.shape[-1]).to(x.dtype)
    x = x.where(keep[:, None], 0)
    numbers = torch.arange(items, device=frames.item.device)
    members = ((frames.item == numbers[:, None]) & frames.is_frame).float()  # [items, T]
    for block in model.text_blocks:
        x = _text_block(x, block, operations, frames.item, members, keep)
    if traits.text_embedding_average_upsampling:
        x = x[:, frames.text_source].where(frames.has_text[:, None], 0)
    return x


def _text_block(
    x: Tensor, block: TextBlock, operations: Operations, item: Tensor, members: Tensor, keep: Tensor
) -> Tensor:
    """Return `[G, T, C]` of `x`, `[G, T, C]`.

    `item` is the number of each frame's item, `[T]`, `members` which frame belongs to which item,
    float32 `[items, T]`, and `keep` which frames are not forced to zero, bool `[T]`.
    """
    y = operations.depthwise(x, block.depthwise)
    y = functional.layer_norm(y, y.shape[-1:], *block.norm, eps=EPSILON)
    y = functional.gelu(functional.linear(y, *block.expand))  # [G, T, 2 C]
    # The response is a norm over time: over the frames of the item alone, in float32.
    norms = (members @ y.float().square()).sqrt()  # [G, items, 2 C]
    response = norms / (norms.mean(dim=-1, keepdim=True) + EPSILON)
    y = block.response_scale * (y * response.to(y.dtype)[:, item]) + block.response_shift + y
    return (x + functional.linear(y, *block.reduce)).where(keep[:, None], 0)


def _sinusoids(position: Tensor, width: int) -> Tensor:
    """Return cosines, then sines, of the positions, float32 `[T, width]`."""
    angles = _angles(position, width)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _angles(position: Tensor, width: int) -> Tensor:
    """Return float32 `[T, width / 2]`."""
    exponents = torch.arange(0, width, 2, device=position.device).float() / width
    return position.float()[:, None] * (1.0 / _ROTARY_BASE**exponents)


def rotation(position: Tensor, heads: int, copies: int) -> Rotation:
    """Return the rotation of frames at `position`, `[T]`, for `copies` of the row."""
    angles = _angles(position, HEAD_WIDTH).repeat(copies, 1)[:, None]  # [G * T, 1, d / 2]
    return Rotation(angles.cos(), angles.sin(), heads)


def conditioning(model: DiT, reference_mel: Tensor, text: Tensor) -> Tensor:
    """Return the part of the input that stays the same in every step, `[G, T, D]`.

    `reference_mel` is `[T, 100]`, zero where nothing is known; `text` is `[G, T, C]`.
    """
    x = functional.linear(text, *model.text_projection)  # [G, T, D]
    conditioned = x[:1] + functional.linear(reference_mel.to(x.dtype), model.mel_projection)
    return torch.cat([conditioned, x[1:]])


def velocities(
    model: DiT,
    operations: Operations,
    attend: Attend,
    state: Tensor,
    constant: Tensor,
    is_frame: Tensor,
    rope: Rotation,
    modulations: Modulations,
) -> Tensor:
    """Return the velocity of each copy of the state, `[G, T, 100]` float32: one evaluation.

    `state` is `[T, 100]` float32, `constant` the `conditioning`, `is_frame` bool `[T]`;
    `modulations` are those of one step, without the dimension S.
    """
    noise = functional.linear(state.to(constant.dtype), model.noise_projection)  # [T, D]
    mixed = constant + noise  # [G, T, D]
    positions = operations.embed_positions(mixed, model.positions, is_frame)
    final_scale, final_shift = modulations.final.unbind()
    shifts = [*modulations.blocks[:, 0].unbind(), final_shift]
    scales = [*modulations.blocks[:, 1].unbind(), final_scale]
    x, normed = operations.add_norm(
        mixed.flatten(0, 1), positions.flatten(0, 1), None, shifts[0], scales[0]
    )  # [G * T, D]
    for block, modulation, next_shift, next_scale in zip(
        model.blocks, modulations.blocks, shifts[1:], scales[1:], strict=True
    ):
        _, _, attention_gate, shift, scale, gate = modulation.unbind()
        qkv = operations.linear(normed, block.qkv).unflatten(-1, (3, -1, HEAD_WIDTH))
        attended = attend(*operations.rotate(_normalize_heads(qkv, block), rope))  # [G * T, H * d]
        projected = operations.linear(attended, block.out)
        x, normed = operations.add_norm(x, projected, attention_gate, shift, scale)
        fed = operations.linear(operations.linear_gelu(normed, block.up), block.down)
        x, normed = operations.add_norm(x, fed, gate, next_shift, next_scale)
    return functional.linear(normed, *model.output).float().unflatten(0, (len(constant), -1))


def _normalize_heads(qkv: Tensor, block: Block) -> Tensor:
    """Return `qkv`, `[G * T, 3, H, d]`, with query and key normalised if the model does so."""
    if block.query_norm is None or block.key_norm is None:
        return qkv
    query, key, value = qkv.unbind(1)
    query = functional.rms_norm(query, (HEAD_WIDTH,), block.query_norm, EPSILON)
    key = functional.rms_norm(key, (HEAD_WIDTH,), block.key_norm, EPSILON)
    return torch.stack([query, key, value], dim=1)
