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

from tests.twitch_events import chat_event, numbers, reward, stamp

CLIENT_ID = "abcdefghijklmnopqrstuvwxyz0123"
DEADLINE_S = 20.0
SCOPES_OF = {
    "channel.chat.message": "user:read:chat",
    "channel.chat.notification": "user:read:chat",
    "channel.chat.message_delete": "user:read:chat",
    "channel.chat.clear": "user:read:chat",
    "channel.chat.clear_user_messages": "user:read:chat",
    "channel.follow": "moderator:read:followers",
    "channel.channel_points_custom_reward_redemption.add": "channel:read:redemptions",
    "stream.online": None,
    "stream.offline": None,
}

_ALLOWANCE = {
    "Ratelimit-Limit": "800",
    "Ratelimit-Remaining": "799",
    "Ratelimit-Reset": "4102444800",
}
"""With every answer of Helix; some clients ask nothing more without it."""


async def eventually(condition: Callable[[], object], what: str = "what was expected") -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        pytest.fail(f"no {what} within {DEADLINE_S:.0f} s")


class Session:
    """One EventSub connection."""

    def __init__(self, key: str, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.id = key
        self.socket = socket
        self.request = request
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.is_silent = False
        self.is_live = True

    async def send(self, kind: str, payload: dict[str, Any], **metadata: Any) -> None:
        if self.is_silent or self.socket.closed:
            return
        head = {
            "message_id": metadata.pop("message_id", f"n{next(numbers)}"),
            "message_type": kind,
            "message_timestamp": metadata.pop("timestamp", stamp()),
        }
        await self.socket.send_json({"metadata": head | metadata, "payload": payload})

    def drop(self) -> None:
        """Cut the connection without a word."""
        assert self.request.transport is not None
        self.request.transport.abort()


class TwitchServer:
    """See above; `use` points twitchio to it, by its constants alone."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.access: dict[str, tuple[str, frozenset[str]]] = {}
        self.refresh: dict[str, tuple[str, frozenset[str]]] = {}
        self.devices: dict[str, dict[str, Any]] = {}
        self.secrets: set[str] = set()
        """Every token and device code that was given out."""
        self.expires_in_s = 14_400
        self.sessions: dict[str, Session] = {}
        self.calls: Counter[str] = Counter()
        self.bodies: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._faults: defaultdict[str, list[int]] = defaultdict(list)
        self.is_down = False
        self.keepalive_s = 5.0
        self.welcome_s = 0.0
        self.sent: list[dict[str, Any]] = []
        self.settled: list[tuple[str, str]] = []
        self.rewards: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.listeners: dict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self.irc_requests: list[web.Request] = []
        self._app = web.Application()
        helix = {
            ("GET", "users"): self._users,
            ("POST", "eventsub/subscriptions"): self._subscribe,
            ("DELETE", "eventsub/subscriptions"): self._unsubscribe,
            ("POST", "chat/messages"): self._send,
            ("GET", "channel_points/custom_rewards"): self._rewards,
            ("POST", "channel_points/custom_rewards"): self._create_reward,
            ("PATCH", "channel_points/custom_rewards/redemptions"): self._settle,
        }
        oauth = {
            ("POST", "device"): self._device,
            ("POST", "token"): self._token,
            ("GET", "validate"): self._validate,
            ("POST", "revoke"): self._revoke,
        }
        sockets = {("GET", "ws"): self._eventsub, ("GET", "irc"): self._irc, ("GET", ""): self._irc}
        # Other clients look for them where the mock server of Twitch's own command line has them.
        places: list[tuple[str, dict[tuple[str, str], Any]]] = [
            ("/helix/", helix),
            ("/oauth2/", oauth),
            ("/", sockets),
        ]
        places += [("/mock/", helix), ("/auth/", oauth), ("/", helix)]
        for prefix, routes in places:
            for (method, path), handler in routes.items():
                self._app.router.add_route(method, f"{prefix}{path}", handler)
        self._app.middlewares.append(self._misbehave)
        self._server = TestServer(self._app)

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

    def add_user(self, login: str) -> str:
        return self.users.setdefault(login, str(1000 + len(self.users)))

    def grant(self, user_id: str, scopes: frozenset[str]) -> tuple[str, str]:
        """Return an access and a refresh token of this user."""
        number = next(numbers)
        access, refresh = f"access-token-{number}-secret", f"refresh-token-{number}-secret"
        self.access[access] = self.refresh[refresh] = (user_id, scopes)
        self.secrets |= {access, refresh}
        return access, refresh

    def expire(self, *, refreshable: bool = True) -> None:
        """Make every access token worthless, and the refresh tokens too if not `refreshable`."""
        self.access.clear()
        if not refreshable:
            self.refresh.clear()

    def fail(self, request: str, *statuses: int) -> None:
        """Answer the next requests like `POST /helix/chat/messages` so; 0 cuts the connection."""
        self._faults[request] += statuses

    def fail_no_more(self) -> None:
        self._faults.clear()

    def enter_code(self, user_code: str, login: str) -> None:
        """Be the person who opens the address, enters the code and agrees."""
        device = next(d for d in self.devices.values() if d["user_code"] == user_code)
        device["user_id"] = self.add_user(login)

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

    # --- faults --------------------------------------------------------------------------------

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Any) -> web.StreamResponse:
        name = f"{request.method} {request.path}"
        self.calls[name] += 1
        faults = self._faults[name]
        status = 0 if self.is_down else faults.pop(0) if faults else None
        if status == 0:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if status is not None:
            said = "Invalid OAuth token" if status == 401 else "it broke"
            return _error(status, said)
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers.update(_ALLOWANCE)
        return response

    # --- id.twitch.tv --------------------------------------------------------------------------

    async def _device(self, request: web.Request) -> web.Response:
        number = next(numbers)
        device = f"device-code-{number}-secret"
        self.secrets.add(device)
        scopes = request.query["scopes"].split(" ")
        self.devices[device] = {"user_code": f"CODE{number}", "scopes": scopes, "user_id": None}
        return web.json_response(
            {
                "device_code": device,
                "user_code": f"CODE{number}",
                "verification_uri": f"https://www.twitch.tv/activate?device-code=CODE{number}",
                "expires_in": 1800,
                "interval": 0.01,
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        if query["grant_type"] == "refresh_token":
            found = self.refresh.pop(query["refresh_token"], None)  # it works once
            if found is None:
                return _error(400, "Invalid refresh token")
            user_id, scopes = found
        else:
            device = self.devices.get(query["device_code"])
            if device is None or device.get("declined"):
                return _error(400, "invalid device code")
            if device["user_id"] is None:
                return _error(400, "authorization_pending")
            del self.devices[query["device_code"]]
            user_id, scopes = device["user_id"], frozenset(device["scopes"])
        access, refresh = self.grant(user_id, scopes)
        return web.json_response(
            {
                "access_token": access,
                "refresh_token": refresh,
                "expires_in": self.expires_in_s,
                "scope": sorted(scopes),
                "token_type": "bearer",
            }
        )

    async def _validate(self, request: web.Request) -> web.Response:
        found = self.access.get(request.headers["Authorization"].removeprefix("OAuth "))
        if found is None:
            return _error(401, "invalid access token")
        user_id, scopes = found
        return web.json_response(
            {
                "client_id": CLIENT_ID,
                "login": self._login_of(user_id),
                "scopes": sorted(scopes),
                "user_id": user_id,
                "expires_in": self.expires_in_s,
            }
        )

    async def _revoke(self, request: web.Request) -> web.Response:
        self.access.pop(request.query["token"], None)
        return web.json_response({})

    # --- Helix ---------------------------------------------------------------------------------

    def _caller(self, request: web.Request) -> tuple[str, frozenset[str]] | None:
        if request.headers.get("Client-ID") != CLIENT_ID:
            return None
        return self.access.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

    async def _users(self, request: web.Request) -> web.Response:
        if self._caller(request) is None:
            return _error(401, "Invalid OAuth token")
        found = [name for name in request.query.getall("login", []) if name in self.users]
        rest = dict.fromkeys(
            ("broadcaster_type", "description", "offline_image_url", "profile_image_url", "type"),
            "",
        )
        rest |= {"created_at": stamp(), "email": None, "view_count": 0}  # type: ignore[dict-item]
        data = [
            {"id": self.users[name], "login": name, "display_name": name.title()} | rest
            for name in found
        ]
        return web.json_response({"data": data})

    async def _subscribe(self, request: web.Request) -> web.Response:
        caller = self._caller(request)
        body = await request.json()
        if caller is None:
            return _error(401, "Invalid OAuth token")
        user_id, scopes = caller
        scope = SCOPES_OF[body["type"]]
        covered = {*scopes, *(s.replace("manage", "read") for s in scopes)}
        condition = body["condition"]
        reader = condition.get("user_id") or condition.get("moderator_user_id")
        if (scope and scope not in covered) or (reader and reader != user_id):
            return _error(403, "subscription missing proper authorization")
        session = self.sessions.get(body["transport"]["session_id"])
        if session is None or not session.is_live:
            return _error(
                400, "websocket transport session does not exist or has already disconnected"
            )
        for other in session.subscriptions.values():
            if (other["type"], other["condition"]) == (body["type"], condition):
                return _error(409, "subscription already exists")
        subscription = {
            "id": f"s{next(numbers)}",
            "type": body["type"],
            "version": body["version"],
            "status": "enabled",
            "cost": 0,
            "condition": condition,
            "transport": body["transport"],
            "created_at": stamp(),
            "by": user_id,
        }
        session.subscriptions[subscription["id"]] = subscription
        self.bodies["subscription"].append(body)
        answer = {"data": [subscription], "total": 1, "total_cost": 0, "max_total_cost": 10}
        return web.json_response(answer, status=202)

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        for session in self.sessions.values():
            if session.subscriptions.pop(request.query["id"], None):
                return web.Response(status=204)
        return _error(404, "subscription not found")

    async def _send(self, request: web.Request) -> web.Response:
        caller = self._caller(request)
        body = await request.json()
        if caller is None:
            return _error(401, "Invalid OAuth token")
        user_id, scopes = caller
        if "user:write:chat" not in scopes or body["sender_id"] != user_id:
            return _error(401, "Missing scope: user:write:chat")
        self.sent.append(body)
        login, writer = self._login_of(body["broadcaster_id"]), self._login_of(user_id)
        key = await self.chat(login, body["message"], by=writer)  # the bot hears itself
        return web.json_response(
            {"data": [{"message_id": key, "is_sent": True, "drop_reason": None}]}
        )

    async def _rewards(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.rewards[request.query["broadcaster_id"]]})

    async def _create_reward(self, request: web.Request) -> web.Response:
        channel_id, body = request.query["broadcaster_id"], await request.json()
        created = reward(self.users, channel_id, body["title"], cost=body["cost"])
        self.rewards[channel_id].append(created)
        self.bodies["reward"].append(body)
        return web.json_response({"data": [created]})

    async def _settle(self, request: web.Request) -> web.Response:
        caller = self._caller(request)
        if caller is None or "channel:manage:redemptions" not in caller[1]:
            return _error(401, "Invalid OAuth token")
        self.settled.append((request.query["id"], (await request.json())["status"]))
        return web.json_response({"data": [{}]})

    def _login_of(self, user_id: str) -> str:
        return next(login for login, key in self.users.items() if key == user_id)

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


def _error(status: int, message: str) -> web.Response:
    body = {"error": "it did not work", "status": status, "message": message}
    return web.json_response(body, status=status)


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
