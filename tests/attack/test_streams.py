"""Files and streams that stand still, fill up or never end hold up nobody."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.long import first_ones
from tests.mqtt.conftest import free_port

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

_DEADLINE_S = 120
WRITER = """
import os, sys
import structlog
from bot import logs
from bot.config.sections.logs import LogSettings
{before}
logs.configure(LogSettings(format="json"))
log = structlog.get_logger("bot.test")
try:
    for number in range(3000):
        log.info("line", number=number)
    {after}
finally:
    logs.finish()
"""


class Daemon:
    """`ishowtts run` with tones, whose standard error nobody reads unless told."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        shell: Sequence[str] = (),
        **config: Any,  # noqa: ANN401 - YAML
    ) -> None:
        """Start it; `shell` stands before the command."""
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
            [*shell, sys.executable, "-m", "bot", "run", "--config", str(path), *arguments],
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

    def get(self, url: str, path: str) -> str:
        """Return what the daemon answers."""
        with urllib.request.urlopen(f"{url}/{path}", timeout=_DEADLINE_S) as answer:
            return str(answer.read(), "utf-8")

    def post(self, url: str, text: str, *roles: str) -> None:
        """Post a message; fails when the daemon stands still."""
        author = {"id": "1", "name": "ana", "roles": roles}
        body = json.dumps({"author": author, "text": text}).encode()
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


@pytest.mark.long
def test_a_standard_error_that_nobody_reads_stops_nothing(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemon = Daemon(tmp_path)
    daemons.append(daemon)
    url = daemon.url()
    # A pipe holds 64 KiB; each message costs some hundred bytes of log.
    for number in range(600):
        daemon.post(url, f"message {number}")
    wait_until(lambda: daemon.log.count("\n") > 600, "log in the file")

    assert daemon.end() == 0


def test_a_skip_needs_no_reader_of_standard_error(tmp_path: Path, daemons: list[Daemon]) -> None:
    output = {"type": "wavefile", "path": str(tmp_path / "speech.wav"), "pace": "realtime"}
    events = tmp_path / "events"
    daemon = Daemon(tmp_path, "--events", str(events), channel={"outputs": [output]})
    daemons.append(daemon)
    url = daemon.url()
    for number in range(600):
        daemon.post(url, f"message {number} {'and so on ' * 20}")
    daemon.post(url, "!tts skip", "moderator")
    wait_until(lambda: '"reason":"skipped"' in events.read_text(encoding="utf-8"), "skip")

    assert daemon.end() == 0


@pytest.mark.parametrize("stream", ["events", "record", "log"])
def test_a_disk_that_takes_nothing_is_told_and_counted(
    tmp_path: Path, daemons: list[Daemon], stream: str
) -> None:
    port = free_port()
    arguments = () if stream == "log" else (f"--{stream}", "/dev/full")
    file = "/dev/full" if stream == "log" else str(tmp_path / "log")
    daemon = Daemon(
        *(tmp_path, *arguments),
        log={"level": "debug", "format": "json", "file": file},
        server={"port": port},
    )
    daemons.append(daemon)
    told: list[str] = []
    assert daemon.process.stderr is not None
    reading = threading.Thread(target=told.extend, args=(daemon.process.stderr,))
    reading.start()
    wait_until(lambda: any('"ready"' in line for line in told), "start")
    url = f"http://127.0.0.1:{port}"
    for number in range(20):
        daemon.post(url, f"message {number}")
    if stream != "log":
        lost = re.compile(rf'ishowtts_lines_lost_total{{stream="{stream}"}} [1-9]')
        wait_until(lambda: bool(lost.search(daemon.get(url, "metrics"))), "loss in the metrics")
    assert daemon.end() == 0
    reading.join()

    assert 1 <= sum("No space left" in line for line in told) <= 3


@pytest.mark.parametrize("path", ["/dev/full", ".", "/dev/ptmx", "missing/speech.wav"])
def test_a_sound_file_that_cannot_be_written_is_told(
    tmp_path: Path, daemons: list[Daemon], path: str
) -> None:
    output = {"type": "wavefile", "path": path, "pace": "fast"}
    daemon = Daemon(tmp_path, channel={"outputs": [output]})
    daemons.append(daemon)
    _, told = daemon.process.communicate(timeout=_DEADLINE_S)

    assert daemon.process.returncode == 3
    assert "cannot be written" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("closed", first_ones(["<&- >&- 2>&-", "2>&-", "<&-", ">&-"]))
def test_streams_that_are_closed_get_no_other_file(
    tmp_path: Path, daemons: list[Daemon], closed: str
) -> None:
    daemon = Daemon(tmp_path, shell=["sh", "-c", f'exec "$@" {closed}', "sh"])
    daemons.append(daemon)
    daemon.url()
    descriptors = Path(f"/proc/{daemon.process.pid}/fd")
    files = [str((descriptors / str(number)).readlink()) for number in range(3)]

    assert files.count("/dev/null") >= closed.count("&-")
    assert not any(file.startswith(("socket:", "anon_inode:", str(tmp_path))) for file in files)
    assert daemon.end() == 0


@pytest.mark.parametrize(
    ("before", "after", "end"),
    [
        ("", "pass", ""),
        ("", "raise ValueError('crash')", "ValueError: crash"),
        ("", "sys.exit('told at the end')", "told at the end"),
        ("os.set_blocking(2, False)", "pass", ""),
    ],
    ids=["end", "crash", "exit", "non-blocking pipe"],
)
def test_a_log_that_is_read_is_whole(before: str, after: str, end: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER.format(before=before, after=after)],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _, told = process.communicate(timeout=_DEADLINE_S)

    entries = [json.loads(line)["number"] for line in told.splitlines() if line.startswith("{")]
    assert entries == list(range(3000))
    assert told.rstrip().endswith(end)


@pytest.mark.long
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
    assert "at line 0" in daemon.get(url, "api/status")
    assert "waiting for its writer" in daemon.log

    assert daemon.end() == 0


@pytest.mark.long
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
