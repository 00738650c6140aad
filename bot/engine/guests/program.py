"""Program of others that speaks: text into its standard input, sound out of its standard output.

One run speaks one text and ends, so the end of its output is the end of the speech, and what hangs
is killed. It has no access to the frames that go to the daemon.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress

from bot.engine.process.progress import Progress
from bot.errors import StartError, TransientError, UtteranceError, raised
from bot.runtime.processes.child import ending_with_parent

SILENT_S = 20.0
"""Limit without any output: a voice of high quality on a slow board takes seconds to load."""
_BLOCK = 1 << 16
_LAST_WORDS_BYTES = 4096
_ENVIRONMENT: Mapping[str, str] = {"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
"""For programs in Python, whose pipes follow the locale otherwise."""


def find(program: str, remedy: str) -> str:
    """Return the path of `program`.

    Raises:
        StartError: it is not there; `remedy` says how to get it.
    """
    path = shutil.which(program)
    if path is None:
        raise StartError(f"The program {program} is not there.", remedy=remedy)
    return path


class Program:
    """One run."""

    def __init__(self, name: str, process: Process) -> None:
        self._name = name
        self._process = process
        assert process.stderr is not None
        self._listening = asyncio.create_task(self._listen(process.stderr), name=f"{name} stderr")
        self._last_words = b""

    @classmethod
    async def start(cls, command: Sequence[str]) -> "Program":
        """Start program and arguments.

        Raises:
            StartError: it cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={**os.environ, **_ENVIRONMENT},
                preexec_fn=ending_with_parent(),
            )
        except OSError as error:
            raise StartError(
                f"{command[0]} cannot be started: {error.strerror or error}.",
                remedy="Install it anew.",
            ) from error
        return cls(os.path.basename(command[0]), process)  # noqa: PTH119 - of a string

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def speak(
        self, text: str, progress: Progress, *, silent_s: float, most_bytes: int
    ) -> bytes:
        """Return what it gives for `text`; it has ended then, however this ends.

        Raises:
            UtteranceError: it failed, or gave more than `most_bytes`.
            TransientError: it gave nothing for `silent_s`.
        """
        try:
            return await self._speak(text, progress, silent_s, most_bytes)
        finally:
            await self.end()

    async def _speak(
        self, text: str, progress: Progress, silent_s: float, most_bytes: int
    ) -> bytes:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        progress.begin(len(text))
        sound = bytearray()
        with suppress(ConnectionError):  # its exit status tells
            process.stdin.write(text.encode(errors="replace") + b"\n")
            process.stdin.close()
        try:
            while block := await asyncio.wait_for(process.stdout.read(_BLOCK), silent_s):
                if not sound:
                    progress.step()
                progress.begin(len(text))
                sound += block
                if len(sound) > most_bytes:
                    raise UtteranceError(f"{self._name} gave more sound than any text needs.")
            await asyncio.wait_for(process.wait(), silent_s)
        except asyncio.TimeoutError:
            raise TransientError(
                f"{self._name} hangs: it gave nothing for {silent_s:g} s."
            ) from None
        await self._listening
        if process.returncode or not sound:
            raise UtteranceError(f"{self._name} could not speak: {self._told(process)}")
        return bytes(sound)

    def _told(self, process: Process) -> str:
        lines = self._last_words.decode(errors="replace").split("\n")
        words = [line.strip() for line in lines if line.strip()]
        status = process.returncode
        return words[-1] if words else f"it said nothing (exit status {status})."

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while block := await stream.read(_BLOCK):
            self._last_words = (self._last_words + block)[-_LAST_WORDS_BYTES:]

    async def end(self) -> None:
        """Kill it if it still runs."""
        with suppress(ProcessLookupError):
            if self._process.returncode is None:
                self._process.kill()
        self._listening.cancel()
        await asyncio.shield(asyncio.gather(self._process.wait(), return_exceptions=True))


async def output_of(command: Sequence[str], *, limit_s: float) -> str:
    """Return what `command` prints, for questions such as which voices it has.

    Raises:
        StartError: it fails, or takes longer than `limit_s`.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, preexec_fn=ending_with_parent()
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), limit_s)
        finally:
            if process.returncode is None:
                process.kill()
    except (OSError, asyncio.TimeoutError) as error:
        raise StartError(
            f"{' '.join(command)} failed: {raised(error)}.", remedy="Install it anew."
        ) from error
    return output.decode(errors="replace")
