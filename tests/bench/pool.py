"""A pool under load and under fire: throughput, fairness, first sound, and kills.

Run from the repository: `python -m tests.bench.pool [--kills N] [--seed S] [--save pool]`. A real
nats-server and real workers (`ishowtts worker`) run on this machine; the engine is a tone that
takes a simulated time for each text, so more workers than cores can be shown. 200 channels of 10
streamers ask as daemons do, from this process:

- saturated: every channel always has something to say; 1, 2 and 4 workers, and 4 with one streamer
  that asks for ten times as much as the others;
- bursts: chat at about 70 % of what the workers can, a third of it in bursts of one channel; one
  machine with its own engine and its share of the channels beside it;
- kills: a chain `[pool, tone]` as the daemon has it, while workers are killed or stopped, the
  server is killed and started again, and the daemon's own end of the pool is killed.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from bot.config.sections.engine import EngineSettings
from bot.engine.contract import speak_one
from bot.engine.guests.pool.engine import PoolEngine
from bot.engine.process.supervisor import Supervisor
from bot.errors import IshowttsError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from bot.wiring import engines
from tests.bench.report import environment, save
from tests.pool.parts import SLOW, NatsServer, WorkerProcess

SERVICE_S = 0.1
CHANNELS, STREAMERS = 200, 10
_LOAD = 0.7
_BURST = 12
_PER_CHANNEL = CHANNELS // STREAMERS
_WORKERS = 4
Say: TypeAlias = Callable[[SpeechRequest], Awaitable[AudioChunk]]
"""Has a text spoken."""


def jain(shares: Sequence[float]) -> float:
    """Return Jain's index of fairness: 1 is equal, 1/n is all for one.

    Source: Jain, Chiu and Hawe, A Quantitative Measure of Fairness, 1984.
    """
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def percentile(times_s: Sequence[float], share: float) -> float:
    """Return what this share of the times is below."""
    return sorted(times_s)[min(int(share * len(times_s)), len(times_s) - 1)]


def text(rng: random.Random) -> str:
    """Return a text of 15 to 60 letters."""
    return "la " * rng.randint(5, 20)


class Pool:
    """A server with some workers."""

    def __init__(self, folder: Path, workers: int, service_s: float = SERVICE_S) -> None:
        self.server = NatsServer(folder)
        self.folder = folder
        self._service_s = service_s
        self._count = 0
        self.workers: list[WorkerProcess] = []
        self.server.start()
        for _ in range(workers):
            self.add()
        for worker in self.workers:
            worker.wait_serving()

    def add(self) -> None:
        """Start another worker."""
        self._count += 1
        self.workers.append(
            WorkerProcess(
                self.folder / f"worker{self._count}",
                {"servers": [self.server.url]},
                environment={"POOL_SERVICE_S": str(self._service_s), "POOL_SPOKEN": ""},
                at_once=2,
            )
        )

    def close(self) -> None:
        """End all of it."""
        for worker in self.workers:
            worker.end()
        self.server.kill()


@asynccontextmanager
async def pooled(workers: int) -> AsyncIterator[list[Say]]:
    """Yield the daemons' ends of a pool, one for each streamer."""
    with tempfile.TemporaryDirectory() as name:
        pool = await asyncio.to_thread(Pool, Path(name), workers)
        async with AsyncExitStack() as stack:
            stack.callback(pool.close)
            ends: list[Say] = []
            for number in range(STREAMERS):
                end = PoolEngine(servers=[pool.server.url], streamer=f"s{number}", voices="")
                stack.push_async_callback(end.close)
                await end.warm_up()
                ends.append(partial(speak_one, end))
            await asyncio.gather(*(end(_asked("warm", "la la")) for end in ends * 2))
            yield ends


def _asked(identity: str, words: str) -> SpeechRequest:
    return SpeechRequest(id=identity, text=words, voice="heart")


async def saturated(
    ends: Sequence[Say], *, duration_s: float, floods: bool, seed: int
) -> dict[str, Any]:
    """Let every channel always have something to say; with `floods` one streamer's ten times."""
    spoken: Counter[tuple[int, int]] = Counter()
    refused = 0
    begin_at = time.monotonic() + 2.0
    end_at = begin_at + duration_s

    async def talk(streamer: int, channel: int, number: int) -> None:
        nonlocal refused
        rng = random.Random(f"{seed} {streamer} {channel} {number}")
        while time.monotonic() < end_at:
            try:
                await ends[streamer](_asked(f"{streamer}-{channel}", text(rng)))
            except IshowttsError:
                refused += 1
            else:
                spoken[streamer, channel] += begin_at <= time.monotonic() < end_at

    tasks = [
        asyncio.create_task(talk(streamer, channel, number))
        for streamer in range(STREAMERS)
        for channel in range(_PER_CHANNEL)
        for number in range(10 if floods and not streamer else 1)
    ]
    await asyncio.sleep(max(end_at - time.monotonic(), 0))
    await cancel(*tasks)
    streamers = [sum(spoken[s, c] for c in range(_PER_CHANNEL)) for s in range(STREAMERS)]
    channels = [spoken[s, c] for s in range(STREAMERS) for c in range(_PER_CHANNEL)]
    share = {"flooding_streamer_s_share": round(streamers[0] / sum(streamers), 3)}
    return {
        "per_s": round(sum(streamers) / duration_s, 2),
        "jain_of_channels": round(jain(channels), 3),
        "jain_of_streamers": round(jain(streamers), 3),
        "refused": refused,
        **(share if floods else {}),
    }


async def bursts(
    ends: Sequence[Say], *, per_s: float, duration_s: float, seed: int
) -> dict[str, Any]:
    """Let chat come at random, a third of it in bursts; return times to the first sound."""
    rng = random.Random(seed)
    first_s: list[float] = []
    refused = 0

    async def say(end: Say, words: str) -> None:
        nonlocal refused
        begun_at = time.monotonic()
        try:
            await end(_asked("m", words))
        except IshowttsError:
            refused += 1
        else:
            first_s.append(time.monotonic() - begun_at)

    tasks: list[asyncio.Task[None]] = []
    at = begun_at = time.monotonic()
    while at < begun_at + duration_s:
        count = _BURST if rng.random() < 1 / (1 + 2 * _BURST) else 1
        end = rng.choice(ends)
        tasks += [asyncio.create_task(say(end, text(rng))) for _ in range(count)]
        # Each step brings 36/25 messages, 12 of 36 in bursts.
        at += rng.expovariate(per_s / (3 * _BURST / (1 + 2 * _BURST)))
        await asyncio.sleep(max(at - time.monotonic(), 0))
    await asyncio.gather(*tasks)
    return {
        "messages": len(tasks),
        "per_s": round(len(tasks) / duration_s, 2),
        "refused": refused,
        "median_s": round(statistics.median(first_s), 3),
        "p95_s": round(percentile(first_s, 0.95), 3),
        "p99_s": round(percentile(first_s, 0.99), 3),
    }


async def one_machine(*, duration_s: float, seed: int) -> dict[str, Any]:
    """The same chat, the share of one machine, on its own engine."""
    os.environ |= {
        "POOL_SERVICE_S": str(SERVICE_S),
        "PYTHONPATH": str(Path(__file__).parents[1] / "pool"),
    }
    local = Supervisor("slow", lambda: {"speed": 1.0}, engine=SLOW)
    try:
        await local.warm_up()
        rate = _LOAD / SERVICE_S
        return await bursts([local.speak], per_s=rate, duration_s=duration_s, seed=seed)
    finally:
        await local.close()


class Fire:
    """Kills at random, and what is started again."""

    def __init__(self, pool: Pool, ends: Sequence[Supervisor], seed: int) -> None:
        self._pool = pool
        self._ends = ends
        self._rng = random.Random(seed)
        self.kills: Counter[str] = Counter()

    async def run(self, kills: int) -> None:
        """Kill something every second or so."""
        while sum(self.kills.values()) < kills:
            await asyncio.sleep(self._rng.uniform(0.3, 1.5))
            what = self._rng.choices(("worker", "stopped", "server", "end"), (5, 2, 2, 1))[0]
            self.kills[what] += 1
            if what == "server":
                await asyncio.to_thread(self._pool.server.kill)
                await asyncio.sleep(self._rng.choice((0.1, 0.5, 3.0)))
                await asyncio.to_thread(self._pool.server.start)
            elif what == "end":
                pid = self._rng.choice(self._ends).pid
                if pid is not None:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            else:
                worker = self._rng.choice(self._pool.workers)
                if what == "stopped":
                    worker.signal(signal.SIGSTOP)
                    await asyncio.sleep(self._rng.uniform(0.5, 3))
                self._pool.workers.remove(worker)
                await asyncio.to_thread(worker.end)
                self._pool.add()


async def under_fire(folder: Path, *, kills: int, seed: int) -> dict[str, Any]:
    """Have messages spoken by chains while parts are killed; each must end once."""
    pool = await asyncio.to_thread(Pool, folder, _WORKERS, 0.3)
    settings = [
        EngineSettings.model_validate(
            {
                "engines": ["pool", "tone"],
                "stall_s": 60,
                "pool": {"servers": [pool.server.url], "streamer": f"s{number}"},
            }
        )
        for number in range(3)
    ]
    narrators = [engines.create(each) for each in settings]
    rng = random.Random(seed)
    ends: Counter[str] = Counter()
    by_engine: Counter[str] = Counter()
    lengths = Counter({"too short": 0, "too long": 0})

    async def say(number: int) -> None:
        sentences = rng.randint(1, 3)
        words = " ".join(text(rng).strip() + "." for _ in range(sentences))
        request = _asked(f"m{number}", words)
        audio_s = 0.0
        try:
            async for chunk in narrators[number % len(narrators)].synthesize(request):
                audio_s += chunk.duration_s
                by_engine[chunk.engine or "silence"] += 1
            ends["spoken"] += 1
            # A tone is as long as its text: more is something that was said again.
            usual_s = len(words) / 15 + 0.3 * sentences
            lengths["too short"] += audio_s < usual_s - 0.3 * sentences - 0.2
            lengths["too long"] += audio_s > usual_s + 0.5
        except IshowttsError as error:
            ends[f"failed: {error.message}"] += 1

    try:
        for narrator in narrators:
            await narrator.warm_up()
            for supervisor in narrator._engine.supervisors:
                await supervisor.warm_up()
        fire = Fire(pool, [each._engine.supervisors[0] for each in narrators], seed)
        burning = asyncio.create_task(fire.run(kills))
        begun_at = time.monotonic()
        tasks: list[asyncio.Task[None]] = []
        while not burning.done():
            tasks.append(asyncio.create_task(say(len(tasks))))
            await asyncio.sleep(rng.expovariate(4.0))
        await burning
        await asyncio.wait_for(asyncio.gather(*tasks), 120)
    finally:
        await asyncio.gather(*(narrator.close() for narrator in narrators))
        pool.close()
    return {
        "seed": seed,
        "service_s": 0.3,
        "workers": _WORKERS,
        "minutes": round((time.monotonic() - begun_at) / 60, 1),
        "kills": dict(fire.kills),
        "messages": len(tasks),
        "with_exactly_one_end": sum(ends.values()),
        "ends": dict(ends),
        "lengths": dict(lengths),
        "pieces_by_engine": dict(by_engine),
    }


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return all results."""
    result: dict[str, Any] = environment("nats-py")
    result |= {
        "simulated_service_s": SERVICE_S,
        "channels": CHANNELS,
        "streamers": STREAMERS,
        "seed": options.seed,
        "saturated": {},
        "bursts": {},
    }
    for workers in (1, 2, _WORKERS):
        async with pooled(workers) as ends:
            found = await saturated(
                ends, duration_s=options.seconds, floods=False, seed=options.seed
            )
            result["saturated"][f"{workers} workers"] = found
            print(workers, found, flush=True)
            capacity = workers / SERVICE_S
            found = await bursts(
                ends, per_s=_LOAD * capacity, duration_s=2 * options.seconds, seed=options.seed
            )
            result["bursts"][f"{workers} workers"] = found
            print(workers, found, flush=True)
            if workers == _WORKERS:
                found = await saturated(
                    ends, duration_s=options.seconds, floods=True, seed=options.seed
                )
                result["saturated"][f"{workers} workers, one streamer floods"] = found
                print("flood", found, flush=True)
    result["bursts"]["one machine's own engine"] = await one_machine(
        duration_s=2 * options.seconds, seed=options.seed
    )
    rates = [result["saturated"][f"{n} workers"]["per_s"] / n for n in (1, 2, _WORKERS)]
    result["linear"] = [round(rate / rates[0], 3) for rate in rates]
    if options.kills:
        with tempfile.TemporaryDirectory() as name:
            result["under_fire"] = await under_fire(
                Path(name), kills=options.kills, seed=options.seed
            )
    return result


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    if result["linear"][-1] < 0.9:
        found.append("throughput is not linear in workers to 90 %")
    fire = result.get("under_fire")
    if fire and fire["with_exactly_one_end"] != fire["messages"]:
        found.append("a message did not end exactly once")
    if fire and set(fire["ends"]) != {"spoken"}:
        found.append("a message was lost")
    if fire and any(fire["lengths"].values()):
        found.append("a part was lost, or heard twice")
    return found


def main() -> int:
    """Run the benchmark; return 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="0 leaves them out")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    result = asyncio.run(measure(options))
    result["complaints"] = complaints(result)
    print(result)
    if options.save:
        save(options.save, result)
    return 1 if result["complaints"] else 0


if __name__ == "__main__":
    sys.exit(main())
