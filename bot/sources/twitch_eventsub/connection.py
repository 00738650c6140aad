"""What all channels share: the accounts, their connection, and what is written in chat.

The connection has one rule for every fault: what one more request cannot mend is thrown away, and a
new client is built, after a wait that grows.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

import aiohttp
import structlog
from twitchio.models import SubscriptionRevoked
from twitchio.payloads import TokenRefreshedPayload

from bot.clock import now
from bot.config.sources import TwitchEventsubSettings, TwitchSettings
from bot.errors import LogInError, StartError, TransientError
from bot.messages import ChatMessage
from bot.runtime.backoff import Backoff
from bot.sources.recent import RecentIds
from bot.sources.twitch_eventsub import payloads
from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.sources.twitch_eventsub.client import EventClient, WaitingRedemption
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN, RefusedError
from bot.sources.twitch_eventsub.oauth import TIMEOUT, TwitchOauth
from bot.sources.twitch_eventsub.replies import ReplySender
from bot.sources.twitch_eventsub.scopes import WRITE_CHAT
from bot.sources.twitch_eventsub.settling import Settler
from bot.sources.twitch_eventsub.subscriptions import Subscriptions
from bot.sources.twitch_eventsub.tokens import Tokens

log = structlog.get_logger(__name__)

STEADY_S = 60.0
"""A client that lived this long was a good one: the back-off starts anew."""
_LOOK_S = 1.0
_LOGIN_LOOK_S = 2.0
_LOGIN_LOOKS = 300
_REMEMBERED_TEXTS = 100

_REVOKED = {
    "authorization_revoked": "the account took its permission back, or changed its password."
    f" {LOG_IN_AGAIN}",
    "user_removed": "the account or the channel no longer exists.",
    "version_removed": "Twitch offers this no longer; update ishowtts.",
    "chat_user_banned": "the bot is banned from this chat; lift the ban, or use another account.",
}
"""What the streamer is told, by Twitch's word for why a subscription ended."""


class Feed(Protocol):
    """A channel, as the connection sees it."""

    settings: TwitchEventsubSettings
    login: str
    """Of the streamer, in lower case."""

    def take(self, payload: payloads.Payload) -> None:
        """Take a notification, at once."""

    def recover(self, waiting: Iterable[WaitingRedemption]) -> None:
        """Take what was redeemed of our reward and nobody settled yet."""

    def connection_changed(self, *, is_heard: bool, reward_id: str | None) -> None:
        """Take note of whether the account hears this chat now, and of our reward."""


class TwitchConnection:
    """Lives as long as a channel attends."""

    def __init__(
        self,
        settings: TwitchSettings,
        *,
        store: AccountStore | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        silence_s: float = 15.0,
    ) -> None:
        """Prepare; nothing is read or opened before a channel attends.

        A socket that gives no sign of life for `silence_s` is lost.

        Raises:
            StartError: the configuration names no application.
        """
        if settings.client_id is None:
            raise StartError(
                "Reading Twitch with an account needs `twitch.client_id`.",
                remedy="docs/twitch.md shows how to get one; twitch_irc works without.",
            )
        self._client_id = settings.client_id
        self._replies_are_wanted = settings.replies
        self._store = store or AccountStore()
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._silence_s = silence_s
        self._feeds: dict[str, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._texts: deque[str] = deque(maxlen=_REMEMBERED_TEXTS)
        self._notifications = RecentIds()
        self._subscriptions = Subscriptions()
        self._tokens: Tokens | None = None
        self._client: EventClient | None = None
        self._has_client = asyncio.Event()
        self._fault: TransientError | None = None
        self._state = "not started"
        self.reconnects = 0
        """How often it was tried again."""
        self.replies = ReplySender(self._write, limit=settings.replies_per_30_s, sleep=sleep)
        """What is to be written in chat."""
        self.settler = Settler(self._ready_client, sleep=sleep)
        """What is to be told about redeems."""

    def state(self, login: str) -> str:
        """Return what the connection is doing for the channel `login`."""
        return self._subscriptions.state(login) if self._client is not None else self._state

    @property
    def may_write(self) -> bool:
        """Whether replies are wanted, and the bot's account permits them."""
        bot = self._tokens.accounts.bot if self._tokens else None
        return self._replies_are_wanted and bot is not None and WRITE_CHAT in bot.scopes

    def attends(self, login: str) -> bool:
        """Tell whether a source hears the channel, or tries to."""
        return login in self._feeds

    def channel_id(self, login: str) -> str | None:
        """Return the id of the channel, once it is known."""
        return self._subscriptions.channel_ids.get(login)

    def is_own(self, message: ChatMessage) -> bool:
        """Tell whether the bot wrote it: it hears itself, before Twitch says what id it gave."""
        bot = self._tokens.accounts.bot if self._tokens else None
        if bot is None or message.chatter.id != bot.user_id:
            return False
        # Twitch puts the name of who is answered before the text.
        return any(message.text.endswith(text) for text in self._texts)

    async def attend(self, feed: Feed) -> None:
        """Hear the channel `feed` until cancelled.

        Raises:
            StartError: it is heard already.
        """
        if feed.login in self._feeds:
            raise StartError(
                f"The Twitch channel {feed.login} has two sources of type twitch_eventsub.",
                remedy="Take one of them out of the configuration.",
            )
        self._feeds[feed.login] = feed
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="twitch connection")
        try:
            await asyncio.shield(self._task)
        finally:
            del self._feeds[feed.login]
            feed.connection_changed(is_heard=False, reward_id=None)
            self._changed.set()
            if not self._feeds:
                task, self._task = self._task, None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.replies.run(), name="twitch replies")
            group.create_task(self.settler.run(), name="twitch redeems")
            group.create_task(self._stay_connected(), name="twitch eventsub")

    async def _stay_connected(self) -> None:
        while True:
            self._state = "connecting"
            started_at = now()
            try:
                await self._live()
            except LogInError as error:
                await self._wait_for_login(error)
            except (TransientError, RefusedError) as error:
                if now() - started_at >= STEADY_S:
                    self._backoff.reset()
                await self._wait_to_reconnect(error.message)

    async def _wait_to_reconnect(self, reason: str) -> None:
        self.reconnects += 1
        delay_s = self._backoff.next_s()
        self._state = f"reconnecting in {delay_s:.0f} s after: {reason}"
        log.warning("the account is away from chat", reason=reason, retry_s=round(delay_s, 1))
        await self._sleep(delay_s)

    async def _wait_for_login(self, error: LogInError) -> None:
        """Return when somebody logged in, or after a while: Twitch may have been mistaken."""
        self._state = f"waiting for a log-in: {error}"
        log.error("Twitch needs a log-in", reason=error.message, remedy=error.remedy)
        for _ in range(_LOGIN_LOOKS):
            await self._sleep(_LOGIN_LOOK_S)
            if self._tokens is None or self._tokens.is_outdated():
                self._backoff.reset()
                return

    async def _live(self) -> None:
        """Live one client's life; it ends with an error, or when somebody logged in or out."""
        self._fault = None
        self._subscriptions.forget_refusals()
        async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
            tokens = self._tokens = Tokens(self._store, TwitchOauth(self._client_id, http))
            await tokens.make_valid()
            async with EventClient(
                self._client_id,
                tokens.accounts.values(),
                self._on_event,
                http,
                silence_s=self._silence_s,
            ) as client:
                try:
                    await self._watch(client, tokens)
                finally:
                    self._client = None
                    self._has_client.clear()
                    self._tell_feeds()

    async def _watch(self, client: EventClient, tokens: Tokens) -> None:
        while not tokens.is_outdated():
            self._changed.clear()
            if self._fault is not None:
                raise self._fault
            needs = {login: feed.settings for login, feed in self._feeds.items()}
            await self._subscriptions.update(needs, client, tokens)
            self._client = client
            self._has_client.set()
            self._tell_feeds()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._changed.wait()
            for account in await tokens.renew():
                await client.use(account)

    def _tell_feeds(self) -> None:
        client = self._client if self._fault is None else None
        for login, feed in self._feeds.items():
            is_heard = client is not None and self._subscriptions.is_heard(login, client)
            feed.connection_changed(
                is_heard=is_heard, reward_id=self._subscriptions.reward_id(login)
            )
            if (waiting := self._subscriptions.take_waiting(login)) is not None:
                feed.recover(waiting)

    def _on_event(self, event: str, payload: Any) -> None:  # noqa: ANN401 - one of many classes
        """Take what twitchio tells, in the order of the sockets."""
        if event == "websocket_closed":
            owner = payload.socket._token_for  # noqa: SLF001 - nothing else says whose it was
            # One that another socket took the place of is not missed.
            is_lost = self._client is not None and not self._client.is_connected(owner)
            if is_lost and not self._subscriptions.is_ending:
                self._fault = self._fault or TransientError("the connection was lost.")
                self._changed.set()
                self._tell_feeds()
        elif isinstance(payload, TokenRefreshedPayload):
            if self._tokens is not None:
                self._tokens.renewed(payload.user_id, payload.token, payload.refresh_token)
        elif event == "subscription_revoked":
            self._revoked(payload)
        else:
            self._notified(payload)

    def _revoked(self, payload: SubscriptionRevoked | None) -> None:
        status = payload.status.value if payload is not None else "for a reason that is new"
        topic = payload.type if payload is not None else "a subscription"
        log.warning("Twitch ended what was heard", topic=topic, why=_REVOKED.get(status, status))
        # The next look asks again, and learns whether the log-in is lost or this topic alone.
        self._changed.set()
        self._tell_feeds()

    def _notified(self, payload: payloads.Payload) -> None:
        key = payloads.notification_id(payload)
        if key is not None and not self._notifications.add(key):
            return
        channel_id = payloads.channel_id(payload)
        for login, feed in self._feeds.items():
            if channel_id is not None and self.channel_id(login) == channel_id:
                feed.take(payload)

    async def _ready_client(self) -> EventClient:
        while self._client is None:
            await self._has_client.wait()
        return self._client

    async def _write(self, channel_id: str, text: str, reply_to: str | None) -> None:
        client, tokens = self._client, self._tokens
        if client is None or tokens is None:
            raise TransientError("the account is away from chat.")
        self._texts.append(text)
        user_id = tokens.bot.user_id
        await client.send(text, channel_id=channel_id, user_id=user_id, reply_to=reply_to)
