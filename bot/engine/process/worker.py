"""What the process of an engine does: carries out orders, one engine, a batch at a time."""

import asyncio
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import aclosing

import numpy as np

from bot.clock import now
from bot.engine import BatchEngine, Engine, TellingEngine, create
from bot.engine.process import protocol
from bot.engine.process.scheduler import Job, Scheduler
from bot.errors import MemoryExhaustedError, StartError, UtteranceError
from bot.messages import AudioChunk

Orders = asyncio.Queue["protocol.Order | None"]


class Service:
    """Runs one engine for as long as orders come."""

    def __init__(self, report: Callable[[protocol.Report], None]) -> None:
        self._report = report
        self._engine: Engine | None = None
        self._scheduler = Scheduler(budget_tokens=0)
        self._may_work = asyncio.Event()
        self._wanted: set[int] = set()
        """Requests under way that nobody has cancelled."""
        self._speaking: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        """When the engine last gave something, or got work after a pause."""

    async def run(self, orders: Orders) -> None:
        """Carry out `orders` until None comes, or the engine refuses to run."""
        start = await orders.get()
        if not isinstance(start, protocol.Start) or start.version != protocol.VERSION:
            theirs = start.version if isinstance(start, protocol.Start) else "none"
            self._report(
                protocol.Refused(
                    message=f"The engine's process speaks version {protocol.VERSION} of the "
                    f"protocol, the daemon {theirs}.",
                    remedy="Install the same version of ishowtts for both.",
                )
            )
            return
        working = asyncio.create_task(self._work(start), name="work")
        obeying = asyncio.create_task(self._obey(orders), name="obey")
        try:
            done, _ = await asyncio.wait((working, obeying), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (working, obeying):
                task.cancel()
            await asyncio.gather(working, obeying, return_exceptions=True)
            if self._engine is not None:
                await self._engine.close()

    async def _obey(self, orders: Orders) -> None:
        while (order := await orders.get()) is not None:
            if isinstance(order, protocol.Ping):
                self._report(self._pong(order.number))
            elif isinstance(order, protocol.Speak):
                self._accept(order)
            elif isinstance(order, protocol.Cancel):
                self._cancel(order.number)

    def _pong(self, number: int) -> protocol.Pong:
        # Also while it does not let go of what was cancelled.
        is_busy = self._speaking is not None and not self._speaking.done()
        heard_at, step_s = self._heard_at, None
        if isinstance(self._engine, TellingEngine):
            progress = self._engine.progress
            heard_at, step_s = max(heard_at, progress.at), progress.step_s
        quiet_s = max(now() - heard_at, 0.0) if is_busy else 0.0
        return protocol.Pong(
            number=number, speaking=len(self._wanted), quiet_s=quiet_s, step_s=step_s
        )

    def _accept(self, order: protocol.Speak) -> None:
        if self._engine is None:
            self._fail(order.number, "utterance", "The engine is not warm yet.")
            return
        request = order.request
        tokens = self._engine.tokens(request) if isinstance(self._engine, BatchEngine) else 1
        self._scheduler.put(Job(order.number, request, tokens, now() + request.due_s))
        self._may_work.set()

    def _cancel(self, number: int) -> None:
        if not self._scheduler.remove(number):
            self._wanted.discard(number)
            if not self._wanted and self._speaking is not None:
                self._speaking.cancel()

    async def _work(self, start: protocol.Start) -> None:
        """Load the engine, then let it speak batch by batch; return if it refuses to run."""
        try:
            # Imports that take seconds must not hold up the answers to pings.
            engine = await asyncio.to_thread(create, start.engine, start.options)
            await engine.warm_up()
        except StartError as error:
            self._report(protocol.Refused(message=error.message, remedy=error.remedy))
            return
        except ModuleNotFoundError as error:
            # Another start would find no more: what is imported late, by some models alone, too.
            self._report(
                protocol.Refused(
                    message=f"The engine {start.engine} needs the Python package {error.name}.",
                    remedy=f"Install it for {sys.executable}: {sys.executable} -m pip install"
                    f" {error.name}",
                )
            )
            return
        if isinstance(engine, BatchEngine):
            self._scheduler = Scheduler(engine.budget_tokens)
        self._engine = engine
        self._report(protocol.Ready(name=engine.name))
        was_idle = True
        while True:
            await self._may_work.wait()
            jobs = self._scheduler.take(now(), alone=was_idle)
            was_idle = not jobs
            if was_idle:
                self._may_work.clear()
                continue
            self._wanted = {job.number for job in jobs}
            self._heard_at = now()
            self._speaking = asyncio.create_task(self._speak(engine, jobs), name="speak")
            try:
                await asyncio.wait((self._speaking,))
            finally:
                self._speaking.cancel()
                self._wanted = set()

    async def _speak(self, engine: Engine, jobs: Sequence[Job]) -> None:
        try:
            if isinstance(engine, BatchEngine):
                results = await engine.synthesize_batch([job.request for job in jobs])
                given = zip(jobs, results, strict=True)
                # Memory that ran out ends the process: what was spoken must be told before.
                for job, result in sorted(given, key=lambda each: _is_exhausted(each[1])):
                    self._give(job, result, engine.name)
            else:
                (job,) = jobs
                await self._stream(engine, job)
        except Exception as error:  # noqa: BLE001 - other people's models raise anything
            trouble: protocol.Trouble = "memory" if _lacks_memory(error) else "fault"
            detail = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            number = jobs[0].number if len(jobs) == 1 else protocol.NO_REQUEST
            self._fail(number, trouble, f"{engine.name} raised {error!r}.", detail=detail)

    async def _stream(self, engine: Engine, job: Job) -> None:
        try:
            async with aclosing(engine.synthesize(job.request)) as chunks:
                async for chunk in chunks:
                    _check(chunk, engine.name)
                    self._heard_at = now()
                    self._report(protocol.Chunk(number=job.number, audio=chunk))
            self._report(protocol.Done(number=job.number))
        except UtteranceError as error:
            self._refuse(job.number, error)

    def _give(self, job: Job, result: AudioChunk | UtteranceError, name: str) -> None:
        try:
            if isinstance(result, UtteranceError):
                raise result
            _check(result, name)
        except UtteranceError as error:
            self._refuse(job.number, error)
        else:
            self._report(protocol.Chunk(number=job.number, audio=result))
            self._report(protocol.Done(number=job.number))

    def _refuse(self, number: int, error: UtteranceError) -> None:
        trouble: protocol.Trouble = "memory" if _is_exhausted(error) else "utterance"
        self._fail(number, trouble, error.message, error.remedy)

    def _fail(
        self,
        number: int,
        trouble: protocol.Trouble,
        message: str,
        remedy: str = "",
        *,
        detail: str = "",
    ) -> None:
        self._report(
            protocol.Failed(
                number=number, trouble=trouble, message=message, remedy=remedy, detail=detail
            )
        )


def _is_exhausted(result: object) -> bool:
    return isinstance(result, MemoryExhaustedError)


def _lacks_memory(error: Exception) -> bool:
    """Tell whether memory ran out; libraries have errors of their own for that, or none."""
    names = ("OutOfMemory", "can't allocate memory", "ALLOC_FAILED")
    told = f"{type(error).__name__} {error}"
    return isinstance(error, MemoryError) or any(name in told for name in names)


def _check(chunk: AudioChunk, name: str) -> None:
    """Make sure that what is played was sound."""
    if not chunk.samples.size or not np.isfinite(chunk.samples).all():
        raise UtteranceError(f"{name} gave samples that are not finite, or none.")
