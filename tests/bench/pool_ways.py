"""Three ways to hand requests to workers over NATS, while one of four workers hangs.

Run from the repository: `python -m tests.bench.pool_ways [--save pool_ways]`. The load is the same:
requests at random, for 60 % of what three workers can, each 0.1 s of simulated work; a quarter of
the time in, one worker hangs with its connection open, as a process that is stopped does. Asked
are: a queue group of NATS, which hands each request to a member at random; a work queue of
JetStream, of which workers pull one request at a time, and which hands it out again after 1 s
without an acknowledgement; and the pool, with its beats.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from bot.engine.contract import speak_one
from bot.engine.guests.pool.engine import PoolEngine
from bot.errors import IshowttsError
from bot.messages import SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from tests.bench.pool import SERVICE_S, Pool
from tests.bench.report import environment, save, spread_ms
from tests.pool.parts import NatsServer

_WORKERS = 4
_LOAD = 0.6
_LOST_S = 10.0
"""Time after which a request without an answer is lost."""
Ask: TypeAlias = Callable[[int], Awaitable[object]]
Hang: TypeAlias = Callable[[], None]


class Member:
    """Worker that takes one request after the other; it hangs when it is told to."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.is_hanging = False
        self._waiting: asyncio.Queue[Msg] = asyncio.Queue()

    async def take(self, message: Msg) -> None:
        """Let a request wait."""
        self._waiting.put_nowait(message)

    async def work(self) -> None:
        """Answer what waits."""
        while True:
            message = await self._waiting.get()
            await self.speak()
            await message.respond(b"speech")

    async def speak(self) -> None:
        """Take the time that speech takes."""
        await asyncio.sleep(SERVICE_S)
        while self.is_hanging:
            await asyncio.sleep(1)


@asynccontextmanager
async def members(url: str) -> AsyncIterator[list[Member]]:
    """Yield workers with a connection each."""
    clients = [await nats.connect(url) for _ in range(_WORKERS)]
    try:
        yield [Member(client) for client in clients]
    finally:
        for client in clients:
            await client.close()


@asynccontextmanager
async def queue_group(url: str) -> AsyncIterator[tuple[Ask, Hang]]:
    """A queue group."""
    async with members(url) as workers:
        for worker in workers:
            await worker.client.subscribe("speak", queue="workers", cb=worker.take)
        tasks = [asyncio.create_task(worker.work()) for worker in workers]
        client = await nats.connect(url)
        try:
            yield (
                lambda _: client.request("speak", b"text", timeout=_LOST_S),
                lambda: setattr(workers[0], "is_hanging", True),
            )
        finally:
            await cancel(*tasks)
            await client.close()


@asynccontextmanager
async def work_queue(url: str) -> AsyncIterator[tuple[Ask, Hang]]:
    """A work queue of JetStream."""
    client = await nats.connect(url)
    stream = client.jetstream()
    await stream.add_stream(
        StreamConfig(
            name="speak",
            subjects=["speak.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.MEMORY,
        )
    )
    answers: dict[str, asyncio.Future[None]] = {}

    async def note(message: Msg) -> None:
        answer = answers.get(message.subject.rpartition(".")[2])
        if answer is not None and not answer.done():
            answer.set_result(None)

    async def ask(number: int) -> None:
        answers[str(number)] = asyncio.get_running_loop().create_future()
        await stream.publish(f"speak.{number}", b"text")
        await asyncio.wait_for(answers[str(number)], _LOST_S)

    async def work(worker: Member) -> None:
        config = ConsumerConfig(ack_wait=1.0)
        pulling = await worker.client.jetstream().pull_subscribe("speak.*", "all", config=config)
        while True:
            with suppress(NatsError, asyncio.TimeoutError):
                (message,) = await pulling.fetch(1, timeout=5)
                await worker.speak()
                number = message.subject.rpartition(".")[2]
                await worker.client.publish(f"spoken.{number}", b"speech")
                await message.ack()

    await client.subscribe("spoken.*", cb=note)
    async with members(url) as workers:
        tasks = [asyncio.create_task(work(worker)) for worker in workers]
        try:
            yield ask, lambda: setattr(workers[0], "is_hanging", True)
        finally:
            await cancel(*tasks)
            await client.close()


@asynccontextmanager
async def pool(folder: Path) -> AsyncIterator[tuple[Ask, Hang]]:
    """Our own workers."""
    made = await asyncio.to_thread(Pool, folder, _WORKERS)
    engine = PoolEngine(servers=[made.server.url], voices="")
    try:
        await engine.warm_up()

        def ask(number: int) -> Awaitable[object]:
            request = SpeechRequest(id=str(number), text="la " * 10, voice="heart")
            return asyncio.wait_for(speak_one(engine, request), _LOST_S)

        await asyncio.gather(*(ask(number) for number in range(2 * _WORKERS)))
        yield ask, lambda: made.workers[0].signal(signal.SIGSTOP)
    finally:
        await engine.close()
        made.close()


async def measure(ask: Ask, hang: Hang, *, seconds: float, seed: int) -> dict[str, Any]:
    """Return what became of requests, and how long they took."""
    rng = random.Random(seed)
    took_s: list[float] = []
    lost = 0

    async def one(number: int) -> None:
        nonlocal lost
        begun_at = time.monotonic()
        try:
            await ask(number)
        except (TimeoutError, NatsError, IshowttsError):
            lost += 1
        else:
            took_s.append(time.monotonic() - begun_at)

    tasks: list[asyncio.Task[None]] = []
    begun_at = at = time.monotonic()
    while at < begun_at + seconds:
        if at > begun_at + seconds / 4:
            hang()
        tasks.append(asyncio.create_task(one(len(tasks))))
        at += rng.expovariate(_LOAD * (_WORKERS - 1) / SERVICE_S)
        await asyncio.sleep(max(at - time.monotonic(), 0))
    await asyncio.gather(*tasks)
    return {"requests": len(tasks), "lost": lost, **spread_ms(took_s)}


async def compare(seconds: float, seed: int) -> dict[str, Any]:
    """Return the results of all ways."""
    result: dict[str, Any] = environment("nats-py") | {"simulated_service_s": SERVICE_S}
    with tempfile.TemporaryDirectory() as name:
        for way in (queue_group, work_queue):
            folder = Path(name) / way.__name__
            folder.mkdir()
            server = NatsServer(folder)
            server.start()
            try:
                async with way(server.url) as (ask, hang):
                    result[way.__name__] = await measure(ask, hang, seconds=seconds, seed=seed)
            finally:
                server.kill()
        folder = Path(name) / "pool"
        folder.mkdir()
        async with pool(folder) as (ask, hang):
            result["pool"] = await measure(ask, hang, seconds=seconds, seed=seed)
    return result


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    save(options.save, asyncio.run(compare(options.seconds, options.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
