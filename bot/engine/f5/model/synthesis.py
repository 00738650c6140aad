"""One batch from packed inputs to mel, as a CUDA graph records it and a CPU runs it.

Shapes: T frames of the packed row, G copies of it, S steps, D model width, C text width.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.model.dit import Acoustic, conditioning, embed_text, rotation, velocities
from bot.engine.f5.model.layout import Frames, Item, Layout
from bot.engine.f5.model.modulation import Modulations
from bot.engine.f5.model.operations import Attend, Operations
from bot.engine.f5.model.sampler import Sampling, advance, draw_noise, schedule
from bot.engine.f5.model.vocos import Vocos, decode
from bot.errors import StartError


class Plan(NamedTuple):
    """Numbers of a sampling, on the device."""

    modulations: Modulations
    durations: Tensor
    """Length of each step, float32 `[S]`."""
    cfg_strength: Tensor
    """float32 scalar"""
    copies: int


def plan(acoustic: Acoustic, sampling: Sampling, device: torch.device) -> Plan:
    """Return the plan of `sampling` on `device`; reads the AdaLN matrices of the checkpoint.

    Raises:
        StartError: those matrices hold values that are not finite.
    """
    times = schedule(sampling)
    modulations = acoustic.modulate(times[:-1])
    if not all(part.isfinite().all() for part in modulations):
        raise StartError(
            "The F5-TTS checkpoint holds AdaLN matrices that are not finite.",
            remedy="The file is damaged: delete it and fetch it again.",
        )
    return Plan(
        modulations=modulations,
        durations=times.diff().to(device),
        cfg_strength=torch.tensor(sampling.cfg_strength, dtype=torch.float32, device=device),
        copies=sampling.copies,
    )


class Functions(NamedTuple):
    """Versions of the two functions that take all the time."""

    velocities: Callable[..., Tensor] = velocities
    """One evaluation, see `dit.velocities`."""
    decode: Callable[..., Tensor] = decode
    """The vocoder, see `vocos.decode`."""
    are_compiled: bool = False
    """Whether they may compile something at a shape that is new to them."""


class Model(NamedTuple):
    """Acoustic model, vocoder and device that compute a batch."""

    acoustic: Acoustic
    vocoder: Vocos
    device: torch.device
    operations: Operations
    plans: dict[Sampling, Plan]
    """Plans made so far."""
    functions: Functions = Functions()

    def plan_of(self, sampling: Sampling) -> Plan:
        """Return the plan of `sampling`, which is made once; errors are those of `plan`."""
        if sampling not in self.plans:
            self.plans[sampling] = plan(self.acoustic, sampling, self.device)
        return self.plans[sampling]


def fill(items: Sequence[Item], layout: Layout, noise: Tensor, reference_mel: Tensor) -> None:
    """Write each item's noise and reference into its place of the row, `[T, 100]` both."""
    for item, (start, end) in zip(items, layout.spans, strict=True):
        noise[start:end] = draw_noise(item.frames, item.seed, noise.device)
        reference_mel[start : start + len(item.reference_mel)] = item.reference_mel


def sample(
    acoustic: Acoustic,
    plan: Plan,
    frames: Frames,
    items: int,
    noise: Tensor,
    reference_mel: Tensor,
    attend: Attend,
    operations: Operations,
    evaluate: Callable[..., Tensor] = velocities,
) -> Tensor:
    """Return the log-mel of reference and speech, float32 `[T, 100]`.

    `items` bounds the number of items in the row; `noise` and `reference_mel` are `[T, 100]`
    float32, and zero where they know nothing. `evaluate` is a version of `dit.velocities`.
    """
    text = embed_text(acoustic, operations, frames, items, plan.copies)  # [G, T, C]
    constant = conditioning(acoustic.weights, reference_mel, text)  # [G, T, D]
    rope = rotation(frames.position, acoustic.rotated_heads, plan.copies)
    state = noise  # [T, 100]
    for blocks, final, duration in zip(*plan.modulations, plan.durations, strict=True):
        moves = evaluate(
            acoustic.weights, operations, attend, state, constant, frames.is_frame, rope,
            Modulations(blocks, final),
        )  # fmt: skip
        state = advance(state, moves, duration, plan.cfg_strength)
    return torch.where(frames.is_reference[:, None], reference_mel, state)
