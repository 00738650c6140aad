"""Texts through real workers: what is lost is made elsewhere, and nothing is heard twice."""

import asyncio
import math
import signal
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nats as client_of_nats
import numpy as np
import pytest
from nats.aio.msg import Msg

from bot.engine.contract import Engine, speak_one
from bot.engine.guests.pool import wire
from bot.engine.process import protocol
from bot.errors import StartError, TransientError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from bot.runtime.processes.packing import encode
from tests.conftest import wait_until
from tests.long import first_ones
from tests.pool.conftest import MakeEngine, MakeWorker
from tests.pool.parts import NatsServer, WorkerProcess

pytestmark = pytest.mark.parts

TEXT = "Hello there, this goes over the network."


def asked(identity: str, text: str = TEXT, *, due_s: float = 0.0) -> SpeechRequest:
    return SpeechRequest(id=identity, text=text, voice="heart", due_s=due_s)


def speaking(engine: Engine, identity: str) -> "asyncio.Task[AudioChunk]":
    """Have it spoken, whenever a busy machine is ready for that."""
    return asyncio.create_task(speak_one(engine, asked(identity, due_s=60.0)))


async def wait_for(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what)


async def who_began(workers: list[WorkerProcess], identity: str) -> WorkerProcess:
    await wait_for(lambda: any(w.did("begin", identity) for w in workers), f"begun {identity}")
    return next(worker for worker in workers if worker.did("begin", identity))


async def test_many_texts_are_spoken_each_once(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    workers = [make_worker(service_s=0.02) for _ in range(2)]
    for worker in workers:
        worker.wait_serving()
    engine = make_engine()
    await engine.warm_up()
    texts = {f"m{n}": "la" * (n + 5) for n in range(40)}
    chunks = await asyncio.gather(
        *(speak_one(engine, asked(identity, text)) for identity, text in texts.items())
    )

    for text, chunk in zip(texts.values(), chunks, strict=True):
        assert chunk.duration_s == pytest.approx(len(text) / 15, abs=0.01)
        assert np.isfinite(chunk.samples).all()
    ends = Counter(i for worker in workers for step, i in worker.steps() if step == "end")
    assert ends == dict.fromkeys(texts, 1)
    assert all(worker.steps() for worker in workers)  # both had work


async def test_long_speech_comes_in_parts(make_worker: MakeWorker, make_engine: MakeEngine) -> None:
    make_worker().wait_serving()
    engine = make_engine()
    await engine.warm_up()
    chunk = await speak_one(engine, asked("long", "a" * 3000))

    assert chunk.samples.nbytes > 19_000_000  # of which a message of NATS takes one
    assert chunk.duration_s == pytest.approx(200, abs=0.1)


@pytest.mark.parametrize("how", first_ones([signal.SIGKILL, signal.SIGSTOP]))
async def test_what_a_lost_worker_had_is_spoken_elsewhere(
    how: signal.Signals, make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    workers = [make_worker(service_s=0.5) for _ in range(2)]
    for worker in workers:
        worker.wait_serving()
    engine = make_engine()
    await engine.warm_up()
    tasks = {identity: speaking(engine, identity) for identity in map(str, range(6))}
    lost = await who_began(workers, "0")
    lost.signal(how)
    chunks = await asyncio.gather(*tasks.values())

    assert all(chunk.samples.size for chunk in chunks)
    (other,) = [worker for worker in workers if worker is not lost]
    assert other.did("end", "0")
    if how == signal.SIGSTOP:  # what it gives later is nobody's
        lost.signal(signal.SIGCONT)
        assert (await speak_one(engine, asked("after"))).samples.size


async def test_an_engine_that_hangs_is_noticed_by_others(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    workers = [make_worker(service_s=0.1).wait_serving() for _ in range(2)]
    engine = make_engine()
    await engine.warm_up()
    for worker in workers:  # so that it is known how long they take
        await asyncio.gather(*(speak_one(engine, asked(f"{worker.name}{n}")) for n in range(4)))
    workers[0].hang.touch()
    chunks = await asyncio.gather(*(speak_one(engine, asked(f"h{n}")) for n in range(8)))

    assert all(chunk.samples.size for chunk in chunks)
    assert all(workers[1].did("end", f"h{n}") for n in range(8))


async def test_a_slow_worker_is_hedged(make_worker: MakeWorker, make_engine: MakeEngine) -> None:
    slow = make_worker(service_s=0.02).wait_serving()
    engine = make_engine(silent_s=60.0)
    await engine.warm_up()
    for n in range(3):  # it tells how long a message takes
        await speak_one(engine, asked(f"usual{n}"))
    slow.hang.touch()  # by its beats it is there, as `silent_s` has it
    task = speaking(engine, "late")
    await who_began([slow], "late")
    other = make_worker().wait_serving()

    assert (await task).samples.size
    assert other.did("end", "late")


async def test_a_server_that_comes_back_loses_nothing(
    nats: NatsServer, make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    worker = make_worker(service_s=0.4).wait_serving()
    engine = make_engine(silent_s=30.0)
    await engine.warm_up()
    tasks = [speaking(engine, str(n)) for n in range(4)]
    await who_began([worker], "0")
    nats.kill()
    await wait_for(lambda: worker.did("end", "0"), "speech that cannot be sent")
    nats.start()

    assert all(chunk.samples.size for chunk in await asyncio.gather(*tasks))
    assert (await speak_one(engine, asked("after"))).samples.size


@pytest.mark.parametrize(
    ("gone", "told"), [("worker", "no worker is heard"), ("server", "NATS is not there")]
)
async def test_a_pool_without_workers_or_server_is_away(
    gone: str, told: str, nats: NatsServer, make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    worker = make_worker(service_s=30).wait_serving()
    engine = make_engine()
    await engine.warm_up()
    task = speaking(engine, "m1")
    await who_began([worker], "m1")
    if gone == "worker":
        worker.end()
    else:
        nats.kill()

    with pytest.raises(TransientError, match=f"The pool is away: {told}"):
        await task


async def test_what_is_missing_at_the_start_is_told(
    nats: NatsServer, make_engine: MakeEngine
) -> None:
    with pytest.raises(StartError, match=r"The pool has no worker\. Start one: ishowtts worker"):
        await make_engine(start_s=0.5).warm_up()
    nats.kill()
    with pytest.raises(StartError, match=r"NATS at nats://127.0.0.1:\d+ does not answer.*Start"):
        await make_engine(start_s=0.5).warm_up()


async def test_what_is_cancelled_is_spoken_by_nobody(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    worker = make_worker(service_s=60, at_once=1).wait_serving()
    engine = make_engine()
    await engine.warm_up()
    first = speaking(engine, "first")
    await who_began([worker], "first")
    second = speaking(engine, "second")
    await wait_for(lambda: "ishowtts_pool_waiting 1.0" in figures(worker), "request that waits")
    await cancel(second)
    await wait_for(lambda: "ishowtts_pool_waiting 0.0" in figures(worker), "empty queue")
    await cancel(first)
    await wait_for(lambda: worker.did("cancelled", "first"), "engine that is told")

    assert not worker.did("begin", "second")


async def test_a_worker_that_is_taken_no_more_ends_and_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder, 'authorization { user: "worker", password: "old" }')
    server.start()
    access = {"servers": [server.url], "user": "worker", "password": "old"}
    worker = WorkerProcess(tmp_path / "worker", access)
    try:
        worker.wait_serving()
        conf = (folder / "nats.conf").read_text(encoding="utf-8")
        (folder / "nats.conf").write_text(conf.replace('"old"', '"new"'), encoding="utf-8")
        server.reload()
        assert await asyncio.to_thread(worker.process.wait, 60) == 1
    finally:
        worker.end()
        server.kill()
    assert worker.logged("pool connection has trouble")[-1]["reason"]
    assert "NATS takes this worker no more" in (worker.folder / "log").read_text(encoding="utf-8")


async def test_a_text_that_an_engine_refuses_is_not_tried_elsewhere(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    make_worker(engine="pool_engines:Refusing").wait_serving()
    engine = make_engine()
    await engine.warm_up()

    with pytest.raises(UtteranceError, match=r"It is never spoken\. Ask another one\."):
        await speak_one(engine, asked("m1"))


async def test_more_than_workers_take_waits_for_them(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    worker = make_worker(service_s=0.05, at_once=1, wait_s=0.1, most=2, most_each=2).wait_serving()
    engine = make_engine()
    await engine.warm_up()
    chunks = await asyncio.gather(*(speak_one(engine, asked(str(n))) for n in range(30)))

    assert all(chunk.samples.size for chunk in chunks)
    assert Counter(worker.steps()) == {(s, str(n)): 1 for n in range(30) for s in ("begin", "end")}


async def test_a_worker_says_that_it_is_busy_or_drops_what_is_too_late(
    nats: NatsServer, make_worker: MakeWorker
) -> None:
    worker = make_worker(at_once=1, most=2, most_each=2).wait_serving()
    worker.hold.touch()
    answers: dict[str, list[wire.Answer]] = {}
    client = await client_of_nats.connect(nats.url)

    async def note(message: Msg) -> None:
        identity = message.subject.rpartition(".")[2]
        answers.setdefault(identity, []).append(wire.decode_answer(message.data))

    async def ask(identity: str, deadline_s: float, text: str = TEXT) -> None:
        request = wire.Ask(
            version=wire.VERSION,
            attempt=identity,
            request=asked(identity, text),
            deadline_s=deadline_s,
        )
        subject = wire.Subjects("ishowtts").ask(worker.name, "main")
        await client.publish(subject, encode(request), reply=f"_INBOX.main.{identity}")
        await wait_for(lambda: identity in answers, "answer")

    try:
        await client.subscribe("_INBOX.main.*", cb=note)
        await ask("first", 60.0)
        await who_began([worker], "first")
        await ask("late", 0.0)
        await wait_for(lambda: len(answers["late"]) == 2, "answer to what was dropped")
        await ask("kept", 60.0)
        await ask("kept_too", 60.0)
        await ask("refused", 60.0)
        assert [type(each[0]) for each in answers.values()] == [wire.Taken] * 4 + [wire.Busy]
        await ask("impossible", math.nan)
        await ask("too_long", 60.0, "a" * 10_001)
        worker.hold.unlink()
        await wait_for(lambda: worker.did("end", "kept"), "speech")
    finally:
        await client.close()
    assert ended(answers["late"]) == "fault"
    assert ended(answers["impossible"]) == ended(answers["too_long"]) == "utterance"
    assert not worker.did("begin", "late")
    assert not worker.did("begin", "refused")
    assert 'ishowtts_pool_requests_total{result="busy"} 1.0' in figures(worker)


def ended(answers: list[wire.Answer]) -> str:
    """Return why the last answer is no speech."""
    part = answers[-1]
    assert isinstance(part, wire.Part)
    event = wire.Joining().add(part)
    assert isinstance(event, protocol.Failed)
    return event.trouble


async def test_a_worker_that_ends_finishes_what_it_began(
    make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    leaving = make_worker(at_once=1).wait_serving()
    leaving.hold.touch()  # until another one is there, however long a busy machine takes for that
    engine = make_engine(silent_s=60.0)
    await engine.warm_up()
    tasks = [speaking(engine, str(n)) for n in range(6)]
    await who_began([leaving], "0")
    other = make_worker()
    await asyncio.to_thread(other.wait_serving)
    leaving.signal(signal.SIGTERM)
    await wait_for(lambda: bool(leaving.logged("worker drains")), "drain")
    leaving.hold.unlink()
    chunks = await asyncio.gather(*tasks)

    assert all(chunk.samples.size for chunk in chunks)
    assert await asyncio.to_thread(leaving.process.wait, 60) == 0
    steps = Counter((*leaving.steps(), *other.steps()))
    assert steps == {(s, str(n)): 1 for n in range(6) for s in ("begin", "end")}
    assert leaving.did("end", "0")
    assert other.did("end", "5")


def figures(worker: WorkerProcess) -> str:
    with urllib.request.urlopen(worker.address) as answer:
        text: str = answer.read().decode()
        return text


async def test_a_worker_tells_its_load_and_speed(
    nats: NatsServer, make_worker: MakeWorker, make_engine: MakeEngine
) -> None:
    worker = make_worker().wait_serving()
    engine = make_engine()
    await engine.warm_up()
    chunk = await speak_one(engine, asked("m1"))
    told = figures(worker)
    health = worker.address.replace("/metrics", "/healthz")

    assert 'ishowtts_pool_requests_total{result="spoken"} 1.0' in told
    assert f"ishowtts_pool_speech_seconds_total {chunk.duration_s}" in told
    assert "ishowtts_pool_took_seconds_count 1.0" in told
    await wait_for(lambda: status(health) == 200, "health")
    nats.kill()
    await wait_for(lambda: status(health) == 503, "trouble")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
