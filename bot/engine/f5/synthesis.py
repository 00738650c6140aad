"""One batch from packed inputs to the wave: what a CUDA graph records and a processor runs.

Shapes: T frames of the row, G copies of it, S steps, D width.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from bot.engine.f5 import dit, vocos
from bot.engine.f5.attention import Attend
from bot.engine.f5.checkpoint import Acoustic
from bot.engine.f5.layout import Frames
from bot.engine.f5.modulation import Modulations
from bot.engine.f5.sampler import Sampling, advance, schedule
from bot.engine.f5.vocos import Vocos


class Stages(NamedTuple):
    """What is not attention: as it stands, or made for a GPU."""

    text_block: Callable[..., Tensor] = dit.text_block
    mix: Callable[..., Tensor] = dit.mix
    locate: Callable[..., Tensor] = dit.locate
    enter: Callable[..., tuple[Tensor, dit.Qkv]] = dit.enter
    between: Callable[..., tuple[Tensor, dit.Qkv]] = dit.between
    leave: Callable[..., Tensor] = dit.leave
    vocos_block: Callable[..., Tensor] = vocos.convnext


class Plan(NamedTuple):
    """A sampling with its numbers on the device."""

    modulations: Modulations
    durations: Tensor
    """Of the steps, float32 `[S]`."""
    cfg_strength: Tensor
    """float32 scalar"""
    copies: int


def plan(acoustic: Acoustic, sampling: Sampling, device: torch.device) -> Plan:
    """Return what `sampling` needs on `device`; reads the AdaLN matrices of the checkpoint."""
    times = schedule(sampling)
    return Plan(
        modulations=acoustic.modulate(times[:-1]),
        durations=times.diff().to(device),
        cfg_strength=torch.tensor(sampling.cfg_strength, dtype=torch.float32, device=device),
        copies=sampling.copies,
    )


def sample(
    acoustic: Acoustic,
    plan: Plan,
    frames: Frames,
    items: int,
    noise: Tensor,
    reference_mel: Tensor,
    attend: Attend,
    stages: Stages,
) -> Tensor:
    """Return the log-mel of reference and speech, float32 `[T, 100]`.

    `items` bounds the number of items in the row; `noise` and `reference_mel` are `[T, 100]`
    float32, and zero where they know nothing.
    """
    model, copies = acoustic.weights, plan.copies
    text = dit.embed_text(model, acoustic.traits, frames, items, copies, stages.text_block)
    constant = dit.conditioning(model, reference_mel, text)
    rope = dit.rotation(acoustic.traits, frames.position, acoustic.heads, copies)
    state = noise
    steps = zip(*plan.modulations, plan.durations, strict=True)
    for modulations, final_modulation, duration in steps:
        mixed = stages.mix(model.entry, state, constant)
        located = stages.locate(model.entry, mixed, frames.is_frame)
        x, qkv = stages.enter(mixed, located, model.blocks[0], modulations[0], rope)
        for index, (block, following) in enumerate(
            zip(model.blocks, model.blocks[1:], strict=False)
        ):
            x, qkv = stages.between(
                x, attend(*qkv), block, modulations[index], following, modulations[index + 1], rope
            )
        velocities = stages.leave(
            x, attend(*qkv), model.blocks[-1], modulations[-1], model.output, final_modulation,
            copies,
        )  # fmt: skip
        state = advance(state, velocities, duration, plan.cfg_strength)
    return torch.where(frames.is_reference[:, None], reference_mel, state)


def speak(
    acoustic: Acoustic,
    vocoder: Vocos,
    plan: Plan,
    frames: Frames,
    items: int,
    noise: Tensor,
    reference_mel: Tensor,
    attend: Attend,
    stages: Stages,
) -> tuple[Tensor, Tensor]:
    """Return `sample`'s mel and the overlapped wave of `vocos.decode`."""
    mel = sample(acoustic, plan, frames, items, noise, reference_mel, attend, stages)
    return mel, vocos.decode(vocoder, mel, frames.is_decoded, stages.vocos_block)
