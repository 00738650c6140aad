"""Pieces of speech joined: silence between them as long as wanted, and no click."""

import numpy as np

from bot.engine.silence import trim
from bot.messages import Samples

_LEAD_S = 0.01
_TAIL_S = 0.02
"""What is kept of the silence around a piece: soft consonants lie below any threshold."""
_FADE_S = 0.003


def joined(
    wave: Samples, sample_rate_hz: int, *, is_first: bool, is_last: bool, pause_s: float
) -> Samples:
    """Return a piece of speech, `[n]`, with its silences as they stand in an utterance.

    The beginning of the first piece and the end of the last one stay as they are. Empty if nothing
    can be heard of it.
    """
    spoken = trim(
        wave,
        sample_rate_hz,
        lead_s=len(wave) / sample_rate_hz if is_first else _LEAD_S,
        tail_s=len(wave) / sample_rate_hz if is_last else _TAIL_S,
    )
    if not spoken.size:
        return spoken
    spoken = np.array(spoken, np.float32)
    ramp = np.linspace(0, 1, min(round(_FADE_S * sample_rate_hz), len(spoken)), dtype=np.float32)
    if not is_first:
        spoken[: len(ramp)] *= ramp
    if is_last:
        return spoken
    spoken[len(spoken) - len(ramp) :] *= ramp[::-1]
    silence = np.zeros(max(round((pause_s - _LEAD_S - _TAIL_S) * sample_rate_hz), 0), np.float32)
    return np.concatenate([spoken, silence])
