"""Speaker.bot's WebSocket and UDP, as Streamer.bot and others use them.

Requests are JSON objects, `{"id": 1, "request": "Speak", "voice": "", "message": "hello"}`, by UDP
with `command` in place of `request` and without an answer. Source: Speaker.bot's documentation,
https://speaker.bot, pages WebSocket and UDP.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final
from uuid import uuid4

import msgspec
import structlog
from aiohttp import WSMsgType, web

from bot.channel import Channel
from bot.config.sections.server import ServerSettings
from bot.config.sections.wires import SpeakerbotWireSettings
from bot.errors import StartError, shown
from bot.messages import Chatter, Command, Lane, Order, Utterance, Verb
from bot.outcomes import Dropped, Failed, Outcome, Spoken
from bot.runtime.clock import now
from bot.runtime.endpoints import Caller, endpoint
from bot.server import Server
from bot.server.tokens import Tokens, default_path, token_of
from bot.wires.speech import Speech

log = structlog.get_logger(__name__)

_ISSUER = "Speaker.bot"
_ORDERS: Final = {
    "stop": Verb.SKIP,
    "pause": Verb.PAUSE,
    "resume": Verb.RESUME,
    "clear": Verb.CLEAR,
    "enable": Verb.ON,
    "disable": Verb.OFF,
}
_ELSEWHERE: Final = {
    "events": "policy.events of the configuration says which events are spoken",
    "mode": "policy.mode of the configuration says what is read",
}
"""Requests that nothing here can do while it runs, and what does."""
_MAX_BYTES = 16 * 1024
"""Largest request."""
_MAX_CHARACTERS = 2_000
"""Longest text."""
_MAX_SOCKETS = 16
_MAX_WAITING = 64
"""Speech that waits at a time, of all callers."""
_SEND_S = 5.0
"""Longest time for a caller to take an answer."""


class _RefusedError(Exception):
    """A request cannot be done; its text says why."""


class SpeakerbotWire:
    """Both wires; `run` listens. It observes outcomes to know when something was spoken."""

    def __init__(
        self,
        settings: SpeakerbotWireSettings,
        server: ServerSettings,
        *,
        channel: Channel,
        name: str,
        speech: Speech,
        default_voice: str,
        known_voices: Collection[str] | None,
    ) -> None:
        """Speak in `channel`, called `name`; callers are guarded as `server` says.

        Raises:
            StartError: other machines could call without a token, or it cannot be read.
        """
        self._settings = settings
        self._channel, self._name = channel, name
        self._speech = speech
        self._default, self._known = default_voice, known_voices
        own = server.model_copy(update={"host": settings.host, "port": settings.port})
        self._tokens = Tokens(token_of(own), default_path())
        self._needs_token = self._tokens.is_needed or not own.is_loopback
        # A browser and Streamer.bot can send no header: `?token=` will do.
        route = endpoint("GET", "/", self._serve, least=Caller.MODERATOR, gives={})
        self._server = Server(own, [route])
        self._sockets = 0
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.udp_port = 0
        """UDP port that is listened on."""

    @property
    def port(self) -> int:
        """TCP port that is listened on."""
        return self._server.bound_port

    def observe(self, outcome: Outcome) -> None:
        """Take note of what was spoken, or was not."""
        if isinstance(outcome, Spoken | Dropped | Failed):
            future = self._waiting.pop(outcome.id, None)
            if future is not None and not future.done():
                future.set_result(outcome)

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            StartError: an address cannot be listened on.
        """
        udp: asyncio.DatagramTransport | None = None
        async with self._server:
            try:
                if self._settings.udp_port is not None:
                    udp = await self._listen(self._settings.udp_port)
                await asyncio.Event().wait()
            finally:
                if udp is not None:
                    udp.close()
                for task in self._tasks:
                    task.cancel()

    async def _listen(self, port: int) -> asyncio.DatagramTransport:
        host = self._settings.host
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(host, port)
            )
        except OSError as error:
            raise StartError(
                f"Cannot listen on {host} UDP port {port}: {error.strerror or error}.",
                remedy="Set wires.speakerbot.udp_port to another number, or to null.",
            ) from error
        self.udp_port = transport.get_extra_info("sockname")[1]
        return transport

    def receive(self, data: bytes) -> None:
        """Do what a datagram asks for; without a token where one is needed, nothing."""
        request = _read(data)
        if request is None or not self._may(request.get("token")):
            log.info("datagram refused", wire="speakerbot")
        elif len(self._tasks) < _MAX_WAITING:
            self._start(self._answer(request | {"request": request.get("command")}))

    def _may(self, token: object) -> bool:
        """Tell whether who sent `token` in a datagram may ask for something."""
        if not self._needs_token:
            return True
        return isinstance(token, str) and self._tokens.caller(token) >= Caller.MODERATOR

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self._sockets >= _MAX_SOCKETS:
            raise web.HTTPServiceUnavailable(text="Too many sockets are open now.")
        socket = web.WebSocketResponse(max_msg_size=_MAX_BYTES, heartbeat=30.0)
        self._sockets += 1
        try:
            await socket.prepare(request)
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                value = _read(message.data.encode())
                if value is None:
                    await _send(socket, {"id": None, **_error("The request is no JSON object.")})
                elif len(self._tasks) >= _MAX_WAITING:
                    busy = _error("Too many requests wait.")
                    await _send(socket, {"id": value.get("id"), **busy})
                else:
                    # Not awaited: a Stop must not wait for the Speak before it. What was asked for
                    # is done also where the caller sends, and closes at once.
                    self._start(self._reply(socket, value))
        finally:
            self._sockets -= 1
        return socket

    def _start(self, work: Any) -> asyncio.Task[object]:  # noqa: ANN401 - any coroutine
        task: asyncio.Task[object] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _reply(self, socket: web.WebSocketResponse, request: dict[str, Any]) -> None:
        answer = await self._answer(request)
        await _send(socket, {"id": request.get("id"), **answer})

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        name = str(request.get("request")).lower()
        try:
            if name == "speak":
                return await self._speak(request)
            if name in _ELSEWHERE:
                return _error(f"{name} cannot be changed here: {_ELSEWHERE[name]}.")
            if name not in _ORDERS:
                return _error(f"There is no request {shown(name)}.")
        except _RefusedError as error:
            return _error(str(error))
        command = Command(
            id=uuid4().hex, channel=self._name, issuer=_ISSUER, order=Order(verb=_ORDERS[name])
        )
        text = self._channel.intake.apply(command, received_at=now())
        return {"status": "ok", "message": text}

    async def _speak(self, request: dict[str, Any]) -> dict[str, Any]:
        """Have something said; return when it was, with its duration."""
        text, received_at = str(request.get("message") or ""), now()
        if len(text) > _MAX_CHARACTERS:
            raise _RefusedError(f"The message is longer than {_MAX_CHARACTERS} characters.")
        is_filtered = self._settings.filtered or request.get("badWordFilter") is not False
        body = await self._speech.read(text, is_filtered=is_filtered)
        access = self._channel.policy.access
        if not body:
            raise _RefusedError("Nothing of the message may or can be said.")
        if not access.is_on or access.is_panicking:
            raise _RefusedError("Speech is off.")
        utterance = Utterance(
            id=uuid4().hex,
            channel=self._name,
            chatter=Chatter(id="speakerbot", name=_ISSUER),
            prefix="",
            body=body,
            voice=self._voice(str(request.get("voice") or "")),
            lane=Lane.REST,
            received_at=received_at,
        )
        future = self._waiting[utterance.id] = asyncio.get_running_loop().create_future()
        try:
            self._channel.intake.say(utterance)
            outcome = await future
        finally:
            self._waiting.pop(utterance.id, None)
        match outcome:
            case Spoken(audio_s=audio_s):
                return {"status": "ok", "duration": round(audio_s * 1000)}
            case Dropped(reason=reason):
                return _error(f"It was dropped: {reason}.")
        return _error("It could not be spoken.")

    def _voice(self, alias: str) -> str:
        voice = self._settings.voices.get(alias, alias)
        return voice if self._known is not None and voice in self._known else self._default


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, wire: SpeakerbotWire) -> None:
        self._wire = wire

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self._wire.receive(data)


def _read(data: bytes) -> dict[str, Any] | None:
    if len(data) > _MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _error(text: str) -> dict[str, Any]:
    return {"status": "error", "error": text}


async def _send(socket: web.WebSocketResponse, value: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(_SEND_S):
            await socket.send_str(msgspec.json.encode(value).decode())
    except (ConnectionError, TimeoutError, RuntimeError):
        log.info("caller is gone", wire="speakerbot")
