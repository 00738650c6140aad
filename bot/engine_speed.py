"""Lets the benchmark hear an engine that runs in its own process, as the daemon does."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing

from bot.bench import routine
from bot.bench.check import Verdict
from bot.bench.report import Reporter
from bot.bench.spoken import SpokenSession, Utterance
from bot.config import Settings
from bot.engine.narrator import Narrator
from bot.messages import SpeechRequest
from bot.wiring import engines

_ENGINE = "f5"


def check(settings: Settings, is_alone: Callable[[], bool]) -> Verdict | None:
    """Measure and compare with the stored baseline, as `bot.bench.routine.check`.

    Raises:
        StartError: the engine cannot run, or the state folder cannot be written to.
    """
    with asyncio.Runner() as runner:
        engine = engines.create(settings.engine, _ENGINE)
        voice = settings.channels[0].voice
        try:
            runner.run(engine.warm_up())
            reporter = Reporter()
            session = SpokenSession(
                lambda text: runner.run(_speak(engine, text, voice)),
                settings.engine.f5.model,
                settings.engine.python or "",
                reporter,
            )
            return routine.check(session, routine.history(), reporter, is_alone)
        finally:
            runner.run(engine.close())


async def _speak(engine: Narrator, text: str, voice: str) -> Utterance:
    request = SpeechRequest(id="bench", text=text, voice=voice)
    begun = time.perf_counter()
    audio_s, nfe = 0.0, 0
    async with aclosing(engine.synthesize(request)) as chunks:
        async for chunk in chunks:
            audio_s += chunk.duration_s
            nfe = chunk.nfe or nfe
    return Utterance(time.perf_counter() - begun, audio_s, nfe)
