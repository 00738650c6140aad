"""What networks, disks and clocks do to a pool: each message is heard once, or told why not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import nats as client_of_nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import StreamConfig
from nats.js.errors import ServiceUnavailableError

from bot.engine.contract import speak_one
from bot.engine.guests.pool.connection import told
from bot.engine.guests.pool.voices import Sending, Store, key_of, pack
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from bot.pool.fetched import Fetched
from bot.pool.state import make_state
from tests.conftest import wait_until
from tests.pool.cable import Cable
from tests.pool.conftest import MakeEngine, MakeWorker
from tests.pool.daemons import DaemonProcess
from tests.pool.parts import NatsServer
from tests.wall_clock import WallClock, libraries

pytestmark = pytest.mark.parts

_LONG = "a" * 300
"""Twenty seconds of speech, 1.9 MB."""
_CUT_AFTER = 700_000
MakeCable = Callable[[], Cable]
MakeDaemon = Callable[..., DaemonProcess]


@pytest.fixture
def make_cable(nats: NatsServer) -> Iterator[MakeCable]:
    made: list[Cable] = []

    def make() -> Cable:
        made.append(Cable(nats.port))
        return made[-1]

    yield make
    for cable in made:
        cable.close()


@pytest.fixture
def make_daemon(nats: NatsServer, tmp_path: Path) -> Iterator[MakeDaemon]:
    made: list[DaemonProcess] = []

    def make(name: str, url: str = nats.url, **options: object) -> DaemonProcess:
        made.append(DaemonProcess(tmp_path / name, url, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for daemon in made:
        daemon.end()


@pytest.fixture
async def client(nats: NatsServer) -> AsyncIterator[Client]:
    client = await client_of_nats.connect(nats.url)
    yield client
    await client.close()


@pytest.mark.parametrize("end", ["daemon", "worker"])
async def test_speech_that_was_cut_on_its_way_is_asked_for_again(
    end: str,
    nats: NatsServer,
    make_cable: MakeCable,
    make_worker: MakeWorker,
    make_engine: MakeEngine,
) -> None:
    cable = make_cable()
    worker = make_worker(url=cable.url if end == "worker" else nats.url)
    worker.wait_serving()
    engine = make_engine(servers=[cable.url if end == "daemon" else nats.url], silent_s=10.0)
    await engine.warm_up()
    cable.cut_after(_CUT_AFTER)
    chunk = await speak_one(engine, SpeechRequest(id="long", text=_LONG, voice="heart"))

    assert cable.cuts == 1
    assert chunk.duration_s == pytest.approx(20, abs=0.1)
    assert worker.steps().count(("end", "long")) == 2


@pytest.mark.long
def test_a_daemon_behind_a_cut_network_stops_before_another_one_speaks(
    make_cable: MakeCable, make_daemon: MakeDaemon
) -> None:
    cables = [make_cable(), make_cable()]
    daemons = [make_daemon(str(number), cable.url) for number, cable in enumerate(cables)]
    wait_until(lambda: any(each.speaks for each in daemons), "daemon that speaks")
    number = 0 if daemons[0].speaks else 1
    first, second, cable = daemons[number], daemons[1 - number], cables[number]
    second.wait_logged("standing by")
    cut = first.pay("this one takes its time " * 2)
    wait_until(lambda: cut in first.outcomes("started"), "beginning")
    cable.freeze()
    wait_until(lambda: cut in second.outcomes("spoken"), "the rest of it")
    assert not first.speaks
    (put_off,) = [each for each in first.events() if each.name == "put off"]
    (begun,) = [each for each in second.events() if each.name == "started"]
    assert put_off.at < begun.at  # never both at a time
    cable.heal()
    wait_until(lambda: len(first.logged("standing by")) == 2, "end of its turn")
    assert second.speaks
    assert not second.logged("lease lost")
    assert first.outcomes("spoken") == []


@pytest.mark.long
@pytest.mark.skipif(not libraries(), reason="needs the Debian package libfaketime")
@pytest.mark.parametrize("jump_s", [3 * 86_400.0, pytest.param(-86_400.0, marks=pytest.mark.real)])
def test_a_clock_that_jumps_moves_nobody_s_turn(
    jump_s: float, make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    standby = {"enabled": True, "lease_s": 30}  # the library makes a busy machine slow
    daemons = [make_daemon(name, environment=clock.environment, standby=standby) for name in "ab"]
    wait_until(lambda: any(each.speaks for each in daemons), "daemon that speaks")
    first, second = daemons if daemons[0].speaks else reversed(daemons)
    second.wait_logged("standing by")
    message = first.pay("this one takes its time " * 9)
    wait_until(lambda: message in first.outcomes("started"), "beginning")
    clock.set(jump_s)
    waiting = first.pay("after that")
    wait_until(lambda: waiting in first.outcomes("spoken"), "all of it")  # more than a lease later
    assert sorted(first.outcomes("spoken")) == sorted([message, waiting])
    assert not first.logged("lease lost")
    assert not second.logged("ready")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[NatsServer]:
    """A server with room for the stores of one streamer, and some more."""
    folder = tmp_path / "small"
    folder.mkdir()
    server = NatsServer(folder, store="20MB")
    server.start()
    yield server
    server.kill()


async def fill(client: Client) -> None:
    """Let somebody take all the room that nothing is reserved in."""
    context = client.jetstream(timeout=5.0)
    await context.add_stream(StreamConfig(name="hog", subjects=["hog"]))
    with suppress(ServiceUnavailableError):
        while True:
            await context.publish("hog", b"x" * 900_000)


@pytest.mark.long
@pytest.mark.timeout(170)
async def test_a_full_server_takes_the_turn_away_and_loses_nothing(
    small: NatsServer, make_daemon: MakeDaemon
) -> None:
    client = await client_of_nats.connect(small.url)
    daemon = await asyncio.to_thread(make_daemon, "a", small.url)
    await asyncio.to_thread(daemon.wait_logged, "ready")
    message = await asyncio.to_thread(daemon.pay, "this one takes its time " * 4)
    await asyncio.to_thread(wait_until, lambda: message in daemon.outcomes("started"), "beginning")
    await fill(client)
    lost = await asyncio.to_thread(daemon.wait_logged, "lease lost")
    assert lost["reason"].startswith("NATS refuses (insufficient resources, code 10023)")
    await client.jetstream().delete_stream("hog")
    await asyncio.to_thread(wait_until, lambda: message in daemon.outcomes("spoken"), "the rest")
    assert daemon.logged("message goes on where it was cut")
    assert len(daemon.logged("ready")) == 2
    await client.close()


async def test_a_server_without_room_for_a_store_says_so(small: NatsServer) -> None:
    client = await client_of_nats.connect(small.url)
    await make_state(client, "ishowtts-state-alice")
    with pytest.raises(NatsError) as error:
        await make_state(client, "ishowtts-state-bob")
    assert told(error.value) == "insufficient storage resources available, code 10047"
    await client.close()


def voice(folder: Path, sound: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / "reference.wav").write_bytes(sound)
    (folder / "transcript.txt").write_text("Some words.", encoding="utf-8")
    about = "licence: CC0-1.0\nconsent: It is mine.\nlanguage: en\n"
    (folder / "voice.yaml").write_text(about, encoding="utf-8")
    return folder


async def test_a_voice_of_64_mib_is_refused_before_it_travels(
    client: Client, tmp_path: Path
) -> None:
    voice(tmp_path / "here" / "huge", bytes(64 << 20))
    store = Store(client, "voices")
    await store.make()
    with pytest.raises(UtteranceError, match="longer than 8192 KiB"):
        await Sending([tmp_path / "here"], allow_unlicensed=False).key("huge", store)
    object_store = await client.jetstream().object_store("voices")
    assert (await object_store.status()).size == 0


async def test_an_object_of_64_mib_is_no_voice(client: Client, tmp_path: Path) -> None:
    store = Store(client, "voices")
    await store.make()
    object_store = await client.jetstream(timeout=30.0).object_store("voices")
    await object_store.put("v1", bytes(64 << 20))
    with pytest.raises(UtteranceError, match="larger than 24 MiB"):
        await Fetched(tmp_path).fetch("v1", "v1", store)
    assert not await asyncio.to_thread((tmp_path / "v1").exists)


async def test_a_large_voice_travels_whole(client: Client, tmp_path: Path) -> None:
    folder = voice(tmp_path / "here" / "long", bytes(range(256)) * (8 << 12))
    store = Store(client, "voices")
    await store.make()
    key = await Sending([tmp_path / "here"], allow_unlicensed=False).key("long", store)
    (tmp_path / "there").mkdir()
    await Fetched(tmp_path / "there").fetch("v1", key, store)
    assert key == key_of(pack(folder)) == key_of(pack(tmp_path / "there" / "v1"))
