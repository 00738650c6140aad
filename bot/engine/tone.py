"""Tone engine: a sine instead of speech, for tests, dry runs and finding a cable."""

from collections.abc import Sequence

import numpy as np

from bot.engine.contract import Engine
from bot.messages import AudioChunk, SpeechRequest

SAMPLE_RATE_HZ = 24_000
_CHARACTERS_PER_S = 15.0
"""Pace of speech, roughly."""
_SHORTEST_S = 0.1


class ToneEngine(Engine):
    """Speaks every text as a sine whose length follows the text."""

    name = "tone"

    def __init__(self, *, speed: float = 1.0, frequency_hz: float = 440.0) -> None:
        self._speed = speed
        self._frequency_hz = frequency_hz

    async def warm_up(self) -> None:
        """Need nothing."""

    async def speak(self, requests: Sequence[SpeechRequest]) -> Sequence[AudioChunk]:
        """Return a tone for each request."""
        return [self._tone(request) for request in requests]

    def _tone(self, request: SpeechRequest) -> AudioChunk:
        rate = _CHARACTERS_PER_S * self._speed * request.speed
        duration_s = max(len(request.text) / rate, _SHORTEST_S)
        t = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        wave = 0.5 * np.sin(2 * np.pi * self._frequency_hz * t)
        return AudioChunk(samples=wave.astype(np.float32), sample_rate_hz=SAMPLE_RATE_HZ)

    async def close(self) -> None:
        """Hold nothing."""
