"""F5-TTS that breaks when it is told to, for the process that hosts it.

Orders are files in a folder: `start` names a fault for the next process, before it loads its
model; `speech` names one and, in its second line, the text in the middle of whose sampling it
happens. Each waits for a file `go`, and is carried out once.
"""

import asyncio
import os
import resource
import shutil
import signal
import time
from pathlib import Path

import torch

from bot.engine.f5.batching import Place, Prepared, Run, SpeechRunner
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.loading import load_runner
from bot.errors import UtteranceError
from bot.messages import Samples, SpeechRequest

_MIDDLE = 14
"""Step in the middle of a sentence of the bundled model, which takes 9 for each evaluation."""
_FULL_DISK_BYTES = 4096


class BreakingF5(F5Engine):
    """Obeys the orders in a folder."""

    def __init__(self, *, orders: str, voices: str, cache: str, **options: str | int) -> None:
        super().__init__(voices=voices, cache=cache, **options)  # type: ignore[arg-type]
        self._orders = Path(orders)
        self._own_voices, self._own_cache = Path(voices), Path(cache) / "voices"
        self._text = ""
        self._steps = 0
        self._has_no_memory = False

    async def warm_up(self) -> None:
        while (self._orders / "start").exists():
            if (self._orders / "go").exists():
                self._break(self._taken("start"))
            await asyncio.sleep(0.01)
        await super().warm_up()

    def _make_runner(
        self, device: torch.device, dtype: torch.dtype
    ) -> tuple[SpeechRunner, Vocabulary]:
        return load_runner(
            self._model_folder, self._vocoder_folder, device, dtype, on_step=self._step
        )

    def _prepare(self, request: SpeechRequest) -> Prepared:
        self._text = request.text
        return super()._prepare(request)

    def _speak(self, run: Run) -> list[Samples | UtteranceError]:
        self._steps = 0
        if self._ordered() == "nan":
            self._wait_for_go()
            self._taken("speech")
            run = run._replace(places=[_without_reference(place) for place in run.places])
        return super()._speak(run)

    def _step(self) -> None:
        self.progress.step()
        self._steps += 1
        if self._has_no_memory:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        if self._steps >= _MIDDLE and (word := self._ordered()):
            self._wait_for_go()
            self._taken("speech")
            self._break(word)

    def _ordered(self) -> str:
        """Return the fault that waits for the text that is being spoken."""
        try:
            word, text = (self._orders / "speech").read_text().splitlines()
        except FileNotFoundError:
            return ""
        return word if text == self._text else ""

    def _taken(self, name: str) -> str:
        order = self._orders / name
        word = order.read_text().partition("\n")[0]
        order.rename(order.with_name(f"{name}-{time.time_ns()}"))
        return word

    def _wait_for_go(self) -> None:
        while not (self._orders / "go").exists():
            time.sleep(0.01)
            self.progress.step()

    def _break(self, word: str) -> None:
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif word == "hang":
            time.sleep(3600)
        elif word == "raise":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        elif word == "memory":
            self._has_no_memory = True
            raise torch.OutOfMemoryError("CUDA out of memory.")
        elif word == "corrupt":
            for cached in self._own_cache.glob("*.safetensors"):
                cached.write_bytes(b"garbage")
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "disk":
            self._fill_disk()

    def _fill_disk(self) -> None:
        """Let no file grow any more, and add a voice that is not in the cache."""
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        folder = self._own_voices / f"voice{time.time_ns()}"
        shutil.copytree(self._own_voices / "heart", folder)
        with (folder / "transcript.txt").open("a") as transcript:
            transcript.write(" Again and again.")
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FULL_DISK_BYTES, hard))
        if self._runner is not None:  # else it is found at the start
            for _ in range(2):  # what looks the same twice is read
                self._voices.refresh()


def _without_reference(place: Place) -> Place:
    mel = place.item.reference_mel * torch.nan
    return place._replace(item=place.item._replace(reference_mel=mel))
