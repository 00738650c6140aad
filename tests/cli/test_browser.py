"""`ishowtts run` opens its page where somebody sits before a desktop."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.parts]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(
        f"channels:\n  - name: main\n    sources: [{{type: ingest}}]\n"
        f"    outputs: [{{type: wavefile, path: {tmp_path}/speech.wav}}]\n"
        "engine: {engines: [tone]}\nserver: {port: 0}\n",
        "utf-8",
    )
    return path


def opened(config: Path, tmp_path: Path, *options: str, **environment: str) -> str:
    """Run the daemon at a terminal until it is ready; return what its browser was given."""
    browser, shown = tmp_path / "browser", tmp_path / "shown"
    browser.write_text(f'#!/bin/sh\necho "$1" >>{shown}\n', "utf-8")
    browser.chmod(0o755)
    reader, writer = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("SSH_CONNECTION", "DISPLAY")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--config", str(config), *options],
        env={**clean, "BROWSER": str(browser), "STATE_DIRECTORY": str(tmp_path), **environment},
        stderr=writer,
        stdin=subprocess.DEVNULL,
    )
    os.close(writer)
    said = b""
    while b"Twitch" not in said:  # the last line of the banner
        said += os.read(reader, 4096)
    page = next(line.split()[1] for line in said.decode().splitlines() if "page" in line)
    if "DISPLAY" in environment and not options:
        wait_until(shown.exists, "browser that was opened")
    process.send_signal(signal.SIGTERM)
    while True:
        try:
            if not os.read(reader, 4096):
                break
        except OSError:  # the terminal is gone with its last user
            break
    os.close(reader)
    assert process.wait() == 0
    assert page.startswith("http://127.0.0.1:")
    return shown.read_text("utf-8").strip() if shown.exists() else ""


def test_the_page_is_opened_on_a_desktop(config: Path, tmp_path: Path) -> None:
    assert opened(config, tmp_path, DISPLAY=":0").startswith("http://127.0.0.1:")


def test_it_is_not_where_nobody_sees_it_or_wants_it(config: Path, tmp_path: Path) -> None:
    assert not opened(config, tmp_path)
    assert not opened(config, tmp_path, "--no-browser", DISPLAY=":0")
    assert not opened(config, tmp_path, "--no-browser", DISPLAY=":0", SSH_CONNECTION="1 2 3 4")
