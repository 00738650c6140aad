"""A thousand daemons on one server: what that takes, and what those that speak feel of it.

Run from the repository: `python -m tests.bench.pool_many [--daemons N] [--save pool_many]`. A real
nats-server and four real workers, the engine of which is a tone that takes no time. Ten real ends
of the pool speak, and ten real leases are renewed, first alone and then beside the daemons. Those
are light: connections that hear every worker's beats, and renew a lease each second in a bucket of
their own, as a whole daemon with a standby does; they speak nothing, so speech costs the same in
both cases.
"""

import argparse
import asyncio
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import nats as client_of_nats
from nats.aio.client import Client

from bot.engine.contract import speak_one
from bot.engine.guests.pool.engine import PoolEngine
from bot.messages import SpeechRequest
from bot.pool.lease import Lease
from bot.pool.state import bucket_of_state, make_state
from tests.bench.pool import percentile, text
from tests.bench.report import environment, save
from tests.pool.parts import NatsServer, WorkerProcess

_WORKERS, _REAL = 4, 10
_PER_S = 2.0
"""Messages of each real end."""
_TICK_S = 0.1
_TICKS = 10
"""A light daemon renews its lease once in so many."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_STORE = "100GB"
"""What may be reserved, not what is used."""


def light_daemons(port: int, first: int, count: int, ready: Event, ended: Event) -> None:
    """Be so many light daemons until `ended`."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    for number, each in enumerate(connections, first):
        subscriptions = f"SUB ishowtts.worker.* 1\r\nSUB _INBOX.d{number}.> 2\r\n"
        each.sendall(f'CONNECT {{"verbose":false}}\r\n{subscriptions}PING\r\n'.encode())
        each.settimeout(0)
    ready.set()
    tick = 0
    while not ended.wait(_TICK_S):
        tick += 1
        for number, each in enumerate(connections, first):
            _read(each)
            if number % _TICKS == tick % _TICKS:
                subject = f"$KV.{bucket_of_state('ishowtts', f'd{number}')}.main.leader"
                each.send(f"PUB {subject} _INBOX.d{number}.1 16\r\n{'x' * 16}\r\n".encode())


def _read(connection: socket.socket) -> None:
    try:
        if b"PING\r\n" in connection.recv(1 << 16):
            connection.send(b"PONG\r\n")
    except BlockingIOError:
        pass


class Usage:
    """CPU time and memory of a process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._begun = self._cpu_s(), time.monotonic()

    def _cpu_s(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def so_far(self) -> dict[str, float]:
        """Return the share of one core since the beginning, and the memory now."""
        cpu_s, at = self._cpu_s() - self._begun[0], time.monotonic() - self._begun[1]
        status = Path(f"/proc/{self._pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return {
            "server_cpu_cores": round(cpu_s / at, 3),
            "server_memory_mib": round(int(line.split()[1]) / 1024, 1),
        }


async def measured(
    server: NatsServer, ends: Sequence[PoolEngine], client: Client, *, duration_s: float, seed: int
) -> dict[str, Any]:
    """Let the ends speak, and renew leases; return how long either took, and the server's part."""
    speech_s: list[float] = []
    renewal_s: list[float] = []
    end_at = time.monotonic() + duration_s

    async def speak(number: int) -> None:
        rng = random.Random(f"{seed} {number}")
        while time.monotonic() < end_at:
            await asyncio.sleep(rng.expovariate(_PER_S))
            begun_at = time.monotonic()
            request = SpeechRequest(id="m", text=text(rng), voice="heart")
            await speak_one(ends[number], request)
            speech_s.append(time.monotonic() - begun_at)

    async def renew(number: int) -> None:
        bucket = bucket_of_state("ishowtts", f"real{number}")
        lease = Lease(await client.jetstream().key_value(bucket), "main", last_s=6.0)
        await lease.take()
        while time.monotonic() < end_at:
            await asyncio.sleep(1.0)
            begun_at = time.monotonic()
            await lease._renew()
            renewal_s.append(time.monotonic() - begun_at)
        await lease.give_back()

    usage = Usage(server.pid)
    counts = server.counts()
    work = (work(number) for number in range(_REAL) for work in (speak, renew))
    await asyncio.gather(*work)
    seconds = duration_s
    later = server.counts()
    return {
        "connections": later["connections"],
        "to_the_server_per_s": round((later["in_msgs"] - counts["in_msgs"]) / seconds),
        "from_the_server_per_s": round((later["out_msgs"] - counts["out_msgs"]) / seconds),
        **usage.so_far(),
        "first_sound": _spread(speech_s),
        "renewal_of_a_lease": _spread(renewal_s),
        "slow_consumers": later["slow_consumers"],
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "count": len(seconds),
        "median_ms": round(statistics.median(seconds) * 1000, 1),
        "p95_ms": round(percentile(seconds, 0.95) * 1000, 1),
        "p99_ms": round(percentile(seconds, 0.99) * 1000, 1),
    }


async def many(folder: Path, *, daemons: int, duration_s: float, seed: int) -> dict[str, Any]:
    """Measure with the real ends alone, then beside light daemons."""
    server = NatsServer(folder, store=_STORE)
    processes = get_context("spawn")
    async with AsyncExitStack() as stack:
        stack.callback(server.kill)
        await asyncio.to_thread(server.start)
        workers = [
            WorkerProcess(
                folder / f"worker{number}",
                {"servers": [server.url]},
                environment={"POOL_SERVICE_S": "0", "POOL_SPOKEN": ""},
                at_once=2,
            )
            for number in range(_WORKERS)
        ]
        for worker in workers:
            stack.callback(worker.end)
        for worker in workers:
            await asyncio.to_thread(worker.wait_serving)
        client = await client_of_nats.connect(server.url)
        stack.push_async_callback(client.close)
        ends = [
            PoolEngine(servers=[server.url], streamer=f"real{number}", voices="")
            for number in range(_REAL)
        ]
        for number, end in enumerate(ends):
            stack.push_async_callback(end.close)
            await end.warm_up()
            await make_state(client, bucket_of_state("ishowtts", f"real{number}"))
        measure = partial(measured, server, ends, client, duration_s=duration_s)
        alone = await measure(seed=seed)
        for number in range(daemons):
            await make_state(client, bucket_of_state("ishowtts", f"d{number}"))
        ready, ended = processes.Event(), processes.Event()
        process = processes.Process(
            target=light_daemons, args=(server.port, 0, daemons, ready, ended), daemon=True
        )
        process.start()
        stack.callback(process.join)
        stack.callback(ended.set)
        await asyncio.to_thread(ready.wait)
        await asyncio.sleep(2.0)  # until each has renewed
        return {"alone": alone, f"beside_{daemons}_daemons": await measure(seed=seed + 1)}


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemons", type=int, default=1000)
    parser.add_argument("--duration", type=float, default=30.0, help="seconds of each part")
    parser.add_argument("--note", default="", help="what else the machine did")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="")
    options = parser.parse_args()
    before = environment("nats-py")
    with tempfile.TemporaryDirectory() as name:
        work = many(
            Path(name), daemons=options.daemons, duration_s=options.duration, seed=options.seed
        )
        found = asyncio.run(work)
    setting = {"note": options.note, "seed": options.seed, "workers": _WORKERS, "real_ends": _REAL}
    save(options.save, before | setting | found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
