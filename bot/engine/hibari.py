"""hibari: a light English voice whose weights come with its package (hibari-tts, Apache-2.0).

One sentence costs a few tens of milliseconds on one core, so a thread is enough to keep the event
loop free; sentences of different requests take turns.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import hibari
import numpy as np

from bot.engine.process.progress import Progress
from bot.engine.silence import trim
from bot.errors import UtteranceError
from bot.messages import AudioChunk, Samples, SpeechRequest

_LEAD_S = 0.01
_TAIL_S = 0.2
"""The model pads each sentence with 0.25 s before and 0.35 s after it; this much makes a pause."""

_T = TypeVar("_T")
_WARM_UP = "Hello there. " + "the voice is warm now and has all the memory that it needs, " * 6
"""The long sentence makes onnxruntime claim at once what it would claim bit by bit."""


class HibariEngine:
    """Speaks sentence by sentence."""

    name = "hibari"

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hibari")
        self._model: hibari.Hibari | None = None
        self.progress = Progress()
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

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield one chunk a sentence.

        Raises:
            UtteranceError: the text holds nothing that this voice can say, such as Japanese.
        """
        await self._in_thread(self._load)
        assert self._model is not None
        sentences = self._model.stream(request.text, speed=self._speed)
        is_silent = True
        while (samples := await self._in_thread(lambda: self._next(sentences))) is not None:
            if samples.size:
                is_silent = False
                yield AudioChunk(samples=samples, sample_rate_hz=hibari.SAMPLE_RATE)
        if is_silent:
            raise UtteranceError(
                "hibari found nothing that it can pronounce; it reads English only."
            )

    def _next(self, sentences: Iterator[Samples]) -> Samples | None:
        self.progress.begin(1)
        try:
            samples = next(sentences, None)
        except (
            Exception
        ) as error:  # a third party's model code: whatever it raises costs one utterance
            raise UtteranceError(f"hibari failed on this text: {error!r}") from error
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
