"""Measurement of F5-TTS in the engine's own process, through what the daemon speaks with."""

import asyncio
import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.config.sections.engine import EngineSettings
from bot.engine.narrator import Narrator
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from bot.speedcheck.conditions import Watch
from bot.speedcheck.report import case_line, header, say, start_line
from bot.speedcheck.results import Case, Results, Start, Times
from bot.speedcheck.workloads import Plan, Workload
from bot.wiring import engines

_ENGINE = "f5"
_RUNS, _LEAST_RUNS = 20, 3
_FIRST_WORDS = "Hello chat, this is a test of the voice."
_ANCHOR_SIZE = 768
_CACHES = ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")


class Spoken(NamedTuple):
    """Utterances that were asked for at once; seconds since then."""

    took_s: float
    """To the last sample of all."""
    first_s: float
    """To the first piece of the utterance that waited longest."""
    audio_s: float
    """Of all together."""
    nfe: int


Speak = Callable[[Sequence[str]], Spoken]
"""Speaks these texts at once; may raise UtteranceError."""


class Measurement:
    """One run."""

    def __init__(self, speak: Speak, plan: Plan, results: Results, gpu: int | None = None) -> None:
        """Fill `results` with what `speak` takes for `plan`; `gpu` is the driver's number of it."""
        self.results = results
        self._speak = speak
        self._plan = plan
        self._gpu = gpu
        self._anchor = np.random.default_rng(0).standard_normal(
            (_ANCHOR_SIZE, _ANCHOR_SIZE), dtype=np.float32
        )

    def run(self) -> Results:
        """Measure every workload; what fails stands in the results."""
        for line in header(self.results):
            say(line)
        for name, start in self.results.start.items():
            say(start_line(name, start))
        self._measure([workload.name for workload in self._plan.workloads])
        return self.results

    def repeat(self, workloads: Container[str]) -> None:
        """Measure these again after `run`; the faster median of each stands."""
        say("again, since it seems slower:")
        self._measure(workloads)

    def _measure(self, names: Container[str]) -> None:
        watch = Watch(self._gpu)
        begun = time.perf_counter()
        for workload in self._plan.workloads:
            if workload.name not in names:
                continue
            if time.perf_counter() - begun > self._plan.begin_s:
                say(f"left out for want of time: {workload.name}")
                continue
            try:
                case = self._case(workload)
            except UtteranceError as error:
                self.results.failures[workload.name] = str(error)
                say(f"FAILED {workload.name}: {error}")
                continue
            watch.glance()
            say(case_line(workload.name, case))
            before = self.results.cases.get(workload.name)
            if before is None or case.times.p50_ms < before.times.p50_ms:
                self.results.cases[workload.name] = case
        self.results.conditions = watch.finish()

    def _case(self, workload: Workload) -> Case:
        self._speak(workload.texts)  # what is slow only once
        spoken, anchors_s = list[Spoken](), list[float]()
        end = time.perf_counter() + self._plan.budget_s
        while len(spoken) < _LEAST_RUNS or (len(spoken) < _RUNS and time.perf_counter() < end):
            anchors_s.append(self._anchor_s())
            spoken.append(self._speak(workload.texts))
        times = Times.of([each.took_s for each in spoken], anchors_s)
        speech_s = round(spoken[0].audio_s, 3)
        return Case(
            times=times,
            ttfa=Times.of([each.first_s for each in spoken]),
            speech_s=speech_s,
            rtf=round(times.p50_ms / 1e3 / speech_s, 5),
            nfe=spoken[0].nfe,
        )

    def _anchor_s(self) -> float:
        """Return the time of a fixed product, which tells how fast the CPU is for anything."""
        begun = time.perf_counter()
        np.matmul(self._anchor, self._anchor)
        return time.perf_counter() - begun


@contextmanager
def speaking(settings: EngineSettings, voice: str) -> Iterator[tuple[Speak, Start]]:
    """Start F5-TTS as the daemon does; yield what speaks with it, and how long the start took.

    Raises:
        StartError: it cannot run here.
        UtteranceError: it cannot speak with `voice`.
    """
    with asyncio.Runner() as runner:
        begun = time.perf_counter()
        engine = engines.create(settings, _ENGINE)
        try:
            runner.run(engine.warm_up())
            warm_s = time.perf_counter() - begun

            def speak(texts: Sequence[str]) -> Spoken:
                return runner.run(_speak_all(engine, texts, voice))

            first = speak((_FIRST_WORDS,))
            start = Start(warm_s=round(warm_s, 3), first_audio_s=round(warm_s + first.first_s, 3))
            yield speak, start
        finally:
            runner.run(engine.close())


def start_with_caches(settings: EngineSettings, voice: str, folder: Path) -> Start:
    """Start F5-TTS with its caches in `folder`, end it, and return how long it took.

    An empty folder makes a cold start, but for files that the operating system holds in memory.

    Raises:
        StartError: it cannot run here.
        UtteranceError: it cannot speak with `voice`.
    """
    f5 = settings.f5.model_copy(update={"cache": folder / "voices"})
    with (
        _environment({name: str(folder / name.lower()) for name in _CACHES}),
        speaking(settings.model_copy(update={"f5": f5}), voice) as (_, start),
    ):
        return start


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Let processes that are started meanwhile see these variables."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def _speak_all(engine: Narrator, texts: Sequence[str], voice: str) -> Spoken:
    begun = time.perf_counter()
    spoken = await asyncio.gather(
        *(_speak(engine, number, text, voice) for number, text in enumerate(texts))
    )
    return Spoken(
        took_s=time.perf_counter() - begun,
        first_s=max(each.first_s for each in spoken),
        audio_s=sum(each.audio_s for each in spoken),
        nfe=spoken[0].nfe,
    )


async def _speak(engine: Narrator, number: int, text: str, voice: str) -> Spoken:
    request = SpeechRequest(id=f"bench-{number}", text=text, voice=voice)
    begun = time.perf_counter()
    first_s, audio_s, nfe = 0.0, 0.0, 0
    async with aclosing(engine.synthesize(request)) as chunks:
        async for chunk in chunks:
            first_s = first_s or time.perf_counter() - begun
            audio_s += chunk.duration_s
            nfe = chunk.nfe or nfe
    return Spoken(time.perf_counter() - begun, first_s, audio_s, nfe)
