"""hibari engine: a light English voice whose weights come with its package (Apache-2.0).

One sentence costs a few tens of milliseconds on one core, so a thread is enough to keep the event
loop free.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import hibari
import numpy as np

from bot.engine.contract import Engine
from bot.engine.english import spelled
from bot.engine.joining import trim
from bot.engine.process.progress import Progress
from bot.errors import UtteranceError, raised
from bot.messages import AudioChunk, Samples, SpeechRequest

_LEAD_S = 0.01
_TAIL_S = 0.2
"""Silence kept around each sentence, which makes a pause: the model gives 0.25 s and 0.35 s."""
_WARM_UP = "Hello there. " + "the voice is warm now and has all the memory that it needs, " * 6
"""A long sentence, so that onnxruntime claims at once what it would claim bit by bit."""
_T = TypeVar("_T")


class HibariEngine(Engine):
    """Speaks sentence by sentence; cancelling stops after the sentence under way."""

    name = "hibari"
    languages = ("en",)
    voices = ("heart",)
    licence = "Apache-2.0"

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hibari")
        self._model: hibari.Hibari | None = None
        self.progress: Progress = Progress()
        """Steps are sentences, whatever their length."""

    async def warm_up(self) -> None:
        """Load the model (about 0.3 s) and speak a sentence, which the first request would pay."""
        await self._in_thread(self._load)

    def _load(self) -> None:
        if self._model is None:
            model = hibari.Hibari()
            self.progress.begin(1)
            for _ in model.stream(_WARM_UP):
                self.progress.step()
            self._model = model

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request; text such as Japanese cannot be spoken."""
        await self._in_thread(self._load)
        return [await self._speak(request) for request in requests]

    async def _speak(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        assert self._model is not None
        seed = zlib.crc32(request.id.encode(errors="replace"))
        speed = self._speed * request.speed
        sentences = self._model.stream(spelled(request.text), speed=speed, seed=seed)
        speech = np.zeros(0, np.float32)
        try:
            while (samples := await self._in_thread(partial(self._next, sentences))) is not None:
                speech = np.concatenate([speech, samples])
        except UtteranceError as error:
            return error
        if not speech.size:
            return UtteranceError(
                "hibari found nothing that it can pronounce; it reads English only."
            )
        return AudioChunk(samples=speech, sample_rate_hz=hibari.SAMPLE_RATE)

    def _next(self, sentences: Iterator[Samples]) -> Samples | None:
        self.progress.begin(1)
        try:
            samples = next(sentences, None)
        except (
            Exception
        ) as error:  # a third party's model code: whatever it raises costs one utterance
            raise UtteranceError(f"hibari failed on this text: {raised(error)}") from error
        finally:
            self.progress.step()
        if samples is None:
            return None
        if not np.isfinite(samples).all():
            raise UtteranceError("hibari produced samples that are not finite.")
        speech = trim(samples, hibari.SAMPLE_RATE, lead_s=_LEAD_S, tail_s=_TAIL_S)
        return np.ascontiguousarray(speech, dtype=np.float32)

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """Let the sentence under way finish and end the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)
