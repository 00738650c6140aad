"""Products of 8-bit integers, for CPUs that have instructions for them (VNNI).

They take a third of the time of float32 products, which are half of a transformer's time. Weights
have a scale for each output channel; activations have one scale and zero per product, taken from
their own range each time (dynamic quantisation, arXiv 2004.09602). The operators are oneDNN's,
private to torch; without them the model is computed in float32.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from bot.engine.f5.model.dit import Block
from bot.engine.f5.model.operations import Linear

_LEVELS = 254.0
"""Levels of an activation in use, of 255: rounding must not leave the range."""
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
    scale = linear.weight.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / 127
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
    """Return the affine map of `x`, float32 `[n, out]` of `[n, in]`, or GELU (tanh) of it."""
    assert isinstance(packed, Packed)
    low, high = (float(end) for end in torch.aminmax(x))
    step = (max(high, 0.0) - min(low, 0.0)) / _LEVELS or 1.0
    if not math.isfinite(step):  # an integer would hide that
        return x.new_full((len(x), len(packed.scale)), math.nan)
    zero = round(-min(low, 0.0) / step)
    # Truncating x + 0.5 rounds.
    offset = torch.tensor(zero + 0.5)
    levels = torch.add(offset, x, alpha=1 / step, out=take("levels", *x.shape))
    result: Tensor = torch.ops.onednn.qlinear_pointwise(
        levels.to(torch.uint8), step, zero, packed.weight, packed.scale, packed.zero, packed.bias,
        1.0, 0, torch.float32, *(("gelu", [], "tanh") if gelu else ("none", [], "")),
    )  # fmt: skip
    return result


def works() -> bool:
    """Return whether this CPU has the instructions, and this torch the operators, and is right."""
    # Without the instructions oneDNN is slower than float32. Private, so absent in some versions.
    has_instructions = getattr(torch.cpu, "_is_vnni_supported", bool)
    if not has_instructions():
        return False
    x, linear = torch.linspace(-3, 3, 64).reshape(4, 16), Linear(torch.eye(16), torch.ones(16))
    try:
        result = multiply(lambda _, *shape: torch.empty(shape), x, pack(linear))
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(result, x + 1, atol=_TOLERANCE)
