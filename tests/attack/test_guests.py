"""Programs of guests that never end: none is left when who started it was killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.test_children import descendants, is_alive
from tests.conftest import wait_until
from tests.engine.guests import espeak_program, piper_program, piper_voice
from tests.long import first_ones

pytestmark = [
    pytest.mark.parts,
    pytest.mark.timeout(170),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's signal for a parent's end"),
]

_STAND_IN = """#!/bin/sh
echo $$ > "{pid}.part" && mv "{pid}.part" "{pid}"
exec sleep 1000
"""
_ENGINE = """
import asyncio, sys
from bot.engine.guests.program import Program, output_of

async def main():
    if sys.argv[1] == "ask":
        await output_of(sys.argv[2:], limit_s=1000)
    program = await Program.start(sys.argv[2:])
    print(program._process.pid, flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


class StandIn:
    """A program that says nothing and never ends, in the place of a guest's."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "guest"
        self._pid = folder / "pid"
        self.path.write_text(_STAND_IN.format(pid=self._pid), encoding="utf-8")
        self.path.chmod(0o755)

    def pid(self) -> int:
        """Return its process, once there is one."""
        wait_until(self._pid.exists, "start of the guest's program")
        return int(self._pid.read_text())


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


@pytest.fixture(params=["piper", "espeak"])
def daemon(
    tmp_path: Path, stand_in: StandIn, request: pytest.FixtureRequest
) -> Iterator[subprocess.Popen[bytes]]:
    """`ishowtts run` whose guest is the stand-in: piper speaks, espeak is asked for its voices."""
    voice = tmp_path / "voice.onnx"
    voice.touch()
    about = {"audio": {"sample_rate": 22_050}, "language": {"family": "en"}}
    voice.with_name("voice.onnx.json").write_text(json.dumps(about), encoding="utf-8")
    guest = {"program": str(stand_in.path)}
    if request.param == "piper":
        guest["voice"] = str(voice)
    output = {"type": "wavefile", "path": str(tmp_path / "speech.wav"), "pace": "fast"}
    config = {
        "channels": [{"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}],
        "server": {"port": 0},
        "engine": {"engines": [request.param], request.param: guest},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--config", str(tmp_path / "config.yaml")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"STATE_DIRECTORY": str(tmp_path / "state")},
    )
    yield process
    process.kill()
    process.wait()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.parametrize("victim", first_ones(["daemon", "engine"]))
def test_a_guest_does_not_outlive_who_was_killed(
    daemon: subprocess.Popen[bytes], stand_in: StandIn, victim: str
) -> None:
    guest = stand_in.pid()
    engine = parent_of(guest)
    assert engine in descendants(daemon.pid)
    os.kill(engine if victim == "engine" else daemon.pid, signal.SIGKILL)

    wait_until(lambda: not is_alive(guest), "end of the guest's program")
    wait_until(lambda: not is_alive(engine), "end of the engine")


def real(name: str) -> list[str]:
    """Return the command of a real program that waits for a text."""
    if name == "espeak":
        return [espeak_program(), "--stdin", "--stdout"]
    return [piper_program(), "--model", piper_voice(), "--output_raw"]


@pytest.mark.parametrize("name", ["espeak", "piper"])
def test_a_real_program_that_is_stopped_does_not_outlive_its_engine(name: str) -> None:
    """The end of its input would tell it, but not while it stands still."""
    command = [sys.executable, "-c", _ENGINE, "speak", *real(name)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        guest = int(engine.stdout.readline())
        os.kill(guest, signal.SIGSTOP)
        engine.kill()
    try:
        wait_until(lambda: not is_alive(guest), "end of the guest")
    finally:
        if is_alive(guest):
            os.kill(guest, signal.SIGKILL)


def test_what_was_asked_does_not_outlive_who_asked(stand_in: StandIn) -> None:
    command = [sys.executable, "-c", _ENGINE, "ask", str(stand_in.path)]
    with subprocess.Popen(command) as engine:
        guest = stand_in.pid()
        engine.kill()
    wait_until(lambda: not is_alive(guest), "end of the guest")
