"""Client and socket of twitchio, with its reconnecting switched off.

Faults seen in twitchio 3.3.2, and what this module does instead:

- A lost socket is connected again in the background, but a subscription that cannot be renewed then
  is missing for ever, and a network error there ends all further attempts. Here a lost socket is
  closed for good and reported; `connection` builds a new client.
- While it follows a reconnect message it does not read the old socket, whose events are lost. Here
  both are read until nothing can come from the old one any more.
- It measures silence with the wall clock, which may be set. Here the monotonic clock measures it.
- A revocation for an unknown reason ends the reading of the socket. Here it is reported.
- It loses an event that lacks a field, such as the id of `stream.offline`, which Twitch does not
  always send. Here a missing field is null.
- It forgets which channel of a shared chat a notice is from. Here the type of the notice tells.
- Its log lines and errors quote addresses with tokens. Here its log is off, and `plain_errors`
  replaces its errors.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import twitchio
from twitchio.eventsub.websockets import Websocket

OnEvent = Callable[[str, Any], None]
"""Takes twitchio's name of an event and its payload, at once: in the order of the socket."""

SHARED = "shared_chat_"
"""Beginning of the types of notices that a shared chat brings from another channel."""
FROM = " from "
"""What stands there before the ids of that channel and of the notice there."""
_HAND_OVER_S = 5.0
"""Seconds for the last events of the old socket, after the new one was welcomed."""


class Client(twitchio.Client):
    """Client that passes events on at once and in order, instead of in a task each."""

    def __init__(self, client_id: str, session: aiohttp.ClientSession, on_event: OnEvent) -> None:
        logging.getLogger("twitchio").setLevel(logging.CRITICAL + 1)
        super().__init__(client_id=client_id, session=session)
        self._on_event = on_event
        self.leaving: set[Socket] = set()
        """Sockets that another one has replaced."""

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """Pass the event on."""
        self._on_event(event, payload)

    @property
    def sockets(self) -> dict[str, dict[str, Websocket]]:
        """The sockets by account and session."""
        return self._websockets

    def forget(self, key: str) -> None:
        """Drop the subscription with this id without a request."""
        for sockets in self._websockets.values():
            for socket in sockets.values():
                socket._subscriptions.pop(key, None)  # noqa: SLF001 - twitchio asks Twitch first

    async def connect(self, user_id: str, silence_s: float) -> None:
        """Open the socket of an account, which `subscribe_websocket` then finds."""
        socket = Socket(client=self, token_for=user_id, http=self.http, silence_s=silence_s)
        await socket.connect(fail_once=True)
        self._websockets[user_id] = {str(socket.session_id): socket}


class _Lenient(dict[str, Any]):
    """JSON object whose missing fields are null."""

    def __missing__(self, _: str) -> None:
        return None


class Socket(Websocket):
    """Socket without the faults above."""

    def __init__(self, *, client: Client, silence_s: float, **options: Any) -> None:
        super().__init__(client=client, reconnect_attempts=None, **options)
        self._silence_s = silence_s
        self._owner = client
        self._hand_over: asyncio.Task[None] | None = None

    async def _process_keepalive(self) -> None:
        seen, since = self._last_keepalive, time.monotonic()
        while time.monotonic() - since < self._silence_s:
            await asyncio.sleep(self._silence_s / 10)
            if self._last_keepalive is not seen:
                seen, since = self._last_keepalive, time.monotonic()
        await self._create_connection_task()  # without attempts left, that closes it

    async def _process_reconnect(self, data: Any) -> None:
        if self._hand_over is None:
            url = data["payload"]["session"]["reconnect_url"]
            self._hand_over = asyncio.create_task(self._reconnect(url), name="eventsub hand-over")

    async def _process_notification(self, data: Any) -> None:
        event = data["payload"]["event"] = _Lenient(data["payload"]["event"])
        notice, source = event["notice_type"], event["source_broadcaster_user_id"]
        if notice and source not in {None, event["broadcaster_user_id"]}:
            kind, key = notice.removeprefix(SHARED), event["source_message_id"] or ""
            event["notice_type"] = f"{SHARED}{kind}{FROM}{source} {key}"
        await super()._process_notification(data)

    async def _process_revocation(self, data: Any) -> None:
        try:
            await super()._process_revocation(data)
        except ValueError:
            subscription = data["payload"]["subscription"]
            self._subscriptions.pop(subscription["id"], None)
            self._owner.dispatch("subscription_revoked", None)

    async def _create_connection_task(self) -> None:
        # Twitch may close this socket before the new one is in its place: the hand-over ends both.
        if self._hand_over is None or self._hand_over.done():
            await super()._create_connection_task()

    async def close(self, cleanup: bool = True, *, reassociate: bool = True) -> None:  # noqa: FBT001, FBT002 - twitchio's
        """Close for good; a socket that replaced this one stays."""
        if self._hand_over is not None and self._hand_over is not asyncio.current_task():
            self._hand_over.cancel()
        await super().close(cleanup, reassociate=reassociate)

    async def _reconnect(self, url: str) -> None:
        new = Socket(
            client=self._owner,
            token_for=self._token_for,
            http=self._http,
            silence_s=self._silence_s,
        )
        new._subscriptions = self._subscriptions
        try:
            await new.connect(url=url, fail_once=True)
        except twitchio.WebsocketConnectionException:
            await self.close()
            return
        except asyncio.CancelledError:
            await new.close()
            raise
        sockets = self._owner.sockets[str(self._token_for)]
        sockets[str(new.session_id)] = new
        sockets.pop(str(self.session_id), None)
        self._owner.leaving.add(self)
        if self._listen_task is not None:
            await asyncio.wait({self._listen_task}, timeout=_HAND_OVER_S)
        await self.close()
        self._owner.leaving.discard(self)
