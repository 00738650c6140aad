"""The connection that all channels share: accounts, EventSub sockets, and replies in chat.

One rule for every fault: what one more request cannot mend is thrown away, and a new client is
built, after a wait that grows.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import NamedTuple, Protocol, TypeVar

import aiohttp
import structlog
from twitchio.eventsub.websockets import WebsocketClosed
from twitchio.models import SubscriptionRevoked
from twitchio.models.eventsub_ import BaseEvent
from twitchio.payloads import TokenRefreshedPayload

from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings
from bot.errors import LogInError, StartError, TransientError
from bot.messages import ChatMessage
from bot.runtime.clock import now
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.runtime.concurrency.waiting import cancel
from bot.sources.sanitize import RecentIds
from bot.sources.twitch_eventsub import payloads
from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from bot.sources.twitch_eventsub.client import EventClient
from bot.sources.twitch_eventsub.faults import LOG_IN_AGAIN, RefusedError
from bot.sources.twitch_eventsub.oauth import TIMEOUT, TwitchOauth
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.sources.twitch_eventsub.redeems import Settler
from bot.sources.twitch_eventsub.replies import ReplySender
from bot.sources.twitch_eventsub.scopes import WRITE_CHAT
from bot.sources.twitch_eventsub.subscriptions import Subscriptions
from bot.sources.twitch_eventsub.tokens import Tokens

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_UPDATE_S = 1.0
"""Seconds between checks of subscriptions and tokens."""
_LOGIN_CHECK_S = 2.0
_LOGIN_CHECKS = 300
_REMEMBERED_TEXTS = 100
_ECHO_S = 30.0
"""Time in which the account hears what it wrote."""

_REVOKED = {
    "authorization_revoked": "the account took its permission back, or changed its password."
    f" {LOG_IN_AGAIN}",
    "user_removed": "the account or the channel no longer exists.",
    "version_removed": "Twitch offers this no longer; update ishowtts.",
    "chat_user_banned": "the bot is banned from this chat; lift the ban, or use another account.",
}
"""Reasons for people, by Twitch's word for why a subscription ended."""


class _Reply(NamedTuple):
    """What the bot wrote, and when."""

    text: str
    at: float


class ChannelListener(Protocol):
    """One channel that is read through the connection."""

    settings: TwitchEventsubSettings
    login: str
    """Login of the streamer, in lower case."""

    def notify(self, event: BaseEvent) -> None:
        """Take a notification, at once."""

    def recover(self, waiting: Iterable[Redemption]) -> None:
        """Take the redeems of our reward that nobody settled yet."""

    def block(self, terms: tuple[str, ...]) -> None:
        """Take the words that the channel blocks."""

    def connection_changed(self, *, is_heard: bool, reward_id: str | None) -> None:
        """Take note of whether the account hears this chat now, and of our reward."""


class TwitchConnection:
    """Connection of one account; it lives as long as a channel listens."""

    def __init__(
        self,
        settings: TwitchSettings,
        *,
        store: AccountStore | None = None,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        silence_s: float = 15.0,
    ) -> None:
        """Prepare; nothing is read or opened before a channel listens.

        A socket without a sign of life for `silence_s` seconds is lost.

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
        self._sleep = sleep
        self._silence_s = silence_s
        self.loop = ReconnectLoop(_log_loss, backoff=backoff, sleep=sleep)
        """Loop around the clients."""
        self._listeners: dict[str, ChannelListener] = {}
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._written: deque[_Reply] = deque(maxlen=_REMEMBERED_TEXTS)
        self._notifications = RecentIds()
        self._subscriptions = Subscriptions()
        self._tokens: Tokens | None = None
        self._client: EventClient | None = None
        self._has_client = asyncio.Event()
        self._fault: TransientError | None = None
        self.replies = ReplySender(self._write, limit=settings.replies_per_30_s, sleep=sleep)
        """Queue of what is to be written in chat."""
        self.settler = Settler(self._ready_client, sleep=sleep)
        """Queue of redeems to settle."""

    def state(self, login: str) -> str:
        """Return the state of the connection for the channel `login`, as one clause."""
        state = self.loop.state if self._client is None else self._subscriptions.state(login)
        return f"{state}; {self._store.trouble}" if self._store.trouble else state

    @property
    def may_write(self) -> bool:
        """Whether replies are wanted, and the bot's account permits them."""
        bot = self._tokens.accounts.bot if self._tokens else None
        return self._replies_are_wanted and bot is not None and WRITE_CHAT in bot.scopes

    def has_listener(self, login: str) -> bool:
        """Tell whether a source listens to the channel `login`."""
        return login in self._listeners

    def channel_id(self, login: str) -> str | None:
        """Return the id of the channel, once it is known."""
        return self._subscriptions.channel_ids.get(login)

    async def ask(
        self, login: str, question: Callable[[EventClient, Account, str], Awaitable[_T]]
    ) -> _T:
        """Put `question` about the channel `login` when there is a connection.

        It gets the client, the bot's account, and the channel's id.

        Raises:
            IshowttsError: Twitch does not answer.
        """
        client = await self._ready_client()
        tokens, channel_id = self._tokens, self.channel_id(login)
        if tokens is None or channel_id is None:
            raise TransientError("EventSub is disconnected.")
        return await question(client, tokens.bot, channel_id)

    def permits(self, login: str, scope: str) -> bool:
        """Tell whether the streamer's account is logged in with `scope`."""
        owner = self._tokens.accounts.get(self.channel_id(login) or "") if self._tokens else None
        return owner is not None and scope in owner.scopes

    def is_own(self, message: ChatMessage) -> bool:
        """Tell whether the bot wrote it: it hears itself, before Twitch says what id it gave."""
        bot = self._tokens.accounts.bot if self._tokens else None
        if bot is None or message.chatter.id != bot.user_id:
            return False
        while self._written and now() - self._written[0].at > _ECHO_S:
            self._written.popleft()
        for reply in self._written:
            # Twitch puts the name of who is answered before the text.
            named, _, rest = message.text.partition(" ")
            if reply.text in (message.text, rest if named.startswith("@") else ""):
                self._written.remove(reply)  # the account's owner may write the same
                return True
        return False

    async def listen(self, listener: ChannelListener) -> None:
        """Tell `listener` what happens in its channel, until cancelled.

        Raises:
            StartError: the channel has a listener already.
        """
        login = listener.login
        if self.has_listener(login):
            raise StartError(
                f"The Twitch channel {login} has two sources of type twitch_eventsub.",
                remedy="Take one of them out of the configuration.",
            )
        self._listeners[login] = listener
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="twitch connection")
        try:
            await asyncio.shield(self._task)
        finally:
            del self._listeners[login]
            listener.connection_changed(is_heard=False, reward_id=None)
            self._changed.set()
            if not self._listeners:
                task, self._task = self._task, None
                await cancel(task)

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.replies.run(), name="twitch replies")
                group.create_task(self.settler.run(), name="twitch redeems")
                group.create_task(self.loop.run(self._connect), name="twitch eventsub")
        finally:
            # A token that was renewed in this second would be lost with the process.
            await asyncio.to_thread(self._store.write_held)

    async def _connect(self) -> None:
        """Run one client until it fails, or until somebody logs in or out."""
        self._fault = None
        self._subscriptions.forget_refusals()
        try:
            async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
                tokens = self._tokens = Tokens(self._store, TwitchOauth(self._client_id, http))
                await tokens.make_valid()
                accounts = tokens.accounts.values()
                async with EventClient(
                    self._client_id, accounts, self._on_event, http, silence_s=self._silence_s
                ) as client:
                    try:
                        await self._keep_subscribed(client, tokens)
                    finally:
                        self._client = None
                        self.loop.state = "connecting"  # not "connected" while sockets close
                        self._has_client.clear()
                        self._tell_listeners()
        except LogInError as error:
            await self._wait_for_login(error)
        except RefusedError as error:
            raise TransientError(error.message, remedy=error.remedy) from error

    async def _wait_for_login(self, error: LogInError) -> None:
        """Return when somebody logged in, or after a while: Twitch may have been mistaken."""
        self.loop.state = f"waiting for a log-in: {error}"
        log.error("Twitch log-in needed", reason=error.message, remedy=error.remedy)
        for _ in range(_LOGIN_CHECKS):
            await self._sleep(_LOGIN_CHECK_S)
            if self._tokens is None or self._tokens.is_outdated():
                self.loop.reset()
                return

    async def _keep_subscribed(self, client: EventClient, tokens: Tokens) -> None:
        while not tokens.is_outdated():
            self._changed.clear()
            if self._fault is not None:
                raise self._fault
            needs = {login: listener.settings for login, listener in self._listeners.items()}
            await self._subscriptions.update(needs, client, tokens)
            if self._client is None:
                self._client = client
                self._has_client.set()
                self.loop.connected()
            self._tell_listeners()
            with suppress(TimeoutError):
                async with asyncio.timeout(_UPDATE_S):
                    await self._changed.wait()
            for account in await tokens.renew():
                await client.use(account)

    def _tell_listeners(self) -> None:
        client = self._client if self._fault is None else None
        for login, listener in self._listeners.items():
            is_heard = client is not None and self._subscriptions.is_heard(login, client)
            reward_id = self._subscriptions.rewards.get(login)
            listener.connection_changed(is_heard=is_heard, reward_id=reward_id)
            if (waiting := self._subscriptions.waiting.pop(login, None)) is not None:
                listener.recover(waiting)
            if (terms := self._subscriptions.terms.pop(login, None)) is not None:
                listener.block(terms)

    def _on_event(self, name: str, payload: object) -> None:
        """Take an event of twitchio, in the order of the sockets."""
        match payload:
            case WebsocketClosed():
                self._on_closed(payload)
            case TokenRefreshedPayload() if self._tokens is not None:
                self._tokens.renewed(payload.user_id, payload.token, payload.refresh_token)
            case BaseEvent():
                self._on_notification(payload)
            case SubscriptionRevoked() | None if name == "subscription_revoked":
                self._on_revoked(payload)

    def _on_closed(self, closed: WebsocketClosed) -> None:
        owner = closed.socket._token_for  # noqa: SLF001 - nothing else says whose it was
        # One that another socket took the place of is not missed.
        is_lost = self._client is not None and not self._client.is_connected(str(owner))
        if is_lost and not self._subscriptions.is_ending:
            self._fault = self._fault or TransientError("the connection was lost.")
            self._changed.set()
            self._tell_listeners()

    def _on_revoked(self, revoked: SubscriptionRevoked | None) -> None:
        status = revoked.status.value if revoked is not None else "an unknown reason"
        topic = revoked.type if revoked is not None else "unknown"
        why = _REVOKED.get(status, status)
        log.warning("EventSub subscription revoked", topic=topic, why=why)
        # The next update subscribes again, and learns whether the log-in is lost or this topic.
        self._changed.set()
        self._tell_listeners()

    def _on_notification(self, event: BaseEvent) -> None:
        key = payloads.notification_id(event)
        if key is not None and not self._notifications.add(key):
            return
        channel_id = payloads.channel_id(event)
        for login, listener in self._listeners.items():
            if channel_id is not None and self.channel_id(login) == channel_id:
                listener.notify(event)

    async def _ready_client(self) -> EventClient:
        while self._client is None:
            await self._has_client.wait()
        return self._client

    async def _write(self, channel_id: str, text: str, reply_to: str | None) -> None:
        client, tokens = self._client, self._tokens
        if client is None or tokens is None:
            raise TransientError("EventSub is disconnected.")
        self._written.append(_Reply(text, now()))
        user_id = tokens.bot.user_id
        await client.send(text, channel_id=channel_id, user_id=user_id, reply_to=reply_to)


def _log_loss(reason: str, retry_s: float) -> None:
    log.warning("EventSub disconnected", reason=reason, retry_s=retry_s)
