"""What a processor does better than by the plain operations of `dit`: fewer passes over memory.

On two cores the matrix products and attention take most of the time and run near the hardware's
limit; what can be saved lies between them (tests/bench/results/f5.md). Everything here is float32;
other types are left to the plain operations.

Shapes: T frames of the packed row, G copies of it, D width, H heads, d width of a head.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5 import dit
from bot.engine.f5.dit import HEAD_WIDTH, POSITION_GROUPS, Block, DiT, Entry, Linear, Operations
from bot.engine.f5.vocos import ConvNeXt, Vocos

_FAR = 20.0
"""From here on Mish is the identity in float32, and its exponential must not overflow."""


def tune(model: DiT) -> tuple[DiT, Operations]:
    """Return the model in the layouts that the returned operations want."""
    if model.output.weight.dtype is not torch.float32:
        return model, Operations()
    can_fuse = _can_fuse_gelu()
    blocks = tuple(_tune_block(block, can_fuse=can_fuse) for block in model.blocks)
    return model._replace(blocks=blocks), Operations(
        locate=_locate,
        add_norm=_add_norm,
        rotate=_rotate,
        linear_gelu=_linear_gelu if can_fuse else dit.linear_gelu,
    )


def _tune_block(block: Block, *, can_fuse: bool) -> Block:
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
        up=_pack(block.up) if can_fuse else block.up,
    )


def _join_pairs(weight: Tensor) -> Tensor:
    """Undo `dit.split_pairs`."""
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


def _linear_gelu(x: Tensor, weights: Linear) -> Tensor:
    """Return GELU, in its tanh approximation, of an affine map whose weight is packed."""
    operator: Any = torch.ops.mkldnn._linear_pointwise  # noqa: SLF001 - see `_can_fuse_gelu`
    result: Tensor = operator(x, *weights, "gelu", [], "tanh")
    return result


def _rotate(qkv: Tensor, rope: dit.Rotation) -> tuple[Tensor, Tensor, Tensor]:
    """Return query and key, turned by the angles of the position, and value: each `[G * T, H, d]`.

    `qkv` is `[G * T, 3, H, d]`. Pairs of channels are complex numbers, turned in one pass.
    """
    turns = torch.complex(rope.cos, rope.sin)[:, None]  # [G * T, 1, 1, d / 2]
    # Head by head in memory, since attention reads one head after the other.
    heads = qkv.new_empty(3, qkv.shape[2], len(qkv), HEAD_WIDTH).permute(2, 0, 1, 3)
    torch.mul(_pairs(qkv)[:, :2, : rope.heads], turns, out=_pairs(heads)[:, :2, : rope.heads])
    heads[:, :2, rope.heads :] = qkv[:, :2, rope.heads :]
    heads[:, 2] = qkv[:, 2]
    query, key, value = heads.unbind(1)
    return query, key, value


def _pairs(x: Tensor) -> Tensor:
    """Return a view of neighbouring channels as complex numbers."""
    return torch.view_as_complex(x.unflatten(-1, (-1, 2)))


def _add_norm(
    x: Tensor, y: Tensor, gate: Tensor | None, shift: Tensor, scale: Tensor
) -> tuple[Tensor, Tensor]:
    """Return what `dit.add_norm` returns; `x` is changed in place."""
    total = x.add_(y) if gate is None else x.addcmul_(gate, y)
    return total, functional.layer_norm(total, x.shape[-1:], 1 + scale, shift, dit.EPSILON)


def _locate(x: Tensor, entry: Entry, is_frame: Tensor) -> Tensor:
    """Return the convolutional position embedding of `x`, both `[G, T, D]`."""
    keep = is_frame[:, None]
    for convolution in entry.positions:
        x = functional.conv1d(
            x.where(keep, 0).transpose(1, 2),
            *convolution,
            padding=dit.POSITION_TAPS // 2,
            groups=POSITION_GROUPS,
        ).transpose(1, 2)
        x = _mish(x)
    return x


def _mish(x: Tensor) -> Tensor:
    """Return `x * tanh(log(1 + exp(x)))`: with n = e^x (e^x + 2) that is `x * n / (n + 2)`."""
    power = x.clamp(max=_FAR).exp_()
    product = (power + 2).mul_(power)
    return torch.div(product, product + 2, out=power).mul_(x)
