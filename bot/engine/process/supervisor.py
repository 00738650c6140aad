"""An engine in a process of its own: keeps one running, whatever happens to it.

A fault on a GPU poisons its process for good, start-up and launches of torch must not make the
daemon stutter, and a call that hangs cannot be interrupted, only killed.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import structlog

from bot.engine.process.breaker import Breaker
from bot.engine.process.client import EngineLostError, EngineMemoryError, Link
from bot.engine.process.watchdog import Patience
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest

log = structlog.get_logger(__name__)

_BOOT = """
import importlib.util, sys
folder = sys.argv[1]
sys.path[:] = [path for path in sys.path if path]
spec = importlib.util.spec_from_file_location(
    "bot", folder + "/__init__.py", submodule_search_locations=[folder]
)
sys.modules["bot"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from bot.engine.process.entry import main
main()
"""
"""Makes this package, and nothing that lies beside it, importable: another interpreter must not see
the packages that were installed for this one."""
_PACKAGE = Path(__file__).parents[2]
_LASTING = 20
"""A process that has spoken so much before memory ran out was worth its start."""
_PROBE = "Hello there."


class Host:
    """One engine in a child process; follows `Engine`."""

    def __init__(
        self,
        name: str,
        options: Callable[[], Mapping[str, Any]],
        *,
        engine: str = "",
        python: str = "",
        command: Sequence[str] = (),
        patience: Patience = Patience(),  # noqa: B008 - it is immutable
    ) -> None:
        """Describe the engine.

        Args:
            name: As in `bot.engine.ENGINES`.
            options: Returns its keyword arguments, at every start anew; may raise StartError.
            engine: What the process makes, if that is not `name`: `module:Class`.
            python: The interpreter, if it is another one than the daemon's.
            command: Program and arguments of the process, instead of the interpreter's.
            patience: How long it may be silent.
        """
        self.name = name
        self.refusal: StartError | None = None
        """Why the engine cannot run as things are; it is tried again, but not soon."""
        self.restarts = 0
        """How often its process was replaced."""
        self._options = options
        self._engine = engine or name
        self._command = tuple(command) or (python or sys.executable, "-c", _BOOT, str(_PACKAGE))
        self._patience = patience
        self._breaker = Breaker()
        self._memory = Breaker()
        """For memory that runs out soon: short texts that are spoken prove nothing."""
        self._spoken = 0
        """What the present process has spoken."""
        self._link: Link | None = None
        self._is_ready = False
        self._trouble = "it is warming up"
        self._voice = ""
        self._changed = asyncio.Event()
        self._probing: asyncio.Task[None] | None = None
        self._supervising: asyncio.Task[None] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it would speak now."""
        return self._is_ready and self._link is not None and self._link.is_open

    @property
    def state(self) -> str:
        """One clause for `status`."""
        return "ready" if self.is_ready else f"away: {self._trouble}"

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._link.pid if self._link else None

    def wait_changed(self) -> Coroutine[Any, Any, object]:
        """Return what waits until `is_ready` or `refusal` has changed since this call.

        Since the call, not since it is awaited: nothing that happens before a task runs is missed.
        """
        return self._changed.wait()

    def start(self) -> None:
        """Start a process, and keep one running until `close`."""
        if self._supervising is None:
            self._supervising = asyncio.create_task(self._supervise(), name=f"engine {self.name}")

    async def warm_up(self) -> None:
        """Start, and return when the engine is warm.

        Raises:
            StartError: it cannot run here.
        """
        self.start()
        while not self.is_ready:
            if self.refusal is not None:
                raise self.refusal
            await self.wait_changed()

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield the speech of `request` as the engine gives it.

        Raises:
            EngineLostError: the engine is away, or was lost in the middle.
            UtteranceError: it cannot speak this text.
        """
        if self._link is None or not self.is_ready:
            raise EngineLostError(f"{self.name} is away: {self._trouble}.")
        self._voice = request.voice
        async with aclosing(self._link.speak(request)) as chunks:
            async for chunk in chunks:
                yield chunk
        self._breaker.succeed()
        self._spoken += 1
        if self._spoken == _LASTING:
            self._memory.succeed()

    async def close(self) -> None:
        """End the process; pending requests end as lost."""
        if self._supervising is not None:
            self._supervising.cancel()
            await asyncio.gather(self._supervising, return_exceptions=True)
            self._supervising = None

    async def _supervise(self) -> None:
        while True:
            try:
                await self._run_one()
            except StartError as error:
                self._lose(str(error), error)
            except EngineLostError as error:
                if isinstance(error, EngineMemoryError):
                    self._memory.fail()
                self._lose(str(error))
            except Exception as error:  # options come from files, and a mistake of ours must not
                # end the supervision: the daemon speaks on with another engine meanwhile.
                log.exception("engine failed", engine=self.name)
                self._lose(repr(error))
            await asyncio.sleep(self._pause_s)
            self.restarts += 1

    @property
    def _pause_s(self) -> float:
        return max(self._breaker.pause_s, self._memory.pause_s)

    async def _run_one(self) -> None:
        link = self._link = Link(self.name, self._patience, self._warm)
        self._spoken = 0
        try:
            options = await asyncio.to_thread(self._options)
            await link.run(self._command, self._engine, options)
        finally:
            self._link = None
            self._is_ready = False
            if self._probing is not None:
                self._probing.cancel()
                self._probing = None

    def _warm(self) -> None:
        """Take the engine back, or try it first if it failed again and again."""
        if (self._breaker.is_open or self._memory.is_open) and self._voice:
            self._probing = asyncio.create_task(self._probe(), name=f"probe {self.name}")
        else:
            self._take_back()

    async def _probe(self) -> None:
        """Let it speak what nobody hears; if that breaks it, its process is replaced anyway."""
        assert self._link is not None
        request = SpeechRequest(id="probe", text=_PROBE, voice=self._voice)
        try:
            async with aclosing(self._link.speak(request)) as chunks:
                async for _ in chunks:
                    pass
        except EngineLostError:
            return  # the link ends too, and tells why
        except UtteranceError:
            pass  # a voice that was removed is no fault of the engine
        self._take_back()

    def _take_back(self) -> None:
        self._breaker.prove()
        if self.restarts:
            log.info("engine is back", engine=self.name)
        self._change(is_ready=True)

    def _lose(self, trouble: str, refusal: StartError | None = None) -> None:
        self._breaker.fail()
        while refusal is not None and not self._breaker.is_open:
            self._breaker.fail()  # what is missing does not appear within seconds
        if trouble != self._trouble:
            log.warning(
                "engine is away",
                engine=self.name,
                reason=trouble,
                next_try_in_s=round(self._pause_s),
            )
        self._change(is_ready=False, trouble=trouble, refusal=refusal)

    def _change(
        self, *, is_ready: bool, trouble: str = "", refusal: StartError | None = None
    ) -> None:
        self._is_ready = is_ready
        self._trouble = trouble or self._trouble
        self.refusal = refusal
        self._changed.set()
        self._changed = asyncio.Event()
