"""Joins between pieces of speech: silence as long as wanted, and no click."""

import numpy as np

from bot.messages import Samples

_THRESHOLD = 1e-3
"""Level of what counts as silence: -60 dB of full scale, below the softest audible consonant."""
_LEAD_S = 0.01
_TAIL_S = 0.02
"""Silence kept around a piece: soft consonants lie below any threshold."""
_FADE_S = 0.003


def trim(samples: Samples, sample_rate_hz: int, *, lead_s: float, tail_s: float) -> Samples:
    """Return speech `[n]` with at most `lead_s` of silence before it and `tail_s` after it.

    Models pad their output; what stands before the first sound delays every message. Samples that
    are silent all through come back empty.
    """
    audible = np.flatnonzero(np.abs(samples) > _THRESHOLD)
    if not audible.size:
        return samples[:0]
    start = max(int(audible[0]) - round(lead_s * sample_rate_hz), 0)
    end = int(audible[-1]) + 1 + round(tail_s * sample_rate_hz)
    return samples[start:end]


def fit_piece(
    samples: Samples, sample_rate_hz: int, *, is_first: bool, is_last: bool, pause_s: float
) -> Samples:
    """Return a piece of speech, `[n]`, ready to be joined to its neighbours, its pause included.

    The beginning of the first piece and the end of the last one stay as they are. Empty if nothing
    can be heard of it.
    """
    spoken = trim(
        samples,
        sample_rate_hz,
        lead_s=len(samples) / sample_rate_hz if is_first else _LEAD_S,
        tail_s=len(samples) / sample_rate_hz if is_last else _TAIL_S,
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
