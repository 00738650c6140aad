"""Workers that are broken, of another version or somebody's who means harm: none is believed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import nats as client_of_nats
import numpy as np
import pytest
from nats.aio.msg import Msg

from bot.engine.contract import speak_one
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.voices import Store, key_of, pack
from bot.engine.process import protocol
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.processes.packing import encode
from tests.pool.conftest import MakeEngine
from tests.pool.parts import NatsServer
from tests.pool.test_voices import copied

pytestmark = pytest.mark.parts

RATE_HZ = 24_000
Answers = Callable[[wire.Ask], Iterable[bytes]]


def beat(**changes: object) -> bytes:
    honest = wire.Beat(
        version=wire.VERSION,
        worker="hostile",
        sent=1,
        engine="none",
        hardware="",
        longest_piece=200,
        nfe_choices=(),
        languages=("en",),
        voices=("heart",),
        licence="none",
        at_once=4,
        under_way=0,
        waiting=0,
        wait_s=0.0,
        usual_s=0.1,
        room=100,
        is_open=True,
    )
    return encode(msgspec.structs.replace(honest, **changes))


def spoken(samples: np.ndarray, rate_hz: int = RATE_HZ) -> list[bytes]:
    audio = AudioChunk(samples=samples.astype(np.float32), sample_rate_hz=rate_hz)
    return list(wire.in_parts(protocol.Speech(number=0, audio=audio)))


@asynccontextmanager
async def hostile(
    server: NatsServer, answers: Answers = lambda _: (), **changes: object
) -> AsyncIterator[None]:
    """A worker made by hand: it is always free, takes everything, and answers as it likes."""
    client = await client_of_nats.connect(server.url)

    async def answer(message: Msg) -> None:
        await client.publish(message.reply, encode(wire.Taken(expected_s=0.0)))
        for body in answers(wire.decode_ask(message.data)):
            await client.publish(message.reply, body)

    async def live() -> None:
        sent = 0
        while True:
            sent += 1
            await client.publish("ishowtts.worker.hostile", beat(sent=sent, **changes))
            await asyncio.sleep(wire.BEAT_S)

    await client.subscribe("ishowtts.ask.hostile.*", cb=answer)
    living = asyncio.create_task(live())
    try:
        yield
    finally:
        living.cancel()
        await client.close()


NONSENSE = {
    "not finite": spoken(np.full(2400, np.nan)),
    "none": spoken(np.zeros(0)),
    "endless": spoken(np.zeros(60 * RATE_HZ)),
    "no rate": spoken(np.zeros(2400), rate_hz=0),
    "deafening": spoken(np.full(2400, 1e9)),
    "no answer": [b"\xff\xff"],
    "too large a part": [encode(wire.Part(index=0, count=9, body=bytes(500_000)))],
    "another count": [encode(wire.Part(index=0, count=n, body=b"x")) for n in (2, 3)],
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_is_not_heard_and_the_text_is_asked_again(
    name: str, nats: NatsServer, make_engine: MakeEngine
) -> None:
    engine = make_engine()
    good = spoken(np.zeros(2400))
    attempts: list[str] = []

    def answers(ask: wire.Ask) -> list[bytes]:
        attempts.append(ask.attempt)
        return NONSENSE[name] if len(attempts) == 1 else good

    async with hostile(nats, answers):
        await engine.warm_up()
        chunk = await speak_one(engine, SpeechRequest(id="m", text="Hello there.", voice="heart"))
    assert len(attempts) == 2
    assert chunk.samples.size == 2400


async def test_who_answers_nothing_but_nonsense_ends_a_text(
    nats: NatsServer, make_engine: MakeEngine
) -> None:
    engine = make_engine()
    async with hostile(nats, lambda _: NONSENSE["not finite"]):
        await engine.warm_up()
        with pytest.raises(UtteranceError, match="Several workers of the pool were lost"):
            await speak_one(engine, SpeechRequest(id="m", text="Hello there.", voice="heart"))


@pytest.mark.parametrize(
    "changes",
    [
        {"longest_piece": 0},
        {"at_once": 0},
        {"wait_s": float("nan")},
        {"usual_s": float("inf")},
        {"wait_s": -1.0},
        {"room": -1},
    ],
    ids=lambda changes: "".join(f"{k}={v}" for k, v in changes.items()),
)
def test_an_impossible_beat_is_not_believed(changes: dict[str, object]) -> None:
    assert wire.decode_beat(beat()).worker == "hostile"
    with pytest.raises(msgspec.ValidationError):
        wire.decode_beat(beat(**changes))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_an_impossible_wait_is_not_believed(value: float) -> None:
    for answer in (wire.Taken(expected_s=value), wire.Busy(wait_s=value)):
        with pytest.raises(msgspec.ValidationError):
            wire.decode_answer(encode(answer))


async def test_workers_of_another_version_are_told(
    nats: NatsServer, make_engine: MakeEngine
) -> None:
    async with hostile(nats, version=99):
        with pytest.raises(StartError, match=r"speak version 99 .* this daemon speaks 1\."):
            await make_engine(start_s=1.0).warm_up()


async def test_a_voice_that_the_store_lost_travels_again(
    nats: NatsServer, make_engine: MakeEngine, tmp_path: Path
) -> None:
    key = key_of(pack(copied(tmp_path / "here")))
    lost = protocol.Failed(number=0, trouble="utterance", message="The voice cannot be fetched.")
    engine = make_engine(voices=str(tmp_path / "here"))
    request = SpeechRequest(id="m", text="Hello there.", voice="mine")
    client = await client_of_nats.connect(nats.url)
    try:
        await Store(client, "ishowtts-voices-main").make()
        store = await client.jetstream().object_store("ishowtts-voices-main")
        asked: list[str] = []

        def answers(ask: wire.Ask) -> list[bytes]:
            asked.append(ask.key)
            return list(wire.in_parts(lost)) if len(asked) == 1 else spoken(np.zeros(2400))

        async with hostile(nats, answers, clones=True):
            await engine.warm_up()
            with pytest.raises(UtteranceError, match="cannot be fetched"):
                await speak_one(engine, request)
            await store.delete(key)  # as with a disk that was exchanged
            assert (await speak_one(engine, request)).samples.size
        assert asked == [key, key]
        assert (await store.get(key)).data
    finally:
        await client.close()
