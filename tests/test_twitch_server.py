"""The scripted Twitch is no work of fancy: clients that other people wrote understand it too.

They hear it beside our own, and all have to hear the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings
from bot.messages import ChatMessage, Purge, SourceItem, StreamStatus
from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.source import TwitchEventsubSource
from tests.twitch_accounts import log_in
from tests.twitch_events import notice_event, stamp
from tests.twitch_server import CLIENT_ID, TwitchServer, eventually

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DATA = Path(__file__).parent / "data" / "npm"
OLDEST_NODE = 18
"""Debian 12 has it; later versions of the clients need a newer one."""
SCOPES = frozenset({"user:read:chat"})


@pytest.fixture(scope="session")
def npm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients of `tests/data/npm/package.json`."""
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            pytest.skip(f"needs the Debian package {package}")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"needs Node.js {OLDEST_NODE} or newer, this is {version.stdout.strip()}")
    folder = tmp_path_factory.mktemp("npm")
    for path in DATA.iterdir():
        shutil.copy(path, folder)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot fetch the clients: {done.stderr.strip()[:200]}")
    return folder


class Listeners:
    """The clients of others, in a process of node."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[dict[str, Any]] = []

    async def read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.heard.append(json.loads(line))

    def by(self, client: str, kind: str) -> list[dict[str, Any]]:
        """What `client` heard of one kind."""
        return [e for e in self.heard if (e["client"], e["is"]) == (client, kind)]


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    for login in ("streamer", "the_bot", "viewer1", "raider"):
        server.add_user(login)
    yield server
    await server.close()


@pytest.fixture
async def others(server: TwitchServer, npm_folder: Path) -> AsyncIterator[Listeners]:
    bot, channel = server.users["the_bot"], server.users["streamer"]
    access, _ = server.grant(bot, SCOPES)
    process = await asyncio.create_subprocess_exec(
        *("node", "listen.mjs", str(server.port), CLIENT_ID, access, bot, channel, "streamer"),
        cwd=npm_folder,
        env={"PATH": os.environ["PATH"], "NODE_OPTIONS": "--dns-result-order=ipv4first"},
        stdout=asyncio.subprocess.PIPE,
    )
    listeners = Listeners(process)
    reading = asyncio.create_task(listeners.read())
    try:
        for client in ("tmi.js", "twurple"):
            await eventually(
                lambda client=client: listeners.by(client, "ready"),  # type: ignore[misc]
                f"{client}, only {listeners.heard}",
            )
        yield listeners
    finally:
        process.kill()
        await process.wait()
        await reading


@pytest.fixture
async def ours(server: TwitchServer, tmp_path: Path) -> AsyncIterator[list[SourceItem]]:
    """What our own client hears at the same time."""
    store = AccountStore(tmp_path)
    log_in(server, store, scopes=SCOPES)
    settings = TwitchEventsubSettings(type="twitch_eventsub", channel="streamer", emotes=())
    connection = TwitchConnection(TwitchSettings(client_id=CLIENT_ID), store=store)
    source = TwitchEventsubSource(settings, "main", connection)
    items: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        items.append(item)

    task = asyncio.create_task(source.run(deliver))
    await eventually(lambda: source._is_heard and server.listeners["streamer"])
    yield items
    task.cancel()
    await asyncio.wait({task})


async def test_others_hear_what_we_hear(
    server: TwitchServer, others: Listeners, ours: list[SourceItem]
) -> None:
    channel_id, viewer = server.users["streamer"], server.users["viewer1"]
    here = {
        "broadcaster_user_id": channel_id,
        "broadcaster_user_login": "streamer",
        "broadcaster_user_name": "Streamer",
    }
    target = {
        "target_user_id": viewer,
        "target_user_login": "viewer1",
        "target_user_name": "viewer1",
    }
    expected = []
    for number in range(20):
        text = f"message {number} 🎉"
        key = await server.chat("streamer", text, by="viewer1")
        expected.append({"id": key, "user": viewer, "text": text})
    await server.notify(
        "channel.chat.message_delete", channel_id, here | target | {"message_id": key}
    )
    await server.say(
        "streamer", f"@login=viewer1;target-msg-id={key} :tmi.twitch.tv CLEARMSG #streamer :x"
    )
    await server.notify("channel.chat.clear_user_messages", channel_id, here | target)
    await server.say(
        "streamer",
        f"@ban-duration=60;room-id={channel_id};target-user-id={viewer}"
        " :tmi.twitch.tv CLEARCHAT #streamer :viewer1",
    )
    raid = {
        "user_id": server.users["raider"],
        "user_name": "raider",
        "user_login": "raider",
        "viewer_count": 42,
        "profile_image_url": "https://static.example/x.png",
    }
    event = notice_event(server.users, "streamer", "raid", raid, by="raider", message_id="raid1")
    await server.notify("channel.chat.notification", channel_id, event)
    await server.say(
        "streamer",
        "@id=raid1;login=raider;display-name=raider;msg-id=raid;msg-param-viewerCount=42;"
        "msg-param-displayName=raider;msg-param-login=raider;"
        f"user-id={raid['user_id']} :tmi.twitch.tv USERNOTICE #streamer",
    )
    online = here | {"id": "1", "type": "live", "started_at": stamp()}
    await server.notify("stream.online", channel_id, online)
    await eventually(lambda: others.by("twurple", "live"), f"all, only {others.heard}")
    for client in ("tmi.js", "twurple"):
        await eventually(lambda client=client: others.by(client, "raid"))  # type: ignore[misc]
    await eventually(lambda: any(isinstance(item, StreamStatus) for item in ours))

    for client in ("tmi.js", "twurple"):
        heard = [{k: e[k] for k in ("id", "user", "text")} for e in others.by(client, "message")]
        assert heard == expected, client
        assert [e["id"] for e in others.by(client, "deleted")] == [key], client
        assert [e["user"] for e in others.by(client, "timeout")] == ["viewer1"], client
        assert [(e["user"], e["viewers"]) for e in others.by(client, "raid")] == [("raider", 42)]
    chat = [item for item in ours if isinstance(item, ChatMessage)]
    mine = [{"id": m.id, "user": m.chatter.id, "text": m.text} for m in chat if not m.event]
    assert mine == expected
    assert [m.event.amount for m in chat if m.event] == [42]
    assert [item for item in ours if isinstance(item, Purge)] == [
        Purge(channel="main", message_id=key),
        Purge(channel="main", chatter_id=viewer),
    ]


async def test_others_follow_a_reconnect_and_a_revocation_too(
    server: TwitchServer, others: Listeners
) -> None:
    old = server.live
    await server.reconnect()
    await eventually(lambda: not any(session.is_live for session in old), "end of the old ones")
    await server.chat("streamer", "on the new one")
    await eventually(lambda: others.by("twurple", "message"), f"message, only {others.heard}")
    await server.take_back(server.users["the_bot"])
    await eventually(lambda: others.by("twurple", "revoked"), f"all, only {others.heard}")

    assert [e["text"] for e in others.by("twurple", "message")] == ["on the new one"]
    assert {e["status"] for e in others.by("twurple", "revoked")} == {"authorization_revoked"}
    assert not others.by("twurple", "failure")
