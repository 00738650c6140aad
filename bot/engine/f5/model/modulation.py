"""AdaLN modulations: shift, scale and gate by which the transformer's blocks know the time step.

They depend on the time alone, so they are computed once per schedule. Their matrices are 41 % of
F5TTS_v1_Base; they are read from the checkpoint (a memory map) when a schedule needs them and never
reach the device.

Shapes: S steps, D model width.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

SINUSOIDS = 256


class Modulations(NamedTuple):
    """Modulations for every step of a schedule, float32."""

    blocks: Tensor
    """`[S, depth, 6, D]`: shift, scale and gate of attention, then those of the feed-forward."""
    final: Tensor
    """`[S, 2, D]`: scale and shift before the output."""


def modulations(read: Callable[[str], Tensor], depth: int, times: Tensor) -> Modulations:
    """Return the modulations at `times`, `[S]`; `read` gives a tensor of upstream's `DiT`."""
    parts = (read(f"time_embed.time_mlp.{i}.{kind}") for i in (0, 2) for kind in ("weight", "bias"))
    first_weight, first_bias, second_weight, second_bias = (part.float() for part in parts)
    hidden = functional.silu(functional.linear(_sinusoids(times), first_weight, first_bias))
    embedded = functional.silu(functional.linear(hidden, second_weight, second_bias))  # [S, D]

    def map_times(name: str, vectors: int) -> Tensor:
        weight, bias = read(f"{name}.weight").float(), read(f"{name}.bias").float()
        return functional.linear(embedded, weight, bias).unflatten(-1, (vectors, -1))

    blocks = [map_times(f"transformer_blocks.{i}.attn_norm.linear", 6) for i in range(depth)]
    return Modulations(torch.stack(blocks, dim=1), map_times("norm_out.linear", 2))


def _sinusoids(times: Tensor) -> Tensor:
    """Return sines, then cosines, float32 `[S, 256]`; times are scaled by 1000 as in training."""
    half = SINUSOIDS // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(10_000) / (half - 1)))
    angles = 1000 * times.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
