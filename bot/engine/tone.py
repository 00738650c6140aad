"""A sine instead of speech: for tests, dry runs and finding a cable."""

from collections.abc import AsyncGenerator

import numpy as np

from bot.messages import AudioChunk, SpeechRequest

SAMPLE_RATE_HZ = 24_000
_CHARACTERS_PER_S = 15.0  # what speech takes, roughly
_CHUNK_S = 0.25


class ToneEngine:
    """Speaks every text as a sine whose length follows the text."""

    name = "tone"

    def __init__(self, *, speed: float = 1.0, frequency_hz: float = 440.0) -> None:
        self._speed = speed
        self._frequency_hz = frequency_hz

    async def warm_up(self) -> None:
        """Need nothing."""

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield the tone in quarter seconds, its phase continuous over the chunks."""
        duration_s = max(len(request.text) / _CHARACTERS_PER_S / self._speed, 0.1)
        total = round(duration_s * SAMPLE_RATE_HZ)
        step = round(_CHUNK_S * SAMPLE_RATE_HZ)
        for start in range(0, total, step):
            t = np.arange(start, min(start + step, total)) / SAMPLE_RATE_HZ
            wave = 0.5 * np.sin(2 * np.pi * self._frequency_hz * t)
            yield AudioChunk(samples=wave.astype(np.float32), sample_rate_hz=SAMPLE_RATE_HZ)

    async def close(self) -> None:
        """Hold nothing."""
