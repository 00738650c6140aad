"""`GET /healthz` and `GET /readyz`: is the daemon alive, and would a message be heard now?"""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from aiohttp import web

from bot.clock import now
from bot.observers.notify import Vital
from bot.state import DaemonState

_BEAT_S = 0.5
_LATE_S = 2.0
"""An event loop that is so late does not serve anyone well."""
_REMEMBERED_S = 30.0
_STILL_S = 15.0
"""A clock that names no limit may stand still for so long."""


class Health:
    """Watches the event loop and the other clocks, and reads the rest from the state."""

    def __init__(self, state: Callable[[], DaemonState]) -> None:
        """Judge what `state` returns."""
        self._state = state
        self._listeners: list[Callable[[float], None]] = []
        self._vitals: tuple[Vital, ...] = ()
        self._late_s = 0.0
        self._late_at = 0.0

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes for the daemon's server."""
        return [web.get("/healthz", self._live), web.get("/readyz", self._ready)]

    def tell_lag(self, listener: Callable[[float], None]) -> None:
        """Tell `listener` at every beat how many seconds the event loop was late."""
        self._listeners.append(listener)

    def watch(self, vitals: Iterable[Vital]) -> None:
        """Take these as signs of life, too."""
        self._vitals = tuple(vitals)

    async def run(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _BEAT_S
            await asyncio.sleep(_BEAT_S)
            late_s = max(loop.time() - due, 0.0)
            for tell in self._listeners:
                tell(late_s)
            if late_s > _LATE_S:
                self._late_s, self._late_at = late_s, now()

    async def _live(self, _: web.Request) -> web.Response:
        """Answer whether the daemon works; one that hangs answers nothing at all."""
        return _answer(list(self._ailments()))

    async def _ready(self, _: web.Request) -> web.Response:
        """Answer whether a message that is sent now would be heard."""
        return _answer([*self._ailments(), *unready(self._state())])

    def _ailments(self) -> Iterator[str]:
        ago_s = now() - self._late_at
        if ago_s < _REMEMBERED_S:
            yield f"The event loop was {self._late_s:.1f} s late {ago_s:.0f} s ago."
        for vital in self._vitals:
            still_s = vital.still_s()
            if still_s > (vital.limit_s or _STILL_S):
                yield f"For {still_s:.0f} s, {vital.complaint}."


def unready(state: DaemonState) -> Iterator[str]:
    """Yield why a message would not be heard now, a sentence each."""
    if not any(engine.is_ready for engine in state.engines.values()):
        states = (f"{name} is {engine.state}" for name, engine in state.engines.items())
        yield _sentence("No engine can speak", states)
    for name, channel in state.channels.items():
        if not channel.is_heard:
            states = (f"{output}: {clause}" for output, clause in channel.outputs.items())
            yield _sentence(f"Channel {name} has no output", states)
        away = sorted(
            source
            for source, connection in channel.connections.items()
            if not connection.is_connected
        )
        if away and len(away) == len(channel.sources):
            states = (f"{source}: {channel.sources[source]}" for source in away)
            yield _sentence(f"Channel {name} hears no chat", states)


def _sentence(trouble: str, states: Iterable[str]) -> str:
    return f"{trouble}: {'; '.join(states) or 'none is configured'}".rstrip(".") + "."


def _answer(reasons: list[str]) -> web.Response:
    body = {"ok": not reasons, "reasons": reasons}
    return web.json_response(body, status=503 if reasons else 200)
