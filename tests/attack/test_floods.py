"""Child processes that say more than anybody can need, each word of it valid."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from bot.engine.process import protocol as engine
from bot.engine.process.supervisor import Supervisor
from bot.playback import protocol as device
from bot.playback.device import DeviceOutput
from bot.runtime.processes.frames import MOST_FRAMES_PER_S, FrameError, Receiver, frame
from bot.runtime.processes.packing import encode

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

DEADLINE_S = 120
HELLO = engine.Hello(version=engine.VERSION, python="3")
OPENED = device.Opened("card", 48_000, 0.04)
_FLOOD = """
import sys
first, again = map(bytes.fromhex, sys.argv[1:])
sys.stdout.buffer.write(first)
again *= 1000
while True:
    sys.stdout.buffer.write(again)
"""


def flood(first: bytes, again: bytes) -> tuple[str, ...]:
    """Return the command of a process that sends `first` once and `again` for ever."""
    return (sys.executable, "-c", _FLOOD, first.hex(), again.hex())


@pytest.mark.parametrize(
    "event",
    [
        OPENED,
        device.Heartbeat(),
        device.Underflow(),
        device.Widened(0.08),
        device.Progress(1, 0.5),
        device.Finished(1),
        device.Unavailable("It is busy.", retry_s=1.0),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_a_sound_device_that_floods_is_replaced(event: device.Event) -> None:
    command = flood(frame(device.encode(OPENED)), frame(device.encode(event)))
    output = DeviceOutput("card", fade_s=0.01, command=command)
    running = asyncio.create_task(output.run())
    async with asyncio.timeout(DEADLINE_S):
        while "invalid event" not in output.state:
            assert not running.done()
            await asyncio.sleep(0.005)
    assert "frames came within a second" in output.state
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@asynccontextmanager
async def supervised(command: tuple[str, ...]) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor("flood", dict, command=command)
    supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.close()


@pytest.mark.parametrize(
    "event",
    [
        HELLO,
        engine.Ready(name="flood", longest_piece=100),
        engine.Pong(number=1, speaking=0, quiet_s=0.0),
        engine.Logged(level="info", event="so it goes", fields={}),
        engine.Failed(number=7, trouble="utterance", message="no"),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_an_engine_that_floods_is_replaced(event: engine.Event) -> None:
    async with supervised(flood(frame(encode(HELLO)), frame(encode(event)))) as supervisor:
        async with asyncio.timeout(DEADLINE_S):
            while "frames came within a second" not in supervisor.state.state:
                await supervisor.wait_changed()


async def test_a_flood_of_bytes_is_too_much() -> None:
    stream = asyncio.StreamReader()
    received = Receiver(stream)
    body = bytes(1 << 25)
    with pytest.raises(FrameError, match="256 MiB came within a second"):  # noqa: PT012 - a flood
        for _ in range(MOST_FRAMES_PER_S):
            stream.feed_data(frame(body))
            await received.next()


async def test_what_was_buffered_holds_up_nobody() -> None:
    """As many frames as are allowed come at once: the event loop goes round all the same."""
    stream = asyncio.StreamReader()
    stream.feed_data(frame(b"x") * MOST_FRAMES_PER_S)
    received = Receiver(stream)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    for _ in range(MOST_FRAMES_PER_S):
        await received.next()
    turning.cancel()

    assert turns >= MOST_FRAMES_PER_S / 100


_TALKATIVE = """
import sys
sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))
sys.stdout.flush()
sys.stderr.write("x\\n" * 60_000)
sys.exit("last words")
"""


async def test_an_engine_that_prints_without_end_holds_up_nobody() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    command = (sys.executable, "-c", _TALKATIVE, frame(encode(HELLO)).hex())
    turning = asyncio.create_task(turn())
    with capture_logs() as logs:
        async with supervised(command) as supervisor, asyncio.timeout(DEADLINE_S):
            while "ended unexpectedly" not in supervisor.state.state:
                await supervisor.wait_changed()
    turning.cancel()
    printed = [entry for entry in logs if entry["event"] == "engine prints"]

    assert len(printed) >= 60_000
    assert turns >= len(printed) / 100
