"""The whole daemon against the scripted Twitch: it speaks, answers, and keeps its secrets."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.twitch_accounts import log_in
from tests.twitch_events import redemption_event
from tests.twitch_server import CLIENT_ID, DEADLINE_S, TwitchServer, eventually, network_down

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CONFIG = """
channels:
  - name: main
    sources:
      - type: twitch_eventsub
        channel: streamer
        emotes: []
        reward: {{title: Say it}}
    outputs: [{{type: wavefile, path: {folder}/speech.wav, pace: fast}}]
server: {{port: {port}}}
engine: {{engines: [tone]}}
twitch: {{client_id: {client}}}
log: {{level: debug}}
"""
BOT = frozenset({"user:read:chat", "user:write:chat"})
STREAMER = frozenset({"moderator:read:followers", "channel:manage:redemptions", "bits:read"})
MODERATOR = [{"set_id": "moderator", "id": "1", "info": ""}]


@pytest.fixture
async def server() -> AsyncIterator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    for login in ("streamer", "the_bot", "viewer1", "mod"):
        server.add_user(login)
    yield server
    await server.close()


class Daemon:
    """`ishowtts run` in a process of its own, and all that it lets others see."""

    def __init__(self, folder: Path, server: TwitchServer) -> None:
        self.folder = folder
        self._server = server
        self._port = unused_port()
        self._process: asyncio.subprocess.Process | None = None
        self.statuses: list[str] = []
        self.store = AccountStore(folder / "state")

    def log_in(self, login: str, scopes: frozenset[str], *, is_bot: bool) -> None:
        log_in(self._server, self.store, login, scopes, is_bot=is_bot)

    async def start(self) -> None:
        config = self.folder / "config.yaml"
        text = CONFIG.format(folder=self.folder, port=self._port, client=CLIENT_ID)
        config.write_text(text, encoding="utf-8")
        environment = {
            "STATE_DIRECTORY": str(self.folder / "state"),
            CHAT_URL_VARIABLE: self._server.irc_url,
        }
        with (self.folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-X", "dev", "-m", "tests.twitch_program"),
                *(self._server.url, self._server.eventsub_url),
                *("run", "--config", str(config), "--events", str(self.folder / "events.jsonl")),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | environment,
            )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), DEADLINE_S)

    def command_line(self) -> str:
        assert self._process is not None
        path = Path(f"/proc/{self._process.pid}")
        if not path.exists():
            return ""
        return (path / "cmdline").read_text() + (path / "environ").read_text()

    async def status(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._port}/api/status"
        try:
            async with aiohttp.ClientSession() as http, http.get(url) as answer:
                self.statuses.append(await answer.text())
        except aiohttp.ClientConnectionError:
            return {}
        status: dict[str, Any] = json.loads(self.statuses[-1])
        return status

    async def order(self, method: str, login: str = "") -> tuple[int, Any]:
        """Join or leave a channel of Twitch, or ask which are joined."""
        url = f"http://127.0.0.1:{self._port}/api/twitch/channels" + (login and f"/{login}")
        async with aiohttp.ClientSession() as http, http.request(method, url) as answer:
            return answer.status, await answer.json()

    async def until_state(self, text: str) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while text not in json.dumps((await self.status()).get("channels", {})):
                await asyncio.sleep(0.02)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def outcomes(self, kind: str) -> list[dict[str, Any]]:
        path = self.folder / "events.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [event for event in map(json.loads, lines) if event["outcome"] == kind]


@pytest.fixture
async def daemon(tmp_path: Path, server: TwitchServer) -> AsyncIterator[Daemon]:
    daemon = Daemon(tmp_path, server)
    yield daemon
    await daemon.stop()


async def test_it_speaks_answers_settles_and_keeps_its_secrets(
    server: TwitchServer, daemon: Daemon
) -> None:
    daemon.log_in("the_bot", BOT, is_bot=True)
    daemon.log_in("streamer", STREAMER, is_bot=False)
    await daemon.start()
    await daemon.until_state('"connected"')
    channel_id = server.users["streamer"]

    # It speaks, also what was paid with points, and answers.
    await server.chat("streamer", "hello there", by="viewer1")
    await eventually(lambda: daemon.outcomes("spoken"), "speech")
    await server.chat("streamer", "!tts status", by="mod", badges=MODERATOR)
    await eventually(lambda: server.sent, "answer")
    reward_id = server.rewards[channel_id][0]["id"]
    await server.chat(
        "streamer", "paid for", by="viewer1", channel_points_custom_reward_id=reward_id
    )
    await server.notify(
        "channel.channel_points_custom_reward_redemption.add",
        channel_id,
        redemption_event(server.users, "streamer", reward_id, by="viewer1", text="paid for"),
    )
    await eventually(lambda: server.settled, "settlement")
    assert server.settled == [("r1", "FULFILLED")]
    (answer,) = server.sent
    assert answer["message"] == "on, 0 waiting, volume 80"

    # Faults of which each could tell a token.
    server.expire()
    server.fail("POST /oauth2/token", 500, 0, 503)
    server.fail("GET /oauth2/validate", 500, 0)
    server.fail("POST /helix/eventsub/subscriptions", 401, 500, 0, 403)
    for session in server.live:
        session.drop()
    await daemon.until_state("reconnecting in")
    await daemon.until_state("chat is read anonymously meanwhile: connected")
    await server.chat("streamer", "while it is away", by="viewer1")
    await eventually(lambda: len(daemon.outcomes("spoken")) == 3, "speech")
    with network_down(server):
        await daemon.until_state("reconnecting in")
    server.fail_no_more()
    await daemon.until_state('"connected"')
    await server.take_back(server.users["the_bot"])
    server.expire(refreshable=False)
    for session in server.live:
        session.drop()
    await daemon.until_state("waiting for a log-in")
    command_line = daemon.command_line()
    await daemon.stop()

    shown = {
        "log": daemon.log(),
        "events": (daemon.folder / "events.jsonl").read_text(encoding="utf-8"),
        "status": "\n".join(daemon.statuses),
        "process list": command_line,
    }
    assert len(server.secrets) >= 8
    for place, text in shown.items():
        assert text, place
        assert [secret for secret in server.secrets if secret in text] == [], place
    told = [line for line in shown["log"].splitlines() if '"level": "debug"' not in line]
    assert not [line for line in told if "Traceback" in line]
    assert "Log in again: ishowtts login twitch" in shown["status"]


@pytest.mark.long
async def test_check_tells_what_is_missing(daemon: Daemon) -> None:
    async def check() -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "check", "--config", str(daemon.folder / "config.yaml")),
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"STATE_DIRECTORY": str(daemon.folder / "state")},
        )
        shown, _ = await process.communicate()
        return shown.decode()

    await daemon.start()
    await daemon.until_state("No account is logged in to read chat.")
    await daemon.stop()
    nobody = await check()
    daemon.log_in("the_bot", frozenset({"user:read:chat"}), is_bot=True)
    bot_alone = await check()
    daemon.log_in("the_bot", BOT, is_bot=True)
    daemon.log_in("streamer", STREAMER, is_bot=False)
    everybody = await check()

    assert "FAIL  log-in to Twitch: No account reads Twitch chat." in nobody
    assert "the_bot does not permit to answer commands in chat." in bot_alone
    assert "streamer does not permit to create the reward" in bot_alone
    assert "ok  log-in to Twitch" in everybody


async def test_a_redeem_survives_a_restart_and_channels_stay_joined(
    server: TwitchServer, daemon: Daemon
) -> None:
    daemon.log_in("the_bot", BOT, is_bot=True)
    daemon.log_in("streamer", STREAMER, is_bot=False)
    server.add_user("friend")
    channel_id = server.users["streamer"]
    await daemon.start()
    await daemon.until_state('"connected"')
    refused = [await daemon.order("PUT", login) for login in ("streamer", "no+such")]
    assert [status for status, _ in refused] == [409, 422]
    assert (await daemon.order("PUT", "friend"))[0] == 200
    await eventually(lambda: ("channel.chat.message", server.users["friend"]) in server.topics())
    await server.chat("friend", "from the friend", by="viewer1")
    await eventually(lambda: daemon.outcomes("spoken"), "speech")

    # What is redeemed in a pause is not heard before the daemon ends, nor given back.
    await server.chat("streamer", "!tts pause", by="mod", badges=MODERATOR)
    await eventually(lambda: daemon.outcomes("obeyed"), "pause")
    reward_id = server.rewards[channel_id][0]["id"]
    for key, text in (("r1", "paid for"), ("r2", "paid too")):
        event = redemption_event(
            server.users, "streamer", reward_id, by="viewer1", text=text, key=key
        )
        server.redeemed.append(event)
        await server.chat("streamer", text, by="viewer1", channel_points_custom_reward_id=reward_id)
        kind = "channel.channel_points_custom_reward_redemption.add"
        await server.notify(kind, channel_id, event)
    await eventually(lambda: len(daemon.outcomes("queued")) == 3, "queue")
    await daemon.stop()
    assert not server.settled

    await daemon.start()
    await eventually(lambda: len(server.settled) == 2, "settlements")
    await eventually(lambda: ("channel.chat.message", server.users["friend"]) in server.topics())
    texts = [event["text"] for event in daemon.outcomes("started")]
    assert sum("paid for" in text for text in texts) == 1
    assert sum("paid too" in text for text in texts) == 1
    assert (await daemon.order("DELETE", "friend"))[0] == 200
    assert (await daemon.order("DELETE", "friend"))[0] == 409
    await eventually(
        lambda: ("channel.chat.message", server.users["friend"]) not in server.topics()
    )
    await daemon.stop()
    await daemon.start()
    await daemon.until_state('"connected"')
    _, joined = await daemon.order("GET")

    assert sorted(server.settled) == [("r1", "FULFILLED"), ("r2", "FULFILLED")]
    assert joined == {"channel": "main", "joined": {}}
