"""The diffusion transformer of F5-TTS (`f5_tts.model.backbones.dit`) as pure functions.

Differences to upstream, none of which changes a result beyond rounding: the modulations come
precomputed (`modulation`), query, key and value are one product, the projection of the input is
split so that its constant part is computed once per text, rotations and normalisations are float32
at every precision.

Shapes: T frames of the packed row, G copies of it (2 with classifier-free guidance: conditioned and
not; else 1), D width, C text width, H heads, d width of a head.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.attention import Attend
from bot.engine.f5.model.layout import Frames

HEAD_WIDTH = 64
POSITION_TAPS = 31
POSITION_GROUPS = 16
TEXT_TAPS = 7
_ROTARY_BASE = 10_000.0
EPSILON = 1e-6


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


def depthwise(x: Tensor, weights: Linear) -> Tensor:
    """Return a convolution over time of each channel by itself, `[G, T, C]` of `x`, `[G, T, C]`."""
    padding = weights.weight.shape[-1] // 2
    # cuDNN compiles a kernel for every new length, which takes a quarter of a second on an H100.
    with torch.backends.cudnn.flags(enabled=False):
        y = functional.conv1d(x.transpose(1, 2), *weights, padding=padding, groups=x.shape[-1])
    return y.transpose(1, 2)


def _text_block(
    x: Tensor,
    block: TextBlock,
    operations: "Operations",
    item: Tensor,
    members: Tensor,
    keep: Tensor,
) -> Tensor:
    """Return `[G, T, C]` of `x`, `[G, T, C]`.

    `item` is the number of the item of each frame, `[T]`, `members` which frame belongs to which
    item, float32 `[items, T]`, and `keep` which frames are not forced to zero, bool `[T]`.
    """
    y = operations.depthwise(x, block.depthwise)
    y = functional.layer_norm(y, y.shape[-1:], *block.norm, eps=EPSILON)
    y = functional.gelu(functional.linear(y, *block.expand))  # [G, T, 2 C]
    # The response is a norm over time: over the frames of the item alone, in float32.
    norms = (members @ y.float().square()).sqrt()  # [G, items, 2 C]
    response = norms / (norms.mean(dim=-1, keepdim=True) + EPSILON)
    y = block.response_scale * (y * response.to(y.dtype)[:, item]) + block.response_shift + y
    return (x + functional.linear(y, *block.reduce)).where(keep[:, None], 0)


def embed_text(
    model: DiT,
    traits: Traits,
    operations: "Operations",
    frames: Frames,
    items: int,
    copies: int,
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
        x = _text_block(x, block, operations, frames.item, members, keep)
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


def velocities(
    model: DiT,
    operations: "Operations",
    attend: Attend,
    state: Tensor,
    constant: Tensor,
    is_frame: Tensor,
    rope: Rotation,
    modulations: Tensor,
    final_modulation: Tensor,
) -> Tensor:
    """Return where each copy of the state moves, `[G, T, 100]` float32: one function evaluation.

    `state` is `[T, 100]` float32, `constant` the `conditioning`, `modulations` `[depth, 6, D]` and
    `final_modulation` `[2, D]`, float32.
    """
    noise = functional.linear(state.to(constant.dtype), model.entry.noise_projection)  # [T, D]
    mixed = constant + noise  # [G, T, D]
    located = operations.locate(mixed, model.entry, is_frame)
    final_scale, final_shift = final_modulation.unbind()
    shifts = [*modulations[:, 0].unbind(), final_shift]
    scales = [*modulations[:, 1].unbind(), final_scale]
    x, normed = operations.add_norm(
        mixed.flatten(0, 1), located.flatten(0, 1), None, shifts[0], scales[0]
    )  # [G * T, D]
    for block, modulation, next_shift, next_scale in zip(
        model.blocks, modulations, shifts[1:], scales[1:], strict=True
    ):
        _, _, attention_gate, shift, scale, gate = modulation.unbind()
        qkv = operations.linear(normed, block.qkv).unflatten(-1, (3, -1, HEAD_WIDTH))
        attended = attend(*operations.rotate(_normalize_heads(qkv, block), rope))
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


def linear(x: Tensor, weights: Linear) -> Tensor:
    """Return an affine map."""
    return functional.linear(x, *weights)


def linear_gelu(x: Tensor, weights: Linear) -> Tensor:
    """Return GELU, in its tanh approximation, of an affine map."""
    if x.is_cuda:  # cuBLAS applies it before the product leaves the chip: one pass less
        return torch._addmm_activation(weights.bias, x, weights.weight.T, use_gelu=True)  # noqa: SLF001
    return functional.gelu(functional.linear(x, *weights), approximate="tanh")


def locate(x: Tensor, entry: Entry, is_frame: Tensor) -> Tensor:
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


def add_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Return `x + gate * y`, and that normalised, scaled and shifted; all `[G * T, D]`.

    `gate`, `shift` and `scale` are `[D]` float32; no gate adds `y` as it is.
    """
    total = x + y if gate is None else torch.addcmul(x.float(), gate, y.float()).to(x.dtype)
    normed = functional.layer_norm(total.float(), x.shape[-1:], 1 + scale, shift, EPSILON)
    return total, normed.to(x.dtype)


def rotate(qkv: Tensor, rope: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return query and key turned by the angles of the position, and value, of `[G * T, 3, H, d]`.

    Channels i and i + d / 2 are a pair; upstream's are 2 i and 2 i + 1, see `split_pairs`.
    """
    first, second = qkv[:, :2, : rope.heads].float().chunk(2, dim=-1)
    cos, sin = rope.cos[:, None], rope.sin[:, None]
    turned = torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
    turned = torch.cat([turned.to(qkv.dtype), qkv[:, :2, rope.heads :]], dim=2)
    return turned[:, 0], turned[:, 1], qkv[:, 2]


class Operations(NamedTuple):
    """What hardware does better in its own way (`kernels`, `processor`): here in plain torch."""

    locate: Callable[[Tensor, Entry, Tensor], Tensor] = locate
    add_norm: Callable[..., tuple[Tensor, Tensor]] = add_norm
    rotate: Callable[[Tensor, Rotation], tuple[Tensor, Tensor, Tensor]] = rotate
    linear: Callable[[Tensor, Linear], Tensor] = linear
    linear_gelu: Callable[[Tensor, Linear], Tensor] = linear_gelu
    depthwise: Callable[[Tensor, Linear], Tensor] = depthwise


def split_pairs(weight: Tensor) -> Tensor:
    """Return the rows of `weight`, `[n * d, ...]`, with the even ones of each head first.

    Query and key meet in a scalar product only, so the order of their channels is free, and halves
    are read from memory in wider pieces than pairs.
    """
    return weight.unflatten(0, (-1, HEAD_WIDTH // 2, 2)).transpose(1, 2).flatten(0, 2)
