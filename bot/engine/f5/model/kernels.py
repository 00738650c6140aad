"""Triton kernels for operations that libraries do slowly or in many passes.

On an H200 cuDNN takes 250 us for the grouped convolution (group by group), this one 25; torch's
flash attention for variable lengths 30 us at 1 s of speech and 386 us in a batch of 16, this one 20
and 300 (tests/bench/results). For convolutions of single channels cuDNN compiles a kernel for every
new length, which takes a quarter of a second on an H100, and needs 17 us then, this one 3.
"""

from collections.abc import Sequence
from functools import partial

import torch
import triton
import triton.language as tl
from torch import Tensor

from bot.engine.f5.model.attention import Packed
from bot.engine.f5.model.layout import query_blocks
from bot.engine.f5.model.operations import POSITION_GROUPS, Linear, Operations, Rotation

QUERY_BLOCK = 64
_KEY_BLOCK = 64
_FRAME_BLOCK = 128
_DEPTHWISE_FRAMES, _DEPTHWISE_CHANNELS = 16, 128
_LOG2_E = 1.4426950408889634


@triton.jit
def _attend(
    query, key, value, output, blocks, scale,
    query_stride, key_stride, value_stride, output_stride,
    WIDTH: tl.constexpr, ROWS: tl.constexpr, KEYS: tl.constexpr,
):  # fmt: skip
    block, head = tl.program_id(0), tl.program_id(1)
    first = tl.load(blocks + 3 * block)
    start = tl.load(blocks + 3 * block + 1)
    end = tl.load(blocks + 3 * block + 2)
    if first >= end:
        return
    rows = first + tl.arange(0, ROWS)
    channels = head * WIDTH + tl.arange(0, WIDTH)
    is_row = (rows < end)[:, None]
    q = tl.load(query + rows[:, None] * query_stride + channels[None, :], is_row, 0.0)
    top = tl.full([ROWS], float("-inf"), tl.float32)
    total = tl.zeros([ROWS], tl.float32)
    sums = tl.zeros([ROWS, WIDTH], tl.float32)
    whole_end = start + (end - start) // KEYS * KEYS
    for position in tl.range(start, whole_end, KEYS):
        keys = position + tl.arange(0, KEYS)
        k = tl.load(key + keys[None, :] * key_stride + channels[:, None])
        v = tl.load(value + keys[:, None] * value_stride + channels[None, :])
        logits = tl.dot(q, k)
        new_top = tl.maximum(top, tl.max(logits, 1) * scale)
        weights = tl.exp2(logits * scale - new_top[:, None])
        decay = tl.exp2(top - new_top)
        total = total * decay + tl.sum(weights, 1)
        sums = tl.dot(weights.to(v.dtype), v, sums * decay[:, None])
        top = new_top
    if whole_end < end:
        keys = whole_end + tl.arange(0, KEYS)
        is_key = keys < end
        k = tl.load(key + keys[None, :] * key_stride + channels[:, None], is_key[None, :], 0.0)
        v = tl.load(value + keys[:, None] * value_stride + channels[None, :], is_key[:, None], 0.0)
        logits = tl.where(is_key[None, :], tl.dot(q, k), float("-inf"))
        new_top = tl.maximum(top, tl.max(logits, 1) * scale)
        weights = tl.exp2(logits * scale - new_top[:, None])
        decay = tl.exp2(top - new_top)
        total = total * decay + tl.sum(weights, 1)
        sums = tl.dot(weights.to(v.dtype), v, sums * decay[:, None])
    result = (sums / total[:, None]).to(output.dtype.element_ty)
    tl.store(output + rows[:, None] * output_stride + channels[None, :], result, is_row)


def attend(query: Tensor, key: Tensor, value: Tensor, blocks: Tensor) -> Tensor:
    """Return attention inside sequences, `[T, H * d]`, of tensors `[T, H, d]`.

    `blocks`, int32 `[n, 3]`, names for each block of at most 64 queries its first row, and first
    row and end of the sequence; a block that begins at its end is skipped. Rows of no sequence are
    left as they are in memory.
    """
    length, heads, width = query.shape
    output = query.new_empty(length, heads * width)
    _attend[(len(blocks), heads)](
        query, key, value, output, blocks, _LOG2_E / width**0.5,
        query.stride(0), key.stride(0), value.stride(0), output.stride(0),
        WIDTH=width, ROWS=QUERY_BLOCK, KEYS=_KEY_BLOCK, num_warps=4, num_stages=3,
    )  # fmt: skip
    return output


def packed() -> Packed:
    """Return attention by this kernel."""
    return Packed(
        partial(query_blocks, rows=QUERY_BLOCK), lambda blocks: partial(attend, blocks=blocks)
    )


@triton.jit
def _convolve(
    source, keep, weight, bias, output, length, channels,
    WIDTH: tl.constexpr, PADDED: tl.constexpr, TAPS: tl.constexpr, ROWS: tl.constexpr,
):  # fmt: skip
    block, group, copy = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    source += copy.to(tl.int64) * length * channels
    output += copy.to(tl.int64) * length * channels
    rows = block * ROWS + tl.arange(0, ROWS)
    lanes = tl.arange(0, PADDED)
    is_lane = lanes < WIDTH
    weight += group * TAPS * WIDTH * WIDTH
    sums = tl.zeros([ROWS, PADDED], tl.float32)
    for tap in tl.range(TAPS):
        at = rows + (tap - TAPS // 2)
        is_inside = (at >= 0) & (at < length)
        is_kept = tl.load(keep + at, is_inside, 0) != 0
        x = tl.load(
            source + at[:, None] * channels + group * WIDTH + lanes[None, :],
            is_kept[:, None] & is_lane[None, :],
            0.0,
        )
        w = tl.load(
            weight + tap * WIDTH * WIDTH + lanes[:, None] * WIDTH + lanes[None, :],
            is_lane[:, None] & is_lane[None, :],
            0.0,
        )
        sums = tl.dot(x, w, sums)
    y = sums + tl.load(bias + group * WIDTH + lanes, is_lane, 0.0).to(tl.float32)[None, :]
    # Mish is y * tanh(log(1 + e^y)); with n = e^y (e^y + 2) that is y * n / (n + 2). Past 20 the
    # quotient is 1 in float32, and the exponential must not overflow.
    power = tl.exp(tl.minimum(y, 20.0))
    product = power * (power + 2.0)
    y = y * (product / (product + 2.0))
    tl.store(
        output + rows[:, None] * channels + group * WIDTH + lanes[None, :],
        y.to(output.dtype.element_ty),
        (rows < length)[:, None] & is_lane[None, :],
    )


def convolve_mish(x: Tensor, keep: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return Mish of a grouped convolution over time, `[G, T, D]`, of `x`, `[G, T, D]`.

    Frames that `keep`, bool `[T]`, leaves out count as zero. `weight` is `[groups, taps, in, out]`.
    """
    copies, length, channels = x.shape
    groups, taps, width, _ = weight.shape
    output = torch.empty_like(x)
    _convolve[(triton.cdiv(length, _FRAME_BLOCK), groups, copies)](
        x, keep, weight, bias, output, length, channels,
        WIDTH=width, PADDED=max(16, triton.next_power_of_2(width)), TAPS=taps, ROWS=_FRAME_BLOCK,
        num_warps=4, num_stages=3,
    )  # fmt: skip
    return output


@triton.jit
def _convolve_channels(
    source, weight, bias, output, length, channels,
    TAPS: tl.constexpr, ROWS: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    block, part, copy = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    source += copy.to(tl.int64) * length * channels
    output += copy.to(tl.int64) * length * channels
    rows = block * ROWS + tl.arange(0, ROWS)
    lanes = part * LANES + tl.arange(0, LANES)
    is_lane = lanes < channels
    sums = tl.zeros([ROWS, LANES], tl.float32)
    sums += tl.load(bias + lanes, is_lane, 0.0).to(tl.float32)[None, :]
    for tap in tl.static_range(TAPS):
        at = rows + (tap - TAPS // 2)
        is_inside = (at >= 0) & (at < length)
        x = tl.load(
            source + at[:, None] * channels + lanes[None, :],
            is_inside[:, None] & is_lane[None, :],
            0.0,
        )
        w = tl.load(weight + lanes * TAPS + tap, is_lane, 0.0)
        sums += x.to(tl.float32) * w.to(tl.float32)[None, :]
    tl.store(
        output + rows[:, None] * channels + lanes[None, :],
        sums.to(output.dtype.element_ty),
        (rows < length)[:, None] & is_lane[None, :],
    )


def depthwise(x: Tensor, weights: Linear) -> Tensor:
    """Return what `operations.depthwise` returns."""
    x = x.contiguous()
    copies, length, channels = x.shape
    output = torch.empty_like(x)
    blocks = triton.cdiv(length, _DEPTHWISE_FRAMES), triton.cdiv(channels, _DEPTHWISE_CHANNELS)
    _convolve_channels[(*blocks, copies)](
        x, *weights, output, length, channels,
        TAPS=weights.weight.shape[-1], ROWS=_DEPTHWISE_FRAMES, LANES=_DEPTHWISE_CHANNELS,
        num_warps=4,
    )  # fmt: skip
    return output


@triton.jit
def normalize_sum(
    left, right, gate, shift, scale, total, at, channels, is_channel, width,
    HAS_GATE: tl.constexpr,
):  # fmt: skip
    """Store the sum of a row; return its norm, float32."""
    x = tl.load(left + at, is_channel, 0.0).to(tl.float32)
    y = tl.load(right + at, is_channel, 0.0).to(tl.float32)
    if HAS_GATE:
        y *= tl.load(gate + channels, is_channel, 0.0)
    rounded = (x + y).to(total.dtype.element_ty)
    tl.store(total + at, rounded, is_channel)
    x = rounded.to(tl.float32)
    centred = tl.where(is_channel, x - tl.sum(x) / width, 0.0)
    variance = tl.sum(centred * centred) / width
    y = centred * tl.rsqrt(variance + 1e-6)
    y = y * (1 + tl.load(scale + channels, is_channel, 0.0))
    return y + tl.load(shift + channels, is_channel, 0.0)


@triton.jit
def _add_norm(
    left, right, gate, shift, scale, total, normed, width,
    HAS_GATE: tl.constexpr, PADDED: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    channels = tl.arange(0, PADDED)
    is_channel = channels < width
    at = row * width + channels
    y = normalize_sum(
        left, right, gate, shift, scale, total, at, channels, is_channel, width, HAS_GATE
    )
    tl.store(normed + at, y.to(normed.dtype.element_ty), is_channel)


def add_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what `operations.add_norm` returns, in one pass over the memory."""
    length, width = x.shape
    total, normed = torch.empty_like(x), torch.empty_like(x)
    _add_norm[(length,)](
        x, y, shift if gate is None else gate, shift, scale, total, normed, width,
        HAS_GATE=gate is not None, PADDED=triton.next_power_of_2(width), num_warps=4,
    )  # fmt: skip
    return total, normed


@triton.jit
def _rotate(
    qkv, cos, sin, heads,
    HEADS: tl.constexpr, HALF: tl.constexpr, PADDED: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    part = tl.program_id(1)
    lanes = tl.arange(0, HALF)
    numbers = tl.arange(0, PADDED)
    c = tl.load(cos + row * HALF + lanes)[None, :]
    s = tl.load(sin + row * HALF + lanes)[None, :]
    at = qkv + ((row * 3 + part) * HEADS + numbers[:, None]) * 2 * HALF + lanes[None, :]
    is_head = (numbers < heads)[:, None]
    first = tl.load(at, is_head, 0.0).to(tl.float32)
    second = tl.load(at + HALF, is_head, 0.0).to(tl.float32)
    tl.store(at, (first * c - second * s).to(qkv.dtype.element_ty), is_head)
    tl.store(at + HALF, (second * c + first * s).to(qkv.dtype.element_ty), is_head)


def rotate(qkv: Tensor, rope: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `operations.rotate` returns; `qkv` is changed in place."""
    length, _, heads, width = qkv.shape
    _rotate[(length, 2)](
        qkv, rope.cos, rope.sin, rope.heads,
        HEADS=heads, HALF=width // 2, PADDED=triton.next_power_of_2(heads), num_warps=2,
    )  # fmt: skip
    query, key, value = qkv.unbind(1)
    return query, key, value


def operations(positions: Sequence[Linear]) -> Operations:
    """Return the operations of a model with these convolutions of the position embedding."""
    convolutions = [
        Linear(
            weight.unflatten(0, (POSITION_GROUPS, -1)).permute(0, 3, 2, 1).contiguous(),
            bias,
        )  # weight [groups, taps, in, out]
        for weight, bias in positions
    ]
    return Operations(
        partial(_embed_positions, convolutions), add_norm, rotate, depthwise=depthwise
    )


def _embed_positions(
    convolutions: Sequence[Linear], x: Tensor, _: Sequence[Linear], is_frame: Tensor
) -> Tensor:
    for convolution in convolutions:
        x = convolve_mish(x, is_frame, *convolution)
    return x
