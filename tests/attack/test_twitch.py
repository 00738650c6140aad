"""A log-in of Twitch is not lost with the disk that it is kept on, and no file is cut in half."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import pytest
from msgspec import structs

from bot.cli import login
from bot.config import loads
from bot.errors import StartError
from bot.playback.pulse import null_sinks
from bot.report import archive
from bot.report.parts import Part
from bot.runtime.files.folders import write_whole
from bot.service import installation
from bot.sources import emote_names
from bot.sources.twitch_eventsub.accounts import Account, AccountStore
from bot.sources.twitch_eventsub.oauth import TwitchOauth
from bot.sources.twitch_eventsub.tokens import Tokens
from tests.test_twitch_daemon import Daemon
from tests.twitch_accounts import log_in
from tests.twitch_server import CLIENT_ID, DEADLINE_S, TwitchServer, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

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
        self.first = log_in(server, self.store)

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


async def test_a_clock_that_is_behind_does_not_lose_a_renewed_token(logged_in: LoggedIn) -> None:
    """As on a board without a battery, until the network has told the time."""
    in_a_year = structs.replace(logged_in.first, obtained_at=4e9)
    logged_in.store.put(in_a_year)
    tokens = logged_in.tokens()
    await tokens.make_valid()
    renewed = await logged_in.renew(tokens)

    assert renewed.refresh_token in logged_in.server.refresh
    assert logged_in.written() == renewed
    assert not tokens.is_outdated()


async def test_a_log_in_that_cannot_be_kept_is_not_asked_for(
    logged_in: LoggedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(logged_in.store.folder))
    logged_in.disk.fill()
    there = logged_in.files()
    source = "{type: twitch_eventsub, channel: streamer}"
    settings = loads(
        f"channels: [{{name: main, sources: [{source}]}}]\ntwitch: {{client_id: {CLIENT_ID}}}"
    )
    with pytest.raises(StartError, match="cannot be kept"):
        async with asyncio.timeout(DEADLINE_S):
            await login.log_in(settings, part="bot")

    assert not logged_in.server.devices
    assert logged_in.files() == there


@pytest.mark.parametrize("content", [b"[" * 50_000, b"{}" * 100_000], ids=["nested", "long"])
async def test_a_log_in_that_is_none_is_skipped(logged_in: LoggedIn, content: bytes) -> None:
    (logged_in.store.folder / "twitch-999.json").write_bytes(content)
    os.mkfifo(logged_in.store.folder / "twitch-1000000.json")

    assert list(AccountStore(logged_in.store.folder).load().values()) == [logged_in.first]


@pytest.mark.parts
@pytest.mark.parametrize("end", ["a new connection", "the end of the daemon"])
async def test_the_daemon_speaks_on_while_its_log_in_cannot_be_written(
    disk: Disk, tmp_path: Path, end: str
) -> None:
    server = TwitchServer()
    await server.start()
    server.add_user("streamer")
    user_id = server.add_user("the_bot")
    (disk.folder / "state").mkdir()
    (tmp_path / "state").symlink_to(disk.folder / "state")
    daemon = Daemon(tmp_path, server)
    daemon.log_in("the_bot", frozenset({"user:read:chat"}), is_bot=True)
    server.expires_in_s = 100
    disk.fill()
    try:
        await daemon.start()
        await daemon.until_state("cannot be kept")
        server.expires_in_s = 14_400
        await eventually(
            lambda: ("channel.chat.message", server.users["streamer"]) in server.topics()
        )
        await server.chat("streamer", "hello there")
        await eventually(lambda: daemon.outcomes("spoken") or not daemon.is_running, "speech")
        assert daemon.outcomes("spoken")
        assert daemon.store.load()[user_id].refresh_token not in server.refresh
        disk.free()
        if end == "a new connection":
            for session in server.sessions.values():
                session.drop()
            await eventually(
                lambda: daemon.store.load()[user_id].refresh_token in server.refresh, "log-in"
            )
    finally:
        await daemon.stop()
        await server.close()
    assert daemon.store.load()[user_id].refresh_token in server.refresh
    assert [p.name for p in daemon.store.folder.iterdir() if p.name.endswith(".part")] == []
    assert not any(secret in daemon.log() for secret in server.secrets)


def test_many_who_write_one_file_do_not_write_into_each_others(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    faults: list[OSError] = []

    def write(letter: bytes) -> None:
        try:
            for size in range(1, 60):
                write_whole(path, letter * 997 * size)
        except OSError as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(bytes([65 + n]),)) for n in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with suppress(FileNotFoundError):
            assert len(set(path.read_bytes())) == 1

    assert not faults
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_swept_away_and_what_one_writes_now_is_not(
    tmp_path: Path,
) -> None:
    path = tmp_path / "kept[1].json"
    left, written = (tmp_path / f".{path.name}.{name}.part" for name in ("a", "b"))
    for part in (left, written):
        part.touch()
    os.utime(left, (1e9, 1e9))
    write_whole(path, b"x")

    assert sorted(tmp_path.iterdir()) == sorted([path, written])


def report(path: Path) -> None:
    archive._write(path, [Part("x", "", os.urandom(200_000).hex())])


WRITERS: dict[str, Callable[[Path], object]] = {
    "default.pa": lambda path: null_sinks._write(path, "x" * 200_000),
    "unit": lambda path: installation._write(path, "x" * 200_000, lambda _: None),
    "emotes": lambda path: emote_names._write(path, frozenset(map(str, range(50_000)))),
    "report": report,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_cuts_no_file_in_half(disk: Disk, name: str) -> None:
    path = disk.folder / name
    if name != "report":  # its name is new each time
        path.write_bytes(b"before")
    disk.fill()
    there = sorted(disk.folder.iterdir())
    with pytest.raises((OSError, StartError), match="No space left"):
        WRITERS[name](path)

    assert sorted(disk.folder.iterdir()) == there
    assert name == "report" or path.read_bytes() == b"before"


def test_a_file_that_is_linked_elsewhere_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "default.pa", tmp_path / "default.pa"
    real.touch()
    link.symlink_to(real)
    null_sinks._write(link, "x")

    assert link.is_symlink()
    assert real.read_text() == "x"
