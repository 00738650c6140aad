"""What is done to speech in training: other throats, and where a span to predict begins."""

import torch

from bot.engine.f5.mel import SAMPLE_RATE_HZ, log_mel
from training import flow, throats
from training.pool import Rows

_BANDS = 100


def test_a_stretch_moves_a_tone_as_if_it_were_higher_or_lower() -> None:
    """A tone ends where one of another frequency lies; pieces that are not chosen stay."""
    rows = 64
    tone = torch.sin(torch.arange(SAMPLE_RATE_HZ) * (2 * torch.pi * 1000 / SAMPLE_RATE_HZ))
    mel = log_mel(0.3 * tone)[None].repeat(rows, 1, 1)
    moved = throats.stretch(mel, torch.Generator().manual_seed(3))
    unchanged = (moved - mel).abs().amax(dim=(1, 2)) < 1e-4
    assert 0.5 * rows < unchanged.sum() < 0.9 * rows
    peaks = moved.mean(dim=1).argmax(dim=-1)
    of_tone = {
        hertz: int(log_mel(0.3 * torch.sin(tone_angle(hertz))).mean(dim=0).argmax())
        for hertz in (850, 1000, 1180)
    }
    assert len(set(peaks.tolist())) > 1
    assert of_tone[850] <= peaks.min() <= of_tone[1000] <= peaks.max() <= of_tone[1180]
    assert (peaks[unchanged] == of_tone[1000]).all()


def tone_angle(hertz: float) -> torch.Tensor:
    """Return the phase of a second of a tone, `[24000]`."""
    return torch.arange(SAMPLE_RATE_HZ) * (2 * torch.pi * hertz / SAMPLE_RATE_HZ)


def test_speech_behind_a_reference_begins_with_a_pause_where_one_is_near() -> None:
    """As in use; without any pause it begins anywhere."""
    rows, frames = 200, 400
    tokens = torch.full((rows, frames), flow.PAUSE_TOKEN + 1)
    tokens[:100, ::40] = flow.PAUSE_TOKEN
    given = Rows(torch.zeros(rows, frames, _BANDS), tokens, None)
    question = flow.ask(given, torch.Generator().manual_seed(1), drop=False)
    first = question.masked.float().argmax(dim=1)
    is_tail = question.masked[:, -1] & (question.masked.sum(dim=1) == frames - first)
    begins_with_pause = tokens.gather(1, first[:, None])[:, 0] == flow.PAUSE_TOKEN
    with_pauses = torch.arange(rows) < 100
    assert begins_with_pause[with_pauses & is_tail].float().mean() > 0.8
    assert not begins_with_pause[~with_pauses].any()
