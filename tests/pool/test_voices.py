"""Voices on their way: once, by their content, and nobody takes another one for them."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import nats as client_of_nats
import pytest
from nats.aio.client import Client

import bot
from bot.engine.contract import speak_one
from bot.engine.guests.pool.voices import Sending, Store, key_of, pack, unpack
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from bot.pool.fetched import Fetched
from bot.voices.folder import ABOUT, FILES, TRANSCRIPT
from tests.pool.conftest import MakeEngine, MakeWorker
from tests.pool.parts import NatsServer

pytestmark = pytest.mark.parts

SHIPPED = Path(bot.__file__).parents[1] / "voices"


@pytest.fixture
async def client(nats: NatsServer) -> AsyncIterator[Client]:
    client = await client_of_nats.connect(nats.url)
    yield client
    await client.close()


def copied(folder: Path, name: str = "mine", like: str = "bright") -> Path:
    (folder / name).mkdir(parents=True)
    for file in FILES:
        (folder / name / file).write_bytes((SHIPPED / like / file).read_bytes())
    return folder / name


async def stored(client: Client, bucket: str) -> int:
    """Messages in the store, of which a voice has several."""
    store = await client.jetstream().object_store(bucket)
    return (await store.status()).stream_info.state.messages


async def test_a_voice_travels_once(client: Client, tmp_path: Path) -> None:
    folder = copied(tmp_path / "here")
    await Store(client, "voices").make()
    sending = Sending([tmp_path / "here"], allow_unlicensed=False)
    key = await sending.key("mine", Store(client, "voices"))
    before = await stored(client, "voices")
    again = Sending([tmp_path / "here"], allow_unlicensed=False)  # as after a restart
    assert await again.key("mine", Store(client, "voices")) == key
    assert await stored(client, "voices") == before

    there = tmp_path / "there"
    there.mkdir()
    await Fetched(there).fetch("v1", key, Store(client, "voices"))
    for file in FILES:
        assert (there / "v1" / file).read_bytes() == (folder / file).read_bytes()

    (folder / TRANSCRIPT).write_text("Other words.", encoding="utf-8")
    assert await sending.key("mine", Store(client, "voices")) != key
    assert await sending.key("nobody", Store(client, "voices")) == ""


async def test_pieces_of_a_message_send_its_voice_once(client: Client, tmp_path: Path) -> None:
    copied(tmp_path / "here")
    once, together = Store(client, "once"), Store(client, "together")
    for store in (once, together):
        await store.make()
    await Sending([tmp_path / "here"], allow_unlicensed=False).key("mine", once)
    sending = Sending([tmp_path / "here"], allow_unlicensed=False)
    await asyncio.gather(*(sending.key("mine", together) for _ in range(4)))
    assert await stored(client, "together") == await stored(client, "once")


async def test_another_voice_under_a_key_is_refused(client: Client, tmp_path: Path) -> None:
    store = Store(client, "voices")
    await store.make()
    await store.make()  # as another worker may
    mine = pack(copied(tmp_path, "mine"))
    other = pack(copied(tmp_path, "other", like="heart"))
    await store.put(key_of(mine), other)

    with pytest.raises(UtteranceError, match="another one than was asked for"):
        await Fetched(tmp_path / "there").fetch("v1", key_of(mine), store)
    assert not (tmp_path / "there").exists()


async def test_what_is_not_there_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UtteranceError, match="The voice cannot be fetched"):
        await Fetched(tmp_path).fetch("v0", "v0", Store(client, "voices"))


async def test_a_voice_that_breaks_off_leaves_nobody_listening(client: Client) -> None:
    store = Store(client, "voices")
    await store.make()
    key = key_of(packed := bytes(range(256)) * 1_000)
    await store.put(key, packed)
    assert await store.get(key) == packed
    bucket = await client.jetstream().object_store("voices")
    parts = (await bucket.get_info(key)).chunks
    assert parts == 2
    listening = len(client._subs)
    await client.jetstream().delete_msg("OBJ_voices", parts)
    with pytest.raises(UtteranceError, match="The voice cannot be fetched"):
        await store.get(key)
    assert len(client._subs) == listening
    assert (await bucket.status()).stream_info.state.consumer_count == 0


@pytest.mark.parametrize("packed", [b"", b"\x93", b"\x91\x92\xa4evil\xc4\x01x"])
def test_what_is_no_voice_leaves_nothing(packed: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no voice"):
        unpack(packed, tmp_path / "v1")
    assert list(tmp_path.iterdir()) == []


async def test_a_voice_without_consent_does_not_travel(client: Client, tmp_path: Path) -> None:
    (copied(tmp_path) / ABOUT).write_text("licence: CC0-1.0\n", encoding="utf-8")
    with pytest.raises(UtteranceError, match="names no consent"):
        await Sending([tmp_path], allow_unlicensed=False).key("mine", Store(client, "voices"))


def test_the_voices_used_least_make_room(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"v{number}").mkdir()
        os.utime(tmp_path / f"v{number}", (number, number))
    (tmp_path / "v9").symlink_to(tmp_path / "gone")  # as one that another worker forgets now
    Fetched(tmp_path, most=2)._forget()
    (tmp_path / "v9").unlink()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["v3", "v4"]


@pytest.mark.timeout(170)
async def test_a_worker_speaks_with_a_voice_that_it_never_saw(
    make_worker: MakeWorker, make_engine: MakeEngine, tmp_path: Path
) -> None:
    copied(tmp_path / "here")
    worker = make_worker(engine="f5")
    worker.wait_serving()
    engine = make_engine(voices=str(tmp_path / "here"), silent_s=60.0)
    await engine.warm_up()
    assert engine.voices == ("mine",)
    request = SpeechRequest(id="m1", text="Hello there, this is me.", voice="mine", nfe=5)
    chunk = await speak_one(engine, request)

    assert 0.5 < chunk.duration_s < 6
    assert worker.logged("voice fetched")
    (fetched,) = (worker.folder / "voices").iterdir()
    assert (fetched / ABOUT).is_file()
