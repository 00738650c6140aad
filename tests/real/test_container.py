"""The image of the Containerfile, built line by line and started as process 1, is heard."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest

from tests.conftest import PULSE_NEEDS, PulseServer, wait_until
from tests.mqtt.conftest import free_port
from tests.real.image import NEEDS, REPOSITORY, Stage, build, size_bytes, started

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = [package for program, package in NEEDS.items() if shutil.which(program) is None]
MISSING += [name for name, is_there in PULSE_NEEDS.items() if not is_there()]
pytestmark = [
    pytest.mark.parts,
    pytest.mark.real,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="roots are made by root"),
]
_TORCH = re.findall(r"^TORCH \?= (.*)$", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder = tmp_path_factory.mktemp("images")
    made = build(REPOSITORY / "Containerfile", folder, TORCH=_TORCH[0])
    print(f"the image takes {size_bytes(made.root) / 1e6:.0f} MB")  # noqa: T201 - for docs
    return made


@pytest.fixture
def volume(tmp_path: Path, image: Stage) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    os.chown(folder, int(image.user), int(image.user))
    return folder


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def token() -> str:
    return secrets.token_hex(16)


@pytest.fixture
def container(
    image: Stage, pulse: PulseServer, volume: Path, port: int, token: str
) -> Iterator[subprocess.Popen[bytes]]:
    command = started(
        image,
        (volume, "/state"),
        (pulse.folder / "pulse.sock", "/run/pulse/native"),
        PULSE_SERVER="unix:/run/pulse/native",
        ISHOWTTS_SERVER_PORT=str(port),
        ISHOWTTS_SERVER_TOKEN=token,
    )
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    yield process
    if process.poll() is None:
        os.kill(first(process), signal.SIGKILL)
    process.wait()


def first(process: subprocess.Popen[bytes]) -> int:
    """Return our number of what is process 1 in there."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1, children
    return int(children[0])


def is_healthy(image: Stage, port: int) -> bool:
    health = ["chroot", str(image.root), "env", f"ISHOWTTS_SERVER_PORT={port}"]
    done = subprocess.run([*health, "sh", "-c", image.health], capture_output=True, check=False)
    return done.returncode == 0


def answers(request: Request) -> bool:
    try:
        with urlopen(request) as answer:
            return bool(answer.status == 200)
    except HTTPError:
        return False


def test_it_runs_as_process_1_of_an_ordinary_user_and_is_heard(  # noqa: PLR0917 - fixtures
    container: subprocess.Popen[bytes],
    image: Stage,
    pulse: PulseServer,
    volume: Path,
    port: int,
    token: str,
) -> None:
    wait_until(lambda: is_healthy(image, port), "good health")
    status = Path(f"/proc/{first(container)}/status").read_text("utf-8")
    assert re.search(r"^NSpid:.*\t1$", status, re.MULTILINE)
    assert re.search(r"^Uid:\t1000\t1000", status, re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    wait_until(lambda: answers(Request(f"http://127.0.0.1:{port}/readyz", None, headers)), "ear")
    recording = pulse.record()
    body = {"text": "The container speaks.", "author": {"name": "viewer1"}}
    chat = Request(f"http://127.0.0.1:{port}/api/chat", json.dumps(body).encode(), headers)
    with urlopen(chat) as answer:
        assert answer.status == 202
    recording.wait_for(lambda: np.abs(recording.frames()).max(initial=0.0) > 0.01, "speech")
    assert list(volume.iterdir()), "nothing of the state is in the volume"

    os.kill(first(container), signal.SIGTERM)  # as `podman stop` does
    assert container.wait(timeout=30) == 0


def test_without_a_token_it_does_not_listen_to_the_network(image: Stage, volume: Path) -> None:
    done = subprocess.run(
        started(image, (volume, "/state")),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "a token is needed to listen on 0.0.0.0" in done.stderr


def test_its_engine_is_the_model_that_comes_along(image: Stage, volume: Path) -> None:
    image.command, kept = ("say", "Hello.", "--engine", "f5", "-o", "/state/a.wav"), image.command
    try:
        subprocess.run(started(image, (volume, "/state")), check=True)
    finally:
        image.command = kept

    assert (volume / "a.wav").stat().st_size > 1000
