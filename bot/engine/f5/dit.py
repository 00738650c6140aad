"""The diffusion transformer of F5-TTS (`f5_tts.model.backbones.dit`) as pure functions.

Differences to upstream, none of which changes a result beyond rounding: the modulations come
precomputed (`modulation`), query, key and value are one product, the projection of the input is
split so that its constant part is computed once per text, rotations are float32 at every precision.

Shapes: T frames of the packed row, G copies of it (2 with classifier-free guidance: conditioned and
not; else 1), D width, C text width, H heads, d width of a head.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.layout import Frames

HEAD_WIDTH = 64
POSITION_TAPS = 31
POSITION_GROUPS = 16
TEXT_TAPS = 7
_ROTARY_BASE = 10_000.0
_EPSILON = 1e-6


class Linear(NamedTuple):
    """An affine map."""

    weight: Tensor
    """`[out, in]`; of a convolution `[out, in / groups, taps]`."""
    bias: Tensor
    """`[out]`"""


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
    """One transformer block, without its modulation."""

    qkv: Linear
    """Query, key and value stacked: weight `[3 * H * d, D]`."""
    query_norm: Tensor | None
    """RMS norm, `[d]`."""
    key_norm: Tensor | None
    out: Linear
    up: Linear
    down: Linear


class Entry(NamedTuple):
    """What every step begins with."""

    noise_projection: Tensor
    """The part of the input projection that sees the state, `[D, 100]`."""
    positions: tuple[Linear, Linear]
    """Grouped convolutions that tell where a frame stands."""


class DiT(NamedTuple):
    """Weights of the transformer."""

    token_embedding: Tensor
    """`[tokens + 1, C]`; row 0 is the filler."""
    text_blocks: tuple[TextBlock, ...]
    mel_projection: Tensor
    """The part of the input projection that sees the reference, `[D, 100]`."""
    text_projection: Linear
    """The part that sees the text, weight `[D, C]`, with the bias of all three."""
    entry: Entry
    blocks: tuple[Block, ...]
    output: Linear
    """To mel: weight `[100, D]`."""


class Traits(NamedTuple):
    """What a checkpoint's tensors do not tell; the names are those of upstream's configuration."""

    text_mask_padding: bool = True
    text_embedding_average_upsampling: bool = False
    pe_attn_head: int | None = None
    """How many heads are rotated; None for all."""


class Rotation(NamedTuple):
    """Rotary position embedding (arXiv 2104.09864) of the frames: float32 `[G * T, 1, d / 2]`."""

    cos: Tensor
    sin: Tensor
    heads: int
    """How many heads are rotated."""


class Qkv(NamedTuple):
    """Query, key and value, each `[G * T, H, d]`."""

    query: Tensor
    key: Tensor
    value: Tensor


def text_block(x: Tensor, block: TextBlock, item: Tensor, members: Tensor, keep: Tensor) -> Tensor:
    """Return `[G, T, C]` of `x`, `[G, T, C]`.

    `item` is the number of the item of each frame, `[T]`, `members` which frame belongs to which
    item, float32 `[items, T]`, and `keep` which frames are not forced to zero, bool `[T]`.
    """
    y = functional.conv1d(
        x.transpose(1, 2), *block.depthwise, padding=TEXT_TAPS // 2, groups=x.shape[-1]
    ).transpose(1, 2)
    y = functional.layer_norm(y, y.shape[-1:], *block.norm, eps=_EPSILON)
    y = functional.gelu(functional.linear(y, *block.expand))  # [G, T, 2 C]
    # The response is a norm over time: over the frames of the item alone, in float32.
    norms = (members @ y.float().square()).sqrt()  # [G, items, 2 C]
    response = norms / (norms.mean(dim=-1, keepdim=True) + _EPSILON)
    y = block.response_scale * (y * response.to(y.dtype)[:, item]) + block.response_shift + y
    return (x + functional.linear(y, *block.reduce)).where(keep[:, None], 0)


def embed_text(
    model: DiT,
    traits: Traits,
    frames: Frames,
    items: int,
    copies: int,
    block_function: Callable[..., Tensor] = text_block,
) -> Tensor:
    """Return the text along the frames, `[G, T, C]`; copy 1 is the one without text.

    `items` bounds the number of items in the row.
    """
    token = torch.stack([frames.token, torch.zeros_like(frames.token)][:copies])  # [G, T]
    keep = frames.token > 0 if traits.text_mask_padding else frames.is_frame
    x = functional.embedding(token, model.token_embedding)  # [G, T, C]
    x = x + _sinusoids(frames.position, x.shape[-1]).to(x.dtype)
    x = x.where(keep[:, None], 0)
    numbers = torch.arange(items, device=frames.item.device)
    members = ((frames.item == numbers[:, None]) & frames.is_frame).float()  # [items, T]
    for block in model.text_blocks:
        x = block_function(x, block, frames.item, members, keep)
    if traits.text_embedding_average_upsampling:
        x = x[:, frames.text_source].where(frames.has_text[:, None], 0)
    return x


def _sinusoids(position: Tensor, width: int) -> Tensor:
    """Return cosines, then sines, of the positions, float32 `[T, width]`."""
    angles = _angles(position, width)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _angles(position: Tensor, width: int) -> Tensor:
    """Return float32 `[T, width / 2]`."""
    exponents = torch.arange(0, width, 2, device=position.device).float() / width
    return position.float()[:, None] * (1.0 / _ROTARY_BASE**exponents)


def rotation(traits: Traits, position: Tensor, heads: int, copies: int) -> Rotation:
    """Return the rotation of frames at `position`, `[T]`, for `copies` of the row."""
    angles = _angles(position, HEAD_WIDTH).repeat(copies, 1)[:, None]  # [G * T, 1, d / 2]
    rotated = heads if traits.pe_attn_head is None else traits.pe_attn_head
    return Rotation(angles.cos(), angles.sin(), rotated)


def conditioning(model: DiT, reference_mel: Tensor, text: Tensor) -> Tensor:
    """Return the part of the input that stays the same in every step, `[G, T, D]`.

    `reference_mel` is `[T, 100]`, zero where nothing is known; `text` is `[G, T, C]`.
    """
    x = functional.linear(text, *model.text_projection)
    conditioned = x[:1] + functional.linear(reference_mel.to(x.dtype), model.mel_projection)
    return torch.cat([conditioned, x[1:]])


def mix(entry: Entry, state: Tensor, constant: Tensor) -> Tensor:
    """Return the mixed input, `[G, T, D]`, of `state`, `[T, 100]` float32, and `conditioning`."""
    return constant + functional.linear(state.to(constant.dtype), entry.noise_projection)


def locate(entry: Entry, x: Tensor, is_frame: Tensor) -> Tensor:
    """Return the convolutional position embedding of `x`, both `[G, T, D]`."""
    keep = is_frame[:, None]
    for convolution in entry.positions:
        x = functional.conv1d(
            x.where(keep, 0).transpose(1, 2),
            *convolution,
            padding=POSITION_TAPS // 2,
            groups=POSITION_GROUPS,
        ).transpose(1, 2)
        x = functional.mish(x)
    return x


def enter(
    mixed: Tensor, located: Tensor, block: Block, modulation: Tensor, rope: Rotation
) -> tuple[Tensor, Qkv]:
    """Return the residual stream, `[G * T, D]`, and what the first attention works on.

    `mixed` and `located` are `[G, T, D]`, `modulation` is `[6, D]` float32.
    """
    x = (mixed + located).flatten(0, 1)
    return x, _project(x, block, modulation, rope)


def between(
    x: Tensor,
    attended: Tensor,
    block: Block,
    modulation: Tensor,
    following: Block,
    following_modulation: Tensor,
    rope: Rotation,
) -> tuple[Tensor, Qkv]:
    """Return the residual stream and the next attention's input: all that lies between two."""
    x = _transform(x, attended, block, modulation)
    return x, _project(x, following, following_modulation, rope)


def leave(
    x: Tensor,
    attended: Tensor,
    block: Block,
    modulation: Tensor,
    output: Linear,
    final_modulation: Tensor,
    copies: int,
) -> Tensor:
    """Return the velocity of each copy, `[G, T, 100]` float32; `final_modulation` is `[2, D]`."""
    x = _transform(x, attended, block, modulation)
    scale, shift = final_modulation[0], final_modulation[1]
    velocities = functional.linear(_modulate(x, shift, scale), *output).float()
    return velocities.unflatten(0, (copies, -1))


def _project(x: Tensor, block: Block, modulation: Tensor, rope: Rotation) -> Qkv:
    """Return what attention works on, of the residual stream `x`, `[G * T, D]`."""
    shift, scale = modulation[0], modulation[1]
    qkv = functional.linear(_modulate(x, shift, scale), *block.qkv)
    query, key, value = qkv.unflatten(-1, (3, -1, HEAD_WIDTH)).unbind(1)
    if block.query_norm is not None and block.key_norm is not None:
        query = functional.rms_norm(query, (HEAD_WIDTH,), block.query_norm, _EPSILON)
        key = functional.rms_norm(key, (HEAD_WIDTH,), block.key_norm, _EPSILON)
    return Qkv(_rotate(query, rope), _rotate(key, rope), value)


def _transform(x: Tensor, attended: Tensor, block: Block, modulation: Tensor) -> Tensor:
    """Return the residual stream behind the block: attention's output and feed-forward added."""
    _, _, gate_attention, shift, scale, gate = modulation.unbind()
    x = _add_gated(x, functional.linear(attended, *block.out), gate_attention)
    hidden = _linear_gelu(_modulate(x, shift, scale), block.up)
    return _add_gated(x, functional.linear(hidden, *block.down), gate)


def _linear_gelu(x: Tensor, weights: Linear) -> Tensor:
    """Return GELU, in its tanh approximation, of an affine map."""
    if x.is_cuda:  # cuBLAS applies it before the product leaves the chip: one pass less
        return torch._addmm_activation(weights.bias, x, weights.weight.T, use_gelu=True)  # noqa: SLF001
    return functional.gelu(functional.linear(x, *weights), approximate="tanh")


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return `x` normalised, scaled and shifted in float32, in the type of `x`."""
    normed = functional.layer_norm(x.float(), x.shape[-1:], eps=_EPSILON)
    return (normed * (1 + scale) + shift).to(x.dtype)


def _add_gated(x: Tensor, y: Tensor, gate: Tensor) -> Tensor:
    return (x.float() + gate * y.float()).to(x.dtype)


def _rotate(x: Tensor, rope: Rotation) -> Tensor:
    """Rotate channels i and i + d / 2 of `x`, `[G * T, H, d]`, by the angles of the position.

    Upstream rotates channels 2 i and 2 i + 1; see `split_pairs`.
    """
    first, second = x[:, : rope.heads].float().chunk(2, dim=-1)
    rotated = torch.cat(
        [first * rope.cos - second * rope.sin, second * rope.cos + first * rope.sin], dim=-1
    ).to(x.dtype)
    if rope.heads == x.shape[1]:
        return rotated
    return torch.cat([rotated, x[:, rope.heads :]], dim=1)


def split_pairs(weight: Tensor) -> Tensor:
    """Return the rows of `weight`, `[n * d, ...]`, with the even ones of each head first.

    Query and key meet in a scalar product only, so the order of their channels is free, and halves
    are read from memory in wider pieces than pairs.
    """
    return weight.unflatten(0, (-1, HEAD_WIDTH // 2, 2)).transpose(1, 2).flatten(0, 2)
