"""A log-in of Twitch is not lost with the disk that it is kept on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest
from msgspec import structs

from bot.runtime.folders import write_whole
from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from bot.sources.twitch_eventsub.oauth import TwitchOauth
from bot.sources.twitch_eventsub.tokens import Tokens
from tests.twitch_server import CLIENT_ID, TwitchServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.attack.conftest import Disk

SOON_S = 12_000
"""So old is a token when it is renewed."""


class LoggedIn:
    """The bot, on a disk that fails."""

    def __init__(self, disk: Disk, server: TwitchServer, http: aiohttp.ClientSession) -> None:
        self.disk, self.server = disk, server
        self.now_s = 0.0
        self.oauth = TwitchOauth(CLIENT_ID, http)
        self.store = AccountStore(disk.folder / "state")
        access, refresh = server.grant(server.add_user("the_bot"), frozenset({"user:read:chat"}))
        self.first = Account(
            user_id=server.users["the_bot"],
            login="the_bot",
            scopes=frozenset({"user:read:chat"}),
            access_token=access,
            refresh_token=refresh,
            obtained_at=1.0,
            bot_since=1.0,
        )
        self.store.put(self.first)

    def tokens(self) -> Tokens:
        return Tokens(self.store, self.oauth, clock=lambda: self.now_s)

    def written(self) -> Account:
        """What another process would read."""
        return AccountStore(self.store.folder).load()[self.first.user_id]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.store.folder.iterdir())

    async def renew(self, tokens: Tokens) -> Account:
        self.now_s += SOON_S
        self.server.expires_in_s = 100
        (renewed,) = await tokens.renew()
        self.server.expires_in_s = 14_400
        return renewed


@pytest.fixture
async def logged_in(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoggedIn]:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    async with aiohttp.ClientSession() as http:
        yield LoggedIn(disk, server, http)
    await server.close()


@pytest.mark.parametrize("fault", ["full", "read-only"])
async def test_a_renewed_token_is_used_and_kept_when_the_disk_is_back(
    logged_in: LoggedIn, fault: str
) -> None:
    disk, store = logged_in.disk, logged_in.store
    tokens = logged_in.tokens()
    await tokens.make_valid()
    if fault == "full":
        disk.fill()
    else:
        disk.remount("ro")
    renewed = await logged_in.renew(tokens)

    assert renewed.refresh_token != logged_in.first.refresh_token
    assert tokens.bot == renewed
    assert "cannot be kept" in store.trouble
    assert logged_in.files() == [f"twitch-{renewed.user_id}.json"]
    # Another connection of this process goes on with it: the old one works no more.
    again = logged_in.tokens()
    await again.make_valid()
    assert again.bot.refresh_token in logged_in.server.refresh
    assert logged_in.written() == logged_in.first

    if fault == "full":
        disk.free()
    else:
        disk.remount("rw")
    logged_in.now_s += 20
    await again.renew()
    assert logged_in.written() == again.bot
    assert store.trouble == ""
    assert not again.is_outdated()


async def test_a_token_that_is_held_gives_way_to_a_newer_login(logged_in: LoggedIn) -> None:
    tokens = logged_in.tokens()
    await tokens.make_valid()
    logged_in.disk.fill()
    renewed = await logged_in.renew(tokens)
    logged_in.disk.free()
    newer = structs.replace(renewed, obtained_at=renewed.obtained_at + 1)
    AccountStore(logged_in.store.folder).put(newer)
    logged_in.now_s += 20
    await tokens.renew()

    assert tokens.is_outdated()
    assert logged_in.written() == newer


async def test_nobody_else_may_read_a_login(logged_in: LoggedIn) -> None:
    (file,) = logged_in.store.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("fault", ["full", "read-only", "a folder of that name"])
def test_nothing_is_left_of_a_file_that_cannot_be_written(disk: Disk, fault: str) -> None:
    kept = disk.folder / "kept.json"
    write_whole(kept, b"before", mode=0o600)
    if fault == "full":
        disk.fill()
    elif fault == "read-only":
        disk.remount("ro")
    else:
        kept.unlink()
        (kept / "x").mkdir(parents=True)
    there = sorted(disk.folder.iterdir())
    with pytest.raises(OSError, match=r"[Nn]o space|[Rr]ead-only|directory"):
        write_whole(kept, b"x" * 100_000)

    assert sorted(disk.folder.iterdir()) == there
    assert kept.is_dir() or kept.read_bytes() == b"before"
