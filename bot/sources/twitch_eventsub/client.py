"""One life of the client: twitchio's, with its reconnecting switched off.

Seen by running twitchio 3.3.2, and why this module overrides what it does:

- A socket that was lost is connected again in the background, but a subscription that cannot be
  renewed then is missing for ever, and a network error there ends all further attempts. Here a lost
  socket is closed for good and told; `connection` builds a new client.
- While it follows a reconnect message it reads nothing of the old socket, and what came meanwhile
  is lost. Here both are read until nothing can come from the old one any more.
- Silence is measured with the wall clock, which may be set. Here the monotonic clock measures it.
- A revocation for a reason that it does not know ends the reading of the socket.
- It asks for fields that Twitch does not always send, such as the id of `stream.offline`, and loses
  the event for want of one. Here what is not there is null.
- Its log lines and errors quote addresses with tokens. Here its log is off, and `plain_errors`
  replaces its errors.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, NamedTuple, Self

import aiohttp
import twitchio
from twitchio.eventsub import SubscriptionPayload
from twitchio.eventsub.websockets import Websocket

from bot.errors import LogInError
from bot.sources.twitch_eventsub.accounts import Account
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN, plain_errors

OnEvent = Callable[[str, Any], None]
"""Takes twitchio's name of an event and its payload, at once: in the order of the socket."""

_SILENCE_S = 15.0
"""Twitch promises a sign of life every 10 s."""
_HAND_OVER_S = 5.0
"""What the old socket brought before the new one was welcomed is there by then."""
_CONNECT_S = 20.0
_REWARD_PROMPT = "What you write here is read aloud."


class Topic(NamedTuple):
    """A subscription, as `channel.chat.message` of one channel."""

    type: str
    channel_id: str


class Wish(NamedTuple):
    """A subscription to make."""

    topic: Topic
    payload: SubscriptionPayload
    user_id: str
    """Whose account it is made with."""


class EventClient:
    """Requests, and sockets for the events of each account, from `async with` on until its end.

    Requests come one after the other: a refresh token works once, so two that find the access token
    expired must not renew it at the same time.
    """

    def __init__(
        self,
        client_id: str,
        accounts: Iterable[Account],
        on_event: OnEvent,
        session: aiohttp.ClientSession,
        *,
        silence_s: float = _SILENCE_S,
    ) -> None:
        """Use `accounts`, whose tokens are valid for a while; `session` makes the requests."""
        logging.getLogger("twitchio").setLevel(logging.CRITICAL + 1)
        self._client = _Client(client_id, session, on_event)
        self._accounts = tuple(accounts)
        self._silence_s = silence_s
        self._request = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Take the accounts' tokens into use."""
        # Every request names its account; the token for all others has to be something.
        await self._client.login(token="none", load_tokens=False, save_tokens=False)  # noqa: S106
        try:
            for account in self._accounts:
                await self.use(account)
        except BaseException:
            await self._client.close(save_tokens=False)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every socket."""
        for socket in list(self._client.leaving):
            await socket.close()
        await self._client.close(save_tokens=False)

    async def use(self, account: Account) -> None:
        """Make the requests of this account with its present tokens."""
        with plain_errors(f"using the log-in of {account.login}"):
            async with self._request:
                await self._client.add_token(account.access_token, account.refresh_token)

    async def user_ids(self, logins: Iterable[str], *, user_id: str) -> Mapping[str, str]:
        """Return the id of each of the `logins` that exists."""
        with plain_errors("looking the channel up"):
            async with self._asking_as(user_id):
                users = await self._client.fetch_users(logins=list(logins), token_for=user_id)
            return {user.name: user.id for user in users if user.name}

    @property
    def topics(self) -> Mapping[Topic, str]:
        """What is subscribed on sockets that live, with twitchio's id of it."""
        return {
            Topic(data.type.value, data.condition.get("broadcaster_user_id", "")): key
            for key, data in self._client.websocket_subscriptions().items()
        }

    def is_connected(self, user_id: str) -> bool:
        """Tell whether the account has a socket."""
        return bool(self._client.sockets.get(user_id))

    async def subscribe(self, wish: Wish) -> None:
        """Hear a topic; connects the account first where it is not."""
        with plain_errors(f"subscribing to {wish.topic.type}"):
            async with asyncio.timeout(_CONNECT_S), self._asking_as(wish.user_id):
                if not self.is_connected(wish.user_id):
                    await self._client.connect(wish.user_id, self._silence_s)
                await self._client.subscribe_websocket(
                    wish.payload, as_bot=False, token_for=wish.user_id
                )

    async def unsubscribe(self, key: str) -> None:
        """Hear no more of the topic with this id of twitchio."""
        with plain_errors("unsubscribing"):
            async with self._request:
                await self._client.delete_websocket_subscription(key, force=True)

    async def send(self, text: str, *, channel_id: str, user_id: str, reply_to: str | None) -> None:
        """Write `text`, at most 500 characters, in a channel's chat."""
        with plain_errors("writing in chat"):
            async with self._asking_as(user_id):
                await self._client.create_partialuser(channel_id).send_message(
                    text, sender=user_id, token_for=user_id, reply_to_message_id=reply_to
                )

    async def reward_id(self, title: str, *, cost: int, channel_id: str) -> str:
        """Return the id of our reward with this title; create it where it is missing."""
        channel = self._client.create_partialuser(channel_id)
        with plain_errors(f"preparing the reward {title!r}"):
            async with self._asking_as(channel_id):
                rewards = await channel.fetch_custom_rewards(manageable=True)
                found = next((reward for reward in rewards if reward.title == title), None)
                if found is None:
                    found = await channel.create_custom_reward(title, cost, prompt=_REWARD_PROMPT)
                return found.id

    async def settle(
        self, redemption_id: str, *, reward_id: str, channel_id: str, is_fulfilled: bool
    ) -> None:
        """Mark a redemption of our reward as done, or give the points back."""
        with plain_errors("settling a redeem"):
            async with self._asking_as(channel_id):
                await self._client.http.patch_custom_reward_redemption(
                    broadcaster_id=channel_id,
                    token_for=channel_id,
                    reward_id=reward_id,
                    id=redemption_id,
                    status="FULFILLED" if is_fulfilled else "CANCELED",
                )

    @asynccontextmanager
    async def _asking_as(self, user_id: str) -> AsyncIterator[None]:
        """Let one request at a time through, and none for an account without tokens.

        For such an account twitchio would take the tokens of another one.
        """
        async with self._request:
            if user_id not in self._client.tokens:
                raise LogInError("The account's log-in is gone.", remedy=LOG_IN_AGAIN)
            yield


class _Client(twitchio.Client):
    """Tells events at once and in order, instead of in a task each."""

    def __init__(self, client_id: str, session: aiohttp.ClientSession, on_event: OnEvent) -> None:
        super().__init__(client_id=client_id, session=session)
        self._on_event = on_event
        self.leaving: set[_Socket] = set()
        """Sockets that another one took the place of."""

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        self._on_event(event, payload)

    @property
    def sockets(self) -> dict[str, dict[str, Websocket]]:
        """The sockets by account and session."""
        return self._websockets

    async def connect(self, user_id: str, silence_s: float) -> None:
        """Open the socket of an account, which `subscribe_websocket` then finds."""
        socket = _Socket(client=self, token_for=user_id, http=self.http, silence_s=silence_s)
        await socket.connect(fail_once=True)
        self._websockets[user_id] = {str(socket.session_id): socket}


class _Lenient(dict[str, Any]):
    """A JSON object in which every name stands for something."""

    def __missing__(self, _: str) -> None:
        return None


class _Socket(Websocket):
    """See the faults above."""

    def __init__(self, *, client: _Client, silence_s: float, **options: Any) -> None:
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
        data["payload"]["event"] = _Lenient(data["payload"]["event"])
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
        if self._hand_over is not None and self._hand_over is not asyncio.current_task():
            self._hand_over.cancel()
        await super().close(cleanup, reassociate=reassociate)

    async def _reconnect(self, url: str) -> None:
        new = _Socket(
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
