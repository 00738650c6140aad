"""Client of one process of an engine, from its start until it is of no use any more."""

import asyncio
import itertools
import signal
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec
import structlog

from bot.engine.process import protocol
from bot.engine.process.watchdog import Limits, Watchdog
from bot.errors import StartError, TransientError, UtteranceError, shortened, shown
from bot.messages import SpeechRequest
from bot.runtime.concurrency.waiting import first_to_end
from bot.runtime.installed import engine_command
from bot.runtime.processes import child, frames
from bot.runtime.processes.packing import encode

log = structlog.get_logger(__name__)

_CLOSE_S = 1.0
_LAST_WORDS_S = 0.2
_LINES_IN_A_ROW = 50


class EngineLostError(TransientError):
    """The engine's process is not there, or ended in the middle of this."""

    def __init__(self, message: str, *, remedy: str = "", may_be_cause: bool = True) -> None:
        super().__init__(message, remedy=remedy)
        self.may_be_cause = may_be_cause
        """Whether the request that gets this error may be what broke the engine."""


class EngineMemoryError(EngineLostError):
    """Memory ran out in the engine's process, which is of no use any more."""


class Client:
    """Starts the process, talks to it, and notices when it dies, hangs or breaks."""

    def __init__(
        self, name: str, limits: Limits, on_ready: Callable[[protocol.Ready], None]
    ) -> None:
        """Be ready to start the engine `name`; `on_ready` is called when it is warm."""
        self.pid: int | None = None
        """Identifier of the process, once it runs."""
        self._name = name
        self._heartbeat_s = limits.heartbeat_s
        self._on_ready = on_ready
        self._watchdog = Watchdog(limits)
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[protocol.Speech]] = {}
        """Answers that are waited for, by the number of their request."""
        self._requests: asyncio.StreamWriter | None = None
        self._is_explained = False
        """Whether the engine told which request broke it."""
        self._last_words: deque[str] = deque(maxlen=1)

    @property
    def is_open(self) -> bool:
        """Whether the process takes requests."""
        return self._requests is not None

    def doubts(self, after_s: float) -> bool:
        """Tell whether the engine may hang, as `Watchdog.doubts` does."""
        return self._watchdog.doubts(after_s)

    async def run(self, command: Sequence[str], start: protocol.Start) -> None:
        """Run one process until it is lost; requests that are under way then end as lost.

        Args:
            command: Program and arguments.
            start: What the process is told first.

        Raises:
            EngineLostError: always, if not the other: how the process ended.
            StartError: the process cannot be started, or the engine cannot run in it; nor can it
                be told of a file whose name is no text.
        """
        first_request = self._encode(start)
        try:
            process = await child.start(command, has_stderr=True)
        except OSError as error:
            raise StartError(
                f"{command[0]} cannot be started: {error.strerror or error}.",
                remedy="Set engine.python to an interpreter that is there, or to null.",
            ) from error
        assert process.stdout is not None
        self.pid = process.pid
        self._requests = process.stdin
        listening = asyncio.create_task(self._listen(process), name=f"stderr of {self._name}")
        self._write(first_request)
        grace_s = _CLOSE_S
        try:
            await first_to_end(self._take_events(process, command[0]), self._watch())
        except EngineLostError:
            grace_s = 0.0  # nothing is to be expected of it
            raise
        except (asyncio.IncompleteReadError, ConnectionError):
            self._requests = None
            await asyncio.wait((listening,), timeout=_LAST_WORDS_S)
            words = " ".join([await _told(process), *self._last_words])
            raise EngineLostError(words) from None
        finally:
            self._requests = None
            lost = EngineLostError(f"{self._name} was lost.", may_be_cause=not self._is_explained)
            for number in self._answers:
                self._answer(number, lost)
            try:
                await child.end(process, grace_s=grace_s)
            finally:
                await listening

    def _encode(self, start: protocol.Start) -> bytes:
        try:
            return encode(start)
        except UnicodeEncodeError as error:
            raise StartError(
                f"A file or folder that engine {self._name} is given is called"
                f" {shown(error.object)}, which is no UTF-8.",
                remedy="Give it another name.",
            ) from error

    async def speak(self, request: SpeechRequest) -> protocol.Speech:
        """Return the speech of `request`.

        Raises:
            EngineLostError: the process was lost before the answer.
            UtteranceError: the engine cannot speak this text.
        """
        if not self.is_open:
            raise EngineLostError(f"{self._name} was lost.")
        number = next(self._numbers)
        body = encode(protocol.Speak(number=number, request=request))
        answer: asyncio.Future[protocol.Speech] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self._watchdog.ask(number, request)
        self._write(body)
        try:
            return await answer
        finally:
            del self._answers[number]
            if answer.cancelled():
                self._watchdog.cancel(number)
                self._write(encode(protocol.Cancel(number=number)))

    def _write(self, body: bytes) -> None:
        if self._requests is not None and not self._requests.is_closing():
            self._requests.write(frames.frame(body))

    async def _take_events(self, process: Process, python: str) -> None:
        assert process.stdout is not None
        received = frames.Receiver(process.stdout)
        is_greeted = False
        while True:
            try:
                event = protocol.decode_event(await received.next())
            except (ValueError, msgspec.MsgspecError) as error:  # also of bytes that are no text
                raise EngineLostError(
                    f"engine process sent an invalid event: {shortened(str(error))}"
                ) from error
            except asyncio.IncompleteReadError:
                if is_greeted:
                    raise
                await asyncio.sleep(_LAST_WORDS_S)
                if (process.returncode or 0) < 0:  # nothing is missing
                    raise EngineLostError(await _told(process)) from None
                raise StartError(
                    " ".join(
                        [f"The process of engine {self._name} does not start.", *self._last_words]
                    ),
                    remedy=f"Install what it needs with: {engine_command(python)}",
                ) from None
            if not (is_greeted or isinstance(event, protocol.Hello)):
                raise EngineLostError("engine process did not begin with a greeting")
            is_greeted = True
            self._watchdog.hear(event)
            self._take(event)

    def _take(self, event: protocol.Event) -> None:
        match event:
            case protocol.Hello(version=theirs):
                if theirs != protocol.VERSION:
                    raise StartError(
                        f"The process of engine {self._name} speaks version {theirs} of the "
                        f"protocol, the daemon {protocol.VERSION}.",
                        remedy="Install the same version of ishowtts for both.",
                    )
            case protocol.Ready():
                self._on_ready(event)
            case protocol.Refused():
                raise StartError(event.message, remedy=event.remedy)
            case protocol.Speech():
                self._answer(event.number, event)
            case protocol.Failed(trouble="utterance"):
                self._answer(event.number, UtteranceError(event.message, remedy=event.remedy))
            case protocol.Failed():
                if event.detail:
                    log.error("engine raised", engine=self._name, detail=event.detail)
                self._requests = None  # whoever is told asks no more of it
                self._is_explained = event.number != protocol.NO_REQUEST
                is_memory = event.trouble == "memory"
                kind = EngineMemoryError if is_memory else EngineLostError
                broken = kind(event.message, remedy=event.remedy)
                self._answer(event.number, broken)
                raise broken  # a fault on a GPU poisons its process
            case protocol.Logged():
                write = getattr(log, event.level)
                write(**(event.fields | {"event": event.event, "engine": self._name}))

    def _answer(self, number: int, result: protocol.Speech | Exception) -> None:
        answer = self._answers.get(number)
        if answer is None or answer.done():
            return  # it was cancelled, or answered in the same moment
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    async def _watch(self) -> None:
        """Ping until the process is dead or hangs."""
        for number in itertools.count(1):
            self._write(encode(protocol.Ping(number=number)))
            await asyncio.sleep(self._heartbeat_s)
            if trouble := self._watchdog.judge():
                raise EngineLostError(trouble)

    async def _listen(self, process: Process) -> None:
        """Pass on what the process and its libraries print, for debugging."""
        assert process.stderr is not None
        for count in itertools.count(1):
            line = await _line(process.stderr)
            if not line:
                return
            if not count % _LINES_IN_A_ROW:
                await asyncio.sleep(0)  # what is buffered must not hold up everything else
            text = line.decode(errors="replace").strip()
            if text:
                self._last_words.append(text)
                log.debug("engine prints", engine=self._name, line=text)


async def _told(process: Process) -> str:
    """Return how a process ended, and what may be behind that."""
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(process.wait(), _LAST_WORDS_S)
    status = process.returncode
    if status is None or status >= 0:
        return "engine process ended unexpectedly"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    memory = " (did memory run out?)" if name == "SIGKILL" else ""
    return f"engine process was killed by {name}{memory}"


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Return the next line, or its first part where it has no end in sight; empty at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.readexactly(error.consumed)
