"""A daemon and its standby: one speaks at a time, and what was paid for is spoken once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import nats as client_of_nats
import pytest
import yaml
from nats.aio.client import Client
from nats.js.kv import KeyValue

from bot.errors import LeaseLostError
from bot.messages import ChatMessage, Chatter, Event, EventKind
from bot.outcomes import Spoken
from bot.pool.copy import NatsCopy
from bot.pool.lease import Lease
from bot.pool.state import make_state
from bot.runtime.clock import now
from bot.runtime.tasks import running
from bot.runtime.waiting import cancel
from bot.store import Journal, Store
from tests.conftest import wait_until
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
    first, second = (Lease(bucket, "main", last_s=3.0) for _ in range(2))
    await first.take()
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.take())
    done, _ = await asyncio.wait({keeping, waiting}, timeout=5.0)  # longer than it lasts
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
    lease = Lease(bucket, "main", last_s=3.0)
    await lease.take()
    keeping = asyncio.create_task(lease.keep())
    nats.kill()

    with pytest.raises(LeaseLostError, match="NATS is away"):
        await keeping


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


@asynccontextmanager
async def journal(folder: Path, client: Client, bucket: KeyValue) -> AsyncIterator[Journal]:
    """The journal of a daemon on a machine, with the copy that all of them share."""
    context = client.jetstream()
    copy = NatsCopy(context, bucket, stream=f"KV_{BUCKET}", name="main")
    await copy.load()
    with Store(folder / "state.sqlite3", journal_max_age_s=3600.0, copy=copy) as store:
        async with running({"copy": copy.run}):
            yield store.journal
            waiting = store.written()
            if waiting is not None:
                await waiting


def left(journal: Journal) -> list[str]:
    return [message.id for message in journal.unspoken({"main"})]


async def test_what_one_machine_left_is_spoken_by_the_other_once(
    client: Client, bucket: KeyValue, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client, bucket) as here:
        for name in ("one", "two", "three"):
            assert here.keep(cheer(name))
        here.observe(spoken("one"))
    async with journal(tmp_path / "b", client, bucket) as there:
        assert sorted(left(there)) == ["three", "two"]
        there.observe(spoken("two"))
        assert there.keep(cheer("four"))
    async with journal(tmp_path / "a", client, bucket) as again:
        assert sorted(left(again)) == ["four", "three"]


async def test_what_broke_every_machine_is_given_up(
    client: Client, bucket: KeyValue, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client, bucket) as here:
        here.keep(cheer("breaks"))
        here.hold(cheer("breaks"))  # until the end of the daemon
    for name in ("b", "c"):
        async with journal(tmp_path / name, client, bucket) as there:
            assert left(there) == ["breaks"]  # and it is in hand again
    async with journal(tmp_path / "d", client, bucket) as last:
        assert left(last) == []


async def test_what_the_copy_never_had_is_spoken_by_who_kept_it(
    client: Client, bucket: KeyValue, tmp_path: Path
) -> None:
    folder = tmp_path / "a"
    with Store(folder / "state.sqlite3", journal_max_age_s=3600.0) as alone:
        alone.journal.keep(cheer("own"))
    async with journal(folder, client, bucket) as here:
        assert left(here) == ["own"]
    async with journal(tmp_path / "b", client, bucket) as there:
        assert left(there) == ["own"]


async def test_a_server_that_is_away_holds_acceptance_up_for_a_moment_alone(
    nats: NatsServer, client: Client, bucket: KeyValue, tmp_path: Path
) -> None:
    async with journal(tmp_path / "a", client, bucket) as here:
        nats.kill()
        here.keep(cheer("meanwhile"))
        nats.start()
        while not client.is_connected:
            await asyncio.sleep(0.01)
    async with journal(tmp_path / "b", client, bucket) as there:
        assert left(there) == ["meanwhile"]


class DaemonProcess:
    """`ishowtts run` with a standby."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._events = folder / "events.jsonl"
        written = {
            "channels": [
                {
                    "name": "main",
                    "sources": [{"type": "ingest"}],
                    "outputs": [
                        {"type": "wavefile", "path": str(folder / "o.wav"), "pace": "realtime"}
                    ],
                }
            ],
            "server": {"port": 0},
            "engine": {"engines": ["tone"], "pool": {"servers": [url]}},
            "standby": {"enabled": True, "lease_s": 3},
            "log": {"format": "json"},
        }
        (folder / "c.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        program = [sys.executable, "-m", "bot", "run"]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*program, "--config", str(folder / "c.yaml"), "--events", str(self._events)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "STATE_DIRECTORY": str(folder)},
            )

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = (self._folder / "log").read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]

    def wait_logged(self, event: str) -> dict[str, Any]:
        def is_there() -> bool:
            if self.process.poll() is not None:
                pytest.fail((self._folder / "log").read_text(encoding="utf-8"))
            return bool(self.logged(event))

        wait_until(is_there, event)
        return self.logged(event)[-1]

    def pay(self, text: str) -> str:
        body = {"author": {"id": "u1", "name": "viewer"}, "text": text}
        body["event"] = {"kind": "cheer", "amount": 100}
        request = urllib.request.Request(
            f"{self.wait_logged('ready')['url']}/api/chat",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return str(json.loads(answer.read())["id"])

    def outcomes(self, name: str) -> list[str]:
        """Ids of messages with this outcome."""
        if not self._events.exists():
            return []
        lines = self._events.read_text(encoding="utf-8").splitlines()
        return [e["id"] for e in map(json.loads, lines) if e["outcome"] == name]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


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
    daemons: Callable[[str], DaemonProcess],
) -> None:
    first = daemons("a")
    first.wait_logged("ready")
    second = daemons("b")
    second.wait_logged("standing by")
    short = first.pay("short")
    wait_until(lambda: short in first.outcomes("spoken"), "speech")
    cut = first.pay("this one takes its time " * 5)
    waiting = first.pay("this one waits")
    wait_until(lambda: cut in first.outcomes("started"), "beginning")
    assert not second.logged("ready")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    wait_until(lambda: {cut, waiting} <= set(second.outcomes("spoken")), "the rest of it")
    assert sorted(second.outcomes("spoken")) == sorted([cut, waiting])

    again = daemons("a2")  # what it finds is nothing
    again.wait_logged("standing by")
    second.process.send_signal(signal.SIGTERM)
    again.wait_logged("ready")
    last = again.pay("last")
    wait_until(lambda: last in again.outcomes("spoken"), "speech of the next one")
    assert again.outcomes("accepted") == [last]
    assert second.process.wait() == 0


def test_a_daemon_that_lost_its_turn_stands_by_again(
    nats: NatsServer, daemons: Callable[[str], DaemonProcess]
) -> None:
    daemon = daemons("a")
    daemon.wait_logged("ready")
    nats.kill()
    daemon.wait_logged("lease lost")
    nats.start()
    wait_until(lambda: len(daemon.logged("ready")) == 2, "another turn")
