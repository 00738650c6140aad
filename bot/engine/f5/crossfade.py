"""Joins the waves of consecutive pieces as upstream does, while they are still being made."""

import numpy as np

from bot.messages import Samples

OVERLAP_SAMPLES = 3600
"""0.15 s at 24 kHz."""


class CrossFade:
    """Fades each piece into the one before; holds the last 0.15 s back until the next is there."""

    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)

    def add(self, wave: Samples) -> Samples:
        """Return what can be played now that `wave` is known to follow; may be empty."""
        overlap = min(OVERLAP_SAMPLES, len(self._held), len(wave))
        kept = len(self._held) - overlap
        fade = np.linspace(0, 1, overlap)
        mixed = self._held[kept:] * (1 - fade) + wave[:overlap] * fade
        joined = np.concatenate([self._held[:kept], mixed.astype(np.float32), wave[overlap:]])
        ready = max(len(joined) - OVERLAP_SAMPLES, 0)
        self._held = joined[ready:]
        return joined[:ready]

    def finish(self) -> Samples:
        """Return what was held back."""
        held, self._held = self._held, np.zeros(0, np.float32)
        return held
