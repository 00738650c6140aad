"""A scripted Twitch on loopback: id.twitch.tv, Helix, EventSub over WebSocket, and IRC.

It keeps what the platform promises (https://dev.twitch.tv/docs/): refresh tokens of public clients
work once, a subscription belongs to a session and a user's token, a reconnect hands the
subscriptions over, nothing is delivered again. Tests order faults by request or by socket, and
every request is counted.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import twitchio
from aiohttp import WSCloseCode, web
from aiohttp.test_utils import TestServer
from twitchio.eventsub import websockets

from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.twitch_events import chat_event, numbers, stamp
from tests.twitch_http import CLIENT_ID, Session, TwitchHttp

__all__ = ["CLIENT_ID", "DEADLINE_S", "TwitchServer", "eventually", "network_down"]

DEADLINE_S = 120.0


async def eventually(condition: Callable[[], object], what: str = "what was expected") -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        pytest.fail(f"no {what} within {DEADLINE_S:.0f} s")


class TwitchServer(TwitchHttp):
    """See above; `use` makes it the Twitch of this process."""

    def __init__(self) -> None:
        super().__init__()
        self.keepalive_s = 5.0
        self.welcome_s = 0.0
        self.listeners: dict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self.irc_requests: list[web.Request] = []
        sockets = {("GET", "ws"): self._eventsub, ("GET", "irc"): self._irc, ("GET", ""): self._irc}
        for (method, path), handler in sockets.items():
            self.app.router.add_route(method, f"/{path}", handler)
        self._server = TestServer(self.app)

    # --- for tests: the platform's side --------------------------------------------------------

    async def start(self) -> None:
        await self._server.start_server(shutdown_timeout=0.1)

    async def close(self) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("/"))

    @property
    def port(self) -> int:
        assert self._server.port is not None
        return self._server.port

    @property
    def eventsub_url(self) -> str:
        return str(self._server.make_url("/ws").with_scheme("ws"))

    @property
    def irc_url(self) -> str:
        return str(self._server.make_url("/irc").with_scheme("ws"))

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(twitchio.http.Route, "BASE", f"{self.url}helix/")
        monkeypatch.setattr(twitchio.http.Route, "ID_BASE", self.url)
        monkeypatch.setattr(websockets, "WSS", self.eventsub_url)
        monkeypatch.setenv(CHAT_URL_VARIABLE, self.irc_url)

    @property
    def live(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.is_live]

    def topics(self) -> Counter[tuple[str, str]]:
        """How often each type of each channel is subscribed on live sessions."""
        every = (s for session in self.live for s in session.subscriptions.values())
        return Counter((s["type"], s["condition"]["broadcaster_user_id"]) for s in every)

    async def notify(
        self, kind: str, channel_id: str, event: dict[str, Any], **metadata: Any
    ) -> int:
        """Deliver `event` to whoever subscribed; return to how many sessions."""
        count = 0
        for session in list(self.live):
            for subscription in list(session.subscriptions.values()):
                condition = subscription["condition"]
                if (subscription["type"], condition["broadcaster_user_id"]) == (kind, channel_id):
                    await session.send(
                        "notification",
                        {"subscription": subscription, "event": event},
                        subscription_type=kind,
                        subscription_version=subscription["version"],
                        **metadata,
                    )
                    count += 1
        return count

    async def chat(
        self,
        login: str,
        text: str,
        *,
        by: str = "viewer1",
        message_id: str | None = None,
        eventsub: bool = True,
        irc: bool = True,
        metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """Let somebody write; return the message's id. It goes out in every way, or as told."""
        key = message_id or f"m{next(numbers)}"
        channel_id = self.users[login]
        if eventsub:
            self.add_user(by)
            event = chat_event(self.users, login, text, by=by, message_id=key, **more)
            await self.notify("channel.chat.message", channel_id, event, **(metadata or {}))
        if irc:
            user_id = self.add_user(by)
            reward = more.get("channel_points_custom_reward_id")
            tags = f"@id={key};user-id={user_id};display-name={by};room-id={channel_id}"
            tags += f";custom-reward-id={reward}" if reward else ""
            await self.say(login, f"{tags} :{by}!{by}@{by}.tmi.twitch.tv PRIVMSG #{login} :{text}")
        return key

    async def echo(self, login: str, text: str, writer: str) -> str:
        return await self.chat(login, text, by=writer)

    async def say(self, login: str, *lines: str) -> None:
        for socket in list(self.listeners[login]):
            with suppress(ConnectionError):
                await socket.send_str("".join(f"{line}\r\n" for line in lines))

    async def reconnect(self) -> None:
        """Ask every client to come again, as before a restart of the platform's server."""
        for session in list(self.live):
            session_data = {
                "id": session.id,
                "status": "reconnecting",
                "keepalive_timeout_seconds": None,
                "reconnect_url": f"{self.eventsub_url}?old={session.id}",
                "connected_at": stamp(),
            }
            await session.send("session_reconnect", {"session": session_data})

    async def take_back(self, user_id: str, status: str = "authorization_revoked") -> None:
        """Revoke every subscription that was made with this user's token, and the tokens."""
        if status == "authorization_revoked":
            self.access = {k: v for k, v in self.access.items() if v[0] != user_id}
            self.refresh = {k: v for k, v in self.refresh.items() if v[0] != user_id}
        for session in list(self.live):
            for key, subscription in list(session.subscriptions.items()):
                if subscription["by"] == user_id:
                    del session.subscriptions[key]
                    gone = subscription | {"status": status}
                    await session.send("revocation", {"subscription": gone})

    # --- sockets -------------------------------------------------------------------------------

    async def _eventsub(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        session = Session(f"session{next(numbers)}", socket, request)
        old = self.sessions.get(request.query.get("old", ""))
        await asyncio.sleep(self.welcome_s)
        if old is not None:
            session.subscriptions = old.subscriptions
        self.sessions[session.id] = session
        welcome = {
            "id": session.id,
            "status": "connected",
            "keepalive_timeout_seconds": 10,
            "reconnect_url": None,
            "connected_at": stamp(),
        }
        await session.send("session_welcome", {"session": welcome})
        if old is not None:
            old.is_live = False  # it is for the client to close it
        beat = asyncio.create_task(self._keep_alive(session))
        try:
            async for _ in socket:
                await socket.close(code=4001, message=b"client sent inbound traffic")
        finally:
            session.is_live = False
            beat.cancel()
        return socket

    async def _keep_alive(self, session: Session) -> None:
        while True:
            await asyncio.sleep(self.keepalive_s)
            with suppress(ConnectionError):
                await session.send("session_keepalive", {})

    async def _irc(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=0.1, protocols=("irc",))
        await socket.prepare(request)
        self.irc_requests.append(request)
        nick = ""
        rooms: list[str] = []
        try:
            async for frame in socket:
                for line in str(frame.data).splitlines():
                    word, _, rest = line.partition(" ")
                    match word:
                        case "CAP" if rest.startswith("REQ"):
                            caps = rest.partition(":")[2]
                            await socket.send_str(f":tmi.twitch.tv CAP * ACK :{caps}\r\n")
                        case "NICK":
                            nick = rest.strip().lower()
                            lines = [f":tmi.twitch.tv 001 {nick} :Welcome, GLHF!"]
                            lines += [f":tmi.twitch.tv 372 {nick} :You are in a maze."]
                            lines += [f":tmi.twitch.tv 376 {nick} :>"]
                            await socket.send_str("".join(f"{line}\r\n" for line in lines))
                        case "JOIN":
                            for room in rest.strip().split(","):
                                rooms.append(room[1:])
                                host = f"{nick}!{nick}@{nick}.tmi.twitch.tv"
                                await socket.send_str(f":{host} JOIN {room}\r\n")
                                await socket.send_str(
                                    f"@room-id={self.users.get(room[1:], '')};emote-only=0;slow=0"
                                    f" :tmi.twitch.tv ROOMSTATE {room}\r\n"
                                )
                                self.listeners[room[1:]].append(socket)
                        case "PING":
                            await socket.send_str(f":tmi.twitch.tv PONG tmi.twitch.tv {rest}\r\n")
        finally:
            for room in rooms:
                self.listeners[room].remove(socket)
        return socket

    async def close_irc(self) -> None:
        """End every IRC connection in order."""
        for sockets in list(self.listeners.values()):
            for socket in list(sockets):
                await socket.close(code=WSCloseCode.GOING_AWAY)


@contextmanager
def network_down(server: TwitchServer) -> Iterator[None]:
    """Cut everything that is there, and refuse everything that comes."""
    server.is_down = True
    for session in server.live:
        session.is_live = False
        session.drop()
    for request in server.irc_requests:
        if request.transport is not None:
            request.transport.abort()
    server.irc_requests.clear()
    try:
        yield
    finally:
        server.is_down = False
