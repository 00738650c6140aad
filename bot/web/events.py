"""`GET /api/events`: what happens, told to pages and programs as it happens.

A WebSocket of JSON objects: every outcome (`{"outcome": "started", ...}`), the state of the daemon
(`{"state": {...}}`) once a second while it changes and every three seconds while it does not, and
how loud what is said is (`{"levels": {...}}`). Who does not keep up is cut off: the daemon waits
for nobody.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Union

import msgspec
import numpy as np
from aiohttp import WSCloseCode, WSMsgType, web

from bot.channel import Channel
from bot.messages import AudioChunk
from bot.outcomes import OUTCOMES, Continued, Outcome, Started
from bot.runtime.concurrency.mailbox import Mailbox
from bot.runtime.concurrency.waiting import cancel
from bot.runtime.endpoints import JSON, Caller, endpoint
from bot.server.guard import may_stay
from bot.state import DaemonState
from bot.web.channels import ChannelsQuery, some_of
from bot.web.sending import send_all

_STATE_S: Final = 1.0
_REMIND_S: Final = 3.0
"""Longest time without the state: a listener takes a longer silence for a dead connection."""
_MAX_WAITING: Final = 500
"""Objects that wait for one listener."""
_MAX_LISTENERS: Final = 64
_PING_S: Final = 20.0
_LEVEL_S: Final = 0.05


EVENTS: Final[Any] = Union[OUTCOMES]  # noqa: UP007 - of a tuple
"""Type of the outcomes that are told."""


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """How loud speech is, from a moment on."""

    id: str
    """Id of the message."""
    step_s: float
    """Time of each value."""
    start_s: float
    """When the first one begins, in seconds after the start of the utterance."""
    values: tuple[float, ...]
    """RMS of each step, 0 to 1 of full scale."""


class _Listener(Mailbox[bytes | str]):
    def __init__(self, channel: str) -> None:
        super().__init__(_MAX_WAITING)
        self.channel = channel


class Events:
    """Observer that tells everybody who listens."""

    def __init__(self, state: Callable[[], DaemonState], channels: Mapping[str, Channel]) -> None:
        self._state = state
        self._channels = channels
        self._listeners: set[_Listener] = set()
        self._listened = asyncio.Event()
        self._told: dict[str, tuple[str, int, float]] = {}
        """Id, pieces and seconds of the speech whose levels were told, by channel."""
        self._shown = ""
        """State that every listener knows."""
        self.routes = [
            endpoint(
                "GET", "/api/events", self._serve, least=Caller.MODERATOR, gives={JSON: EVENTS}
            )
        ]

    def observe(self, outcome: Outcome) -> None:
        """Tell `outcome` to those who want it."""
        if not self._listeners:
            return
        self._tell(outcome.channel, outcome.encoded().decode())
        if isinstance(outcome, Started | Continued):
            self._tell_levels(outcome.channel)

    async def run(self) -> None:
        """Tell the state while somebody listens, until cancelled."""
        clock = asyncio.get_running_loop().time
        shown_at = clock()
        while True:
            if not self._listeners:
                self._listened.clear()
                await self._listened.wait()
            data = _encoded({"state": self._state()})
            if data != self._shown or clock() - shown_at >= _REMIND_S:
                self._shown, shown_at = data, clock()
                for listener in self._listeners:
                    listener.tell(data)
            for name in self._channels:
                self._tell_levels(name)
            await asyncio.sleep(_STATE_S)

    async def _serve(self, request: web.Request, query: ChannelsQuery) -> web.WebSocketResponse:
        """Tell every outcome, the state and levels, over a WebSocket."""
        if len(self._listeners) >= _MAX_LISTENERS:
            raise web.HTTPServiceUnavailable(text="Too many listen to events already.")
        some_of(self._channels, query.channel)
        socket = web.WebSocketResponse(heartbeat=_PING_S, max_msg_size=1024)
        await socket.prepare(request)
        listener = _Listener(query.channel)
        listener.tell(_encoded({"state": self._state()}))
        self._listeners.add(listener)
        self._shown = ""  # this one knows another state than those who were there
        self._listened.set()
        sending = asyncio.create_task(send_all(socket, listener, may_stay(request)), name="events")
        try:
            async for message in socket:
                if message.type is not WSMsgType.PING:
                    await socket.close(code=WSCloseCode.UNSUPPORTED_DATA)
        finally:
            self._listeners.discard(listener)
            await cancel(sending)
        return socket

    def _tell(self, channel: str, data: str) -> None:
        for listener in self._listeners:
            if listener.channel in ("", channel):
                listener.tell(data)

    def _tell_levels(self, name: str) -> None:
        """Tell how loud the pieces are that came since the last time."""
        speech = self._channels[name].speaker.sounding if name in self._channels else None
        if speech is None:
            return
        told_id, count, start_s = self._told.get(name, ("", 0, 0.0))
        if told_id != speech.id:
            count, start_s = 0, 0.0
        if len(speech.chunks) <= count:
            return
        values = [value for chunk in speech.chunks[count:] for value in _levels(chunk)]
        levels = Levels(id=speech.id, step_s=_LEVEL_S, start_s=start_s, values=tuple(values))
        duration_s = sum(chunk.duration_s for chunk in speech.chunks)
        self._told[name] = speech.id, len(speech.chunks), round(duration_s, 3)
        self._tell(name, _encoded({"channel": name, "levels": levels}))


def _encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _levels(chunk: AudioChunk) -> list[float]:
    size = max(round(_LEVEL_S * chunk.sample_rate_hz), 1)
    starts = np.arange(0, len(chunk.samples), size)
    energy = np.add.reduceat(np.square(chunk.samples, dtype=np.float64), starts)
    counts = np.minimum(size, len(chunk.samples) - starts)
    levels: list[float] = np.sqrt(energy / counts).round(3).tolist()
    return levels
