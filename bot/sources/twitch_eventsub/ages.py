"""Ages: since when chatters follow the channel, and since when their accounts exist."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

import structlog
from msgspec import structs

from bot.errors import IshowttsError
from bot.messages import ChatMessage
from bot.runtime.clock import now, unix
from bot.runtime.recent import Recent
from bot.sources import Asked
from bot.sources.twitch_eventsub.accounts import Account
from bot.sources.twitch_eventsub.client import EventClient
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.scopes import READ_FOLLOWERS

log = structlog.get_logger(__name__)

_CHATTERS = 5_000
_WAIT_S = 2.0
"""Longest time for which a message waits for what is asked about its chatter."""
_ASKING = 200
"""Chatters about whom is asked at a time; of others nothing is known then."""
_AGAIN_S = 600.0
"""Seconds until it is asked again about a chatter who does not follow, or of whom nobody told."""


class Age(NamedTuple):
    """What Twitch tells of a chatter."""

    follows_since: float | None = None
    """Unix seconds; None where it is not known."""
    is_following: bool | None = None
    exists_since: float | None = None


Ask: TypeAlias = Callable[[str], Awaitable[Age]]
"""Asks about the chatter with an id."""


class Ages:
    """What is known of the chatters who wrote lately."""

    def __init__(self, ask: Ask, *, clock: Callable[[], float] = now) -> None:
        """Ask each time when somebody new writes."""
        self._ask = ask
        self._clock = clock
        self._known: Recent[str, tuple[Age, float]] = Recent(_CHATTERS)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        """What is done once it is known of a chatter, in the order in which they wrote."""

    def date(self, message: ChatMessage, deliver: Callable[[ChatMessage], None]) -> None:
        """Give `deliver` the message with what is known of its chatter.

        That is at once, or in two seconds at most; what a chatter wrote keeps its order.
        Nothing of a moderator waits: it may be a command.
        """
        key = message.chatter.id
        self._look_up(key)
        if key not in self._asking or message.chatter.has_rank("moderator"):
            deliver(self._dated(message))
            return
        self._waiting.setdefault(key, []).append(lambda: deliver(self._dated(message)))
        asyncio.get_running_loop().call_later(_WAIT_S, self._release, key)

    def _release(self, key: str) -> None:
        for deliver in self._waiting.pop(key, ()):
            deliver()

    def _look_up(self, key: str) -> None:
        """Begin to ask about the chatter `key`, unless that is known."""
        if key in self._asking or self._is_fresh(key) or len(self._asking) >= _ASKING:
            return
        task = self._asking[key] = asyncio.create_task(self._learn(key), name=f"age of {key}")
        task.add_done_callback(lambda _: self._answered(key))

    def _answered(self, key: str) -> None:
        self._asking.pop(key, None)
        self._release(key)

    def _dated(self, message: ChatMessage) -> ChatMessage:
        age, _ = self._known.get(message.chatter.id, (Age(), 0.0))
        follows_since = unix(self._clock()) if age.is_following is False else age.follows_since
        chatter = structs.replace(
            message.chatter, follows_since=follows_since, exists_since=age.exists_since
        )
        return structs.replace(message, chatter=chatter)

    async def close(self) -> None:
        """Ask no more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _learn(self, key: str) -> None:
        try:
            age = await self._ask(key)
        except IshowttsError as error:
            log.debug("chatter's age not known", chatter_id=key, reason=str(error))
            age = Age()
        self._known[key] = (age, self._clock())

    def _is_fresh(self, key: str) -> bool:
        if key not in self._known:
            return False
        age, at = self._known[key]
        is_final = age.is_following is not False and age != Age()
        return is_final or self._clock() - at < _AGAIN_S


async def age_of(connection: TwitchConnection, login: str, asked: Asked, chatter_id: str) -> Age:
    """Return what Twitch tells of a chatter of the channel `login`, as far as it is `asked`.

    Raises:
        IshowttsError: it does not answer.
    """
    asks_follow = asked.follow and connection.permits(login, READ_FOLLOWERS)

    async def ask(client: EventClient, bot: Account, channel_id: str) -> Age:
        exists_since = follows_since = is_following = None
        if asked.account:
            exists_since = await client.exists_since(chatter_id, user_id=bot.user_id)
        if asks_follow:
            follows_since = await client.follows_since(channel_id, chatter_id)
            is_following = follows_since is not None
        return Age(follows_since, is_following, exists_since)

    return await connection.ask(login, ask)
