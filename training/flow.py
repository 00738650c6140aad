"""Flow matching with a masked span (F5-TTS): the task of the acoustic model in training.

Two things differ from upstream's trainer (arXiv 2410.06885). Every frame has its own token, so rows
are cut anywhere and filled to the end; and the tokens of the part that is heard are shifted a
little, since nobody knows the exact times of a recording that a user brings.
"""

import itertools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.text.phonemes import PAUSE
from training.dit import DiT
from training.pool import Rows
from training.throats import color, degrade, stretch
from training.vocabulary import SYMBOLS

_AUDIO_DROP, _BOTH_DROP = 0.3, 0.2
_DRIFT_FRAMES = 3.0
"""Standard deviation of the times of the reference's tokens, where they drift at all."""
_KNOT_FRAMES = 96
_NEAR_PAUSE = 0.25
"""Share of the row within which a pause is waited for."""
PAUSE_TOKEN = SYMBOLS.index(PAUSE)


class Question(NamedTuple):
    """A batch and its target."""

    noisy: Tensor
    """`[B, T, 100]`"""
    reference: Tensor
    """The mel where it is heard, else zero, `[B, T, 100]`."""
    tokens: Tensor
    time: Tensor
    """`[B]`, 0 is noise."""
    no_text: Tensor
    """bool `[B]`"""
    masked: Tensor
    """Frames that are to be predicted, bool `[B, T]`."""
    flow: Tensor
    """The answer, `[B, T, 100]`."""


def ask(rows: Rows, random: torch.Generator, *, drop: bool) -> Question:
    """Return a question about `rows`; without `drop` text and reference are always given."""
    batch = len(rows.mel)
    device = rows.mel.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random, device=device)

    masked = _spans(uniform(3, batch), rows.tokens)
    tokens = _drift(rows.tokens, masked, random)
    time = uniform(batch)
    noise = torch.randn(rows.mel.shape, generator=random, device=device)
    mel = color(stretch(rows.mel, random), random)
    # What is heard may be a poor recording; what is said is not.
    mel = torch.where(masked[:, :, None], mel, degrade(mel, random))
    noisy = torch.lerp(noise, mel, time[:, None, None])
    choice = uniform(2, batch)
    no_text = choice[0] < _BOTH_DROP * drop
    no_audio = no_text | (choice[1] < _AUDIO_DROP * drop)
    heard = ~masked & ~no_audio[:, None]
    reference = mel.where(heard[:, :, None], 0)
    return Question(noisy, reference, tokens, time, no_text, masked, mel - noise)


def _spans(chances: Tensor, tokens: Tensor) -> Tensor:
    """Return masked frames, bool `[B, T]`: most of the rows all behind a reference, as in use."""
    kind, share, place = chances  # [B] each
    frames = tokens.shape[1]
    tail = behind_reference(0.12 + 0.5 * share, tokens)
    length = 0.7 + 0.3 * share
    start = place * (1 - length)
    relative = torch.arange(frames, device=tokens.device) / frames
    inside = (relative >= start[:, None]) & (relative < (start + length)[:, None])
    return torch.where((kind < 0.6)[:, None], tail, inside)  # noqa: PLR2004 - a share


def behind_reference(share: Tensor, tokens: Tensor) -> Tensor:
    """Return the frames behind a reference, bool `[B, T]`, which is `share` of each row, `[B]`.

    In use speech begins behind a pause, so such a part begins with one of `tokens` that is near.
    """
    frames = tokens.shape[1]
    first = (share * frames).long()
    position = torch.arange(frames, device=tokens.device)
    pauses = tokens == PAUSE_TOKEN
    begins = pauses & ~functional.pad(pauses, (1, 0))[:, :-1]
    # Where the next pause begins, for every frame; none is behind the row.
    here = torch.where(begins, position, frames)
    following = here.flip(1).cummin(1).values.flip(1).gather(1, first[:, None])[:, 0]
    near = following - first < _NEAR_PAUSE * frames
    return position >= torch.where(near, following, first)[:, None]


def _drift(tokens: Tensor, masked: Tensor, random: torch.Generator) -> Tensor:
    """Return the tokens with those of the heard frames moved smoothly in time, in half the rows."""
    batch, frames = tokens.shape
    device = tokens.device
    knots = torch.randn(batch, 1, frames // _KNOT_FRAMES + 2, generator=random, device=device)
    strength = torch.rand(batch, 1, 1, generator=random, device=device)
    knots = knots * _DRIFT_FRAMES * (2 * strength - 1).clamp(min=0)
    shift = functional.interpolate(knots, size=frames, mode="linear", align_corners=True)[:, 0]
    moved = torch.arange(frames, device=device) + shift.round().long() * ~masked
    return tokens.gather(1, moved.clamp(0, frames - 1))


def solve(model: DiT, state: Tensor, reference: Tensor, tokens: Tensor, times: Tensor) -> Tensor:
    """Return the mel, `[B, T, 100]`, to which Euler steps lead from `state` at `times[0]`.

    Text and reference are given, as in use.
    """
    no_text = torch.zeros(len(state), dtype=torch.bool, device=state.device)
    for now, then in itertools.pairwise(times):
        velocity = model(state, reference, tokens, now.expand(len(state)), no_text)
        state = state + (then - now) * velocity
    return state


def loss(model: DiT, question: Question) -> Tensor:
    """Return the mean squared error over the masked frames."""
    velocity = model(
        question.noisy, question.reference, question.tokens, question.time, question.no_text
    )
    return _masked_error(velocity, question.flow, question.masked)


def guidance_loss(
    student: DiT, teacher: DiT, question: Question, strength: float, likeness: float
) -> Tensor:
    """Return how far the student is from the teacher under guidance.

    The student learns to give in one evaluation what the teacher needs three for (arXiv
    2210.03142): classifier-free guidance by `strength`, and by `likeness` away from speech of
    the same text that knows no reference.
    """
    noisy, reference, tokens, time, no_text = question[:5]
    silence = torch.zeros_like(reference)
    with torch.no_grad():
        answers = teacher(
            torch.cat([noisy] * 3),
            torch.cat([reference, silence, silence]),
            torch.cat([tokens] * 3),
            torch.cat([time] * 3),
            torch.cat([no_text, ~no_text, no_text]),
        )
        given, free, anybody = answers.chunk(3)
        target = given + strength * (given - free) + likeness * (given - anybody)
    velocity = student(noisy, reference, tokens, time, no_text)
    return _masked_error(velocity, target, question.masked)


def _masked_error(velocity: Tensor, target: Tensor, masked: Tensor) -> Tensor:
    error = (velocity - target).square().mean(dim=-1)  # [B, T]
    return (error * masked).sum() / masked.sum()
