"""Child processes that send garbage, or nothing, or that outlive what started them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import msgpack
from structlog.testing import capture_logs

from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError
from bot.playback import protocol
from bot.playback.device import DeviceOutput
from bot.runtime.processes.frames import frame
from tests.conftest import wait_until
from tests.long import first_ones

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

DEADLINE_S = 120
OPENED = frame(protocol.encode(protocol.Opened("card", 48_000, 0.04)))
_SEND = "import sys, time; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1])); sys.stdout.flush()"
STAY = "; sys.stdin.buffer.read()"


def sending(data: bytes, then: str = STAY) -> tuple[str, ...]:
    """Return the command of a process that sends `data`, and stays until it is told to end."""
    return (sys.executable, "-c", _SEND + then, data.hex())


def event(**fields: object) -> bytes:
    return frame(msgpack.encode(fields))


GARBAGE = {
    "text": b"Traceback (most recent call last):\n",
    "a frame of text": frame(b"hello there"),
    "an empty frame": frame(b""),
    "a huge length": b"\xff\xff\xff\xff" + b"x" * 100,
    "a long length": (1 << 20).to_bytes(4, "little") + b"x" * 100,
    "another type": event(type="Nonsense"),
    "no type": event(hello=1),
    "a number": frame(msgpack.encode(7)),
    "a deep list": frame(b"\x91" * 5_000 + b"\x90"),
    "a word for a rate": event(type="Opened", device="x", sample_rate_hz="x", latency_s=0.0),
    "a rate of nothing": event(type="Opened", device="x", sample_rate_hz=0, latency_s=0.0),
    "an endless latency": event(
        type="Opened", device="x", sample_rate_hz=48_000, latency_s=float("inf")
    ),
    "a wait that is no number": event(type="Unavailable", message="x", retry_s=float("nan")),
    "bytes that are no text": frame(b"\x81\xa4type\xa2\xff\xff"),
}


@pytest.mark.parametrize("is_open", [False, True], ids=["first", "while open"])
@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_of_a_sound_device_is_told_and_ends_nothing(
    name: str, *, is_open: bool
) -> None:
    data = (OPENED if is_open else b"") + GARBAGE[name]
    output = DeviceOutput("card", fade_s=0.01, command=sending(data))
    with capture_logs() as logs:
        running = asyncio.create_task(output.run())
        async with asyncio.timeout(DEADLINE_S):
            while "invalid event" not in output.state:
                assert not running.done()
                await asyncio.sleep(0.005)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    lost = [entry for entry in logs if entry["event"] == "sound device lost"]
    assert len(lost) == 1
    assert len(lost[0]["reason"]) < 600
    assert not output.is_available


@pytest.mark.parametrize("then", ["", "; sys.exit(3)", "; import os; os.abort()"])
async def test_a_sound_device_whose_process_ends_is_told(then: str) -> None:
    output = DeviceOutput("card", fade_s=0.01, command=sending(OPENED, then))
    running = asyncio.create_task(output.run())
    async with asyncio.timeout(DEADLINE_S):
        while "ended unexpectedly" not in output.state:
            assert not running.done()
            await asyncio.sleep(0.005)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    "name", sorted(GARBAGE.keys() - {"a long length"})
)  # speech may be that long
async def test_garbage_of_an_engine_is_told_and_ends_nothing(name: str) -> None:
    supervisor = Supervisor("bad", dict, command=sending(GARBAGE[name]))
    supervisor.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while "invalid event" not in supervisor.state.state:
                await supervisor.wait_changed()
    finally:
        await supervisor.close()
    assert len(supervisor.state.state) < 600


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT])
async def test_an_engine_that_is_killed_while_it_starts_lacks_no_package(
    number: signal.Signals,
) -> None:
    command = (sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(number)})")
    supervisor = Supervisor("killed", dict, command=command)
    supervisor.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while "killed by" not in supervisor.state.state:
                await supervisor.wait_changed()
        assert number.name in supervisor.state.state
        assert supervisor.refusal is None
    finally:
        await supervisor.close()


async def test_an_engine_that_lacks_packages_says_so() -> None:
    supervisor = Supervisor("lacking", dict, command=(sys.executable, "-c", "import nothing_here"))
    try:
        with pytest.raises((StartError, EngineLostError), match="No module named"):
            await asyncio.wait_for(supervisor.warm_up(), DEADLINE_S)
    finally:
        await supervisor.close()


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`."""
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread that has just ended
            for child in map(int, task.read_text().split()):
                found |= {child} | descendants(child)
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`ishowtts run` with two engines and a sound device, each in its process."""
    output = {"type": "device", "device": "no such device"}
    config = {
        "channels": [{"name": "main", "sources": [{"type": "ingest"}], "outputs": [output]}],
        "server": {"port": 0},
        "engine": {"engines": ["hibari", "tone"]},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--config", str(tmp_path / "config.yaml")],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"STATE_DIRECTORY": str(tmp_path)},
    )
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("is_stopped", [False, True], ids=["running", "stopped"])
def test_nobody_outlives_a_daemon_that_is_killed(
    daemon: subprocess.Popen[bytes], *, is_stopped: bool
) -> None:
    wait_until(lambda: len(descendants(daemon.pid)) >= 3, "three child processes")
    children = descendants(daemon.pid)
    wait_until(lambda: all(has_begun(child) for child in children), "children of Python")
    if is_stopped:
        for child in children:
            os.kill(child, signal.SIGSTOP)
    daemon.kill()
    daemon.wait()

    wait_until(lambda: not any(map(is_alive, children)), "end of every child")


def has_begun(pid: int) -> bool:
    """Tell whether a child has asked to end with its parent: after that it ignores SIGTERM."""
    with suppress(OSError):
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        )
        return bool(int(fields["SigIgn"], 16) >> (signal.SIGTERM - 1) & 1)
    return False


@pytest.mark.parametrize("signals", first_ones([1, 2]))
def test_a_daemon_whose_engines_hang_ends_when_told(
    daemon: subprocess.Popen[bytes], signals: int
) -> None:
    wait_until(lambda: len(descendants(daemon.pid)) >= 3, "three child processes")
    children = descendants(daemon.pid)
    wait_until(lambda: all(has_begun(child) for child in children), "children of Python")
    for child in children:
        os.kill(child, signal.SIGSTOP)
    for _ in range(signals):
        daemon.send_signal(signal.SIGTERM)

    daemon.wait(DEADLINE_S)
    wait_until(lambda: not any(map(is_alive, children)), "end of every child")


def test_a_daemon_that_starts_ends_when_told(daemon: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: bool(descendants(daemon.pid)), "first child")
    children = descendants(daemon.pid)
    daemon.send_signal(signal.SIGTERM)

    daemon.wait(DEADLINE_S)
    wait_until(lambda: not any(map(is_alive, children)), "end of every child")
