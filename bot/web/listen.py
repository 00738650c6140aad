"""`GET /api/listen`: what a page needs to play a channel and to show who speaks.

A WebSocket: binary messages are sound, text messages are JSON objects with a `type`
(`bot.playback.listeners` has those about sound). A page that does not keep up is cut off, and comes
again by itself: the daemon waits for nobody.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from bot.errors import shown
from bot.messages import EventKind, Picture, WordTime
from bot.outcomes import FINAL, Continued, Outcome, Started
from bot.playback.browser import BrowserOutput
from bot.playback.listeners import Event, Listener, Report, Setup
from bot.runtime.concurrency.waiting import cancel
from bot.runtime.endpoints import JSON, Caller, Form, endpoint
from bot.server.guard import may_stay
from bot.web.channels import one_of
from bot.web.sending import send_all

_MAX_LISTENERS: Final = 256
_MAX_BYTES: Final = 1024
"""Largest message of a page."""
_MAX_MESSAGES: Final = 20
"""Messages of a page in a second."""
_PING_S: Final = 10.0
_TICK_S: Final = 2.0
_MAX_PICTURES: Final = 20
_MAX_ADDRESS: Final = 500

_Word: TypeAlias = tuple[str, float, float]
"""Text, and when it begins and ends, in seconds after the start of the utterance."""


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    """A page asks for the time."""

    t: float
    """Its own, which it gets back."""


class Tick(msgspec.Struct, frozen=True, tag="tick"):
    """Time for a page to ask and to report: timers of pages that are not seen stand still."""


class Pong(msgspec.Struct, frozen=True, tag="pong"):
    """The time of the server's clock, in milliseconds."""

    t: float
    now: float


class Beginning(msgspec.Struct, frozen=True, tag="started"):
    """An utterance begins to be spoken."""

    id: str
    name: str
    """Of the chatter: untrusted, as is the text."""
    text: str
    words: tuple[_Word, ...]
    voice: str
    event: EventKind | None
    amount: float
    unit: str
    emotes: tuple[Picture, ...]
    at: float
    """When it begins where no page plays it; `timeline` is right where one does."""


class Words(msgspec.Struct, frozen=True, tag="words"):
    """Further words of the utterance."""

    id: str
    words: tuple[_Word, ...]


class Ending(msgspec.Struct, frozen=True, tag="ended"):
    """The utterance is over."""

    id: str
    outcome: str
    """`spoken`, `dropped` or `failed`."""


TOLD: Final[Any] = Beginning | Words | Ending | Tick | Pong | Event
"""Type of the text messages."""


class ListenQuery(Form, frozen=True):
    """What a page plays and shows."""

    channel: str = ""
    """Name of the channel; the first one by default."""
    output: str = ""
    """Name of its browser output; its first one by default."""
    audio: bool = True
    """Whether the page plays sound: 0 for a picture alone."""


_decode = msgspec.json.Decoder(Report | Ping).decode


class Listen:
    """Observer that tells all pages what is spoken in their channel, and the route for them."""

    def __init__(
        self,
        outputs: Mapping[str, Sequence[BrowserOutput]],
        *,
        picture_hosts: Iterable[str] = (),
    ) -> None:
        """Serve the channels that `outputs` names, each with its browser outputs.

        Args:
            outputs: Browser outputs by the channel's name; none where it plays elsewhere.
            picture_hosts: Origins of which pages may show pictures, such as https://example.org.
        """
        self._outputs = outputs
        self._hosts = frozenset(picture_hosts)
        self._listeners: dict[Listener, frozenset[str]] = {}
        """Channels of which each page is told."""
        self._beginnings: dict[str, Beginning] = {}
        """What each channel speaks now, for pages that come in the middle of it."""
        self.routes: list[web.RouteDef] = [
            endpoint("GET", "/api/listen", self._serve, least=Caller.VIEWER, gives={JSON: TOLD})
        ]

    def observe(self, outcome: Outcome) -> None:
        """Tell the pages of its channel about `outcome`."""
        match outcome:
            case Started():
                now_ms = asyncio.get_running_loop().time() * 1000
                beginning = Beginning(
                    id=outcome.id,
                    name=outcome.chatter,
                    text=outcome.text,
                    words=_told(outcome.words),
                    voice=outcome.voice,
                    event=outcome.event,
                    amount=outcome.amount,
                    unit=outcome.unit,
                    emotes=self._allowed(outcome.pictures),
                    at=now_ms,
                )
                self._beginnings[outcome.channel] = beginning
                self._tell(outcome.channel, beginning)
            case Continued():
                begun = self._beginnings.get(outcome.channel)
                words = _told(outcome.words)
                if begun is not None and begun.id == outcome.id:
                    self._beginnings[outcome.channel] = msgspec.structs.replace(
                        begun, words=(*begun.words, *words)
                    )
                self._tell(outcome.channel, Words(outcome.id, words))
            case _ if isinstance(outcome, FINAL):
                begun = self._beginnings.get(outcome.channel)
                if begun is not None and begun.id == outcome.id:
                    del self._beginnings[outcome.channel]
                    self._tell(outcome.channel, Ending(outcome.id, outcome.kind))

    async def run(self) -> None:
        """Keep the pages awake until cancelled."""
        data = msgspec.json.encode(Tick()).decode()
        while True:
            for listener in self._listeners:
                listener.tell(data)
            await asyncio.sleep(_TICK_S)

    async def _serve(self, request: web.Request, query: ListenQuery) -> web.WebSocketResponse:
        """Play a channel, and tell what is spoken in it, over a WebSocket."""
        channel = one_of(self._outputs, query.channel)
        output = self._chosen(channel, query.output)
        if len(self._listeners) >= _MAX_LISTENERS:
            raise web.HTTPServiceUnavailable(text="Too many pages listen already.")
        socket = web.WebSocketResponse(
            heartbeat=_PING_S, max_msg_size=_MAX_BYTES, compress=False, timeout=1.0
        )
        await socket.prepare(request)
        listener = Listener(wants_sound=query.audio)
        sending = asyncio.create_task(send_all(socket, listener, may_stay(request)), name="page")
        try:
            self._welcome(listener, channel, output)
            await self._take(socket, listener, output)
        finally:
            self._listeners.pop(listener, None)
            if output is not None:
                output.leave(listener)
            await cancel(sending)
        return socket

    def _chosen(self, channel: str, name: str) -> BrowserOutput | None:
        """Return the channel's output called `name`, or its first one; None where it has none."""
        outputs = self._outputs[channel]
        if name and name not in {output.name for output in outputs}:
            raise web.HTTPNotFound(text=f"Channel {channel} has no browser output {shown(name)}.")
        return next((output for output in outputs if name in {"", output.name}), None)

    def _welcome(self, listener: Listener, channel: str, output: BrowserOutput | None) -> None:
        """Tell a page what it needs first."""
        sharing = (name for name, outputs in self._outputs.items() if output in outputs)
        self._listeners[listener] = channels = frozenset({channel, *sharing})
        for name in sorted(channels):
            if name in self._beginnings:
                listener.tell(msgspec.json.encode(self._beginnings[name]).decode())
        if output is None:
            listener.tell(msgspec.json.encode(Setup(0, is_muted=False)).decode())
        else:
            output.join(listener)

    async def _take(
        self, socket: web.WebSocketResponse, listener: Listener, output: BrowserOutput | None
    ) -> None:
        """Take what a page says until it goes, or talks too much."""
        clock = asyncio.get_running_loop().time
        second, count = 0, 0
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            time_s = clock()
            second, count = int(time_s), count + 1 if second == int(time_s) else 1
            try:
                value = _decode(message.data)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                break
            if count > _MAX_MESSAGES:
                break
            if isinstance(value, Ping):
                listener.tell(msgspec.json.encode(Pong(value.t, time_s * 1000)).decode())
            elif output is not None:
                output.report(listener, value)
        await socket.close(code=WSCloseCode.POLICY_VIOLATION)

    def _tell(self, channel: str, event: Beginning | Words | Ending) -> None:
        data = msgspec.json.encode(event).decode()
        for listener, channels in self._listeners.items():
            if channel in channels:
                listener.tell(data)

    def _allowed(self, pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        """Return the pictures that pages may load: no address of a chatter's choice."""
        return tuple(it for it in pictures if _origin(it.address) in self._hosts)[:_MAX_PICTURES]


def _origin(address: str) -> str:
    if len(address) > _MAX_ADDRESS:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _told(words: Sequence[WordTime]) -> tuple[_Word, ...]:
    return tuple((word.text, word.start_s, word.end_s) for word in words)
