"""Wyoming, with its own client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

pytest.importorskip("wyoming")

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
)

from bot.app import Daemon
from bot.config.sections.wires import WyomingWireSettings
from bot.wires.wyoming import WyomingWire

DEADLINE_S = 60


@pytest.fixture
async def port(daemon: Daemon) -> AsyncIterator[int]:
    wire = WyomingWire(
        WyomingWireSettings(enabled=True, port=0),
        daemon.wires.speech,
        default_voice="heart",
        known_voices=None,
        language="en",
    )
    task = asyncio.create_task(wire.run())
    async with asyncio.timeout(DEADLINE_S):
        while not wire.port:
            await asyncio.sleep(0.01)
    yield wire.port
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def heard(client: AsyncTcpClient, end: str) -> tuple[list[str], int]:
    """Return the types of the events up to `end`, and how many bytes of sound came."""
    types: list[str] = []
    size = 0
    async with asyncio.timeout(DEADLINE_S):
        while not types or types[-1] != end:
            event = await client.read_event()
            assert event is not None
            if AudioChunk.is_type(event.type):
                size += len(AudioChunk.from_event(event).audio)
            types.append(event.type)
    return types, size


async def test_it_says_what_it_has(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()

    assert event is not None
    (program,) = Info.from_event(event).tts
    assert [voice.name for voice in program.voices] == ["heart"]


async def test_a_text_is_spoken(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Synthesize(text="hello there, this is a test").event())
        types, size = await heard(client, AudioStop().event().type)

    assert types[0] == AudioStart(rate=1, width=2, channels=1).event().type
    assert size > 24_000


async def test_a_text_in_chunks_is_spoken_once(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(SynthesizeStart().event())
        await client.write_event(SynthesizeChunk(text="hello ").event())
        await client.write_event(SynthesizeChunk(text="there").event())
        await client.write_event(Synthesize(text="hello there").event())
        await client.write_event(SynthesizeStop().event())
        types, _ = await heard(client, SynthesizeStopped().event().type)

    assert types.count(AudioStop().event().type) == 1


async def test_a_refusal_ends_as_sound_does(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Synthesize(text="you vileslur").event())
        types, _ = await heard(client, AudioStop().event().type)

    assert types == [Error(text="").event().type, AudioStop().event().type]


async def test_a_blocked_word_over_two_chunks_is_refused(port: int) -> None:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(SynthesizeStart().event())
        await client.write_event(SynthesizeChunk(text="you vile").event())
        await client.write_event(SynthesizeChunk(text="slur").event())
        await client.write_event(SynthesizeStop().event())
        types, size = await heard(client, SynthesizeStopped().event().type)

    assert types[0] == Error(text="").event().type
    assert size == 0


@pytest.mark.parametrize(
    "head", [b'{"type": "ping", "payload_length": 999999999999}\n', b"x" * 100_000, b"[]\n"]
)
async def test_what_is_too_large_or_broken_ends_its_connection_alone(
    port: int, head: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + (b"" if head.endswith(b"\n") else b"\n"))
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b""
    writer.close()
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Event(type="describe"))
        assert await client.read_event() is not None


def test_outside_needs_clients() -> None:
    with pytest.raises(ValueError, match="clients"):
        WyomingWireSettings(host="0.0.0.0")
