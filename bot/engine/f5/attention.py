"""Attention over packed items: every item sees itself alone.

Two implementations of one function, by what the hardware offers. Shapes: T frames, H heads, d per
head.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

Attend: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Query, key and value, each `[T, H, d]`, to the attended values, `[T, H * d]`."""

_FLASH_CAPABILITY = (8, 0)  # Ampere; flash attention has no kernels for older devices


def supports_packed(device: torch.device, dtype: torch.dtype) -> bool:
    """Return whether `packed` runs: flash attention for variable lengths, in half precision."""
    return (
        device.type == "cuda"
        and dtype in (torch.float16, torch.bfloat16)
        and torch.cuda.get_device_capability(device) >= _FLASH_CAPABILITY
        and torch.backends.cuda.is_flash_attention_available()
    )


def packed(boundaries: Tensor, max_frames: int) -> Attend:
    """Return attention in one kernel for sequences that begin at `boundaries`, int32 `[n + 1]`.

    Lengths are data, so a CUDA graph of it serves every layout of the same row; no sequence may be
    longer than `max_frames`.
    """

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return _flash(query, key, value, boundaries, max_frames).flatten(1)

    return attend


def _flash(
    query: Tensor, key: Tensor, value: Tensor, boundaries: Tensor, max_frames: int
) -> Tensor:
    # torch.nn.attention.varlen, public since torch 2.10, wraps the same operator.
    output: Tensor = torch.ops.aten._flash_attention_forward(  # noqa: SLF001 - no other name
        query, key, value, boundaries, boundaries, max_frames, max_frames, 0.0, False, False
    )[0]
    return output


def per_item(spans: Sequence[tuple[int, int]]) -> Attend:
    """Return attention item by item, for processors and devices without flash attention.

    Frames outside `spans` attend to nothing and stay zero.
    """

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        output = torch.zeros_like(query, memory_format=torch.contiguous_format)  # [T, H, d]
        for start, end in spans:
            q, k, v = (x[start:end].transpose(0, 1)[None] for x in (query, key, value))
            output[start:end] = functional.scaled_dot_product_attention(q, k, v)[0].transpose(0, 1)
        return output.flatten(1)

    return attend
