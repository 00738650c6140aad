"""Attention over packed items: every item sees itself alone.

Shapes: T frames of the packed row, t of one item, G copies of the row, H heads, d head width.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.layout import Layout, boundaries
from bot.engine.f5.model.operations import Attend

_FLASH_CAPABILITY = (8, 0)  # Ampere; flash attention has no kernels for older devices


def supports_packed(device: torch.device, dtype: torch.dtype) -> bool:
    """Return whether `Packed` kernels run: flash attention of varying lengths, half precision."""
    return (
        device.type == "cuda"
        and dtype in (torch.float16, torch.bfloat16)
        and torch.cuda.get_device_capability(device) >= _FLASH_CAPABILITY
        and torch.backends.cuda.is_flash_attention_available()
    )


class Packed(NamedTuple):
    """Attention in one kernel whose lengths are data, so that one CUDA graph serves all layouts."""

    table: Callable[[Layout, int, int], Tensor]
    """Lengths as the kernel reads them, on the host: of layout, copies and the most items."""
    attend: Callable[[Tensor], Attend]
    """Attention by such a table on the device, read anew at every call."""


def flash() -> Packed:
    """Return the kernel that comes with torch."""

    def attend(table: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        # torch.nn.attention.varlen, public since torch 2.10, wraps the same operator.
        longest, dropout, is_causal, debugs = len(query), 0.0, False, False
        output: Tensor = torch.ops.aten._flash_attention_forward(  # noqa: SLF001 - see above
            query, key, value, table, table, longest, longest, dropout, is_causal, debugs
        )[0]
        return output.flatten(1)

    return Packed(boundaries, lambda table: partial(attend, table))


def per_item(spans: Sequence[tuple[int, int]], copies: int = 1) -> Attend:
    """Return attention item by item, for CPUs and GPUs without flash attention.

    `spans` are those of one copy of the row. Frames outside attend to nothing and are zero.
    """

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        rows = [x.unflatten(0, (copies, -1)).transpose(1, 2) for x in (query, key, value)]
        length = rows[0].shape[2]  # [G, H, T, d]
        pieces, position = [], 0
        for start, end in [*spans, (length, length)]:
            if position < start:
                gap = query.new_zeros(copies, start - position, *query.shape[1:])
                pieces.append(gap)
            if start < end:
                q, k, v = (x[:, :, start:end] for x in rows)
                attended = functional.scaled_dot_product_attention(q, k, v)
                pieces.append(attended.transpose(1, 2))  # [G, t, H, d]
            position = end
        # A single item needs no copy: the kernel for CPUs writes it in this order.
        output = pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=1)
        return output.reshape(len(query), -1)

    return attend
