"""Engine of pool tests: a tone that takes its time, and tells when it began and ended.

`POOL_SERVICE_S` is how long a request takes, `POOL_SPOKEN` a file that gets a line for each step,
while the file `POOL_HANG` exists the process hangs, and while `POOL_HOLD` does it lives, but no
speech comes.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from bot.engine.tone import ToneEngine
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest


def _hang(file: Path) -> None:
    while file.exists():
        time.sleep(0.05)


class SlowTone(ToneEngine):
    name = "slow"
    languages = ("en",)
    licence = "none"

    def _tell(self, step: str, identity: str) -> None:
        if path := os.environ.get("POOL_SPOKEN"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{step} {identity} {os.getppid()}\n")

    async def speak(self, requests: Sequence[SpeechRequest]) -> Sequence[AudioChunk]:
        (request,) = requests
        self._tell("begin", request.id)
        try:
            _hang(Path(os.environ.get("POOL_HANG", "/nowhere")))
            while Path(os.environ.get("POOL_HOLD", "/nowhere")).exists():  # noqa: ASYNC240 - a stat
                await asyncio.sleep(0.01)
            await asyncio.sleep(float(os.environ.get("POOL_SERVICE_S", "0")))
        except asyncio.CancelledError:
            self._tell("cancelled", request.id)
            raise
        self._tell("end", request.id)
        return await super().speak(requests)


class Refusing(ToneEngine):
    """Can speak nothing."""

    name = "refusing"

    async def speak(  # type: ignore[override]
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[UtteranceError]:
        return [UtteranceError("It is never spoken.", remedy="Ask another one.") for _ in requests]
