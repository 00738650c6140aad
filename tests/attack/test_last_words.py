"""What a program says last: it ends, also where nobody reads that."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.bench.pipes import fill
from tests.conftest import wait_until
from tests.mqtt.conftest import free_port

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

_DEADLINE_S = 120
_RUN = (sys.executable, "-m", "bot", "run", "--config")


@contextmanager
def started(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program whose standard error is a pipe that is full from the first moment."""
    reading, writing = os.pipe()
    fill(reading)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
        env=os.environ | {"STATE_DIRECTORY": str(folder / "state")},
    )
    os.close(writing)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def configured(folder: Path, **sections: object) -> Path:
    output = {"type": "wavefile", "path": str(folder / "speech.wav"), "pace": "fast"}
    settings = {
        "channels": [{"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}],
        "server": {"port": 0},
        "engine": {"engines": ["tone"]},
        **sections,
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return path


def with_a_mistake(folder: Path) -> Path:
    return configured(folder, nonsense=1)


def with_a_log_that_is_refused(folder: Path) -> Path:
    return configured(folder, log={"file": str(folder / "config.yaml" / "log")})


def with_an_engine_that_is_refused(folder: Path) -> Path:
    return configured(
        folder, engine={"engines": ["espeak"], "espeak": {"program": str(folder / "missing")}}
    )


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (with_a_mistake, 2),
        pytest.param(with_a_log_that_is_refused, 3, marks=pytest.mark.long),
        pytest.param(with_an_engine_that_is_refused, 3, marks=pytest.mark.long),
    ],
)
def test_a_start_error_that_nobody_reads_ends_the_daemon(
    tmp_path: Path, make: Callable[[Path], Path], code: int
) -> None:
    with started([*_RUN, str(make(tmp_path))], tmp_path) as process:
        assert process.wait(_DEADLINE_S) == code


def test_a_port_that_is_taken_ends_the_daemon(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = configured(tmp_path, server={"port": other.getsockname()[1]})
        with started([*_RUN, str(config)], tmp_path) as process:
            assert process.wait(_DEADLINE_S) == 3


_CRASH = """
import sys
from bot import wiring
from bot.__main__ import main
from bot.wiring import engines
engines.create = lambda settings: 1 / 0  # a mistake of ours
sys.exit(main(sys.argv[1:]))
"""


def test_a_crash_ends_the_daemon(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CRASH, "run", "--config", str(configured(tmp_path))]
    with started(command, tmp_path) as process:
        assert process.wait(_DEADLINE_S) == 1


def test_a_crash_that_is_read_is_told_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CRASH, "run", "--config", str(configured(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)

    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.long
def test_a_log_that_cannot_be_written_either_ends_when_told(tmp_path: Path) -> None:
    """The disk is full, and so is where that is told."""
    port = free_port()
    log = {"level": "debug", "file": "/dev/full"}
    config = configured(tmp_path, log=log, server={"port": port})
    with started([*_RUN, str(config)], tmp_path) as process:
        wait_until(lambda: answers(port), "start")
        process.send_signal(signal.SIGTERM)

        assert process.wait(_DEADLINE_S) == 0
