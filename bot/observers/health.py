"""`GET /healthz` and `GET /readyz`: whether the daemon is alive, and would be heard now."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

import msgspec
from aiohttp import web

from bot.observers import LivenessCheck
from bot.runtime.clock import awake
from bot.runtime.endpoints import JSON, Caller, as_json, endpoint
from bot.state import NOTHING_READ, DaemonState

_MEASURE_S = 0.5
_MAX_LAG_S = 2.0
"""Longest lag of the event loop that is no failure."""
_REMEMBERED_S = 30.0
"""Time for which such a lag counts as a failure."""
_MAX_STALL_S = 15.0
"""Longest stall where a check names none."""


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether all is well; the status is 503 where it is not."""

    ok: bool
    reasons: list[str]
    """What is not, a sentence each."""


class Health:
    """Liveness by the lag of the event loop and the checks, readiness by the state."""

    def __init__(
        self, state: Callable[[], DaemonState], checks: Iterable[LivenessCheck] = ()
    ) -> None:
        self._state = state
        self._checks = tuple(checks)
        self._listeners: list[Callable[[float], None]] = []
        self._lag_s = 0.0
        self._lag_at = 0.0
        gives = {JSON: HealthAnswer}
        self.routes = [
            endpoint("GET", "/healthz", self._live, least=Caller.ANYBODY, gives=gives),
            endpoint("GET", "/readyz", self._ready, least=Caller.VIEWER, gives=gives),
        ]

    def tell_lag(self, listener: Callable[[float], None]) -> None:
        """Tell `listener` every lag that is measured, in seconds."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Measure the lag of the event loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _MEASURE_S
            await asyncio.sleep(_MEASURE_S)
            lag_s = max(loop.time() - due, 0.0)
            for tell in self._listeners:
                tell(lag_s)
            if lag_s > _MAX_LAG_S:
                self._lag_s, self._lag_at = lag_s, awake()

    async def _live(self) -> web.Response:
        """Get whether the daemon is alive; one that hangs does not answer at all."""
        return _answer(list(self._failures()))

    async def _ready(self) -> web.Response:
        """Get whether a message sent now would be heard."""
        return _answer([*self._failures(), *unready(self._state())])

    def _failures(self) -> Iterator[str]:
        ago_s = awake() - self._lag_at
        if ago_s < _REMEMBERED_S:
            yield f"The event loop was {self._lag_s:.1f} s late {ago_s:.0f} s ago."
        for check in self._checks:
            stalled_s = check.stalled_s()
            if stalled_s > (check.limit_s or _MAX_STALL_S):
                yield f"For {stalled_s:.0f} s, {check.reason}."


def unready(state: DaemonState) -> Iterator[str]:
    """Yield why a message would not be heard now, a sentence each."""
    if not any(engine.is_ready or engine.is_idle for engine in state.engines.values()):
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
        reading = [source for source, clause in channel.sources.items() if clause != NOTHING_READ]
        if away and len(away) == len(reading):
            states = (f"{source}: {channel.sources[source]}" for source in away)
            yield _sentence(f"Channel {name} hears no chat", states)


def _sentence(trouble: str, states: Iterable[str]) -> str:
    return f"{trouble}: {'; '.join(states) or 'none is configured'}".rstrip(".") + "."


def _answer(reasons: list[str]) -> web.Response:
    answer = HealthAnswer(ok=not reasons, reasons=reasons)
    return as_json(answer, status=503 if reasons else 200)
