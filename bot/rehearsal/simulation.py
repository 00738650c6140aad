"""Simulated time, engine and output."""

import asyncio
import selectors
from collections.abc import AsyncGenerator, Callable

import numpy as np

from bot.engine.timetable import LETTERS_PER_S, Due
from bot.messages import AudioChunk, SpeechRequest
from bot.playback import BaseOutput
from bot.playback.clip import Clip
from bot.playback.gain import Gain

_RATE_HZ = 100
"""Sample rate of speech that nobody hears."""
_PIECE_S = 0.1
_LEAST_S = 1e-6
"""Shortest leap: stamps of today in seconds have no more decimals, so time must not stand still."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Event loop whose clock leaps to the next timer as soon as nothing else is to be done.

    Nothing in it may wait for another thread or process: their time is another one.
    """

    def __init__(self) -> None:
        """Begin at 0 seconds."""
        self._now_s = 0.0
        super().__init__(_Leaping(self._leap))

    def time(self) -> float:
        """Return the simulated time, in seconds."""
        return self._now_s

    def _leap(self, seconds: float) -> None:
        self._now_s += max(seconds, _LEAST_S)


class _Leaping(selectors.SelectSelector):
    """Selector that lets time pass instead of waiting."""

    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready now, or what comes if there is nothing to leap to."""
        if timeout is not None and timeout > 0:
            self._leap(timeout)
            timeout = 0.0
        return super().select(timeout)


class SimulatedEngine:
    """Engine that takes no time, and speaks silence as long as the text lets expect."""

    name = "simulated"
    silent_s = 0.0

    def __init__(self, languages: frozenset[str] | None) -> None:
        """Speak `languages`, or whatever comes."""
        self.languages = languages

    def rouse(self) -> None:
        """Need nothing."""

    async def synthesize(
        self, request: SpeechRequest, due: Due | None = None
    ) -> AsyncGenerator[AudioChunk, None]:
        """Yield silence."""
        del due
        length = max(round(len(request.text) / LETTERS_PER_S * _RATE_HZ), 1)
        yield AudioChunk(samples=np.zeros(length, np.float32), sample_rate_hz=_RATE_HZ)


class SimulatedOutput(BaseOutput):
    """Output that plays in simulated time."""

    state = "simulated"

    def __init__(self, name: str) -> None:
        """Be open at once."""
        super().__init__(name)
        self._is_open.set()
        self._is_settled.set()

    async def run(self) -> None:
        """Hold nothing."""

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Take as long as the clip."""
        del gain
        async with self._turn:
            played_s = start_s
            is_begun = False
            while played_s < clip.duration_s or not clip.is_complete:
                if not is_begun and clip.chunks:
                    is_begun = True
                    on_start()
                left_s = clip.duration_s - played_s
                await asyncio.sleep(left_s if left_s > 0 else _PIECE_S)
                played_s += max(left_s, 0.0)
