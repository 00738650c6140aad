"""A daemon that only listens, and chat servers: a scripted one and a real one."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bot.config.sections.sources import TwitchIrcSettings
from bot.messages import ChatMessage, SourceItem
from bot.sources import Source
from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.sources.ingest_api import Api

_DEADLINE_S = 120.0
_ROOM = "#some_channel"


class Inbox:
    """Takes what a source delivers."""

    def __init__(self) -> None:
        self._items: asyncio.Queue[SourceItem] = asyncio.Queue()

    async def deliver(self, item: SourceItem) -> None:
        self._items.put_nowait(item)

    async def next(self) -> SourceItem:
        async with asyncio.timeout(_DEADLINE_S):
            return await self._items.get()

    async def next_message(self) -> ChatMessage:
        item = await self.next()
        assert isinstance(item, ChatMessage)
        return item

    def rest(self) -> list[SourceItem]:
        """What is there and was not asked for."""
        return [self._items.get_nowait() for _ in range(self._items.qsize())]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


Running: TypeAlias = Callable[[Source], AbstractAsyncContextManager[None]]


@pytest.fixture
def running(inbox: Inbox) -> Running:
    """Run a source that delivers to the inbox; a source that ends with an error fails the test."""

    @asynccontextmanager
    async def run(source: Source) -> AsyncIterator[None]:
        task = asyncio.create_task(source.run(inbox.deliver))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return run


Eventually: TypeAlias = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_DEADLINE_S):
            while not condition():
                await asyncio.sleep(0)

    return wait


class Visit:
    """One connection to the scripted server, seen from the server."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.ended = asyncio.Event()
        self._request = request

    async def expect(self, start: str) -> str:
        """Return the next line that begins with `start`; other lines are skipped."""
        async with asyncio.timeout(_DEADLINE_S):
            while True:
                line = (await self.socket.receive_str()).removesuffix("\r\n")
                if line.startswith(start):
                    return line

    async def say(self, *lines: str) -> None:
        """Send `lines` in one frame, as Twitch does."""
        await self.socket.send_str("".join(f"{line}\r\n" for line in lines))

    async def let_in(self) -> None:
        """Do what Twitch does until the chatter is in the room."""
        await self.expect("CAP REQ :twitch.tv/tags twitch.tv/commands")
        await self.say(":tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands")
        nick = (await self.expect("NICK justinfan")).removeprefix("NICK ")
        await self.say(f":tmi.twitch.tv 001 {nick} :Welcome, GLHF!")
        await self.expect(f"JOIN {_ROOM}")
        await self.say(f":{nick}!{nick}@{nick}.tmi.twitch.tv JOIN {_ROOM}")

    def drop(self) -> None:
        """Cut the connection without a word."""
        assert self._request.transport is not None
        self._request.transport.abort()


class ScriptedTwitch:
    """A server that does what the test says."""

    def __init__(self) -> None:
        self._visits: asyncio.Queue[Visit] = asyncio.Queue()
        self._app = web.Application()
        self._app.router.add_get("/", self._serve)
        self._server = TestServer(self._app)

    @property
    def settings(self) -> TwitchIrcSettings:
        """What a source needs to read the room."""
        return TwitchIrcSettings(type="twitch_irc", channel="Some_Channel", emotes=())

    @property
    def url(self) -> str:
        return str(self._server.make_url("/").with_scheme("ws"))

    async def start(self) -> None:
        await self._server.start_server(shutdown_timeout=0.1)

    async def close(self) -> None:
        await self._server.close()

    async def visit(self) -> Visit:
        """Return the next connection that is made."""
        async with asyncio.timeout(_DEADLINE_S):
            return await self._visits.get()

    async def welcome(self) -> Visit:
        """Return the next connection, once it is in the room."""
        visit = await self.visit()
        await visit.let_in()
        return visit

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        visit = Visit(socket, request)
        self._visits.put_nowait(visit)
        await visit.ended.wait()
        return socket


@pytest.fixture
async def twitch(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedTwitch]:
    server = ScriptedTwitch()
    await server.start()
    monkeypatch.setenv(CHAT_URL_VARIABLE, server.url)
    yield server
    await server.close()


class IrcServer:
    """Ports of a real IRC server on loopback."""

    def __init__(self) -> None:
        self.websocket_port = unused_port()
        self.port = unused_port()


_INSPIRCD = """
<server name="irc.example" description="test" network="test" id="0AA">
<admin name="nobody" nick="nobody" email="nobody@example.org">
<bind address="127.0.0.1" port="{websocket_port}" type="clients" hook="websocket">
<bind address="127.0.0.1" port="{port}" type="clients">
<module name="cap">
<module name="sha1">
<module name="websocket">
<websocket defaultmode="text">
<wsorigin allow="*">
<connect allow="*" resolvehostnames="no" useident="no" timeout="10" pingfreq="60" fakelag="no">
<path datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
"""


@pytest.fixture
async def inspircd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IrcServer]:
    """A real IRC server that speaks WebSocket too."""
    binary = shutil.which("inspircd", path="/usr/sbin:/usr/bin:/usr/lib/inspircd")
    if binary is None:
        pytest.skip("needs the Debian package inspircd")
    server = IrcServer()
    config = tmp_path / "inspircd.conf"
    config.write_text(
        _INSPIRCD.format(websocket_port=server.websocket_port, port=server.port, folder=tmp_path)
    )
    process = await asyncio.create_subprocess_exec(
        *(binary, f"--config={config}", "--nofork", "--nopid", "--nolog", "--runasroot"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_it_listens(server.websocket_port)
        monkeypatch.setenv(CHAT_URL_VARIABLE, f"ws://127.0.0.1:{server.websocket_port}")
        yield server
    finally:
        process.kill()
        await process.wait()


async def _until_it_listens(port: int) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0)
            else:
                writer.close()
                await writer.wait_closed()
                return


@pytest.fixture
async def closed_api() -> AsyncIterator[Api]:
    """The API while its sources do not run."""
    async with Api() as api:
        yield api


@pytest.fixture
async def api(closed_api: Api, running: Running) -> AsyncIterator[Api]:
    """The API, whose sources deliver into the inbox."""
    async with running(closed_api.sources[0]), running(closed_api.sources[1]):
        await asyncio.sleep(0)
        yield closed_api
