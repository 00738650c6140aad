"""`ishowtts check` beside a daemon that runs, and `ishowtts say` where F5 cannot."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot.cli.check import _difference_findings, _try_port
from bot.config.sections.server import ServerSettings
from bot.observers.health import Health
from bot.observers.status import Status
from bot.server import Server
from tests.observers.samples import state as somebody

if TYPE_CHECKING:
    from pathlib import Path

    from bot.state import DaemonState


def nobody() -> DaemonState:
    raise AssertionError


async def test_the_port_of_a_daemon_that_runs_is_no_problem() -> None:
    async with Server(ServerSettings(port=0), Health(nobody).routes) as server:
        finding = await _try_port(ServerSettings(port=server.bound_port))

    assert finding.problem is None
    assert "ishowtts that runs" in finding.note


async def test_what_will_not_start_is_told_beside_a_daemon_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    async with Server(ServerSettings(port=0), Health(nobody).routes) as server:
        open_to_all = ServerSettings(host="0.0.0.0", port=server.bound_port)
        finding = await _try_port(open_to_all)

    assert "a token is needed" in str(finding.problem)


async def look(_: web.Request) -> web.Response:
    return web.json_response({"status": "fine"})


async def test_the_port_of_another_program_is_one() -> None:
    async with Server(ServerSettings(port=0), [web.get("/healthz", look)]) as server:
        finding = await _try_port(ServerSettings(port=server.bound_port))

    assert finding.problem is not None


async def tell(_: web.Request) -> web.Response:
    return web.json_response({"version": "0.1", "channels": {}, "outcomes": {}})


async def test_a_daemon_of_another_version_is_told_and_is_no_fault() -> None:
    async with Server(ServerSettings(port=0), [web.get("/api/status", tell)]) as server:
        found = await _difference_findings(ServerSettings(port=server.bound_port))

    (about_it,) = [each for each in found if each.subject == "daemon"]
    assert "of version 0.1" in str(about_it.problem)
    assert not about_it.is_fatal


async def test_a_daemon_of_this_version_is_not_told_of() -> None:
    async with Server(ServerSettings(port=0), Status(somebody).routes) as server:
        found = await _difference_findings(ServerSettings(port=server.bound_port))

    assert "daemon" not in {each.subject for each in found}


@pytest.mark.parts
def test_what_f5_cannot_say_the_light_voice_does(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    config = tmp_path / "own.yaml"
    config.write_text(f"engine: {{engines: [f5, hibari], python: {broken}}}\n", "utf-8")
    command = [sys.executable, "-m", "bot", "say", "hello", "--config", str(config)]
    sound = tmp_path / "sound.wav"
    done = subprocess.run([*command, "-o", str(sound)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "f5 cannot speak here" in done.stderr
    assert sound.stat().st_size > 10_000
    chosen = subprocess.run(
        [*command, "-o", str(sound), "--engine", "f5"], capture_output=True, text=True, check=False
    )
    assert chosen.returncode == 1
