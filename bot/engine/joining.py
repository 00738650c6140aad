"""Joins between pieces of speech: silence as long as wanted, and no click."""

import numpy as np
from msgspec.structs import replace

from bot.messages import AudioChunk, Samples

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
    return samples[_audible(samples, sample_rate_hz, lead_s=lead_s, tail_s=tail_s)]


def _audible(samples: Samples, sample_rate_hz: int, *, lead_s: float, tail_s: float) -> slice:
    """Return where the speech lies, with so much silence around it."""
    audible = np.flatnonzero(np.abs(samples) > _THRESHOLD)
    if not audible.size:
        return slice(0)
    start = max(int(audible[0]) - round(lead_s * sample_rate_hz), 0)
    return slice(start, int(audible[-1]) + 1 + round(tail_s * sample_rate_hz))


def fit_piece(
    chunk: AudioChunk, *, is_first: bool, is_last: bool, pause_s: float
) -> AudioChunk | None:
    """Return a piece of speech ready to be joined to its neighbours, its pause included.

    The beginning of the first piece and the end of the last one stay as they are. None if nothing
    can be heard of it.
    """
    rate_hz = chunk.sample_rate_hz
    kept = _audible(
        chunk.samples,
        rate_hz,
        lead_s=chunk.duration_s if is_first else _LEAD_S,
        tail_s=chunk.duration_s if is_last else _TAIL_S,
    )
    spoken = np.array(chunk.samples[kept], np.float32)
    if not spoken.size:
        return None
    words = tuple(
        word.moved(-kept.start / rate_hz, latest_s=len(spoken) / rate_hz) for word in chunk.words
    )
    ramp = np.linspace(0, 1, min(round(_FADE_S * rate_hz), len(spoken)), dtype=np.float32)
    if not is_first:
        spoken[: len(ramp)] *= ramp
    if not is_last:
        spoken[len(spoken) - len(ramp) :] *= ramp[::-1]
        silence = np.zeros(max(round((pause_s - _LEAD_S - _TAIL_S) * rate_hz), 0), np.float32)
        spoken = np.concatenate([spoken, silence])
    return replace(chunk, samples=spoken, words=words)
