"""One process of an engine, from its start until it is of no use any more."""

import asyncio
import itertools
from asyncio.subprocess import Process
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import structlog

from bot.clock import now
from bot.engine.process import protocol
from bot.engine.process.watchdog import Pace, Patience
from bot.errors import StartError, TransientError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest, encode
from bot.runtime import child, frames

log = structlog.get_logger(__name__)

_CLOSE_S = 1.0
_LAST_WORDS_S = 0.2


class EngineLostError(TransientError):
    """The engine's process is not there, or ended in the middle of this."""

    def __init__(self, message: str, *, remedy: str = "", may_be_cause: bool = True) -> None:
        super().__init__(message, remedy=remedy)
        self.may_be_cause = may_be_cause
        """Whether the request that gets this error may be what broke the engine."""


class EngineMemoryError(EngineLostError):
    """Memory ran out in the engine's process, which is of no use any more."""


_Item: TypeAlias = AudioChunk | Exception | None
"""What comes back for a request; None is its end."""


class Link:
    """Starts the process, talks to it, and notices when it dies, hangs or breaks."""

    def __init__(self, name: str, patience: Patience, on_ready: Callable[[], None]) -> None:
        """Be ready to start the engine `name`; `on_ready` is called when it is warm."""
        self.pid: int | None = None
        """Of the process, once it runs."""
        self._name = name
        self._patience = patience
        self._on_ready = on_ready
        self._numbers = itertools.count(1)
        self._requests: dict[int, asyncio.Queue[_Item]] = {}
        self._pace = Pace(patience)
        self._orders: asyncio.StreamWriter | None = None
        self._is_warm = False
        self._is_heard = False
        self._is_explained = False
        """Whether the engine told which request broke it."""
        self._last_words: deque[str] = deque(maxlen=1)

    @property
    def is_open(self) -> bool:
        """Whether the process takes orders."""
        return self._orders is not None

    async def run(self, command: Sequence[str], engine: str, options: Mapping[str, Any]) -> None:
        """Run one process until it is lost; requests that are under way then end as lost.

        Args:
            command: Program and arguments.
            engine: What it makes: a name, or `module:Class`.
            options: Keyword arguments of the engine.

        Raises:
            EngineLostError: always, if not the other: how the process ended.
            StartError: the process cannot be started, or the engine cannot run in it; nor can it
                be told of a file whose name is no text.
        """
        start = self._start(engine, options)
        try:
            process = await child.start(command, has_stderr=True)
        except OSError as error:
            raise StartError(
                f"{command[0]} cannot be started: {error.strerror or error}.",
                remedy="Set engine.python to an interpreter that is there, or to null.",
            ) from error
        assert process.stdout is not None
        self.pid = process.pid
        self._orders = process.stdin
        listening = asyncio.create_task(self._listen(process), name=f"stderr of {self._name}")
        self._write(start)
        grace_s = _CLOSE_S
        try:
            await _first_to_end(self._take_reports(process.stdout), self._watch())
        except EngineLostError:
            grace_s = 0.0  # nothing is to be expected of it
            raise
        except (asyncio.IncompleteReadError, ConnectionError):
            self._orders = None
            await asyncio.wait((listening,), timeout=_LAST_WORDS_S)
            words = " ".join(["its process ended unexpectedly", *self._last_words])
            raise EngineLostError(words) from None
        finally:
            self._orders = None
            lost = EngineLostError(f"{self._name} was lost.", may_be_cause=not self._is_explained)
            for items in self._requests.values():
                items.put_nowait(lost)
            try:
                await child.end(process, grace_s=grace_s)
            finally:
                await listening

    def _start(self, engine: str, options: Mapping[str, Any]) -> bytes:
        order = protocol.Start(version=protocol.VERSION, engine=engine, options=dict(options))
        try:
            return encode(order)
        except UnicodeEncodeError as error:
            raise StartError(
                f"A file or folder that engine {self._name} is given is called {error.object!r}, "
                "which is no UTF-8.",
                remedy="Give it another name.",
            ) from error

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield the speech of `request`.

        Raises:
            EngineLostError: the process was lost before the end.
            UtteranceError: the engine cannot speak this text.
        """
        if not self.is_open:
            raise EngineLostError(f"{self._name} was lost.")
        number = next(self._numbers)
        order = encode(protocol.Speak(number=number, request=request))
        items = self._requests[number] = asyncio.Queue()
        self._pace.ask(number, request)
        self._write(order)
        item: _Item = None
        is_over = False
        try:
            while not is_over:
                item = await items.get()
                is_over = not isinstance(item, AudioChunk)
                if isinstance(item, AudioChunk):
                    yield item
                elif item is not None:
                    raise item
        finally:
            del self._requests[number]
            self._pace.forget(number, is_over=is_over)
            if not is_over:
                self._send(protocol.Cancel(number=number))

    def _send(self, order: protocol.Order) -> None:
        self._write(encode(order))

    def _write(self, body: bytes) -> None:
        if self._orders is not None and not self._orders.is_closing():
            self._orders.write(frames.frame(body))

    async def _take_reports(self, reports: asyncio.StreamReader) -> None:
        try:
            hello = await self._next(reports)
        except asyncio.IncompleteReadError:
            await asyncio.sleep(_LAST_WORDS_S)
            raise StartError(
                " ".join(
                    [f"The process of engine {self._name} does not start.", *self._last_words]
                ),
                remedy="Install msgspec and numpy for the interpreter engine.python, with pip.",
            ) from None
        if not isinstance(hello, protocol.Hello):
            raise EngineLostError("its process does not begin with a greeting")
        if hello.version != protocol.VERSION:
            raise StartError(
                f"The process of engine {self._name} speaks version {hello.version} of the "
                f"protocol, the daemon {protocol.VERSION}.",
                remedy="Install the same version of ishowtts for both.",
            )
        while True:
            self._take(await self._next(reports))

    async def _next(self, reports: asyncio.StreamReader) -> protocol.Report:
        try:
            report = protocol.report(await frames.receive(reports))
        except (frames.FrameError, msgspec.MsgspecError) as error:
            raise EngineLostError(f"its process says what is no report: {error}") from error
        self._is_heard = True
        return report

    def _take(self, report: protocol.Report) -> None:
        match report:
            case protocol.Ready():
                self._is_warm = True
                self._on_ready()
            case protocol.Refused():
                raise StartError(report.message, remedy=report.remedy)
            case protocol.Chunk():
                self._pass_on(report.number, report.audio)
            case protocol.Done():
                self._pass_on(report.number, None)
            case protocol.Failed(trouble="utterance"):
                error = UtteranceError(report.message, remedy=report.remedy)
                self._pass_on(report.number, error)
            case protocol.Failed():
                if report.detail:
                    log.error("engine raised", engine=self._name, detail=report.detail)
                self._orders = None  # whoever is told asks no more of it
                self._is_explained = report.number != protocol.NO_REQUEST
                is_memory = report.trouble == "memory"
                kind = EngineMemoryError if is_memory else EngineLostError
                broken = kind(report.message, remedy=report.remedy)
                self._pass_on(report.number, broken)
                raise broken  # a fault on a GPU poisons its process
            case protocol.Pong():
                self._pace.hear(report)
            case protocol.Logged():
                tell = getattr(log, report.level)
                tell(report.event, **{"engine": self._name, **report.fields})

    def _pass_on(self, number: int, item: _Item) -> None:
        self._pace.take(number)
        if number in self._requests:  # else it was cancelled
            self._requests[number].put_nowait(item)

    async def _watch(self) -> None:
        """Ping until the process does not answer, or the engine in it hangs."""
        patience = self._patience
        missed = 0
        started_at = now()
        for number in itertools.count(1):
            self._is_heard = False
            self._send(protocol.Ping(number=number))
            await asyncio.sleep(patience.heartbeat_s)
            missed = 0 if self._is_heard else missed + 1
            limit_s = patience.silent_s if self._is_warm else patience.loading_s
            if missed * patience.heartbeat_s >= limit_s:
                raise EngineLostError("its process does not answer")
            if not self._is_warm and now() - started_at > patience.start_s:
                raise EngineLostError(f"it is not warm after {patience.start_s:.0f} s")
            if self._pace.quiet_s > self._pace.limit_s:
                raise EngineLostError(f"it hangs: nothing for {self._pace.quiet_s:.1f} s")

    async def _listen(self, process: Process) -> None:
        """Pass on what the process and its libraries print, for debugging."""
        assert process.stderr is not None
        while line := await _line(process.stderr):
            text = line.decode(errors="replace").strip()
            if text:
                self._last_words.append(text)
                log.debug("engine prints", engine=self._name, line=text)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Return the next line, or its first part where it has no end in sight; empty at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)


async def _first_to_end(*work: Coroutine[Any, Any, None]) -> None:
    """Run `work` at the same time until one of it ends; raise what that one raised."""
    tasks = [asyncio.create_task(part) for part in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
