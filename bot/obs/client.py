"""Client of obs-websocket 5: one connection, its requests and its events."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from enum import IntEnum, IntFlag
from typing import Any, Final
from uuid import uuid4

import aiohttp
import msgspec
from yarl import URL

from bot.config.sections.obs import ObsSettings
from bot.errors import IshowttsError, TransientError
from bot.runtime.files.credentials import read_secret

_ANSWER_S: Final = 10.0
_MAX_BYTES: Final = 4 << 20
"""Largest message: a list of inputs is some kilobytes."""
_MAX_EVENTS: Final = 1_000
"""Events that wait to be looked at."""
_RPC_VERSION: Final = 1
_WRONG_PASSWORD: Final = 4009
"""Close code: authentication failed."""
_REMEDY: Final = (
    "In OBS: Tools, WebSocket Server Settings, Enable WebSocket server; port and password there are"
    " those of section obs."
)


class Subscription(IntFlag):
    """Events that OBS is asked to tell."""

    NONE = 0
    SCENES = 1 << 2
    OUTPUTS = 1 << 6
    VOLUME_METERS = 1 << 16


class _Op(IntEnum):
    HELLO = 0
    IDENTIFY = 1
    IDENTIFIED = 2
    EVENT = 5
    REQUEST = 6
    RESPONSE = 7


class _Message(msgspec.Struct):
    op: int
    d: dict[str, Any]


class Event(msgspec.Struct, frozen=True):
    """Something that happened in OBS."""

    kind: str
    """As in `CurrentProgramSceneChanged`."""
    data: Mapping[str, Any]


class ObsError(IshowttsError):
    """OBS refuses: the password is wrong, or a request cannot be done."""


class ObsAwayError(TransientError):
    """OBS is not there, or went away."""


class Client:
    """A connection that is identified; `connected` makes one."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(_MAX_EVENTS)

    async def request(self, kind: str, **data: object) -> Mapping[str, Any]:
        """Return the answer to the request `kind`.

        Raises:
            ObsError: OBS cannot do it.
            ObsAwayError: it does not answer.
        """
        name = uuid4().hex
        future = self._answers[name] = asyncio.get_running_loop().create_future()
        body = {"requestType": kind, "requestId": name, "requestData": data}
        try:
            await self._socket.send_str(_encoded(_Op.REQUEST, body))
            async with asyncio.timeout(_ANSWER_S):
                answer = await future
        except (TimeoutError, ConnectionError) as error:
            raise ObsAwayError("OBS does not answer") from error
        finally:
            self._answers.pop(name, None)
        status = answer.get("requestStatus")
        if not isinstance(status, dict) or status.get("result") is not True:
            comment = status.get("comment") if isinstance(status, dict) else None
            raise ObsError(f"OBS cannot do {kind}: {str(comment or 'it does not say why')[:200]}")
        found = answer.get("responseData")
        return found if isinstance(found, dict) else {}

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens until OBS goes away.

        Raises:
            ObsAwayError: it did.
        """
        while (event := await self._events.get()) is not None:
            yield event
        raise ObsAwayError("the connection to OBS was lost")

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(ConnectionResetError())
            while self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(None)

    def _take(self, text: str) -> None:
        message = _decoded(text)
        if message.op == _Op.RESPONSE:
            future = self._answers.get(str(message.d.get("requestId")))
            if future is not None and not future.done():
                future.set_result(message.d)
        elif message.op == _Op.EVENT:
            data = message.d.get("eventData")
            kind = str(message.d.get("eventType"))
            event = Event(kind, data if isinstance(data, dict) else {})
            with suppress(asyncio.QueueFull):  # of meters the next one is as good
                self._events.put_nowait(event)


def password_of(settings: ObsSettings) -> str | None:
    """Return the password, wherever it is kept.

    Raises:
        StartError: it cannot be read.
    """
    return read_secret(
        "obs-password",
        configured=settings.password.get_secret_value() if settings.password else None,
        file=settings.password_file,
    )


@asynccontextmanager
async def connected(
    settings: ObsSettings, password: str | None, subscriptions: Subscription = Subscription.NONE
) -> AsyncIterator[Client]:
    """Yield a client that is told the events of `subscriptions`.

    Raises:
        ObsAwayError: OBS is not there.
        ObsError: the password is wrong.
    """
    url = URL.build(scheme="ws", host=settings.host, port=settings.port)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        try:
            async with asyncio.timeout(_ANSWER_S):
                socket = await session.ws_connect(
                    url, protocols=("obswebsocket.json",), max_msg_size=_MAX_BYTES, heartbeat=5.0
                )
                stack.push_async_callback(socket.close)
                await _identify(socket, password, subscriptions)
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            place = f"{settings.host} port {settings.port}"
            raise ObsAwayError(f"OBS does not answer at {place}. {_REMEDY}") from error
        client = Client(socket)
        reading = asyncio.create_task(client._read(), name="obs")  # noqa: SLF001 - of this module
        try:
            yield client
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading


async def _identify(
    socket: aiohttp.ClientWebSocketResponse, password: str | None, subscriptions: Subscription
) -> None:
    hello = await _receive(socket)
    body: dict[str, Any] = {
        "rpcVersion": _RPC_VERSION,
        "eventSubscriptions": int(subscriptions),
    }
    asked = hello.d.get("authentication")
    if isinstance(asked, dict):
        if not password:
            raise ObsError("OBS wants a password.", remedy=_REMEDY)
        salt, challenge = str(asked.get("salt")), str(asked.get("challenge"))
        body["authentication"] = _proof(_proof(password, salt), challenge)
    await socket.send_str(_encoded(_Op.IDENTIFY, body))
    await _receive(socket)


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> _Message:
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.TEXT:
        return _decoded(message.data)
    if message.type is aiohttp.WSMsgType.CLOSE and message.data == _WRONG_PASSWORD:
        raise ObsError("The password of OBS is another one.", remedy=_REMEDY)
    raise ConnectionResetError(f"OBS closed the connection ({message.data})")


def _proof(secret: str, salt: str) -> str:
    return base64.b64encode(hashlib.sha256((secret + salt).encode()).digest()).decode()


def _encoded(op: _Op, body: Mapping[str, Any]) -> str:
    return msgspec.json.encode({"op": int(op), "d": body}).decode()


def _decoded(text: str) -> _Message:
    try:
        return msgspec.json.decode(text, type=_Message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ObsAwayError(f"what answers is not OBS: {error}") from error
