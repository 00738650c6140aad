"""Normalisation that leaves its result in fp8 as well, in one pass over the memory (Triton).

Rounding an input to fp8 costs a pass of its own, which takes longer than fp8 saves. A kernel that
has the row in its registers anyway rounds it for nothing but the bytes that it writes.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from bot.engine.f5.model.kernels import normalize_sum
from tests.bench.f5.verdicts.rounding import FLOAT8_LARGEST


@triton.jit
def _add_norm_round(
    left, right, gate, shift, scale, total, normed, levels, step, width, largest,
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
    y = y / tl.load(step)
    y = tl.minimum(tl.maximum(y, -largest), largest)
    tl.store(levels + at, y.to(levels.dtype.element_ty), is_channel)


def add_norm_round(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor, *, step: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `operations.add_norm` returns, and the second in fp8 as well.

    `step` is the scale of the whole tensor, a float32 scalar in a tensor.
    """
    length, width = x.shape
    total, normed = torch.empty_like(x), torch.empty_like(x)
    levels = torch.empty(x.shape, dtype=torch.float8_e4m3fn, device=x.device)
    _add_norm_round[(length,)](
        x, y, shift if gate is None else gate, shift, scale, total, normed, levels,
        step, width, FLOAT8_LARGEST,
        HAS_GATE=gate is not None, PADDED=triton.next_power_of_2(width), num_warps=4,
    )  # fmt: skip
    return total, normed, levels
