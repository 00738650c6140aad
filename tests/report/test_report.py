"""The archive as a user gets it, with secrets planted everywhere."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.config.sections.server import ServerSettings
from bot.errors import StartError
from bot.report.parts import _log_line
from bot.report.redaction import Redactor
from bot.server import Server
from bot.service import daemon

pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]
PLANTED = {
    "config": "conf-Token-0001",
    "environment": "env-Token-0002",
    "log-in": "login-Token-0003",
    "credential": "cred-Token-0004",
    "file": "file-Token-0007",
    "url": "url-Token-0005",
    "header": "head-Token-0006",
}


def plant(folder: Path) -> tuple[Path, dict[str, str]]:
    """Return a configuration and an environment that hold secrets, and are logged."""
    state, credentials, home = (folder / name for name in ("state", "credentials", "home"))
    for each in (state / "bench", credentials, home):
        each.mkdir(parents=True)
    log = home / "ishowtts.log"
    config = home / "config.yaml"
    config.write_text(
        "channels: [{name: main, sources: [{type: ingest}]}]\n"
        f"server: {{port: 0, token: {PLANTED['config']}, token_file: {home / 'token'}}}\n"
        f"engine: {{engines: [tone]}}\nlog: {{file: {log}}}\n"
    )
    (home / "token").write_text(PLANTED["file"] + "\n")
    (state / "twitch-123.json").write_text(
        json.dumps({"user_id": "123", "refresh_token": PLANTED["log-in"]})
    )
    (state / "bench" / "2026-01-01T000000-quick.json").write_text('{"ishowtts": "1"}')
    (credentials / "broker").write_text(PLANTED["credential"] + "\n")
    spread = " ".join(PLANTED.values())
    lines = [
        json.dumps({"event": "failed", "error": f"cannot log in with {PLANTED['log-in']}"}),
        json.dumps({"event": "refused", "url": f"mqtt://me:{PLANTED['url']}@broker"}),
        f"Traceback: Authorization: Bearer {PLANTED['header']}",
        f"{PLANTED['config']} {PLANTED['environment']} {PLANTED['credential']} {PLANTED['file']}",
        json.dumps({"event": "speaking", "chatter": "SecretViewer", "text": spread}),
        json.dumps({"event": "later", "reason": "secretviewer left"}),
    ]
    log.write_text("\n".join(lines) + "\n")
    environment = {
        **os.environ,
        "STATE_DIRECTORY": str(state),
        "CREDENTIALS_DIRECTORY": str(credentials),
        "BROKER_PASSWORD": PLANTED["environment"],
        "HOME": str(home),
    }
    return config, environment


def test_no_planted_secret_and_no_chatter_is_in_the_archive(tmp_path: Path) -> None:
    config, environment = plant(tmp_path)
    output = tmp_path / "report.zip"
    done = subprocess.run(
        [sys.executable, "-m", "bot", "report", "--config", str(config), "-o", str(output)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(output) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "\n".join([done.stdout, *texts, *texts.values()])

    for where, secret in PLANTED.items():
        assert secret not in everything, where
    assert "secretviewer" not in everything.casefold()
    assert str(tmp_path / "home") not in everything
    assert set(texts) >= {
        "README.txt",
        "bench/2026-01-01T000000-quick.json",
        "check.txt",
        "config.yaml",
        "hardware.json",
        "logs/ishowtts.log",
        "status.txt",
        "versions.json",
    }
    assert "ok  engine tone" in texts["check.txt"]
    assert '"reason": "chatter-1 left"' in texts["logs/ishowtts.log"]
    assert json.loads(texts["versions.json"])["aiohttp"]
    assert str(output) in done.stdout
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    config, environment = plant(tmp_path)
    command = [
        "report",
        "--no-check",
        "--config",
        str(config),
        "-o",
        str(tmp_path / "no" / "x.zip"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip

    assert done.returncode == 1
    assert "-o FILE.zip" in done.stderr


def idle(*, pending: int = 0) -> dict[str, Any]:
    channel = {"speaking": None, "pending": pending}
    return {"channels": {"main": channel}, "outcomes": {"main": {"accepted": 7}}}


@pytest.fixture
def free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


async def test_the_daemon_is_asked_with_its_token_and_waited_for(free_port: int) -> None:
    answers = [idle(pending=1), idle(), idle(pending=2), idle(), idle(), idle()]

    async def status(_: web.Request) -> web.Response:
        return web.json_response(answers.pop(0) if answers else idle())

    settings = ServerSettings.model_validate({"port": free_port, "token": "abc-abc-abc"})
    async with Server(settings, [web.get("/api/status", status)]):
        assert await daemon.wait_until_idle(settings, 30, ask_again_s=0.001)
        assert answers == []  # a pause between two messages is not idle
        assert daemon.accepted(await daemon.ask(settings)) == 7
        wrong = settings.model_copy(update={"token": None})
        # Taken for a daemon that is away, it would be measured in mid-speech.
        with pytest.raises(StartError, match="wants a token"):
            await daemon.wait_until_idle(wrong, 0)


async def test_a_daemon_that_is_never_idle_is_not_waited_for_for_ever(free_port: int) -> None:
    async def status(_: web.Request) -> web.Response:
        return web.json_response(idle(pending=1))

    settings = ServerSettings(port=free_port)
    async with Server(settings, [web.get("/api/status", status)]):
        assert not await daemon.wait_until_idle(settings, 0.01, ask_again_s=0.001)


async def test_where_no_daemon_runs_there_is_nothing_to_wait_for(free_port: int) -> None:
    settings = ServerSettings(port=free_port)

    assert await daemon.ask(settings) is None
    assert await daemon.wait_until_idle(settings, 0)


@pytest.mark.parametrize(
    "message",
    [
        json.dumps({"event": "speaking", "chatter": "SecretViewer", "text": "1 Road"}),
        "10:00:00 [info] speaking chatter=SecretViewer text='1 Road'",
        '<6>speaking chatter=SecretViewer text="1 Road"',
        '<6>{"event": "speaking", "chatter": "SecretViewer", "text": "1 Road"}',
    ],
)
def test_a_line_of_the_journal_without_fields_names_nobody(message: str) -> None:
    line = _log_line({"MESSAGE": message, "PRIORITY": "6", "__REALTIME_TIMESTAMP": "1000000"})
    redacted = Redactor().log_line(line)

    assert "SecretViewer" not in redacted
    assert "Road" not in redacted
    assert "chatter-1" in json.dumps(json.loads(redacted))


def test_a_line_that_journald_cuts_costs_no_report() -> None:
    line = _log_line({"MESSAGE": None, "EVENT": "engine raised", "__REALTIME_TIMESTAMP": "1000000"})
    assert json.loads(line) == {"at_s": 1.0, "event": "engine raised"}
