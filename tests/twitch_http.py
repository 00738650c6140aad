"""The half of the scripted Twitch that answers requests: id.twitch.tv and Helix."""

from collections import Counter, defaultdict
from typing import Any

from aiohttp import web

from tests.twitch_events import numbers, reward, stamp

CLIENT_ID = "abcdefghijklmnopqrstuvwxyz0123"
SCOPES_OF = {
    "channel.chat.message": "user:read:chat",
    "channel.chat.notification": "user:read:chat",
    "channel.chat.message_delete": "user:read:chat",
    "channel.chat.clear": "user:read:chat",
    "channel.chat.clear_user_messages": "user:read:chat",
    "channel.follow": "moderator:read:followers",
    "channel.bits.use": "bits:read",
    "channel.channel_points_custom_reward_redemption.add": "channel:read:redemptions",
    "stream.online": None,
    "stream.offline": None,
}


_REDEMPTIONS = 50
"""Most redemptions in one answer."""
_ALLOWANCE = {
    "Ratelimit-Limit": "800",
    "Ratelimit-Remaining": "799",
    "Ratelimit-Reset": "4102444800",
}
"""With every answer of Helix; some clients ask nothing more without it."""


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


class TwitchHttp:
    """What is known of users, tokens and subscriptions, and who asks for it."""

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
        self.sent: list[dict[str, Any]] = []
        self.settled: list[tuple[str, str]] = []
        self.unsettleable: set[str] = set()
        """Redemptions that Twitch does not manage to settle."""
        self.redeemed: list[dict[str, Any]] = []
        self.blocked: dict[str, list[str]] = defaultdict(list)
        """Terms that channels block, by their ids."""
        self.live_channels: set[str] = set()
        """Ids of the channels that stream."""
        self.follows: dict[tuple[str, str], str] = {}
        """Since when a user follows a channel, by both ids."""
        self.rewards: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.app = web.Application()
        helix = {
            ("GET", "users"): self._users,
            ("GET", "channels/followers"): self._followers,
            ("GET", "streams"): self._streams,
            ("GET", "moderation/blocked_terms"): self._blocked_terms,
            ("POST", "eventsub/subscriptions"): self._subscribe,
            ("DELETE", "eventsub/subscriptions"): self._unsubscribe,
            ("POST", "chat/messages"): self._send,
            ("GET", "channel_points/custom_rewards"): self._rewards,
            ("POST", "channel_points/custom_rewards"): self._create_reward,
            ("GET", "channel_points/custom_rewards/redemptions"): self._redemptions,
            ("PATCH", "channel_points/custom_rewards/redemptions"): self._settle,
        }
        oauth = {
            ("POST", "device"): self._device,
            ("POST", "token"): self._token,
            ("GET", "validate"): self._validate,
            ("POST", "revoke"): self._revoke,
        }
        # Other clients look for them where the mock server of Twitch's own command line has them.
        places: list[tuple[str, dict[tuple[str, str], Any]]] = [
            ("/helix/", helix),
            ("/oauth2/", oauth),
        ]
        places += [("/mock/", helix), ("/auth/", oauth), ("/", helix)]
        for prefix, routes in places:
            for (method, path), handler in routes.items():
                self.app.router.add_route(method, f"{prefix}{path}", handler)
        self.app.middlewares.append(self._misbehave)

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

    async def echo(self, login: str, text: str, writer: str) -> str:
        """Show in chat what was written by a request; return the message's id."""
        raise NotImplementedError

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
        ids = request.query.getall("id", [])
        found = [name for name in request.query.getall("login", []) if name in self.users]
        found += [name for name, key in self.users.items() if key in ids]
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
        key = await self.echo(login, body["message"], writer)  # the bot hears itself
        return web.json_response(
            {"data": [{"message_id": key, "is_sent": True, "drop_reason": None}]}
        )

    async def _blocked_terms(self, request: web.Request) -> web.Response:
        caller, channel_id = self._caller(request), request.query["broadcaster_id"]
        if caller is None or "moderator:read:blocked_terms" not in caller[1]:
            return _error(401, "Missing scope: moderator:read:blocked_terms")
        if request.query["moderator_id"] != caller[0]:
            return _error(401, "The moderator is somebody else")
        terms, first = self.blocked[channel_id], int(request.query.get("after", 0))
        end = first + min(int(request.query["first"]), 100)
        data = [{"text": term, "broadcaster_id": channel_id} for term in terms[first:end]]
        more = {"cursor": str(end)} if end < len(terms) else {}
        return web.json_response({"data": data, "pagination": more})

    async def _followers(self, request: web.Request) -> web.Response:
        caller, query = self._caller(request), request.query
        if caller is None or "moderator:read:followers" not in caller[1]:
            return _error(401, "Missing scope: moderator:read:followers")
        since = self.follows.get((query["broadcaster_id"], query["user_id"]))
        data = [{"user_id": query["user_id"], "followed_at": since}] if since else []
        return web.json_response({"data": data, "pagination": {}, "total": len(self.follows)})

    async def _streams(self, request: web.Request) -> web.Response:
        if self._caller(request) is None:
            return _error(401, "Invalid OAuth token")
        live = [key for key in request.query.getall("user_id", []) if key in self.live_channels]
        return web.json_response({"data": [{"user_id": key, "type": "live"} for key in live]})

    async def _rewards(self, request: web.Request) -> web.Response:
        return web.json_response({"data": self.rewards[request.query["broadcaster_id"]]})

    async def _create_reward(self, request: web.Request) -> web.Response:
        channel_id, body = request.query["broadcaster_id"], await request.json()
        created = reward(self.users, channel_id, body["title"], cost=body["cost"])
        self.rewards[channel_id].append(created)
        self.bodies["reward"].append(body)
        return web.json_response({"data": [created]})

    async def _redemptions(self, request: web.Request) -> web.Response:
        done = {key for key, _ in self.settled}
        query = request.query
        waiting = [
            event
            for event in reversed(self.redeemed)
            if event["id"] not in done
            and event["broadcaster_user_id"] == query["broadcaster_id"]
            and event["reward"]["id"] == query["reward_id"]
        ]
        first, most = int(query.get("after", 0)), int(query.get("first", 20))
        end = first + min(most, _REDEMPTIONS)
        more = {"cursor": str(end)} if end < len(waiting) else {}
        return web.json_response({"data": waiting[first:end], "pagination": more})

    async def _settle(self, request: web.Request) -> web.Response:
        caller = self._caller(request)
        if caller is None or "channel:manage:redemptions" not in caller[1]:
            return _error(401, "Invalid OAuth token")
        if request.query["id"] in self.unsettleable:
            return _error(500, "it broke")
        self.settled.append((request.query["id"], (await request.json())["status"]))
        return web.json_response({"data": [{}]})

    def _login_of(self, user_id: str) -> str:
        return next(login for login, key in self.users.items() if key == user_id)


def _error(status: int, message: str) -> web.Response:
    body = {"error": "it did not work", "status": status, "message": message}
    return web.json_response(body, status=status)
