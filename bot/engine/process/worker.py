"""Worker in an engine's process: takes requests and lets one engine speak, a batch at a time."""

import asyncio
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bot.engine import create
from bot.engine.contract import Engine
from bot.engine.process import protocol
from bot.engine.process.scheduler import Job, Scheduler
from bot.engine.process.share import keep_to, lower_priority
from bot.engine.word_times import with_words
from bot.errors import (
    MemoryExhaustedError,
    StartError,
    TransientError,
    UtteranceError,
    raised,
)
from bot.messages import AudioChunk
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import first_to_end


class _Batch(NamedTuple):
    """Requests that the engine speaks together."""

    speaking: "asyncio.Task[None]"
    wanted: set[int]
    """Numbers of those that nobody has cancelled."""


class Worker:
    """Runs one engine for as long as requests come."""

    def __init__(self, send: Callable[[protocol.Event], None]) -> None:
        self._send = send
        self._start: asyncio.Future[protocol.Request | None] = (
            asyncio.get_running_loop().create_future()
        )
        """The first request, which has to name the engine."""
        self._ended = asyncio.Event()
        self._engine: Engine | None = None
        self._scheduler = Scheduler(budget_tokens=0)
        self._may_work = asyncio.Event()
        self._batches: list[_Batch] = []
        """What is under way."""
        self._begun_at = 0.0
        """When the engine got its latest batch."""

    async def run(self) -> None:
        """Serve what `take` is given until None comes, or the engine refuses to run."""
        start = await self._start
        if not isinstance(start, protocol.Start) or start.version != protocol.VERSION:
            theirs = start.version if isinstance(start, protocol.Start) else "none"
            self._send(
                protocol.Refused(
                    message=f"The engine's process speaks version {protocol.VERSION} of the "
                    f"protocol, the daemon {theirs}.",
                    remedy="Install the same version of ishowtts for both.",
                )
            )
            return
        try:
            await first_to_end(self._work(start), self._ended.wait())
        finally:
            if self._engine is not None:
                await self._engine.close()

    def take(self, request: protocol.Request | None) -> None:
        """Take the next request, in the event loop; never waits. None is the end."""
        if not self._start.done():
            self._start.set_result(request)
        elif request is None:
            self._ended.set()
        elif isinstance(request, protocol.Ping):
            self._send(self._pong(request.number))
        elif isinstance(request, protocol.Cancel):
            self._cancel(request.number)
        elif isinstance(request, protocol.Speak):
            self._accept(request)

    def _accept(self, speak: protocol.Speak) -> None:
        if self._engine is None:
            self._fail(speak.number, "utterance", "The engine is not warm yet.")
            return
        request = speak.request
        try:
            tokens = self._engine.tokens(request)
        except Exception as error:  # noqa: BLE001 - other people's models raise anything
            self._break(error, speak.number)
        else:
            self._scheduler.put(Job(speak.number, request, tokens, awake() + request.due_s))
            self._may_work.set()

    def _pong(self, number: int) -> protocol.Pong:
        # Also those that do not let go of what was cancelled.
        running = self._running()
        progress = self._engine.progress if self._engine is not None else None
        moved_at = max(self._begun_at, progress.at) if progress else self._begun_at
        return protocol.Pong(
            number=number,
            speaking=sum(len(batch.wanted) for batch in running),
            quiet_s=max(awake() - moved_at, 0.0) if running else 0.0,
            step_s=progress.step_s if progress else None,
        )

    def _running(self) -> list[_Batch]:
        """Return the batches under way, and forget the others."""
        self._batches = [batch for batch in self._batches if not batch.speaking.done()]
        return self._batches

    def _cancel(self, number: int) -> None:
        if self._scheduler.remove(number):
            return
        for batch in self._batches:
            batch.wanted.discard(number)
            if not batch.wanted:
                batch.speaking.cancel()

    async def _work(self, start: protocol.Start) -> None:
        """Load the engine, then let it speak batch by batch; return if it refuses to run."""
        try:
            if start.is_low:
                lower_priority()
            if start.cores:
                keep_to(start.cores)  # before the threads that compute, which inherit it
            # Imports that take seconds must not hold up the answers to pings.
            engine = await asyncio.to_thread(create, start.engine, start.options)
            await engine.warm_up()
        except StartError as error:
            self._send(protocol.Refused(message=error.message, remedy=error.remedy))
            return
        except ModuleNotFoundError as error:
            # Another start would find no more: what is imported late, by some models alone, too.
            self._send(
                protocol.Refused(
                    message=f"The engine {start.engine} needs the Python package {error.name}.",
                    remedy=f"Install it for {sys.executable}: {sys.executable} -m pip install"
                    f" {error.name}",
                )
            )
            return
        self._scheduler = Scheduler(engine.budget_tokens)
        self._engine = engine
        self._send(
            protocol.Ready(
                name=engine.name,
                longest_piece=engine.longest_piece,
                hardware=engine.hardware,
                nfe_choices=engine.nfe_choices,
                languages=tuple(engine.languages),
                voices=tuple(engine.voices),
                licence=engine.licence,
                at_once=engine.at_once,
            )
        )
        try:
            await self._speak_all(engine)
        finally:
            for batch in self._batches:
                batch.speaking.cancel()
            self._batches = []

    async def _speak_all(self, engine: Engine) -> None:
        """Have batch after batch spoken, as many at a time as the engine takes."""
        was_idle = True
        while True:
            await self._may_work.wait()
            jobs = self._scheduler.take(awake(), alone=was_idle)
            was_idle = not jobs
            if was_idle:
                self._may_work.clear()
                continue
            self._begun_at = awake()
            speaking = asyncio.create_task(self._speak(engine, jobs), name="speak")
            self._batches.append(_Batch(speaking, {job.number for job in jobs}))
            while len(running := self._running()) >= engine.at_once:
                tasks = [batch.speaking for batch in running]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def _speak(self, engine: Engine, jobs: Sequence[Job]) -> None:
        try:
            begun_at = awake()
            results = await engine.speak([job.request for job in jobs])
            token_s = (awake() - begun_at) / max(sum(job.tokens for job in jobs), 1)
            answers = zip(jobs, results, strict=True)
            # Memory that ran out ends the process: what was spoken must be sent before.
            for job, result in sorted(answers, key=lambda each: _is_exhausted(each[1])):
                self._answer(job, result, engine.name, took_s=job.tokens * token_s)
        except Exception as error:  # noqa: BLE001 - they raise anything, and return anything
            self._break(error, jobs[0].number if len(jobs) == 1 else protocol.NO_REQUEST)

    def _break(self, error: Exception, number: int) -> None:
        """Report that the engine broke its promise, and at which request."""
        if isinstance(error, TransientError):  # nobody's mistake: what it needs is away
            self._fail(number, "fault", error.message, error.remedy)
            return
        trouble: protocol.Trouble = "memory" if _lacks_memory(error) else "fault"
        detail = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        name = self._engine.name if self._engine else "The engine"
        self._fail(number, trouble, f"{name} raised {raised(error)}.", detail=detail)

    def _answer(
        self, job: Job, result: AudioChunk | UtteranceError, name: str, *, took_s: float
    ) -> None:
        number = job.number
        if isinstance(result, UtteranceError):
            trouble: protocol.Trouble = "memory" if _is_exhausted(result) else "utterance"
            self._fail(number, trouble, result.message, result.remedy)
        elif not result.samples.size or not np.isfinite(result.samples).all():
            self._fail(number, "utterance", f"{name} gave samples that are not finite, or none.")
        else:
            audio = with_words(result, job.request.text)
            self._send(protocol.Speech(number=number, audio=audio, took_s=took_s))

    def _fail(
        self,
        number: int,
        trouble: protocol.Trouble,
        message: str,
        remedy: str = "",
        *,
        detail: str = "",
    ) -> None:
        self._send(
            protocol.Failed(
                number=number, trouble=trouble, message=message, remedy=remedy, detail=detail
            )
        )


def _is_exhausted(result: AudioChunk | UtteranceError) -> bool:
    return isinstance(result, MemoryExhaustedError)


def _lacks_memory(error: Exception) -> bool:
    """Tell whether memory ran out; libraries have errors of their own for that, or none."""
    names = ("OutOfMemory", "can't allocate memory", "ALLOC_FAILED")
    told = f"{type(error).__name__} {error}"
    return isinstance(error, MemoryError) or any(name in told for name in names)
