"""`ishowtts login`, in a process of its own where it matters what other programs see."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.cli import login, logout
from bot.config import Settings, loads
from bot.errors import LogInError, StartError, TransientError
from bot.sources.twitch_eventsub.accounts import AccountStore
from tests.twitch_server import CLIENT_ID, TwitchServer, eventually

pytestmark = pytest.mark.parts

CONFIG = f"""
channels:
  - name: main
    sources: [{{type: twitch_eventsub, channel: streamer{{more}}}}]
twitch: {{client_id: {CLIENT_ID}}}
"""
RUN = """
import sys, twitchio
from bot.__main__ import main
twitchio.http.Route.BASE, twitchio.http.Route.ID_BASE = sys.argv[1] + "helix/", sys.argv[1]
sys.exit(main(sys.argv[2:]))
"""

TERMS = "moderator:read:blocked_terms"


def settings(more: str = "") -> Settings:
    return loads(CONFIG.replace("{more}", more))


def command_line(process_id: int) -> str:
    """What every user of the machine can see of a process, where the system has /proc."""
    path = Path(f"/proc/{process_id}/cmdline")
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    yield server
    await server.close()


async def log_in(
    server: TwitchServer, name: str, part: login.Part = "both", more: str = ""
) -> None:
    task = asyncio.create_task(login.log_in(settings(more), part=part))
    await eventually(lambda: server.devices or task.done(), "device code")
    for device in list(server.devices.values()):
        server.enter_code(device["user_code"], name)
    await task


async def test_a_log_in_is_kept_for_its_owner_alone(
    server: TwitchServer, capsys: pytest.CaptureFixture[str]
) -> None:
    await log_in(server, "the_bot")

    store = AccountStore()
    account = store.load().bot
    assert account is not None
    assert (account.login, account.user_id) == ("the_bot", server.users["the_bot"])
    assert account.access_token in server.access
    assert account.scopes == {
        "user:read:chat",
        "user:write:chat",
        "moderator:read:followers",
        "channel:read:redemptions",
        "bits:read",
        TERMS,
    }
    (path,) = store.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    shown = capsys.readouterr().out
    assert "Open https://www.twitch.tv/activate?device-code=CODE" in shown
    assert "▄" in shown or "█" in shown
    assert "hear who follows (moderator:read:followers)" in shown
    assert "the_bot is logged in: reads and writes chat." in shown


@pytest.mark.parametrize(
    ("part", "more", "expected"),
    [
        ("bot", "", {"user:read:chat", "user:write:chat"}),
        (
            "streamer",
            "",
            {"moderator:read:followers", "channel:read:redemptions", "bits:read", TERMS},
        ),
        ("streamer", ", events: [power_up]", {"bits:read", TERMS}),
        ("streamer", ", events: [power_up], blocked_terms: false", {"bits:read"}),
        (
            "streamer",
            ", events: [redeem], reward: {title: Say it}",
            {"channel:manage:redemptions", TERMS},
        ),
        ("both", ", events: [cheer, raid]", {"user:read:chat", "user:write:chat", TERMS}),
        ("both", ", events: [], blocked_terms: false", {"user:read:chat", "user:write:chat"}),
    ],
)
async def test_no_more_is_asked_for_than_the_configuration_uses(
    server: TwitchServer, part: login.Part, more: str, expected: set[str]
) -> None:
    await log_in(server, "somebody", part, more)

    (account,) = AccountStore().load().values()
    assert account.scopes == expected


async def test_without_events_of_the_streamer_there_is_nothing_to_permit(
    server: TwitchServer,
) -> None:
    del server
    with pytest.raises(StartError, match="needs no permission of the streamer"):
        await login.log_in(settings(", events: [cheer], blocked_terms: false"), part="streamer")


async def test_bot_and_streamer_may_differ(
    server: TwitchServer, capsys: pytest.CaptureFixture[str]
) -> None:
    await log_in(server, "the_bot", "bot")
    assert not await login.status(settings())
    assert "streamer does not permit to hear channel-point redeems" in capsys.readouterr().out

    await log_in(server, "streamer", "streamer")

    accounts = AccountStore().load()
    assert accounts.bot is not None
    assert accounts.bot.login == "the_bot"
    assert {a.login for a in accounts.values()} == {"the_bot", "streamer"}
    assert await login.status(settings())
    shown = capsys.readouterr().out
    assert "the_bot, reads and writes chat: valid for 240 min" in shown
    assert "user:write:chat: answer commands in chat" in shown
    assert "streamer, for the events of its own channel" in shown


async def test_the_newest_log_in_of_systemd_or_our_own_counts(
    server: TwitchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(server, "the_bot")
    store = AccountStore()
    (path,) = store.folder.iterdir()
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    path.rename(credentials / path.name)
    assert not store.load()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))

    first = AccountStore().load().bot
    await log_in(server, "the_bot")
    second = AccountStore().load().bot

    assert first is not None
    assert second is not None
    assert first.access_token != second.access_token


async def test_who_declines_is_not_logged_in(server: TwitchServer) -> None:
    task = asyncio.create_task(login.log_in(settings(), part="both"))
    await eventually(lambda: server.devices, "device code")
    for device in server.devices.values():
        device["declined"] = True

    with pytest.raises(LogInError, match="declined"):
        await task
    assert not AccountStore().load()


async def test_faults_while_waiting_lose_nothing(server: TwitchServer) -> None:
    task = asyncio.create_task(login.log_in(settings(), part="both"))
    await eventually(lambda: server.calls["POST /oauth2/token"] > 1, "question")
    server.fail("POST /oauth2/token", 0, 500, 503)
    server.fail("GET /oauth2/validate", 500, 0)
    (device,) = server.devices.values()
    server.enter_code(device["user_code"], "the_bot")
    await task

    assert AccountStore().load().bot is not None


@pytest.mark.parametrize("status", [0, 500])
async def test_twitch_out_of_reach_is_said(server: TwitchServer, status: int) -> None:
    server.fail("POST /oauth2/device", status)

    with pytest.raises(TransientError, match="starting the log-in"):
        await login.log_in(settings(), part="both")


@pytest.mark.parametrize("status", [None, 0, 500])
async def test_logging_out_forgets_also_when_twitch_cannot_be_told(
    server: TwitchServer, capsys: pytest.CaptureFixture[str], status: int | None
) -> None:
    await log_in(server, "the_bot")
    if status is not None:
        server.fail("POST /oauth2/revoke", status)

    await logout.log_out(settings(), login=None)

    assert not AccountStore().load()
    assert bool(server.access) == (status is not None)
    assert ("Twitch was told." in capsys.readouterr().out) == (status is None)
    with pytest.raises(StartError, match="Nobody is logged in"):
        await logout.log_out(settings(), login=None)
    with pytest.raises(StartError, match=r"nobody is not logged in.*login twitch --status"):
        await logout.log_out(settings(), login="nobody")


async def test_a_file_that_is_no_log_in_is_skipped(server: TwitchServer) -> None:
    await log_in(server, "the_bot")
    store = AccountStore()
    (store.folder / "twitch-9.json").write_text("{")

    assert [account.login for account in store.load().values()] == ["the_bot"]


async def test_no_secret_is_printed_or_stands_in_the_process_list(
    server: TwitchServer, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("{more}", ""))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, server.url, "login", "twitch", "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},  # a terminal that shows no QR code
    )
    while not server.devices and process.returncode is None:
        await asyncio.sleep(0.01)
    listed = command_line(process.pid)
    (device,) = server.devices.values()
    server.enter_code(device["user_code"], "the_bot")
    shown, _ = await process.communicate()

    assert process.returncode == 0, shown
    assert len(server.secrets) == 3
    assert not [secret for secret in server.secrets if secret in shown.decode() + listed]
