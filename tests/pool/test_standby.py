"""A daemon and its standby: one speaks at a time, and what was paid for is spoken once."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats as client_of_nats
import pytest
from msgspec import structs
from nats.aio.client import Client
from nats.js.api import KeyValueConfig
from nats.js.kv import KeyValue

from bot.errors import LeaseLostError
from bot.messages import ChatMessage, Chatter, Event, EventKind
from bot.outcomes import Spoken
from bot.pool.copy import NatsCopy
from bot.pool.lease import Lease
from bot.pool.state import make_state
from bot.runtime.clock import now
from bot.runtime.concurrency.tasks import running
from bot.runtime.concurrency.waiting import cancel
from bot.store import Journal, Store
from bot.store.copied import Kept
from tests.conftest import wait_until
from tests.pool.daemons import DaemonProcess
from tests.pool.parts import NatsServer

pytestmark = pytest.mark.parts

BUCKET = "ishowtts-state-main"


@pytest.fixture
async def client(nats: NatsServer) -> AsyncIterator[Client]:
    client = await client_of_nats.connect(nats.url, reconnect_time_wait=0.1)
    yield client
    with suppress(OSError):  # of a server that is gone
        await client.close()


@pytest.fixture
async def bucket(client: Client) -> KeyValue:
    await make_state(client, BUCKET)
    await make_state(client, BUCKET)  # as another one may
    return await client.jetstream(timeout=1.0).key_value(BUCKET)


async def test_one_of_two_holds_the_lease(bucket: KeyValue) -> None:
    first, second = (Lease(bucket, "main", last_s=1.5) for _ in range(2))
    await first.take()
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.take())
    done, _ = await asyncio.wait({keeping, waiting}, timeout=2.5)  # longer than it lasts
    assert not done
    await cancel(keeping)  # as its machine would
    await waiting

    with pytest.raises(LeaseLostError, match="Another daemon speaks"):
        await first.keep()


async def test_a_lease_that_is_given_back_is_taken_at_once(bucket: KeyValue) -> None:
    first, second = (Lease(bucket, "main", last_s=600.0) for _ in range(2))
    await first.take()
    await first.give_back()
    await second.take()


async def test_names_have_a_lease_each(bucket: KeyValue) -> None:
    for name in ("main", "other"):
        await Lease(bucket, name, last_s=600.0).take()


async def test_who_cannot_renew_stops_before_another_one_may_speak(
    nats: NatsServer, bucket: KeyValue
) -> None:
    lease = Lease(bucket, "main", last_s=1.5)
    await lease.take()
    keeping = asyncio.create_task(lease.keep())
    nats.kill()

    with pytest.raises(LeaseLostError, match="NATS is away"):
        await keeping


async def test_a_call_that_hangs_does_not_keep_the_lease(nats: NatsServer, client: Client) -> None:
    await make_state(client, BUCKET)
    patient = await client.jetstream(timeout=600.0).key_value(BUCKET)
    lease = Lease(patient, "main", last_s=1.5)
    await lease.take()
    nats.signal(signal.SIGSTOP)  # its connections stay open

    with pytest.raises(LeaseLostError, match="NATS is away"):
        await asyncio.wait_for(lease.keep(), 60.0)


def cheer(name: str) -> ChatMessage:
    return ChatMessage(
        id=name,
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name="viewer"),
        text="cheer100 hello",
        event=Event(kind=EventKind.CHEER, amount=100),
        received_at=now(),
    )


def spoken(name: str) -> Spoken:
    return Spoken(
        id=name,
        channel="main",
        chatter="u1",
        at=now(),
        engines=("tone",),
        audio_s=1.0,
        synthesis_s=0.1,
    )


async def loaded(client: Client) -> NatsCopy:
    await make_state(client, BUCKET)
    copy = NatsCopy(client.jetstream(timeout=1.0), stream=f"KV_{BUCKET}", name="main")
    await copy.load()
    return copy


@asynccontextmanager
async def journal(folder: Path, client: Client) -> AsyncIterator[Journal]:
    """The journal of a daemon on a machine, with the copy that all of them share."""
    copy = await loaded(client)
    with Store(folder / "state.sqlite3", journal_max_age_s=3600.0, copy=copy) as store:
        async with running({"copy": copy.run}):
            yield store.journal
            await asyncio.wait_for(copy.settled(), 60.0)


def left(journal: Journal) -> list[str]:
    return [message.id for message in journal.unspoken({"main"})]


async def test_what_one_machine_left_is_spoken_by_the_other_once(
    client: Client, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client) as here:
        for name in ("one", "two", "three"):
            assert here.keep(cheer(name))
        here.observe(spoken("one"))
    async with journal(tmp_path / "b", client) as there:
        assert sorted(left(there)) == ["three", "two"]
        there.observe(spoken("two"))
        assert there.keep(cheer("four"))
    async with journal(tmp_path / "a", client) as again:
        assert sorted(left(again)) == ["four", "three"]


async def test_what_was_begun_comes_before_what_came_after_it(
    client: Client, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client) as here:
        for name in ("one", "two", "three"):
            here.keep(cheer(name))
        here.progress.heard(cheer("one"), 1.0)
    async with journal(tmp_path / "b", client) as there:
        assert left(there) == ["one", "two", "three"]


async def test_what_nats_forgot_is_written_again(client: Client) -> None:
    settings = KeyValueConfig(bucket=BUCKET, ttl=1.0)
    await client.jetstream().create_key_value(settings)
    copy = await loaded(client)
    kept = Kept(message=cheer("one"), received_at=0.0)
    copy.put(kept)
    await copy.finish()
    while (await loaded(client)).left():
        await asyncio.sleep(0.05)
    async with running({"copy": copy.run}):
        copy.put(structs.replace(kept, heard_s=1.0))
        await asyncio.wait_for(copy.settled(), 60.0)
    (left,) = (await loaded(client)).left()
    assert left.heard_s == 1.0


async def test_what_broke_every_machine_is_given_up(client: Client, tmp_path: Path) -> None:
    async with journal(tmp_path / "a", client) as here:
        here.keep(cheer("breaks"))
        here.hold(cheer("breaks"))  # until the end of the daemon
    for name in ("b", "c"):
        async with journal(tmp_path / name, client) as there:
            assert left(there) == ["breaks"]  # and it is in hand again
    async with journal(tmp_path / "d", client) as last:
        assert left(last) == []


async def test_what_the_copy_never_had_is_spoken_by_who_kept_it(
    client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "a"
    with Store(folder / "state.sqlite3", journal_max_age_s=3600.0) as alone:
        alone.journal.keep(cheer("own"))
    async with journal(folder, client) as here:
        assert left(here) == ["own"]
    async with journal(tmp_path / "b", client) as there:
        assert left(there) == ["own"]


async def test_a_server_that_is_away_holds_acceptance_up_for_a_moment_alone(
    nats: NatsServer, client: Client, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client) as here:
        nats.kill()
        here.keep(cheer("meanwhile"))
        nats.start()
        while not client.is_connected:
            await asyncio.sleep(0.01)
    async with journal(tmp_path / "b", client) as there:
        assert left(there) == ["meanwhile"]


async def test_a_message_that_another_daemon_goes_on_with_ends_the_turn(client: Client) -> None:
    first, second = await loaded(client), await loaded(client)
    kept = Kept(message=cheer("one"), received_at=0.0)
    first.put(kept)
    await first.finish()
    await second.load()
    second.end(("main", "one"))
    await second.finish()
    first.put(structs.replace(kept, heard_s=1.0))
    with pytest.raises(LeaseLostError, match="Another daemon"):
        await asyncio.wait_for(first.run(), 60.0)
    assert (await loaded(client)).is_ended(("main", "one"))


async def test_a_write_that_was_not_answered_may_be_tried_again(client: Client) -> None:
    copy = await loaded(client)
    copy.put(Kept(message=cheer("one"), received_at=0.0))
    for steps in range(6):
        writing = asyncio.create_task(copy.finish())
        for _ in range(steps):
            await asyncio.sleep(0)
        await cancel(writing)
    copy.end(("main", "one"))
    await copy.finish()
    assert (await loaded(client)).is_ended(("main", "one"))


async def test_what_ended_while_nats_was_away_is_noted_when_the_turn_is_over(
    nats: NatsServer, client: Client, tmp_path: Path
) -> None:
    copy = await loaded(client)
    async with running({"copy": copy.run}):
        for name in ("one", "two"):
            copy.put(Kept(message=cheer(name), received_at=0.0))
        await copy.settled()
        nats.kill()
        copy.end(("main", "one"))
        await asyncio.wait_for(copy.drain(), 60.0)  # which gives up
    finishing = asyncio.create_task(copy.finish())
    nats.start()
    await asyncio.wait_for(finishing, 60.0)
    async with journal(tmp_path / "b", client) as there:
        assert left(there) == ["two"]


async def test_how_far_a_message_was_heard_is_told(client: Client, tmp_path: Path) -> None:
    message = cheer("one")
    async with journal(tmp_path / "a", client) as here:
        here.keep(cheer("one"))
        assert await here.progress.begin(message, introduced=False) == 0.0
        here.progress.heard(message, 1.25)
    async with journal(tmp_path / "b", client) as there:
        assert left(there) == ["one"]
        assert there.progress.introduced(message) is False
        assert await there.progress.begin(message, introduced=False) == 1.25
        assert await there.progress.begin(cheer("two"), introduced=True) is None


@pytest.fixture
def daemons(nats: NatsServer, tmp_path: Path) -> Iterator[Callable[[str], DaemonProcess]]:
    made: list[DaemonProcess] = []

    def make(name: str) -> DaemonProcess:
        made.append(DaemonProcess(tmp_path / name, nats.url))
        return made[-1]

    yield make
    for daemon in made:
        daemon.end()


def test_a_daemon_that_dies_is_taken_over_by_its_standby(
    nats: NatsServer, daemons: Callable[[str], DaemonProcess]
) -> None:
    first, second = daemons("a"), daemons("b")
    wait_until(lambda: first.speaks or second.speaks, "daemon that speaks")
    if second.speaks:
        first, second = second, first
    second.wait_logged("standing by")
    short = first.pay("short")
    wait_until(lambda: short in first.outcomes("spoken"), "speech")
    cut = first.pay("this one takes its time " * 2)
    waiting = first.pay("this one waits")
    wait_until(lambda: cut in first.outcomes("started"), "beginning")
    before_s = first.heard_s
    wait_until(lambda: first.heard_s > before_s + 1.5, "some of it")
    assert not second.logged("ready")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    wait_until(lambda: {cut, waiting} <= set(second.outcomes("spoken")), "the rest of it")
    assert sorted(second.outcomes("spoken")) == sorted([cut, waiting])
    assert [line["id"] for line in second.logged("message goes on where it was cut")] == [cut]

    nats.kill()
    second.wait_logged("lease lost")
    nats.start()
    wait_until(lambda: len(second.logged("ready")) == 2, "another turn")
    last = second.pay("last")
    wait_until(lambda: last in second.outcomes("spoken"), "speech of its next turn")
    assert sorted(second.outcomes("spoken")) == sorted([cut, waiting, last])
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait() == 0


@pytest.mark.long
def test_a_daemon_that_stood_still_goes_on_with_nothing_that_another_one_has(
    daemons: Callable[[str], DaemonProcess],
) -> None:
    first, second = daemons("a"), daemons("b")
    wait_until(lambda: first.speaks or second.speaks, "daemon that speaks")
    if second.speaks:
        first, second = second, first
    second.wait_logged("standing by")
    cut = first.pay("this one takes its time " * 2)
    wait_until(lambda: cut in first.outcomes("started"), "beginning")
    first.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: cut in second.outcomes("spoken"), "the rest of it")
    first.process.send_signal(signal.SIGCONT)
    first.wait_logged("lease lost")
    wait_until(lambda: len(first.logged("standing by")) == 2, "end of its turn")
    assert first.outcomes("spoken") == []
    assert second.speaks
