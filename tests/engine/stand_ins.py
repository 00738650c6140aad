"""Stand-in engines for the process of an engine: what a text says, they do."""

import asyncio
import ctypes
import logging
import os
import re
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np

from bot.engine.contract import Engine
from bot.engine.process.progress import Progress
from bot.errors import MemoryExhaustedError, StartError, UtteranceError
from bot.messages import AudioChunk, Samples, SpeechRequest

RATE_HZ = 24_000
PAUSES_S = {"pause": 0.05, "nap": 0.2, "long_nap": 1.2, "wait": 3600}


async def exit_with_last_words() -> None:
    os.write(2, b"last words\n")
    os._exit(3)


async def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


async def fail() -> None:
    raise ZeroDivisionError


async def run_out_of_memory() -> None:
    raise MemoryError


async def hang() -> None:
    await asyncio.to_thread(time.sleep, 3600)


async def block() -> None:
    ctypes.PyDLL(None).sleep(3600)  # as a kernel that keeps the interpreter's lock


async def exhaust() -> None:
    raise MemoryExhaustedError("There is no memory left.", remedy="Close other programs.")


async def cling() -> None:
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


async def refuse() -> None:
    raise UtteranceError("No.", remedy="Say something else.")


async def name_a_file() -> None:
    name = os.fsdecode(b"caf\xe9")  # of a time before UTF-8
    logging.getLogger("bot").warning("A file is odd", extra={"path": name, name: 1})
    raise UtteranceError(f"The file {name} cannot be read.")


async def print_something() -> None:
    os.write(1, b"printed by a library")


FAULTS = {
    "exit": exit_with_last_words,
    "kill": kill,
    "stop": stop,
    "raise": fail,
    "memory": run_out_of_memory,
    "hang": hang,
    "block": block,
    "exhaust": exhaust,
    "cling": cling,
    "refuse": refuse,
    "name": name_a_file,
    "print": print_something,
}
"""What words do."""


class Obedient(Engine):
    """Speaks each word for 0.1 s; a word such as `exit` is obeyed instead.

    With `once`, a file that it makes, it obeys the first time only, in whatever process.
    """

    name = "obedient"

    def __init__(
        self,
        *,
        once: str = "",
        refuses: str = "",
        warms_while: str = "",
        exits_at: str = "",
        imports: str = "",
        level: float = 0.5,
    ) -> None:
        self._once = Path(once) if once else None
        self._refuses = refuses
        self._warms_while = warms_while
        self._exits_at = exits_at
        self._imports = imports
        self._level = level

    async def warm_up(self) -> None:
        if self._refuses and os.access(self._refuses, os.F_OK):
            raise StartError("It is not there.", remedy="Bring it.")
        if self._imports:
            import_module(self._imports)
        while self._warms_while and os.access(self._warms_while, os.F_OK):
            await asyncio.sleep(0.01)

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        return [await self._speak(request) for request in requests]

    async def _speak(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        samples = np.zeros(0, np.float32)
        try:
            for word in re.findall(r"\w+", request.text):
                samples = np.concatenate([samples, await self._say(word)])
        except UtteranceError as error:
            return error
        return AudioChunk(samples=samples, sample_rate_hz=RATE_HZ)

    async def _say(self, word: str) -> Samples:
        level = self._level
        if word == self._exits_at:
            await exit_with_last_words()
        elif self._obeys(word):
            if word == "nan":
                level = np.nan
            else:
                await FAULTS[word]()
        elif word in PAUSES_S:
            await asyncio.sleep(PAUSES_S[word])
        return np.full(RATE_HZ // 10, level, np.float32)

    def _obeys(self, word: str) -> bool:
        if word not in {*FAULTS, "nan"}:
            return False
        if self._once is not None:
            if self._once.exists():
                return False
            self._once.touch()
        return True

    async def close(self) -> None: ...


class Careless(Obedient):
    """Answers with nothing at all to `nothing`, and cannot count `uncounted`."""

    name = "careless"

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        answers = await super().speak(requests)
        return [] if requests[0].text == "nothing" else answers

    def tokens(self, request: SpeechRequest) -> int:
        if request.text == "uncounted":
            raise ZeroDivisionError
        return super().tokens(request)


class Mute(Obedient):
    """Answers with samples that are no array."""

    name = "mute"

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        answers = await super().speak(requests)
        broken = AudioChunk(samples=[0.0], sample_rate_hz=RATE_HZ)  # type: ignore[arg-type]
        return [broken] if requests[0].text == "broken" else answers


class Aside(Obedient):
    """Has three others speak; none of their speech comes before all three are under way."""

    name = "aside"
    at_once = 3
    under_way = 0

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        self.under_way += 1
        try:
            while self.under_way < self.at_once:
                await asyncio.sleep(0.001)
            return await super().speak(requests)
        finally:
            self.under_way -= 1 if requests[0].text == "one wait" else 0


class Together(Obedient):
    """Speaks several at once; the level of its speech tells how many: 0.1 each."""

    name = "together"
    hardware = "abacus, 4 bits"
    budget_tokens = 4

    def tokens(self, request: SpeechRequest) -> int:
        return len(re.findall(r"\w+", request.text))

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        self._level = len(requests) / 10
        return await super().speak(requests)


class Stepping(Obedient):
    """Reports progress: `compute` takes a second, in many of them."""

    name = "stepping"

    def __init__(self, *, once: str = "") -> None:
        super().__init__(once=once)
        self.progress: Progress = Progress()

    async def _speak(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        self.progress.begin(1)
        if "compute" in request.text:
            await asyncio.to_thread(self._compute)
        return await super()._speak(request)

    def _compute(self) -> None:
        for _ in range(20):
            time.sleep(0.05)
            self.progress.step()


class Marked(Obedient):
    """Speaks at a level that tells the request's number, and notes every fault before it happens.

    `faults` is a folder: a fault is there once, in a file of the request's name and the word. One
    named `start` is the word that the next process obeys while it warms up.
    """

    name = "marked"

    def __init__(self, *, faults: str) -> None:
        super().__init__()
        self._faults = Path(faults)
        self._request = "start"

    async def warm_up(self) -> None:
        fault = self._faults / "start"
        if fault.exists():
            word = fault.read_text()
            fault.rename(self._faults / f"{time.time_ns()}-start-{word}")
            await FAULTS[word]()

    async def _speak(self, request: SpeechRequest) -> AudioChunk | UtteranceError:
        self._request = request.id
        self._level = level_of(int(request.id) if request.id.isdigit() else 0)
        return await super()._speak(request)

    def _obeys(self, word: str) -> bool:
        if word not in {*FAULTS, "nan"} or not self._faults.name:
            return False
        note = self._faults / f"{self._request}-{word}"
        if note.exists():
            return False
        note.touch()
        return True


LEVELS = (0.2, 0.4, 0.6)


def level_of(number: int) -> float:
    """Return how loud the request is: neighbours differ."""
    return LEVELS[number % len(LEVELS)]
