"""Files and streams that stand still, fill up or never end hold up nobody."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.errors import StartError
from bot.observers.event_file import EventFile
from bot.runtime.aside import iterate_aside
from bot.runtime.line_file import LineFile
from bot.sources.recording import Recorder
from tests.attack.conftest import Disk
from tests.conftest import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

_DEADLINE_S = 120
FILES: dict[str, Callable[[Path], Any]] = {"events": EventFile, "record": Recorder}


class Daemon:
    """`ishowtts run` with tones, whose standard error nobody reads unless told."""

    def __init__(self, folder: Path, *arguments: str, **config: Any) -> None:
        self.folder = folder
        output = {"type": "wavefile", "path": str(folder / "speech.wav"), "pace": "fast"}
        channel = {"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}
        settings = {
            "channels": [channel | config.pop("channel", {})],
            "server": {"port": 0},
            "engine": {"engines": ["tone"]},
            "log": {"level": "debug", "file": str(folder / "log")},
            **config,
        }
        path = folder / "config.yaml"
        path.write_text(json.dumps(settings), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", "--config", str(path), *arguments],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"STATE_DIRECTORY": str(folder / "state")},
        )

    @property
    def log(self) -> str:
        """The log in the file."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def url(self) -> str:
        """The address of a daemon that is ready."""
        wait_until(lambda: '"ready"' in self.log, "start")
        entries = [json.loads(line) for line in self.log.splitlines()]
        return next(str(entry["url"]) for entry in entries if entry["event"] == "ready")

    def post(self, url: str, text: str) -> None:
        """Post a message; fails when the daemon stands still."""
        body = json.dumps({"author": {"id": "1", "name": "ana"}, "text": text}).encode()
        request = urllib.request.Request(
            f"{url}/api/chat", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_DEADLINE_S) as answer:
            assert answer.status < 300

    def end(self) -> int:
        """Send SIGTERM; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_DEADLINE_S)


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    started: list[Daemon] = []
    yield started
    for daemon in started:
        daemon.process.kill()
        daemon.process.wait()
        assert daemon.process.stderr is not None
        daemon.process.stderr.close()


def test_a_standard_error_that_nobody_reads_stops_nothing(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemon = Daemon(tmp_path)
    daemons.append(daemon)
    url = daemon.url()
    # A pipe holds 64 KiB; each message costs some hundred bytes of log.
    for number in range(600):
        daemon.post(url, f"message {number}")
    wait_until(lambda: "message 599" in daemon.log or daemon.log.count("not read") > 500, "log")

    assert daemon.end() == 0


def test_an_event_pipe_that_is_read_no_more_stops_nothing(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    events = tmp_path / "events"
    os.mkfifo(events)
    reader = os.open(events, os.O_RDONLY | os.O_NONBLOCK)
    daemon = Daemon(tmp_path, "--events", str(events), "--record", str(tmp_path / "chat.jsonl"))
    daemons.append(daemon)
    url = daemon.url()
    for number in range(600):
        daemon.post(url, f"message {number}")
    wait_until(
        lambda: (tmp_path / "chat.jsonl").read_bytes().count(b"\n") == 600, "600 recorded messages"
    )

    assert daemon.end() == 0
    os.close(reader)


def test_a_replay_whose_pipe_nobody_writes_ends_when_told(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    chat = tmp_path / "chat"
    os.mkfifo(chat)
    daemon = Daemon(tmp_path, "--replay", str(chat))
    daemons.append(daemon)
    url = daemon.url()
    with urllib.request.urlopen(f"{url}/api/status", timeout=_DEADLINE_S) as answer:
        assert "at line 0" in answer.read().decode()

    assert daemon.end() == 0


@pytest.mark.parametrize("endless", ["/dev/zero", "sparse"])
def test_a_replay_without_end_is_told(tmp_path: Path, daemons: list[Daemon], endless: str) -> None:
    path = Path(endless)
    if endless == "sparse":
        path = tmp_path / "chat.jsonl"
        path.touch()
        os.truncate(path, 1 << 40)
    daemon = Daemon(tmp_path, "--replay", str(path))
    daemons.append(daemon)
    _, told = daemon.process.communicate(timeout=_DEADLINE_S)

    assert daemon.process.returncode not in {0, None}
    assert "cannot be read" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("kind", FILES)
def test_a_pipe_without_a_reader_is_told_at_the_start(tmp_path: Path, kind: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StartError, match="nobody reads this pipe"):
        FILES[kind](pipe)


def test_a_sound_file_that_is_a_pipe_is_told(tmp_path: Path, daemons: list[Daemon]) -> None:
    pipe = tmp_path / "speech"
    os.mkfifo(pipe)
    output = {"type": "wavefile", "path": str(pipe), "pace": "fast"}
    daemon = Daemon(tmp_path, channel={"outputs": [output]})
    daemons.append(daemon)
    _, told = daemon.process.communicate(timeout=_DEADLINE_S)

    assert daemon.process.returncode not in {0, None}
    assert "cannot be written: it is a pipe" in told


def test_a_log_file_that_is_a_pipe_is_told(tmp_path: Path, daemons: list[Daemon]) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    daemon = Daemon(tmp_path)
    daemons.append(daemon)
    _, told = daemon.process.communicate(timeout=_DEADLINE_S)

    assert daemon.process.returncode not in {0, None}
    assert "nobody reads this pipe" in told


@pytest.mark.parametrize("kind", FILES)
def test_nobody_else_may_read_what_chat_wrote(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    before = os.umask(0o000)
    try:
        with FILES[kind](path):
            pass
    finally:
        os.umask(before)

    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_that_are_torn_by_a_full_disk_spoil_no_other(disk: Disk) -> None:
    path = disk.folder / "lines"
    with capture_logs() as logs:
        file = LineFile(path)
        file.write(b"first")
        wait_until(lambda: path.read_bytes() == b"first\n", "line")
        disk.fill()
        file.write(b"x" * 100_000)
        wait_until(lambda: file.lost == 1, "loss")
        disk.free()
        file.write(b"last")
        file.close()

    first, torn, last = path.read_bytes().splitlines()
    assert (first, last) == (b"first", b"last")
    assert set(torn) <= set(b"x")
    assert logs[-1]["count"] == 1


def test_what_a_reader_leaves_is_dropped_and_counted(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with capture_logs() as logs:
        file = LineFile(pipe)
        begun = time.monotonic()
        for _ in range(30_000):
            file.write(b"x" * 100)
        file.close()
        assert time.monotonic() - begun < _DEADLINE_S
    os.close(reader)

    assert file.lost > 15_000
    assert logs[-1]["event"] == "lines lost"
    assert logs[-1]["reason"] == "nobody takes them"


async def test_what_is_read_aside_stops_when_nobody_takes_it() -> None:
    given = 0

    def endless() -> Iterator[int]:
        nonlocal given
        while True:
            given += 1
            yield given

    items = iterate_aside(endless, "endless")
    assert [await anext(items) for _ in range(3)] == [1, 2, 3]
    await items.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    assert given < 100


async def test_a_fault_of_what_is_read_aside_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    taken = []
    with pytest.raises(OSError, match="gone"):
        async for item in iterate_aside(broken, "broken"):
            taken.append(item)  # noqa: PERF401 - what came before the fault counts
    assert taken == [1]


async def test_a_loop_that_ends_is_not_kept_by_what_blocks(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    items = iterate_aside(lambda: pipe.open("rb"), "blocked")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(items), 0.05)
    (thread,) = (each for each in threading.enumerate() if each.name == "blocked")
    assert thread.daemon
    with suppress(OSError):
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
