"""Measures what an engine's own process speaks: where torch is another interpreter's alone.

It knows nothing of the inside of the model, so there are no rooflines and no anchors; times are
those of whole sentences, with what the process and its pipe add.
"""

import os
import platform
import time
from collections.abc import Callable, Container
from datetime import UTC, datetime
from typing import NamedTuple

import bot
from bot.bench import driver, host
from bot.bench.conditions import Watch
from bot.bench.report import Reporter
from bot.bench.results import OURS, Case, Hardware, Model, Results
from bot.bench.summary import summarize
from bot.hardware import jetson

TEXTS = {
    "a short sentence": "Hello chat, welcome back.",
    "a sentence": "That was the best round of the whole night, and nobody saw it coming.",
    "a long sentence": "Wait, what, no, okay, we try that again in a minute, but this time without "
    "falling off the bridge, without the dog, and with everybody watching the door.",
}
"""By workload."""
_RUNS, _LEAST_RUNS = 5, 2
_TEXT_S = 10.0
"""After so long a text is not spoken again, if it was twice."""
_BEGIN_S = 35.0
"""So long after the start no further text is begun."""
_GPU_FIELDS = ("name", "driver_version")


class Utterance(NamedTuple):
    """How an engine spoke a text."""

    took_s: float
    """From the request to the last sample."""
    audio_s: float
    nfe: int


class SpokenSession:
    """One run, through the process of the engine."""

    def __init__(
        self, speak: Callable[[str], Utterance], model: str, python: str, reporter: Reporter
    ) -> None:
        """Measure `speak`, which an engine does with `model` under the interpreter `python`."""
        self._speak = speak
        self._reporter = reporter
        hardware = _hardware()
        self.results = Results(
            ishowtts=bot.version(),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            mode="spoken",
            hardware=hardware,
            versions={
                "ishowtts": bot.version(),
                "python": platform.python_version(),
                "engine.python": python,
                "system": f"{platform.system()} {platform.release()}",
            },
            model=Model(
                name=model,
                weights="trained",
                parameters=0,
                device=hardware.gpu or hardware.processor,
                dtype="as the engine chooses",
            ),
        )
        """What was found so far."""
        self._gpu = 0 if driver.ask("gpu", _GPU_FIELDS) else None

    def run(self) -> Results:
        """Speak every text."""
        self._reporter.begin(self.results)
        self._speak(TEXTS["a short sentence"])  # what is only once slow
        self._measure(TEXTS)
        return self.results

    def repeat(self, workloads: Container[str]) -> None:
        """Speak these again; the faster median of each stands."""
        self._measure(workloads)

    def _measure(self, workloads: Container[str]) -> None:
        watch = Watch(self._gpu)
        begun = time.monotonic()
        for name, text in TEXTS.items():
            if name not in workloads:
                continue
            if time.monotonic() - begun > _BEGIN_S:
                self._reporter.say(f"left out for want of time: {name}")
                continue
            spoken = self._spoken(text)
            watch.glance()
            times = summarize([each.took_s for each in spoken])
            before = self.results.cases.get(OURS, {}).get(name)
            if before is None or times.p50_ms < before.times.p50_ms:
                speech_s = spoken[0].audio_s
                rtf = round(times.p50_ms / 1e3 / speech_s, 5)
                case = Case(times=times, speech_s=speech_s, rtf=rtf, nfe=spoken[0].nfe)
                self.results.put(OURS, name, case)
                self._reporter.case(OURS, name, case)
        self.results.conditions = watch.finish()

    def _spoken(self, text: str) -> list[Utterance]:
        end = time.monotonic() + _TEXT_S
        spoken: list[Utterance] = []
        while len(spoken) < _LEAST_RUNS or (len(spoken) < _RUNS and time.monotonic() < end):
            spoken.append(self._speak(text))
        return spoken


def _hardware() -> Hardware:
    rows = driver.ask("gpu", _GPU_FIELDS)
    board = jetson.read()
    gpu = rows[0].get("name", "") if rows else board.model if board else ""
    processor, cores = host.processor(), os.cpu_count() or 1
    return Hardware(
        key=gpu or f"{processor}, {cores} cores",
        processor=processor,
        cores=cores,
        threads=0,
        memory_gb=host.memory_gb(),
        gpu=gpu,
        driver=rows[0].get("driver_version", "") if rows else board.release if board else "",
        clocks=host.clocks(),
        load_average=host.load_average(),
    )
