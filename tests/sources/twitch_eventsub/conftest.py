"""The scripted Twitch, accounts that are logged in, and channels that read it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings
from bot.messages import ChatMessage, SourceItem
from bot.runtime.clock import now
from bot.runtime.concurrency.backoff import Backoff
from bot.sources import NOTHING, Asked
from bot.sources.emote_names import EmoteNames
from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.source import TwitchEventsubSource
from bot.sources.twitch_rooms import TwitchRooms
from tests import twitch_accounts
from tests.twitch_server import CLIENT_ID, TwitchServer, eventually

BOT_SCOPES = frozenset({"user:read:chat", "user:write:chat"})
STREAMER_SCOPES = frozenset({"moderator:read:followers", "channel:manage:redemptions", "bits:read"})
CHAT_TOPICS = 7


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    for login in ("streamer", "the_bot", "other"):
        server.add_user(login)
    yield server
    await server.close()


@pytest.fixture
def store(tmp_path: Path) -> AccountStore:
    return AccountStore(tmp_path / "state")


LogIn: TypeAlias = Callable[..., Account]


@pytest.fixture
def log_in(server: TwitchServer, store: AccountStore) -> LogIn:
    """Log an account in, as `ishowtts login` does."""

    def log_in(
        login: str = "the_bot", scopes: frozenset[str] = BOT_SCOPES, *, is_bot: bool = True
    ) -> Account:
        return twitch_accounts.log_in(server, store, login, scopes, is_bot=is_bot, at=now())

    return log_in


class Channel:
    """A channel that is read: its source, and what it delivered."""

    def __init__(self, source: TwitchEventsubSource) -> None:
        self.source = source
        self.items: list[SourceItem] = []

    async def deliver(self, item: SourceItem) -> None:
        self.items.append(item)

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.items if isinstance(item, ChatMessage)]

    async def until(self, *texts: str) -> None:
        """Return when these texts, and no others, were delivered, in any order."""
        await eventually(lambda: len(self.texts) >= len(texts), f"{texts}, only {self.texts}")
        assert sorted(self.texts) == sorted(texts)

    async def message(self) -> ChatMessage:
        """Return the only thing that was delivered."""
        await eventually(lambda: self.items, "message")
        (item,) = self.items
        assert isinstance(item, ChatMessage)
        return item

    async def heard(self) -> None:
        """Return when the account hears the chat."""
        await eventually(lambda: self.source._is_heard, f"chat; state: {self.source.state}")


Reading: TypeAlias = Callable[..., AbstractAsyncContextManager[Channel]]


@pytest.fixture
def connection(store: AccountStore) -> TwitchConnection:
    """A connection whose waits are short, and jitter nothing."""
    backoff = Backoff(shortest_s=0.05, longest_s=0.2, draw=lambda: 0.0)
    return TwitchConnection(
        TwitchSettings(client_id=CLIENT_ID), store=store, backoff=backoff, silence_s=60.0
    )


@pytest.fixture
def reading(server: TwitchServer, connection: TwitchConnection) -> Reading:
    """Read a channel, by default without the anonymous reader."""
    del server  # it runs, and is the Twitch that is read

    @asynccontextmanager
    async def read(
        login: str = "streamer",
        *,
        connection: TwitchConnection = connection,
        wait: bool = True,
        resumed: Iterable[ChatMessage] = (),
        asked: Asked = NOTHING,
        rooms: TwitchRooms | None = None,
        emotes: EmoteNames | None = None,
        **more: Any,  # noqa: ANN401 - settings
    ) -> AsyncIterator[Channel]:
        values: dict[str, Any] = {"anonymous": False, "emotes": ()} | more
        settings = TwitchEventsubSettings(type="twitch_eventsub", channel=login, **values)
        source = TwitchEventsubSource(
            settings, "main", connection, asked=asked, rooms=rooms, emotes=emotes
        )
        channel = Channel(source)
        for message in resumed:
            channel.source.resume(message)
        task = asyncio.create_task(channel.source.run(channel.deliver))
        try:
            if wait:
                await channel.heard()
            yield channel
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return read
