"""What a daemon tells of a sink that is unplugged."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.conftest import wait_until
from tests.playback.test_sinks import server  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import PulseServer

pytestmark = pytest.mark.parts


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def reasons(port: int) -> list[str] | None:
    """Return why the daemon would not be heard; None while it does not answer."""
    url = f"http://127.0.0.1:{port}/readyz"
    try:
        with urllib.request.urlopen(url) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return None
    told: list[str] = json.loads(body)["reasons"]
    return told


def test_readiness_follows_the_sink(server: PulseServer, tmp_path: Path) -> None:  # noqa: F811
    port = free_port()
    config = tmp_path / "config.yaml"
    config.write_text(
        "version: 1\n"
        "channels:\n"
        "  - name: main\n"
        "    sources: [{type: ingest}]\n"
        "    outputs: [{type: device, device: tts}]\n"
        "engine: {engines: [tone]}\n"
        f"server: {{port: {port}}}\n"
    )
    daemon = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--config", str(config)],
        env=os.environ | server.env,
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: reasons(port) == [], "daemon that is ready")
        server.remove_sink("tts")
        wait_until(lambda: bool(reasons(port)), "word of the sink")
        assert "Channel main has no output: tts: waiting: " in (reasons(port) or [""])[0]
        server.add_sink("tts")
        wait_until(lambda: reasons(port) == [], "return of the sink")
    finally:
        daemon.terminate()
        daemon.wait()
