"""Normalisation that leaves its result in fp8 as well, in one pass over the memory (Triton).

Rounding an input to fp8 costs a pass of its own, which for the products of a single message takes
as long as fp8 saves. A kernel that has the row in its registers anyway rounds it for nothing but
the bytes that it writes.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from tests.bench.f5.verdicts.rounding import FLOAT8_LARGEST


@triton.jit
def _add_norm_round(
    left, right, gate, shift, scale, total, normed, levels, steps, width, largest,
    HAS_GATE: tl.constexpr, BY_ROW: tl.constexpr, PADDED: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64)
    channels = tl.arange(0, PADDED)
    is_channel = channels < width
    at = row * width + channels
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
    y += tl.load(shift + channels, is_channel, 0.0)
    tl.store(normed + at, y.to(normed.dtype.element_ty), is_channel)
    if BY_ROW:
        step = tl.maximum(tl.max(tl.where(is_channel, tl.abs(y), 0.0)), 1e-12) / largest
        tl.store(steps + row, step)
    else:
        step = tl.load(steps)
    y = y / step
    y = tl.minimum(tl.maximum(y, -largest), largest)
    tl.store(levels + at, y.to(levels.dtype.element_ty), is_channel)


def add_norm_round(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor, *, step: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return what `operations.add_norm` returns, the second in fp8 as well, and its scales.

    `step` is the scale of the whole tensor, a float32 scalar in a tensor; None takes one for each
    row, `[n, 1]`.
    """
    length, width = x.shape
    total, normed = torch.empty_like(x), torch.empty_like(x)
    levels = torch.empty(x.shape, dtype=torch.float8_e4m3fn, device=x.device)
    steps = torch.empty(length, 1, device=x.device) if step is None else step
    _add_norm_round[(length,)](
        x, y, shift if gate is None else gate, shift, scale, total, normed, levels,
        steps, width, FLOAT8_LARGEST,
        HAS_GATE=gate is not None, BY_ROW=step is None, PADDED=triton.next_power_of_2(width),
        num_warps=4,
    )  # fmt: skip
    return total, normed, levels, steps
