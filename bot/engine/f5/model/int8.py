"""Products of 8-bit integers, for processors that have instructions for them (VNNI).

They take a third of the time of float32, and of a transformer's they are half. Weights have a scale
for each output channel; what comes in has one scale and zero, taken from its own range each time
(dynamic quantisation, arXiv 2004.09602). The operators are oneDNN's, private to torch: what a
version lacks is computed in float32.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from bot.engine.f5.model.dit import Block, Linear

_LEVELS = 254.0
"""Of 255: rounding must not leave the range."""
_TOLERANCE = 0.02

Take = Callable[..., Tensor]
"""Uninitialised float32 memory of a shape, the same for every call with this kind."""


class Packed(Linear):
    """An affine map whose weight is 8 bits wide, in oneDNN's own order."""

    scale: Tensor
    """Of each output channel, float32 `[out]`."""
    zero: Tensor
    """int32 `[out]`, all 0."""


def pack(linear: Linear) -> Packed:
    """Return the map with a weight of 8 bits; `linear` is float32, `[out, in]`."""
    scale = linear.weight.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / 127
    weight = (linear.weight / scale[:, None]).round().to(torch.int8)
    packed = Packed(torch.ops.onednn.qlinear_prepack(weight, None), linear.bias)
    packed.scale, packed.zero = scale, torch.zeros(len(scale), dtype=torch.int32)
    return packed


def pack_block(block: Block) -> Block:
    """Return a transformer block whose products are of 8 bits."""
    return block._replace(
        qkv=pack(block.qkv), out=pack(block.out), up=pack(block.up), down=pack(block.down)
    )


def multiply(take: Take, x: Tensor, packed: Linear, *, gelu: bool = False) -> Tensor:
    """Return the affine map of `x`, float32 `[n, out]` of `[n, in]`, and GELU (tanh) of it."""
    assert isinstance(packed, Packed)
    low, high = (float(end) for end in torch.aminmax(x))
    step = (max(high, 0.0) - min(low, 0.0)) / _LEVELS or 1.0
    if not math.isfinite(step):  # it would become a number
        return x.new_full((len(x), len(packed.scale)), math.nan)
    zero = round(-min(low, 0.0) / step)
    # Cutting off what is behind the point rounds what is half a level higher.
    half = torch.tensor(zero + 0.5)
    levels = torch.add(half, x, alpha=1 / step, out=take("levels", *x.shape))
    result: Tensor = torch.ops.onednn.qlinear_pointwise(
        levels.to(torch.uint8), step, zero, packed.weight, packed.scale, packed.zero, packed.bias,
        1.0, 0, torch.float32, *(("gelu", [], "tanh") if gelu else ("none", [], "")),
    )  # fmt: skip
    return result


def works() -> bool:
    """Return whether this processor and this torch have what is used here, and compute it right."""
    # Without the instructions oneDNN computes it slower than float32.
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", bool)
    if not has_instructions():
        return False
    x, linear = torch.linspace(-3, 3, 64).reshape(4, 16), Linear(torch.eye(16), torch.ones(16))
    try:
        result = multiply(lambda _, *shape: torch.empty(shape), x, pack(linear))
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(result, x + 1, atol=_TOLERANCE)
