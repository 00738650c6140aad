"""Whole daemons under fire: a pair of which one speaks, workers and the server are killed.

Run from the repository: `python -m tests.bench.pool_daemons [--kills N] [--seed S] [--save pool]`.
Two daemons (`ishowtts run`) share a name by the lease, and what was paid for by JetStream; they
speak through workers of a real server, the engine of which is a tone, and without them with a tone
of their own. Messages that were paid for go to the one that speaks, as Twitch's would. What it
answered with 202 is accepted: it must come to one outcome, whoever dies.

A daemon that loses its turn puts off what waits: that is no outcome, the next one speaks it.

How long each message was heard is taken from the times of its beginnings and ends, and of the kills
as this program saw them, whatever the daemons believe of it: what is more than its own length was
heard twice, and what lacks (a least time below zero) never. An event that a daemon was killed over
before it was in its file lacks here: then something is taken for unheard that was heard.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.bench.pool import Pool, percentile
from tests.bench.report import RESULTS, environment, save
from tests.conftest import wait_until
from tests.pool.daemons import DaemonProcess, Event

_WORKERS = 3
_SERVICE_S = 0.1
_EVERY_S = 2.0
_SHORT_S = 0.05
"""Seconds of a message within which its times are known here."""
_ENGINES = ("pool", "tone")
_KILLED, _KILLED_ALONE, _PUT_OFF = "killed", "killed while the server was away", "put off"
_FINAL = ("spoken", "dropped", "failed")
_LAST_S = 600.0
"""Limit of what is left to be said once nothing is killed any more."""


def text(rng: random.Random) -> str:
    """Return a text of 0.2 to 3.2 s."""
    return "la " * rng.randint(1, 16)


class Heard(NamedTuple):
    """When a message ceased to be heard, for how long it was, and what ended that."""

    at: float
    seconds: float
    end: str


class Pair:
    """Two daemons of one name, each on a disk of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self._url = url
        self._folders = [folder / "a", folder / "b"]
        self.daemons = [self._start(path) for path in self._folders]
        self._kills: list[list[Event]] = [[], []]

    def _start(self, folder: Path) -> DaemonProcess:
        policy = {"events": {"cheer": None}}
        return DaemonProcess(folder, self._url, _ENGINES, policy=policy)

    @property
    def speaking(self) -> list[int]:
        """Numbers of those that speak, by their logs."""
        return [number for number, daemon in enumerate(self.daemons) if daemon.speaks]

    @property
    def is_whole(self) -> bool:
        """Whether one speaks and the other one stands by."""
        return len(self.speaking) == 1 and all(each.logged("standing by") for each in self.daemons)

    def kill(self, number: int, how: str) -> None:
        """Kill one, and start it again as its machine would."""
        self.daemons[number].end()
        self._kills[number].append(Event(time.time(), how, ""))
        self.daemons[number] = self._start(self._folders[number])

    def heard(self) -> dict[str, list[Heard]]:
        """Return how long each message was heard, once for each time it began."""
        found: dict[str, list[Heard]] = {}
        for daemon, kills in zip(self.daemons, self._kills, strict=True):
            begun: dict[str, float] = {}
            for at, name, identity, _ in sorted([*daemon.events(), *kills]):
                if name == "started":
                    begun[identity] = at
                elif name in (_KILLED, _KILLED_ALONE):
                    for each, begun_at in begun.items():
                        found.setdefault(each, []).append(Heard(at, at - begun_at, name))
                    begun.clear()
                elif name in (_PUT_OFF, *_FINAL) and identity in begun:
                    heard = Heard(at, at - begun.pop(identity), name)
                    found.setdefault(identity, []).append(heard)
        return found

    def lengths(self) -> dict[str, float]:
        """Return the length of the speech of each message."""
        events = (event for daemon in self.daemons for event in daemon.events())
        return {event.id: event.audio_s for event in events if event.name == "spoken"}

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Return how often each message came to each outcome."""
        return Counter(
            (identity, name)
            for daemon in self.daemons
            for name in ("started", _PUT_OFF, *_FINAL)
            for identity in daemon.outcomes(name)
        )

    def close(self) -> None:
        """End both."""
        for daemon in self.daemons:
            daemon.end()


class Fire:
    """Kills at random."""

    def __init__(self, pool: Pool, pair: Pair, seed: int) -> None:
        self._pool = pool
        self._pair = pair
        self._rng = random.Random(seed)
        self.kills: Counter[str] = Counter()

    async def run(self, kills: int) -> None:
        """Kill something every two seconds or so."""
        while sum(self.kills.values()) < kills:
            await asyncio.sleep(self._rng.uniform(0.5, 4.0))
            what = self._rng.choices(("worker", "daemon", "server", "both"), (4, 4, 1, 1))[0]
            if what == "both":
                if not self._pair.is_whole:
                    continue
                what = "daemon that speaks, while the server is away"
                speaking = self._pair.speaking[0]
                await asyncio.to_thread(self._pool.server.kill)
                await asyncio.sleep(self._rng.uniform(0.0, 1.5))
                await asyncio.to_thread(self._pair.kill, speaking, _KILLED_ALONE)
                await asyncio.to_thread(self._pool.server.start)
            elif what == "daemon":
                if not self._pair.is_whole:  # it is one at a time whose machine dies
                    continue
                speaking = self._pair.speaking[0]
                is_speaking = self._rng.random() < 0.75
                what = "daemon that speaks" if is_speaking else "daemon that stands by"
                number = speaking if is_speaking else 1 - speaking
                await asyncio.to_thread(self._pair.kill, number, _KILLED)
            elif what == "server":
                await asyncio.to_thread(self._pool.server.kill)
                await asyncio.sleep(self._rng.choice((0.1, 0.5, 3.0)))
                await asyncio.to_thread(self._pool.server.start)
            else:
                worker = self._rng.choice(self._pool.workers)
                self._pool.workers.remove(worker)
                if self._rng.random() < 0.3:
                    what = "worker, stopped before"
                    worker.signal(signal.SIGSTOP)
                    await asyncio.sleep(self._rng.uniform(0.5, 2.0))
                await asyncio.to_thread(worker.end)
                self._pool.add()
            self.kills[what] += 1


async def under_fire(folder: Path, *, kills: int, seed: int, note: str) -> dict[str, Any]:
    """Have messages spoken by a pair of daemons while parts are killed."""
    pool = await asyncio.to_thread(Pool, folder, _WORKERS, _SERVICE_S)
    pair = Pair(folder, pool.server.url)
    rng = random.Random(seed)
    accepted: list[str] = []
    refused = 0
    begun_at = time.monotonic()

    async def pay() -> None:
        nonlocal refused
        for number in pair.speaking:
            try:
                for _ in range(rng.choice((1, 1, 2, 4))):
                    paid = await asyncio.to_thread(pair.daemons[number].pay, text(rng))
                    accepted.append(paid)
            # It was killed meanwhile: its sender knows that it was not taken.
            except (OSError, pytest.fail.Exception):
                refused += 1

    try:
        await asyncio.to_thread(wait_until, lambda: pair.is_whole, "pair of daemons")
        fire = Fire(pool, pair, seed)
        burning = asyncio.create_task(fire.run(kills))
        while not burning.done():
            await asyncio.sleep(rng.expovariate(1 / _EVERY_S))
            await pay()
        await burning
        deadline = time.monotonic() + _LAST_S
        while time.monotonic() < deadline:
            ended = {identity for identity, name in pair.outcomes() if name in _FINAL}
            if ended >= set(accepted):
                break
            await asyncio.sleep(1.0)
        found, heard, lengths = pair.outcomes(), pair.heard(), pair.lengths()
    finally:
        pair.close()
        pool.close()
    cut = {each: heard[each] for each in accepted if len(heard.get(each, ())) > 1}
    too_long = {
        each: sum(part.seconds for part in parts) - lengths[each]
        for each, parts in cut.items()
        if each in lengths
    }
    # What ended while the server was away is what nobody can be told of in time.
    unsure = {
        each for each, parts in cut.items() if any(p.end != _KILLED for p in sorted(parts)[:-1])
    }
    ends = {each: sum(found[each, name] for name in _FINAL) for each in accepted}
    return environment("nats-py") | {
        "note": note,
        "seed": seed,
        "workers": _WORKERS,
        "service_s": _SERVICE_S,
        "minutes": round((time.monotonic() - begun_at) / 60, 1),
        "kills": dict(fire.kills),
        "accepted": len(accepted),
        "not_answered": refused,
        "with_exactly_one_outcome": sum(count == 1 for count in ends.values()),
        "without_outcome": sum(count == 0 for count in ends.values()),
        "with_two_or_more": sum(count > 1 for count in ends.values()),
        "outcomes": dict(Counter(n for (i, n) in found.elements() if n in _FINAL and i in ends)),
        "put_off_at_the_end_of_a_daemon": sum(found[each, "put off"] > 0 for each in accepted),
        "spoken_twice": sum(found[each, "spoken"] > 1 for each in accepted),
        "begun_more_than_once": sum(found[each, "started"] > 1 for each in accepted),
        "heard_twice_after_a_kill": _spread([s for e, s in too_long.items() if e not in unsure]),
        "heard_twice_after_the_server_was_away": _spread(
            [s for e, s in too_long.items() if e in unsure]
        ),
        "begun_once_longer_than_its_speech": _spread(
            [heard[e][0].seconds - lengths[e] for e in lengths if len(heard.get(e, ())) == 1]
        ),
        "heard_to_the_end_twice": sum(s > lengths[e] - _SHORT_S for e, s in too_long.items()),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return of how many messages so much was, and how much in the middle and at most."""
    if not seconds:
        return {"messages": 0}
    return {
        "messages": len(seconds),
        "least_s": round(min(seconds), 2),
        "median_s": round(percentile(seconds, 0.5), 2),
        "most_s": round(max(seconds), 2),
    }


def main() -> int:
    """Run the benchmark; return 1 if a message had no outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--note", default="", help="what else the machine did")
    parser.add_argument("--save", default="", help="name of the result that it becomes a part of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        fire = under_fire(Path(name), kills=options.kills, seed=options.seed, note=options.note)
        found = asyncio.run(fire)
    result = found
    if options.save:
        whole = json.loads((RESULTS / f"{options.save}.json").read_text(encoding="utf-8"))
        result = whole | {"daemons_under_fire": found}
    save(options.save, result)
    return int(found["without_outcome"] > 0)


if __name__ == "__main__":
    sys.exit(main())
