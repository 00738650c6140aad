"""Silence at the edges of synthetic speech."""

import numpy as np

from bot.messages import Samples

THRESHOLD = 1e-3
"""-60 dB of full scale: below the softest consonant that can be heard."""


def trim(samples: Samples, sample_rate_hz: int, *, lead_s: float, tail_s: float) -> Samples:
    """Return speech `[n]` with at most `lead_s` of silence before it and `tail_s` after it.

    Models pad their output; what stands before the first sound delays every message. Samples that
    are silent all through come back empty.
    """
    audible = np.flatnonzero(np.abs(samples) > THRESHOLD)
    if not audible.size:
        return samples[:0]
    start = max(int(audible[0]) - round(lead_s * sample_rate_hz), 0)
    end = int(audible[-1]) + 1 + round(tail_s * sample_rate_hz)
    return samples[start:end]
