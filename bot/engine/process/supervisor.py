"""Supervisor of an engine's process: keeps one running, whatever happens to it.

A fault on a GPU poisons its process for good, start-up and launches of torch must not make the
daemon stutter, and a call that hangs cannot be interrupted, only killed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import structlog
from msgspec.structs import replace

from bot.engine.contract import Engine
from bot.engine.forecast import Forecast
from bot.engine.process import boot, protocol
from bot.engine.process.asking import ask, trial
from bot.engine.process.breaker import Breaker
from bot.engine.process.client import Client, EngineLostError, EngineMemoryError
from bot.engine.process.idleness import Idleness
from bot.engine.process.watchdog import Limits
from bot.errors import StartError, UtteranceError, raised
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import Changes, cancel, first_to_end
from bot.state import EngineState

log = structlog.get_logger(__name__)

_LASTING = 20
"""Answers of one process after which memory that runs out counts as the first time."""


class Supervisor:
    """One engine in a child process, which is replaced when it is lost."""

    def __init__(
        self,
        name: str,
        options: Callable[[], Mapping[str, Any]],
        *,
        engine: str = "",
        python: str = "",
        command: Sequence[str] = (),
        limits: Limits = Limits(),  # noqa: B008 - it is immutable
        is_low: bool = False,
        cores: Sequence[int] = (),
        idle_s: float | None = None,
        languages: Sequence[str] = (),
    ) -> None:
        """Describe the engine.

        Args:
            name: As in `bot.engine.ENGINES`.
            options: Returns its keyword arguments, at every start anew; may raise StartError.
            engine: What the process makes, if that is not `name`: `module:Class`.
            python: The interpreter, if it is another one than the daemon's.
            command: Program and arguments of the process, instead of the interpreter's.
            limits: Times after which the process counts as dead.
            is_low: Whether the process gives way to programs of usual priority.
            cores: Cores that it may use; empty is all.
            languages: What it is known to speak before it was warm; empty is anything.
            idle_s: Seconds without use after which the process ends, until `rouse`; None is never.
        """
        self.name = name
        self.longest_piece = Engine.longest_piece
        """Limit of the text of one request, in letters; known once the engine was warm."""
        self.hardware = ""
        """Device and precision, for people; known once the engine was warm."""
        self.nfe_choices: tuple[int, ...] = ()
        """Numbers of function evaluations that it is prepared for, the usual one first."""
        self.forecast = Forecast()
        """When its speech would be there."""
        self.languages = tuple(languages)
        """ISO 639 codes of what it speaks, empty for anything; sure once the engine was warm, as
        the next two are known then."""
        self.voices: tuple[str, ...] = ()
        self.licence = ""
        self.refusal: StartError | None = None
        """Why the engine cannot run as things are; it is tried again, but not soon."""
        self.restarts = 0
        """How often its process was replaced."""
        self._options = options
        self._engine = engine or name
        self._command = tuple(command) or boot.command(python)
        self._limits = limits
        self._is_low, self._cores = is_low, tuple(cores)
        self._idleness = Idleness(idle_s)
        self._breaker = Breaker(limits.pause_s)
        self._memory_breaker = Breaker()
        """Counts memory that runs out soon: short texts that are spoken prove nothing."""
        self._spoken = 0
        self._client: Client | None = None
        self._is_ready = False
        self._trouble = "it is warming up"
        self._told = ""
        """Trouble of this outage that the log has: the next outage is told again."""
        self._voice = ""
        self._changes = Changes()
        self._probing: asyncio.Task[None] | None = None
        self._supervising: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it would speak now."""
        return self._is_ready and self._client is not None and self._client.is_open

    def doubts(self, after_s: float) -> bool:
        """Tell whether the engine may hang: it has shown no progress for `after_s` seconds."""
        return self._client is not None and self._client.doubts(after_s)

    @property
    def is_loading(self) -> bool:
        """Whether its process is there and will be warm, as far as is known."""
        return self._client is not None and not self._is_ready

    @property
    def state(self) -> EngineState:
        """State for `status`."""
        state = "ready" if self.is_ready else f"away: {self._trouble}"
        return EngineState(
            is_ready=self.is_ready,
            state="idle" if self._idleness.is_asleep else state,
            restarts=self.restarts,
            hardware=self.hardware,
            is_idle=self._idleness.is_asleep,
            languages=self.languages,
            voices=self.voices,
            licence=self.licence,
        )

    def speaks(self, language: str) -> bool:
        """Tell whether it speaks `language`, as far as is known; an empty one is its voice's."""
        return not (language and self.languages) or language in self.languages

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._client.pid if self._client else None

    def wait_changed(self) -> Coroutine[Any, Any, object]:
        """Return what waits until `is_ready` or `refusal` has changed since this call."""
        return self._changes.wait()

    def start(self) -> None:
        """Start a process, and keep one running until `close`."""
        if self._supervising is None:
            self._supervising = asyncio.create_task(self._supervise(), name=f"engine {self.name}")

    def rouse(self) -> None:
        """Have the engine warm soon if it is idle: speech is wanted, or may be."""
        self._idleness.rouse()

    async def warm_up(self) -> None:
        """Start, and return when the engine is warm.

        Raises:
            StartError: it cannot run here.
        """
        self.start()
        self.rouse()
        while not self.is_ready:
            if self.refusal is not None:
                raise self.refusal
            await self.wait_changed()

    async def speak(self, request: SpeechRequest) -> AudioChunk:
        """Return the speech of `request`, whole.

        Raises:
            EngineLostError: the engine is away, or was lost in the middle.
            UtteranceError: it cannot speak this text.
        """
        if self._client is None or not self.is_ready:
            raise EngineLostError(f"{self.name} is away: {self._trouble}.")
        self._voice = request.voice
        with self._idleness.using():
            chunk = await ask(self._client, self.forecast, request)
        self._breaker.succeed()
        self._spoken += 1
        if self._spoken == _LASTING:
            self._memory_breaker.succeed()
        return replace(chunk, engine=self.name)

    async def try_out(self, nfe: int) -> bool:
        """Let the engine speak what nobody hears, to see how fast it is; tell whether it did."""
        if self._client is None or not self.is_ready:
            return False
        voice = self._voice or next(iter(self.voices), "")
        try:
            await ask(self._client, self.forecast, trial(voice, nfe))
        except (EngineLostError, UtteranceError):
            return False
        return True

    async def close(self) -> None:
        """End the process; pending requests end as lost."""
        if self._supervising is not None:
            await cancel(self._supervising)
            self._supervising = None

    async def _supervise(self) -> None:
        while True:
            try:
                await self._run_one()
                log.info("engine is idle", engine=self.name)
                await self._idleness.wait_roused()
                log.info("engine wakes", engine=self.name)
                self._change(is_ready=False, trouble="it is warming up")
                continue
            except StartError as error:
                self._lose(str(error), error)
            except EngineLostError as error:
                if isinstance(error, EngineMemoryError):
                    self._memory_breaker.fail()
                self._lose(str(error))
            except Exception as error:  # options come from files, and a mistake of ours must not
                # end the supervision: the daemon speaks on with another engine meanwhile.
                log.exception("engine failed", engine=self.name)
                self._lose(raised(error))
            await asyncio.sleep(self._pause_s)
            self.restarts += 1

    @property
    def _pause_s(self) -> float:
        return max(self._breaker.pause_s, self._memory_breaker.pause_s)

    async def _run_one(self) -> None:
        """Run a process; return if it ended for want of use."""
        self._spoken = 0
        try:
            options = await asyncio.to_thread(self._options)
            self._client = Client(self.name, self._limits, self._on_ready)
            start = protocol.Start(
                version=protocol.VERSION,
                engine=self._engine,
                options=dict(options),
                is_low=self._is_low,
                cores=self._cores,
            )
            await first_to_end(self._client.run(self._command, start), self._fall_asleep())
        finally:
            self._client = None
            self._is_ready = False
            if self._probing is not None:
                self._probing.cancel()
                self._probing = None

    async def _fall_asleep(self) -> None:
        while not self.is_ready:
            await self.wait_changed()
        await self._idleness.fall_asleep()
        self._change(is_ready=False, trouble="it is idle")  # at once: nobody asks it any more

    def _on_ready(self, ready: protocol.Ready) -> None:
        """Take the engine back, or try it first if it failed again and again."""
        self.longest_piece, self.hardware = ready.longest_piece, ready.hardware
        self.nfe_choices = ready.nfe_choices
        self.forecast.at_once = ready.at_once
        self.forecast.forget_load()
        self.languages, self.voices, self.licence = ready.languages, ready.voices, ready.licence
        if (self._breaker.is_open or self._memory_breaker.is_open) and self._voice:
            self._probing = asyncio.create_task(self._probe(), name=f"probe {self.name}")
        else:
            self._take_back()

    async def _probe(self) -> None:
        """Let it speak what nobody hears; if that breaks it, its process is replaced anyway."""
        assert self._client is not None
        request = trial(self._voice, next(iter(self.nfe_choices), 0))
        try:
            await ask(self._client, self.forecast, request)
        except EngineLostError:
            return  # the client ends too, and tells why
        except UtteranceError:
            pass  # a voice that was removed is no fault of the engine
        self._take_back()

    def _take_back(self) -> None:
        self._breaker.prove()
        if self.restarts:
            log.info("engine is back", engine=self.name)
        self._told = ""
        self._change(is_ready=True)

    def _lose(self, trouble: str, refusal: StartError | None = None) -> None:
        self._breaker.fail()
        while refusal is not None and not self._breaker.is_open:
            self._breaker.fail()  # what is missing does not appear within seconds
        if trouble != self._told:
            self._told = trouble
            event = "engine lost" if refusal is None else "engine cannot start"
            next_s = round(self._pause_s)
            log.warning(event, engine=self.name, reason=trouble, next_try_in_s=next_s)
        self._change(is_ready=False, trouble=trouble, refusal=refusal)

    def _change(
        self, *, is_ready: bool, trouble: str = "", refusal: StartError | None = None
    ) -> None:
        self._is_ready = is_ready
        self._trouble = trouble or self._trouble
        self.refusal = refusal
        self._changes.tell()
