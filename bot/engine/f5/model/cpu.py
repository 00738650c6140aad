"""Operations and weights as a CPU computes them fastest: fewer passes over memory.

On two cores the matrix products and attention take most of the time and run near the hardware's
limit; what can be saved lies between them (tests/bench/results/f5.md), and in products of 8 bits
for a model that was judged with them. All else here is float32; other types are left to the plain
operations.

Shapes: T frames of the packed row, G copies of it, D model width, H heads, d head width.
"""

import math
import time
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model import int8
from bot.engine.f5.model.dit import Block, DiT
from bot.engine.f5.model.operations import (
    EPSILON,
    HEAD_WIDTH,
    POSITION_GROUPS,
    POSITION_TAPS,
    Linear,
    Operations,
    Rotation,
)

_FRAMES_AT_ONCE = 8
_TRIED_FRAMES, _TRIES, _CLEARLY = 384, 6, 0.8
_MISH_LIMIT = 20.0
"""Input from which Mish is the identity in float32; its exponential must not overflow."""


class _Scratch:
    """Reused memory for results that are used up before the next one of their kind is computed.

    Fresh memory of this size comes from the system page by page, which takes as long as some of
    the operations.
    """

    def __init__(self) -> None:
        self._buffers: dict[object, Tensor] = {}

    def take(self, kind: object, *shape: int) -> Tensor:
        """Return uninitialised float32, the same memory for every call with this `kind`."""
        size = math.prod(shape)
        buffer = self._buffers.get(kind)
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[kind] = torch.empty(size)
        return buffer[:size].view(shape)


def tune(model: DiT, *, in_int8: bool = False) -> tuple[DiT, Operations]:
    """Return the model in the layouts that the returned operations need, and those.

    `in_int8` computes the products of the blocks in 8 bits; see `int8.works`.
    """
    if model.output.weight.dtype is not torch.float32:
        return model, Operations()
    scratch = _Scratch()
    blocks = [_tune_block(block) for block in model.blocks]
    operations = Operations(
        embed_positions=partial(
            _embed_positions, scratch, [_to_toeplitz(part) for part in model.positions]
        ),
        add_norm=_add_norm,
        rotate=_rotate,
        linear=partial(_linear, scratch),
    )
    if in_int8:
        blocks = [int8.pack_block(block) for block in blocks]
        positions = [int8.pack_convolution(part, POSITION_GROUPS) for part in model.positions]
        operations = operations._replace(
            embed_positions=partial(_embed_positions_in_int8, scratch, positions),
            linear=partial(int8.multiply, scratch.take),
            linear_gelu=partial(int8.multiply, scratch.take, gelu=True),
        )
        if _attends_faster_in_bfloat16():
            operations = operations._replace(rotate=_rotate_to_bfloat16)
    elif _can_fuse_gelu():
        blocks = [block._replace(up=_pack(block.up)) for block in blocks]
        operations = operations._replace(linear_gelu=_linear_gelu)
    return model._replace(blocks=tuple(blocks)), operations


def _tune_block(block: Block) -> Block:
    """Return the block with channel pairs side by side, as complex numbers are."""
    *query_and_key, value = (Linear(*parts) for parts in zip(
        *(part.chunk(3) for part in block.qkv), strict=True
    ))  # fmt: skip
    joined = [Linear(*(_join_pairs(part) for part in linear)) for linear in query_and_key]
    norms = [
        None if norm is None else _join_pairs(norm) for norm in (block.query_norm, block.key_norm)
    ]
    return block._replace(
        qkv=Linear(*(torch.cat(parts) for parts in zip(*joined, value, strict=True))),
        query_norm=norms[0],
        key_norm=norms[1],
    )


def _join_pairs(weight: Tensor) -> Tensor:
    """Undo `operations.split_pairs`."""
    return weight.unflatten(0, (-1, 2, HEAD_WIDTH // 2)).transpose(1, 2).flatten(0, 2)


def _pack(linear: Linear) -> Linear:
    return linear._replace(weight=torch.ops.mkldnn._reorder_linear_weight(linear.weight))  # noqa: SLF001


def _can_fuse_gelu() -> bool:
    """Return whether oneDNN is there and applies GELU inside the product.

    The operators are private to torch; what a version lacks is computed plainly.
    """
    if not torch.backends.mkldnn.is_available():
        return False
    x, linear = torch.linspace(-3, 3, 64).reshape(4, 16), Linear(torch.eye(16), torch.ones(16))
    try:
        result = _linear_gelu(x, _pack(linear))
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(result, functional.gelu(x + 1, approximate="tanh"), atol=1e-5)


def _linear(scratch: _Scratch, x: Tensor, weights: Linear) -> Tensor:
    """Return an affine map, `[n, out]` of `[n, in]`, valid until the next of this width."""
    weight, bias = weights
    output = scratch.take(len(weight), len(x), len(weight))
    return torch.addmm(bias, x, weight.T, out=output)


def _linear_gelu(x: Tensor, weights: Linear) -> Tensor:
    """Return GELU, in its tanh approximation, of an affine map whose weight is packed."""
    operator: Any = torch.ops.mkldnn._linear_pointwise  # noqa: SLF001 - see `_can_fuse_gelu`
    result: Tensor = operator(x, *weights, "gelu", [], "tanh")
    return result


def _rotate(qkv: Tensor, rope: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `operations.rotate` returns; `qkv`, `[G * T, 3, H, d]`, is changed in place.

    Pairs of channels are complex numbers, turned in one pass.
    """
    turns = torch.complex(rope.cos, rope.sin)[:, None]  # [G * T, 1, 1, d / 2]
    torch.view_as_complex(qkv.unflatten(-1, (-1, 2)))[:, :2, : rope.heads].mul_(turns)
    query, key, value = qkv.unbind(1)
    return query, key, value


def _rotate_to_bfloat16(qkv: Tensor, rope: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `operations.rotate` returns, rounded to bfloat16 afterwards."""
    _rotate(qkv, rope)
    query, key, value = qkv.bfloat16().unbind(1)
    return query, key, value


def has_bfloat16() -> bool:
    """Return whether this CPU has instructions for bfloat16, which is emulated without them."""
    # Private, so absent in some versions of torch, which is as good as no.
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


@cache
def _attends_faster_in_bfloat16() -> bool:
    """Return whether attention in bfloat16 is clearly faster on this CPU than in float32.

    Measured, in a few hundredths of a second: it takes 0.4 of the time with AMX, and longer where
    the instructions are there but slow.
    """
    if not has_bfloat16() or torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the time of one thread is the same on a busy machine
    try:
        exact, half = (min(_attention_s(dtype)) for dtype in (torch.float32, torch.bfloat16))
    finally:
        torch.set_num_threads(threads)
    return half < _CLEARLY * exact


def _attention_s(dtype: torch.dtype) -> Iterator[float]:
    """Yield the CPU seconds of some calls of attention in this type."""
    query, key, value = torch.randn(3, 1, 6, _TRIED_FRAMES, HEAD_WIDTH).to(dtype).unbind()
    for _ in range(_TRIES):
        begun = time.thread_time()
        functional.scaled_dot_product_attention(query, key, value)
        yield time.thread_time() - begun


def _add_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what `operations.add_norm` returns; `x` is changed in place."""
    total = x.add_(y) if gate is None else x.addcmul_(gate, y)
    return total, functional.layer_norm(total, x.shape[-1:], 1 + scale, shift, EPSILON)


class _Toeplitz(NamedTuple):
    """Grouped convolution over time as one matrix product for each group.

    A row of the input holds all frames that `_FRAMES_AT_ONCE` neighbouring outputs depend on; the
    matrix repeats the taps, moved by a frame each time. That is a quarter more arithmetic than the
    convolution needs, and still twice as fast as oneDNN's.
    """

    matrix: Tensor
    """`[groups, (taps + frames - 1) * D / groups, frames * D / groups]`"""
    bias: Tensor
    """`[groups, 1, frames * D / groups]`"""


def _to_toeplitz(convolution: Linear) -> _Toeplitz:
    width = convolution.weight.shape[1]
    taps = convolution.weight.unflatten(0, (POSITION_GROUPS, width)).permute(0, 3, 2, 1)
    seen = POSITION_TAPS + _FRAMES_AT_ONCE - 1
    matrix = taps.new_zeros(POSITION_GROUPS, seen, width, _FRAMES_AT_ONCE, width)
    for frame in range(_FRAMES_AT_ONCE):
        matrix[:, frame : frame + POSITION_TAPS, :, frame] = taps  # [groups, taps, in, out]
    return _Toeplitz(
        matrix.flatten(3, 4).flatten(1, 2),
        convolution.bias.view(POSITION_GROUPS, 1, width).repeat(1, 1, _FRAMES_AT_ONCE),
    )


def _embed_positions(
    scratch: _Scratch,
    convolutions: Sequence[_Toeplitz],
    x: Tensor,
    _: Sequence[Linear],
    is_frame: Tensor,
) -> Tensor:
    """Return what `operations.embed_positions` returns, with these matrices."""
    copies, length, channels = x.shape
    width, reach = channels // POSITION_GROUPS, POSITION_TAPS // 2
    step = _FRAMES_AT_ONCE * width
    # The copies lie one behind the other with zeros between them, group by group.
    stride = -(-(length + reach) // _FRAMES_AT_ONCE) * _FRAMES_AT_ONCE
    padded = scratch.take("padded", POSITION_GROUPS, 2 * reach + copies * stride, width)
    frames = padded[:, reach:-reach].unflatten(1, (copies, stride))  # [groups, G, S, c]
    padded[:, :reach], padded[:, -reach:], frames[:, :, length:] = 0, 0, 0
    windows = padded.as_strided(
        (POSITION_GROUPS, copies * stride // _FRAMES_AT_ONCE, step + 2 * reach * width),
        (padded.stride(0), step, 1),
    )
    gaps = (~is_frame).nonzero()[:, 0]
    y = x.unflatten(-1, (POSITION_GROUPS, width)).permute(2, 0, 1, 3)  # [groups, G, T, c]
    for matrix, bias in convolutions:
        frames[:, :, :length] = y
        if len(gaps):
            frames.index_fill_(2, gaps, 0)
            # The matrix's zeros must not carry what is not finite over a gap into another item.
            # The item itself stays so: what this is added to still holds it.
            frames.nan_to_num_(0.0, 0.0, 0.0)
        seen = scratch.take("windows", *windows.shape).copy_(windows)
        product = scratch.take("frames", POSITION_GROUPS, windows.shape[1], step)
        torch.baddbmm(bias, seen, matrix, out=product)
        y = _mish(product).view(POSITION_GROUPS, copies, stride, width)[:, :, :length]
    return y.permute(1, 2, 0, 3).flatten(2)


def _embed_positions_in_int8(
    scratch: _Scratch,
    convolutions: Sequence[int8.PackedConvolution],
    x: Tensor,
    _: Sequence[Linear],
    is_frame: Tensor,
) -> Tensor:
    """Return what `operations.embed_positions` returns, in products of 8 bits."""
    copies = []
    for each in x:
        y = each
        for convolution in convolutions:
            # What is not finite stays so, also outside; 8 bits are one item to a row.
            y = _mish(int8.convolve(scratch.take, y.where(is_frame[:, None], 0), convolution))
        copies.append(y)
    return torch.stack(copies)


def _mish(x: Tensor) -> Tensor:
    """Return `x * tanh(log(1 + exp(x)))`: with n = e^x (e^x + 2) that is `x * n / (n + 2)`."""
    power = x.clamp(max=_MISH_LIMIT).exp_()
    product = (power + 2).mul_(power)
    return torch.div(product, product + 2, out=power).mul_(x)
