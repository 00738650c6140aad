"""Connection to the sound server: PulseAudio, or PipeWire behind pipewire-pulse."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bot.errors import StartError
from bot.playback.pulse import library
from bot.playback.pulse.library import Callback, text

_ANSWER_S = 5.0
"""Time after which a server that does not answer is taken to hang."""
DUMMY = "auto_null"
"""Sink that servers make up where there is no other; nobody hears it."""


class ServerAwayError(StartError):
    """There is no sound server, or it has gone."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink of the server."""

    index: int
    name: str
    description: str
    """Name for people; several sinks may share one."""
    channels: int
    sample_rate_hz: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A loaded part of the server."""

    index: int
    name: str
    argument: str


class Server:
    """A connection. Its calls, and the callbacks in them, belong to the thread that uses it."""

    def __init__(self) -> None:
        """Connect.

        Raises:
            ServerAwayError: libpulse is not installed, or no server answers.
        """
        lib = library.load()
        if lib is None:
            raise ServerAwayError(
                "The library of the sound server is not installed.",
                remedy="Install it with: sudo apt install libpulse0",
            )
        self.lib = lib
        self._loop = lib.pa_mainloop_new()
        self.context = lib.pa_context_new(lib.pa_mainloop_get_api(self._loop), b"ishowtts")
        self._callbacks: list[Callback] = []
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        lib = self.lib
        if lib.pa_context_connect(self.context, None, 0, None) < 0:
            raise self._away()
        self.wait(lambda: lib.pa_context_get_state(self.context) == library.CONTEXT_READY)
        self._ask_server()

    def _ask_server(self) -> None:
        told: list[tuple[str, str]] = []

        def on_server(_context: object, info: Callback, _data: object) -> None:
            if info:
                found = info.contents
                told.append((text(found.server_name), text(found.default_sink_name)))

        self.call("pa_context_get_server_info", library.ON_SERVER(on_server))
        self.wait(lambda: bool(told))
        ((name, self.default_sink),) = told
        self.system = "PipeWire" if "PipeWire" in name else "PulseAudio"
        """Which server it is."""

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """End the connection, and all streams on it."""
        self.lib.pa_context_disconnect(self.context)
        self.lib.pa_context_unref(self.context)
        self.lib.pa_mainloop_free(self._loop)

    @property
    def is_connected(self) -> bool:
        """Whether the server is still there."""
        state: int = self.lib.pa_context_get_state(self.context)
        return state not in {library.CONTEXT_FAILED, library.CONTEXT_TERMINATED}

    def iterate(self, wait_s: float) -> None:
        """Wait up to `wait_s` seconds for the server, and call what it asks to be called.

        Raises:
            ServerAwayError: the connection is gone.
        """
        loop = self._loop
        if (
            self.lib.pa_mainloop_prepare(loop, max(0, round(wait_s * 1e6))) < 0
            or self.lib.pa_mainloop_poll(loop) < 0
            or self.lib.pa_mainloop_dispatch(loop) < 0
            or not self.is_connected
        ):
            raise self._away()

    def wait(self, condition: Callable[[], bool], limit_s: float = _ANSWER_S) -> None:
        """Return when `condition` holds.

        Raises:
            ServerAwayError: the server does not answer within `limit_s` seconds.
        """
        until = time.monotonic() + limit_s
        while not condition():
            left_s = until - time.monotonic()
            if left_s <= 0:
                raise ServerAwayError(
                    "The sound server does not answer.", remedy="Restart the sound server."
                )
            self.iterate(left_s)

    def call(self, function: str, *arguments: object) -> None:
        """Start the operation `function` with `arguments`, the last of which is its callback."""
        self._callbacks.append(arguments[-1])
        operation = getattr(self.lib, function)(self.context, *arguments, None)
        if not operation:
            raise self._away()
        self.lib.pa_operation_unref(operation)

    @property
    def trouble(self) -> str:
        """What the server says of the last call that failed."""
        return text(self.lib.pa_strerror(self.lib.pa_context_errno(self.context)))

    def _away(self) -> ServerAwayError:
        return ServerAwayError(
            f"The sound server is away: {self.trouble}.", remedy="Start the sound server."
        )

    def sinks(self) -> list[Sink]:
        """Return the sinks that somebody may hear.

        Raises:
            ServerAwayError: the server does not answer.
        """
        found: list[Sink] = []

        def read(info: Callback) -> None:
            sink = info.contents
            name = text(sink.name)
            if name != DUMMY:
                found.append(
                    Sink(
                        index=sink.index,
                        name=name,
                        description=text(sink.description),
                        channels=sink.sample_spec.channels,
                        sample_rate_hz=sink.sample_spec.rate,
                        is_default=name == self.default_sink,
                    )
                )

        self._list("pa_context_get_sink_info_list", library.ON_SINK, read)
        return found

    def modules(self) -> list[Module]:
        """Return what is loaded.

        Raises:
            ServerAwayError: the server does not answer.
        """
        found: list[Module] = []

        def read(info: Callback) -> None:
            module = info.contents
            found.append(Module(module.index, text(module.name), text(module.argument)))

        self._list("pa_context_get_module_info_list", library.ON_MODULE, read)
        return found

    def _list(self, function: str, kind: Callback, read: Callable[[Callback], None]) -> None:
        """Let `read` have each entry of a list, which `function` asks for with such a callback."""
        ended: list[int] = []

        def on_entry(_context: object, info: Callback, end: int, _data: object) -> None:
            if end:
                ended.append(end)
            else:
                read(info)

        self.call(function, kind(on_entry))
        self.wait(lambda: bool(ended))

    def load(self, module: str, argument: str) -> None:
        """Load a module.

        Raises:
            StartError: the server refuses.
        """
        indices: list[int] = []
        self.call(
            "pa_context_load_module",
            module.encode(),
            argument.encode(),
            library.ON_INDEX(lambda _context, index, _data: indices.append(index)),
        )
        self.wait(lambda: bool(indices))
        if indices == [library.INVALID_INDEX]:
            raise StartError(f"The sound server does not load {module}: {self.trouble}.")

    def unload(self, module: Module) -> None:
        """Take a module away, and what it made.

        Raises:
            StartError: the server refuses.
        """
        answers: list[int] = []
        self.call(
            "pa_context_unload_module",
            module.index,
            library.ON_SUCCESS(lambda _context, is_done, _data: answers.append(is_done)),
        )
        self.wait(lambda: bool(answers))
        if answers == [0]:
            raise StartError(f"The sound server does not unload {module.name}: {self.trouble}.")
