"""Products of 8-bit integers, for CPUs that have instructions for them (VNNI).

They take a third of the time of float32 products, which are half of a transformer's time. Weights
have a scale for each output channel; activations have one scale and zero per product, taken from
their own range each time (dynamic quantisation, arXiv 2004.09602). The operators are oneDNN's,
private to torch; without them the model is computed in float32.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.dit import Block
from bot.engine.f5.model.operations import Linear

_LEVELS = 254.0
"""Levels of an activation in use, of 255: rounding must not leave the range."""
_SHIFT = 2.0**23
_TINY = torch.finfo(torch.float32).tiny
_TOLERANCE = 0.02
"""Largest absolute error of the product that `works` tries."""

Take = Callable[..., Tensor]
"""Source of uninitialised float32 memory: kind and shape to the same memory at every call."""


class Packed(Linear):
    """Affine map with a weight of 8 bits, in oneDNN's own order."""

    scale: Tensor
    """Scale of each output channel, float32 `[out]`."""
    zero: Tensor
    """Zero of each output channel, int32 `[out]`, all 0."""


def pack(linear: Linear) -> Packed:
    """Return the map with a weight of 8 bits; `linear` is float32, `[out, in]`."""
    scale = linear.weight.abs().amax(dim=1).clamp(min=_TINY) / 127
    weight = (linear.weight / scale[:, None]).round().to(torch.int8)
    packed = Packed(torch.ops.onednn.qlinear_prepack(weight, None), linear.bias)
    packed.scale, packed.zero = scale, torch.zeros(len(scale), dtype=torch.int32)
    return packed


def pack_block(block: Block) -> Block:
    """Return a transformer block with products of 8 bits."""
    return block._replace(
        qkv=pack(block.qkv), out=pack(block.out), up=pack(block.up), down=pack(block.down)
    )


def multiply(take: Take, x: Tensor, packed: Linear, *, gelu: bool = False) -> Tensor:
    """Return the affine map of `x`, `[n, in]`, or GELU (tanh) of it: float32 `[n, out]`."""
    assert isinstance(packed, Packed)
    x = x.float()  # attention may be bfloat16
    grid = _grid_of(x)
    if grid is None:
        return x.new_full((len(x), len(packed.scale)), math.nan)
    result: Tensor = torch.ops.onednn.qlinear_pointwise(
        _quantize(take, x, grid), grid.step, grid.zero,
        packed.weight, packed.scale, packed.zero, packed.bias,
        1.0, 0, torch.float32, *(("gelu", [], "tanh") if gelu else ("none", [], "")),
    )  # fmt: skip
    return result


class PackedConvolution(NamedTuple):
    """Grouped convolution over time, padded by half its taps, with a weight of 8 bits."""

    map: Packed
    groups: int
    reach: int
    """Frames of padding at each end."""
    sums: Tensor
    """Sum of each output channel's weights, float32 `[out]`."""


def pack_convolution(convolution: Linear, groups: int) -> PackedConvolution:
    """Return the convolution with a weight of 8 bits; `convolution` is float32."""
    scale = convolution.weight.abs().amax(dim=(1, 2)).clamp(min=_TINY) / 127
    weight = (convolution.weight / scale[:, None, None]).round().to(torch.int8)
    packed = Packed(
        torch.ops.onednn.qconv_prepack(weight, scale, 1.0, 0, [1], [0], [1], groups, None),
        convolution.bias,
    )
    packed.scale, packed.zero = scale, torch.zeros(len(scale), dtype=torch.int32)
    reach = weight.shape[-1] // 2
    return PackedConvolution(packed, groups, reach, weight.float().sum(dim=(1, 2)) * scale)


def convolve(take: Take, x: Tensor, packed: PackedConvolution) -> Tensor:
    """Return the convolution of `x`, both float32 `[T, C]`."""
    grid = _grid_of(x)
    if grid is None:
        return torch.full_like(x, math.nan)
    reach = packed.reach
    padded = _bytes(take, "padded", len(x) + 2 * reach, x.shape[1])
    padded[:reach], padded[len(x) + reach :] = grid.zero, grid.zero
    _quantize(take, x, grid, padded[reach : len(x) + reach])
    # oneDNN 3.12 computes some lengths wrong on AMX if the levels have a zero of their own; what
    # that adds is the same for every frame of a row that is padded with it.
    weight, bias = packed.map
    bias = bias - packed.sums * (grid.step * grid.zero)
    result: Tensor = torch.ops.onednn.qconv1d_pointwise(
        padded.T[None], grid.step, 0, weight, packed.map.scale, packed.map.zero, bias,
        [1], [0], [1], packed.groups, 1.0, 0, torch.float32, "none", [], "",
    )[0].T  # fmt: skip
    return result


class _Grid(NamedTuple):
    """Levels of an activation."""

    step: float
    zero: int


def _grid_of(x: Tensor) -> _Grid | None:
    """Return levels for the range of `x`; None if it is not finite, which integers would hide."""
    low, high = min(float(x.amin()), 0.0), max(float(x.amax()), 0.0)
    step = (high - low) / _LEVELS or 1.0
    if not math.isfinite(step):
        return None
    # Rounded up: a level under 0 would not lie behind `_SHIFT`.
    return _Grid(step, math.ceil(-low / step))


def _quantize(take: Take, x: Tensor, grid: _Grid, out: Tensor | None = None) -> Tensor:
    """Return the levels of `x`, `[n, m]`, as bytes; valid until the next call, or in `out`."""
    # In float32 a number of `_SHIFT` and more ends in its integer, rounded. Two fast passes;
    # torch's own conversion to bytes alone takes longer than both.
    levels = torch.add(
        torch.tensor(grid.zero + _SHIFT), x, alpha=1 / grid.step, out=take("levels", *x.shape)
    )
    out = _bytes(take, "bytes", *x.shape) if out is None else out
    return out.copy_(levels.view(torch.int32))


def _bytes(take: Take, kind: str, rows: int, columns: int) -> Tensor:
    """Return uninitialised bytes `[rows, columns]`, the same memory for every call of a kind."""
    size = rows * columns
    return take(kind, -(-size // 4)).view(torch.uint8)[:size].view(rows, columns)


def works() -> bool:
    """Return whether this CPU has the instructions, and this torch the operators, and is right."""
    # Without the instructions oneDNN is slower than float32. Private, so absent in some versions.
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", bool)
    if not has_instructions():
        return False
    x, linear = torch.linspace(-3, 3, 64).reshape(4, 16), Linear(torch.eye(16), torch.ones(16))
    convolution = Linear(functional.pad(torch.eye(16)[..., None], (1, 1)), torch.ones(16))

    def take(_: object, *shape: int) -> Tensor:
        return torch.empty(shape)

    try:
        results = (
            multiply(take, x, pack(linear)),
            convolve(take, x, pack_convolution(convolution, groups=1)),
        )
    except (AttributeError, RuntimeError, TypeError):
        return False
    return all(torch.allclose(result, x + 1, atol=_TOLERANCE) for result in results)
