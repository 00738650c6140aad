"""What the acoustic model says from noise to speech, held against the speaker it listened to.

Flow matching asks for one step from a true spectrogram under noise; in use the model goes seven
steps from its own. Here it goes them, and what comes out is to have the voice of the reference
(`speakers`), and over time the mean and the spread of each band of what the teacher said, for
single steps lead to the mean of what could be said, which is duller. Gradients flow through the
last steps alone (arXiv 2309.17400).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.model.sampler import Sampling, schedule
from training.dit import DiT
from training.flow import behind_reference
from training.pool import Rows
from training.speakers import WINDOW_FRAMES, SpeakerEncoder
from training.throats import color, degrade, stretch

FRAMES, ROWS = 448, 56
GRADED_STEPS = 4
"""Steps at the end through which gradients flow."""
_WINDOWS = 3
_MOMENTS = 0.25
"""Weight of the bands' mean and spread, against that of the voice."""


class Followed(NamedTuple):
    """How well a batch was followed, scalars."""

    loss: Tensor
    likeness: Tensor
    """Cosine of the vectors of what is said and of the speaker."""


def follow(model: DiT, encoder: SpeakerEncoder, rows: Rows, random: torch.Generator) -> Followed:
    """Return how far what the model says behind the beginning of `rows` is from their speakers."""
    batch, frames, _ = rows.mel.shape
    device = rows.mel.device
    mel = color(stretch(rows.mel, random), random)
    share = torch.rand(batch, generator=random, device=device)
    masked = behind_reference(0.2 + 0.3 * share, rows.tokens)
    reference = degrade(mel, random).masked_fill(masked[:, :, None], 0)
    state = torch.randn(mel.shape, generator=random, device=device)
    said = _sample(model, state, reference, rows.tokens)
    places = torch.rand(batch, _WINDOWS, generator=random, device=device)
    with torch.autocast(device.type, enabled=False):
        powers = encoder.powers(torch.where(masked[:, :, None], said, mel))
        last = powers.shape[1] - WINDOW_FRAMES
        first = (~masked).sum(dim=1) * powers.shape[1] // frames + 1
        # The windows of what is said end where the row ends, at the latest.
        starts = last - (places * (last - first).clamp(min=0)[:, None]).long()
        with torch.no_grad():
            everywhere = torch.linspace(0, last, _WINDOWS + 1, device=device).long()
            own = encoder(encoder.powers(mel), everywhere.expand(batch, -1))
        likeness = (encoder(powers, starts) * own).sum(dim=-1).mean()
        apart = (_moments(said, masked) - _moments(mel, masked)).abs().mean()
    return Followed(1 - likeness + _MOMENTS * apart, likeness.detach())


def _sample(model: DiT, state: Tensor, reference: Tensor, tokens: Tensor) -> Tensor:
    times = schedule(Sampling()).to(state.device)
    batch = len(state)
    no_text = torch.zeros(batch, dtype=torch.bool, device=state.device)
    ungraded = len(times) - 1 - GRADED_STEPS
    for step, (now, then) in enumerate(zip(times[:-1], times[1:], strict=True)):
        with torch.set_grad_enabled(step >= ungraded):
            velocity = model(state, reference, tokens, now.expand(batch), no_text)
            state = state + (then - now) * velocity
    return state


def _moments(mel: Tensor, masked: Tensor) -> Tensor:
    """Return mean and standard deviation over the masked frames, `[B, 2, bands]`."""
    weights = masked[:, :, None] / masked.sum(dim=1)[:, None, None]
    mean = (mel * weights).sum(dim=1)
    spread = ((mel - mean[:, None]).square() * weights).sum(dim=1)
    return torch.stack([mean, (spread + 1e-3).sqrt()], dim=1)
