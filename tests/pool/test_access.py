"""docs/deploy/nats.conf on a real server with TLS: what one streamer cannot do to another."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import nats as client_of_nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NoStreamResponseError

from bot.config import Settings
from bot.engine.contract import speak_one
from bot.engine.guests.pool import wire
from bot.engine.guests.pool.engine import PoolEngine
from bot.engine.guests.pool.voices import Store, key_of
from bot.errors import StartError
from bot.messages import ChatMessage, Chatter, SpeechRequest
from bot.pool.standby import leading
from bot.runtime.clock import now
from bot.runtime.processes.packing import encode
from bot.store.copied import Kept
from tests.conftest import wait_until
from tests.mqtt.conftest import make_certificates
from tests.pool.parts import SILENT_S, NatsServer, WorkerProcess

pytestmark = pytest.mark.parts

CONF = Path(__file__).parents[2] / "docs" / "deploy" / "nats.conf"
PASSWORDS = {"worker": "w-secret", "alice": "a-secret", "bob": "b-secret"}


@contextmanager
def documented(folder: Path, text: str) -> Iterator[NatsServer]:
    """The server with a configuration as documented, apart from its places."""
    make_certificates(folder)
    subject = NatsServer(folder)
    places = {
        r"0\.0\.0\.0:4222": f"127.0.0.1:{subject.port}",
        r"127\.0\.0\.1:8222": f"127.0.0.1:{subject.monitor}",
        r"/etc/nats/server\.pem": f"{folder}/broker.pem",
        r"/etc/nats/server\.key": f"{folder}/broker.key",
        r"/var/lib/nats": f"{folder}/jetstream",
        "max_file_store: 10GB": "max_file_store: 1GB",
    }
    for old, new in places.items():
        text, count = re.subn(old, new, text)
        assert count == 1, old
    (folder / "nats.conf").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name, password in PASSWORDS.items():
            patch.setenv(f"{name.upper()}_PASSWORD", password)
        subject.start()
    try:
        yield subject
    finally:
        subject.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """One for all tests here."""
    text = CONF.read_text(encoding="utf-8")
    with documented(tmp_path_factory.mktemp("nats"), text) as subject:
        yield subject


def pool(server: NatsServer, user: str) -> dict[str, Any]:
    return {
        "servers": [f"tls://127.0.0.1:{server.port}"],
        "user": user,
        "password": PASSWORDS[user],
        "ca": str(server.folder / "ca.pem"),
    }


@pytest.fixture(scope="module")
def worker(server: NatsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    folder = tmp_path_factory.mktemp("worker") / "one"
    worker = WorkerProcess(folder, pool(server, "worker"))
    yield worker.wait_serving()
    worker.end()


@asynccontextmanager
async def connected(server: NatsServer, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """A hand-made client of a user, and what the server says against it."""
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error))

    client = await client_of_nats.connect(
        f"tls://127.0.0.1:{server.port}",
        user=user,
        password=PASSWORDS[user],
        tls=ssl.create_default_context(cafile=str(server.folder / "ca.pem")),
        error_cb=note,
        inbox_prefix=wire.inbox(user),
    )
    try:
        yield client, errors
    finally:
        await client.close()


@asynccontextmanager
async def streaming(server: NatsServer, user: str) -> AsyncIterator[PoolEngine]:
    engine = PoolEngine(**pool(server, user), silent_s=SILENT_S, voices="")
    try:
        await engine.warm_up()
        yield engine
    finally:
        await engine.close()


def asked(identity: str) -> SpeechRequest:
    return SpeechRequest(id=identity, text="Hello there.", voice="heart")


def ask(identity: str) -> bytes:
    return encode(
        wire.Ask(version=wire.VERSION, attempt=identity, request=asked(identity), deadline_s=9)
    )


async def refused(client: Client, errors: list[str], subject: str, *, to_hear: bool) -> bool:
    """Tell whether the server forbids to publish to `subject`, or to hear it."""
    if to_hear:
        await client.subscribe(subject, cb=_ignore)
    else:
        await client.publish(subject, b"x")
    await client.publish("marker", b"x")  # what the server says comes in order
    while not any("marker" in error for error in errors):
        await asyncio.sleep(0.001)
    return any("permissions violation" in error.lower() for error in errors[:-1])


async def _ignore(_: object) -> None:
    """Hear nothing."""


async def test_streamers_are_spoken_for_with_encryption(
    server: NatsServer, worker: WorkerProcess
) -> None:
    for user in ("alice", "bob"):
        async with streaming(server, user) as engine:
            assert (await speak_one(engine, asked(user))).samples.size
            assert worker.did("end", user)


async def test_a_wrong_password_is_told(server: NatsServer) -> None:
    engine = PoolEngine(**{**pool(server, "alice"), "password": "guess"}, voices="")
    try:
        with pytest.raises(StartError, match=r"refuses user alice\. Correct engine\.pool\.user"):
            await engine.warm_up()
    finally:
        await engine.close()


async def test_an_unknown_authority_is_not_trusted(server: NatsServer) -> None:
    engine = PoolEngine(**{**pool(server, "alice"), "ca": None}, start_s=1.0, voices="")
    try:
        with pytest.raises(StartError, match="certificate verify failed"):
            await engine.warm_up()
    finally:
        await engine.close()


@pytest.mark.parametrize(
    "subject",
    [
        "_INBOX.bob.>",
        "_INBOX.*.>",
        "_INBOX_worker.>",
        "ishowtts.ask.*.*",
        "ishowtts.ask.*.bob",
        "ishowtts.cancel.>",
        "ishowtts.>",
        "$O.ishowtts-voices-bob.>",
        "$KV.ishowtts-state-bob.>",
        ">",
    ],
)
async def test_a_streamer_cannot_hear_another(server: NatsServer, subject: str) -> None:
    async with connected(server, "alice") as (client, errors):
        assert await refused(client, errors, subject, to_hear=True)


@pytest.mark.parametrize(
    "subject",
    [
        "ishowtts.ask.any.bob",
        "ishowtts.cancel.any.bob",
        "ishowtts.store.bob",
        "ishowtts.worker.any",
        "_INBOX.bob.x",
        "$O.ishowtts-voices-bob.M.x",
        "$JS.API.STREAM.CREATE.OBJ_ishowtts-voices-alice",
        "$JS.API.STREAM.UPDATE.OBJ_ishowtts-voices-alice",
        "$JS.API.STREAM.MSG.GET.OBJ_ishowtts-voices-bob",
        "$JS.API.CONSUMER.CREATE.OBJ_ishowtts-voices-bob",
        "$JS.API.STREAM.DELETE.OBJ_ishowtts-voices-bob",
        "$JS.API.CONSUMER.CREATE.OBJ_ishowtts-voices-alice",
        "$JS.API.CONSUMER.CREATE.KV_ishowtts-state-alice",
        "$JS.API.CONSUMER.DURABLE.CREATE.KV_ishowtts-state-alice.x",
        "$JS.API.STREAM.CREATE.KV_ishowtts-state-alice",
        "$JS.API.STREAM.MSG.GET.KV_ishowtts-state-bob",
        "$KV.ishowtts-state-bob.main.leader",
    ],
)
async def test_a_streamer_cannot_speak_as_another_or_as_a_worker(
    server: NatsServer, subject: str
) -> None:
    async with connected(server, "alice") as (client, errors):
        assert await refused(client, errors, subject, to_hear=False)


@pytest.mark.parametrize(
    ("subject", "to_hear"),
    [
        ("ishowtts.ask.any.alice", False),
        ("ishowtts.cancel.any.alice", False),
        ("ishowtts.worker.*", True),
        ("_INBOX.alice.>", True),
    ],
)
async def test_what_a_streamer_needs_is_permitted(
    server: NatsServer, subject: str, *, to_hear: bool
) -> None:
    async with connected(server, "alice") as (client, errors):
        assert not await refused(client, errors, subject, to_hear=to_hear)


async def test_a_worker_answers_nobody_for_another(
    server: NatsServer, worker: WorkerProcess
) -> None:
    heard: list[str] = []
    async with connected(server, "bob") as (bob, _), connected(server, "alice") as (alice, _):

        async def note(message: Msg) -> None:
            heard.append(message.subject)

        await bob.subscribe("_INBOX.bob.>", cb=note)
        await bob.flush()
        subject = wire.Subjects("ishowtts").ask(worker.name, "alice")
        await alice.publish(subject, ask("spoofed"), reply="_INBOX.bob.spoofed")
        while not worker.did("end", "own"):  # it may be busy for a moment
            await alice.publish(subject, ask("own"), reply="_INBOX.alice.own")
            await alice.flush()
            await asyncio.sleep(0.1)
        await bob.flush()

    assert not worker.did("begin", "spoofed")
    assert heard == []
    assert worker.logged("request refused")


async def test_a_streamer_takes_back_its_own_requests_alone(
    server: NatsServer, worker: WorkerProcess
) -> None:
    worker.hold.touch()
    taken: set[str] = set()

    async def note(message: Msg) -> None:
        if isinstance(wire.decode_answer(message.data), wire.Taken):
            taken.add(message.subject.rpartition(".")[2])

    async with connected(server, "bob") as (bob, _), connected(server, "alice") as (alice, _):
        subjects = wire.Subjects("ishowtts")
        ask_of_alice = subjects.ask(worker.name, "alice")
        await alice.subscribe("_INBOX.alice.>", cb=note)
        for identity in (f"a{number}" for number in range(6)):  # more than the engine is given
            while identity not in taken:  # it may be busy for a moment
                await alice.publish(ask_of_alice, ask(identity), reply=f"_INBOX.alice.{identity}")
                await asyncio.sleep(0.1)
        for number in range(6):
            await bob.publish(subjects.cancel(worker.name, "bob"), f"a{number}".encode())
        await bob.flush()
        worker.hold.unlink()
        done = [f"a{number}" for number in range(6)]
        await asyncio.to_thread(
            wait_until, lambda: all(worker.did("end", each) for each in done), "all speech"
        )


async def test_stores_are_made_by_workers_and_are_one_streamer_s(
    server: NatsServer, worker: WorkerProcess
) -> None:
    del worker  # it makes them
    voice = b"a voice"
    async with connected(server, "alice") as (alice, _), connected(server, "bob") as (bob, _):
        own = wire.bucket("ishowtts", "alice")
        await Store(alice, own, "ishowtts.store.alice").put(key_of(voice), voice)
        store = await alice.jetstream().object_store(own)
        assert (await store.get_info(key_of(voice))).size == len(voice)
        status = await store.status()
        assert status.stream_info.config.max_bytes == 128 << 20

        with pytest.raises((NatsError, APIError, NoStreamResponseError, asyncio.TimeoutError)):
            await bob.jetstream(timeout=0.5).object_store(own)


async def test_a_streamer_s_daemons_share_what_no_other_has(
    server: NatsServer, worker: WorkerProcess
) -> None:
    del worker  # it makes the stores
    kept = ChatMessage(
        id="c1",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name="viewer"),
        text="paid",
        received_at=now(),
    )
    for user, found in (("alice", 0), ("alice", 1), ("bob", 0)):
        settings = Settings.model_validate(
            {"engine": {"pool": pool(server, user)}, "standby": {"enabled": True}}
        )
        async with leading(settings) as copy:
            assert len(copy.left()) == found
            copy.put(Kept(message=kept, received_at=now()))


async def test_without_any_worker_a_standby_needs_the_permission_in_the_comment(
    tmp_path: Path,
) -> None:
    text = CONF.read_text(encoding="utf-8")
    permitted, count = re.subn(r'# ("\$JS\.API\.STREAM\.CREATE\.KV_\S+-alice")', r"\1", text)
    assert count == 1

    with documented(tmp_path, permitted) as subject:
        settings = Settings.model_validate(
            {"engine": {"pool": pool(subject, "alice")}, "standby": {"enabled": True}}
        )
        async with leading(settings) as copy:
            assert not copy.left()
