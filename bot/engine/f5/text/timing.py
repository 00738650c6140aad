"""Durations of phonemes: a small convolutional network, and the spreading over mel frames.

Trained on the durations of the teacher (`training/durations.py`). Shapes: n symbols, C channels.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.model.operations import Linear

TAPS = 5
UNIT_S = 0.025
"""Unit that the network counts in."""
_EPSILON = 1e-5


class TimingBlock(NamedTuple):
    """Normalisation and convolution beside a residual connection."""

    norm: Linear
    convolution: Linear
    """`[C, C, 5]`"""


class Timing(NamedTuple):
    """Weights of the network."""

    embedding: Tensor
    """`[symbols, C]`"""
    blocks: tuple[TimingBlock, ...]
    norm: Linear
    output: Linear
    """`[1, C]`"""


def load_timing(state: Mapping[str, Tensor]) -> Timing:
    """Return the network of a state dict of `training.durations.DurationModel`, in float32.

    Raises:
        KeyError: a tensor is missing.
    """

    def linear(name: str) -> Linear:
        return Linear(state[f"{name}.weight"].float(), state[f"{name}.bias"].float())

    depth = sum(name.endswith("convolution.weight") for name in state)
    blocks = (
        TimingBlock(linear(f"blocks.{i}.norm"), linear(f"blocks.{i}.convolution"))
        for i in range(depth)
    )
    embedding = state["embedding.weight"].float()
    return Timing(embedding, tuple(blocks), linear("norm"), linear("output"))


def durations_s(timing: Timing, symbols: Sequence[int]) -> list[float]:
    """Return the duration of each symbol of one sentence at a natural pace, in seconds."""
    with torch.inference_mode():
        x = functional.embedding(torch.tensor(symbols), timing.embedding)  # [n, C]
        for block in timing.blocks:
            y = functional.gelu(functional.layer_norm(x, x.shape[-1:], *block.norm, eps=_EPSILON))
            x = x + functional.conv1d(y.T[None], *block.convolution, padding=TAPS // 2)[0].T
        x = functional.layer_norm(x, x.shape[-1:], *timing.norm, eps=_EPSILON)
        log_units = functional.linear(x, *timing.output)[:, 0]
        units: list[float] = log_units.expm1().clamp(min=0.0).tolist()
    return [unit * UNIT_S for unit in units]


def spread(symbols: Sequence[int], frames: Sequence[float]) -> list[int]:
    """Return the symbol of each frame; `frames` holds the duration of each symbol.

    Each takes one at least; fractions add up, so nothing drifts.
    """
    result: list[int] = []
    for symbol, end in zip(symbols, itertools.accumulate(frames), strict=True):
        count = max(round(end) - len(result), 1)
        result.extend([symbol] * count)
    return result


def fit(symbols: Sequence[int], frames: Sequence[float], total: int) -> list[int]:
    """Return the symbol of each of `total` frames, all durations stretched alike to fill them.

    If there are more symbols than frames, the frames are shared out and some go unheard.
    """
    stretched = sum(frames) / total
    ends = [end / stretched for end in itertools.accumulate(frames)]
    result: list[int] = []
    for symbol, end in zip(symbols, ends, strict=True):
        result.extend([symbol] * (min(round(end), total) - len(result)))
    return result + [symbols[-1]] * (total - len(result))
