"""Operations of the transformer that hardware has its own versions of, here in plain torch.

`kernels` replaces them on GPUs, `cpu` on CPUs. Rotations and normalisations are float32 at every
precision.

Shapes: T frames of the packed row, G copies of it, D model width, C channels, H heads, d head
width.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

HEAD_WIDTH = 64
POSITION_TAPS = 31
POSITION_GROUPS = 16
EPSILON = 1e-6


class Linear(NamedTuple):
    """Affine map."""

    weight: Tensor
    """`[out, in]`; of a convolution `[out, in / groups, taps]`."""
    bias: Tensor
    """`[out]`"""


class Rotation(NamedTuple):
    """Rotary position embedding (arXiv 2104.09864) of the frames: float32 `[G * T, 1, d / 2]`."""

    cos: Tensor
    sin: Tensor
    heads: int
    """Number of heads that are rotated, the first ones."""


Attend: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Attention: query, key and value, each `[G * T, H, d]`, to `[G * T, H * d]`."""


def linear(x: Tensor, weights: Linear) -> Tensor:
    """Return an affine map, `[n, out]` of `[n, in]`."""
    return functional.linear(x, *weights)


def linear_gelu(x: Tensor, weights: Linear) -> Tensor:
    """Return GELU, in its tanh approximation, of an affine map, `[n, out]` of `[n, in]`."""
    if x.is_cuda:  # cuBLAS applies it before the product leaves the chip: one pass less
        return torch._addmm_activation(weights.bias, x, weights.weight.T, use_gelu=True)  # noqa: SLF001
    return functional.gelu(functional.linear(x, *weights), approximate="tanh")


def depthwise(x: Tensor, weights: Linear) -> Tensor:
    """Return a convolution over time of each channel by itself, `[G, T, C]` of `x`, `[G, T, C]`."""
    padding = weights.weight.shape[-1] // 2
    # cuDNN compiles a kernel for every new length, which takes a quarter of a second on an H100.
    with torch.backends.cudnn.flags(enabled=False):
        y = functional.conv1d(x.transpose(1, 2), *weights, padding=padding, groups=x.shape[-1])
    return y.transpose(1, 2)


def embed_positions(x: Tensor, convolutions: Sequence[Linear], is_frame: Tensor) -> Tensor:
    """Return the convolutional position embedding of `x`, both `[G, T, D]`.

    Frames outside `is_frame`, bool `[T]`, count as zero.
    """
    keep = is_frame[:, None]
    for convolution in convolutions:
        x = functional.conv1d(
            x.where(keep, 0).transpose(1, 2),
            *convolution,
            padding=POSITION_TAPS // 2,
            groups=POSITION_GROUPS,
        ).transpose(1, 2)
        x = functional.mish(x)
    return x


def add_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Return `x + gate * y`, and that normalised, scaled and shifted; all `[G * T, D]`.

    `gate`, `shift` and `scale` are `[D]` float32; no gate adds `y` as it is.
    """
    total = x + y if gate is None else torch.addcmul(x.float(), gate, y.float()).to(x.dtype)
    normed = functional.layer_norm(total.float(), x.shape[-1:], 1 + scale, shift, EPSILON)
    return total, normed.to(x.dtype)


def rotate(qkv: Tensor, rope: Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return query and key turned by the angles of the position, and value, of `[G * T, 3, H, d]`.

    Channels i and i + d / 2 are a pair; upstream's are 2 i and 2 i + 1, see `split_pairs`.
    """
    first, second = qkv[:, :2, : rope.heads].float().chunk(2, dim=-1)  # [G * T, 2, H, d / 2]
    cos, sin = rope.cos[:, None], rope.sin[:, None]  # [G * T, 1, 1, d / 2]
    turned = torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
    turned = torch.cat([turned.to(qkv.dtype), qkv[:, :2, rope.heads :]], dim=2)
    return turned[:, 0], turned[:, 1], qkv[:, 2]


def split_pairs(weight: Tensor) -> Tensor:
    """Return the rows of `weight`, `[n * d, ...]`, with the even ones of each head first.

    Query and key meet in a scalar product only, so the order of their channels is free, and halves
    are read from memory in wider pieces than pairs.
    """
    return weight.unflatten(0, (-1, HEAD_WIDTH // 2, 2)).transpose(1, 2).flatten(0, 2)


class Operations(NamedTuple):
    """Version of each operation that a device uses."""

    embed_positions: Callable[[Tensor, Sequence[Linear], Tensor], Tensor] = embed_positions
    add_norm: Callable[..., tuple[Tensor, Tensor]] = add_norm
    rotate: Callable[[Tensor, Rotation], tuple[Tensor, Tensor, Tensor]] = rotate
    linear: Callable[[Tensor, Linear], Tensor] = linear
    linear_gelu: Callable[[Tensor, Linear], Tensor] = linear_gelu
    depthwise: Callable[[Tensor, Linear], Tensor] = depthwise
