"""One batch from packed inputs to the wave: what a CUDA graph records and a processor runs.

Shapes: T frames of the row, G copies of it, S steps, D width.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

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
    """The functions between attentions, as they are or compiled."""

    enter: Callable[..., tuple[Tensor, dit.Qkv]] = dit.enter
    between: Callable[..., tuple[Tensor, dit.Qkv]] = dit.between
    leave: Callable[..., Tensor] = dit.leave


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
    text = dit.embed_text(model, acoustic.traits, frames, items, copies)
    constant = dit.conditioning(model, reference_mel, text)
    rope = dit.rotation(acoustic.traits, frames.position, acoustic.heads, copies)
    state = noise
    steps = zip(*plan.modulations, plan.durations, strict=True)
    for modulations, final_modulation, duration in steps:
        x, qkv = stages.enter(
            model.entry, state, constant, frames.is_frame, model.blocks[0], modulations[0], rope
        )
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
    return mel, vocos.decode(vocoder, mel, frames.is_decoded)


def compiled_stages() -> Stages:
    """Return the stages compiled: one code for every length, so three compilations in all."""

    def compiled(function: Callable[..., Any], **dynamic: int) -> Callable[..., Any]:
        code = torch.compile(function, fullgraph=True)

        def call(*arguments: Any) -> Any:  # noqa: ANN401 - as `function`
            names = function.__code__.co_varnames
            for name, argument in zip(names, arguments, strict=False):
                if name in dynamic:
                    _mark(argument, dynamic[name])
            return code(*arguments)

        return call

    return Stages(
        enter=compiled(dit.enter, state=0, constant=1, is_frame=0, rope=0),
        between=compiled(dit.between, x=0, attended=0, rope=0),
        leave=compiled(dit.leave, x=0, attended=0),
    )


def _mark(argument: Any, dimension: int) -> None:  # noqa: ANN401 - tensors and tuples of them
    for tensor in argument if isinstance(argument, tuple) else (argument,):
        if isinstance(tensor, Tensor):
            torch._dynamo.maybe_mark_dynamic(tensor, dimension)  # noqa: SLF001 - documented so
