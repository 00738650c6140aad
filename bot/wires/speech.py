"""Speech for programs that play it themselves: made when chat leaves the engine free."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Final
from uuid import uuid4

import numpy as np

from bot.channel import Channel
from bot.engine.narrator import SpeechEngine
from bot.engine.pieces import split
from bot.errors import CrowdedError, UtteranceError
from bot.messages import Samples, SpeechRequest
from bot.playback.resample import Resampler

RATE_HZ: Final = 24_000
"""Sample rate of what programs get, in hertz."""
_LOOK_S = 0.02
"""How often it is looked whether chat leaves the engine free."""


class Speech:
    """Makes speech for programs, piece by piece in turns, whenever chat wants none made."""

    def __init__(
        self, engine: SpeechEngine, channels: Mapping[str, Channel], *, max_requests: int = 8
    ) -> None:
        """Let `engine` speak when none of `channels` needs it, for so many requests at a time."""
        self._engine = engine
        self._channels = channels
        self._max_requests = max_requests
        self.requests = 0
        """Requests that are under way."""
        self._turn = asyncio.Lock()  # first come, first served: each request has a piece a turn

    async def read(self, text: str, *, is_filtered: bool) -> str:
        """Return how `text` is spoken, without blocked words; empty where nothing may be said."""
        policy = next(iter(self._channels.values())).policy
        return await asyncio.to_thread(lambda: policy.read(text, is_filtered=is_filtered))

    async def speak(
        self, text: str, *, voice: str, is_wanted: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[Samples, None]:
        """Yield the speech of `text` at `RATE_HZ`, `[n]`; ends early when it is wanted no more.

        Raises:
            CrowdedError: too many requests are under way.
            UtteranceError: no engine can speak it.
        """
        if self.requests >= self._max_requests:
            raise CrowdedError
        self.requests += 1
        try:
            resampler, refusal, is_first = Resampler(RATE_HZ), UtteranceError("It is empty."), True
            for piece in split(text):
                async with self._turn:
                    while self._is_busy() and is_wanted():  # noqa: ASYNC110 - both come from many places
                        await asyncio.sleep(_LOOK_S)
                    if not is_wanted():
                        return
                    try:
                        samples = await self._make(piece.text, voice, resampler)
                    except UtteranceError as error:
                        refusal = error
                        continue
                is_first = False
                yield np.concatenate([samples, _silence(piece.pause_s)])
            if is_first:
                raise refusal
            yield resampler.flush()
        finally:
            self.requests -= 1

    async def _make(self, text: str, voice: str, resampler: Resampler) -> Samples:
        request = SpeechRequest(id=uuid4().hex, text=text, voice=voice)
        async with aclosing(self._engine.synthesize(request)) as chunks:
            made = [
                resampler.convert(chunk.samples, chunk.sample_rate_hz) async for chunk in chunks
            ]
        return np.concatenate(made)

    def _is_busy(self) -> bool:
        return any(channel.speaker.is_making for channel in self._channels.values())


def _silence(duration_s: float) -> Samples:
    return np.zeros(round(duration_s * RATE_HZ), np.float32)
