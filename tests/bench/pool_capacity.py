"""Simulation of 10,000 channels on a pool: how many a GPU serves, by card and by chat rate.

Run from the repository: `python -m tests.bench.pool_capacity [--save pool_capacity]`. Nothing is
spoken. Times of one request by its length, and of several together, are those of
`tests.bench.pool_cards`: measured on an H100, counted for other cards. All else is simulated, under
these assumptions:

- Chat: what is spoken of a channel comes at a rate of its own, gamma distributed around the mean
  (shape 0.5: a tenth of the channels has almost half of it); a third comes in bursts of 6 on
  average, one a second. A channel is raided once in ten hours: 30 messages within 15 s.
- Rates stay as they are: the mean is that of the busiest hour. Channels do not burst together, as
  they would at an event that all of them show. Tails heavier than these change little, since a
  channel speaks one message after the other: it never asks for more than one in some 3 s.
- A message is 3 s of speech on average (exponential, 1 to 10 s), one piece, spoken one after the
  other; the next one is asked for when the one before begins, as the daemon looks ahead. Of a
  channel 10 messages wait at most; the rest is dropped, and counted.
- A worker speaks what is needed first, up to 16 together: urgent ones (somebody waits) do not wait
  for others to come. Between the numbers of requests that were measured the gain is interpolated.
- Daemons ask the better of two workers at random, by what each has. The network takes 2 ms a way.
- Voices are warm, nothing fails.
"""

import argparse
import heapq
import itertools
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tests.bench.pool import percentile
from tests.bench.pool_cards import Card, cards
from tests.bench.report import environment, save

CHANNELS = 10_000
_MINUTES = 4.0
_BATCH = 16
_NETWORK_S = 0.002
_BURST, _BURST_SHARE = 6, 1 / 3
_RAID, _RAID_S, _RAID_EVERY_S = 30, 15.0, 36_000.0
_SPEECH_S, _SHORTEST_S, _LONGEST_S = 3.0, 1.0, 10.0
_WAITING = 10
_URGENT_S = 0.25
"""As `bot.engine.process.scheduler` has it."""


PER_MINUTE = (1.0, 4.0)


class Request(NamedTuple):
    """One message at the pool, the one that is needed first being the least."""

    due_at: float
    number: int
    channel: int
    came_at: float
    speech_s: float


class Worker:
    """One GPU."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.queue: list[Request] = []
        self.free_at = 0.0
        self.busy_s = 0.0
        self.load_s = 0.0

    def service_s(self, request: Request) -> float:
        """Return what a request takes alone."""
        return self._card.alone_s(request.speech_s)

    def put(self, request: Request) -> None:
        """Take a request."""
        heapq.heappush(self.queue, request)
        self.load_s += self.service_s(request)

    def take(self, at: float) -> tuple[list[Request], float]:
        """Return the next batch, and when it is spoken."""
        batch = [heapq.heappop(self.queue)]
        is_urgent = batch[0].due_at <= at + _URGENT_S
        while self.queue and len(batch) < _BATCH:
            if is_urgent and self.queue[0].due_at > at + _URGENT_S:
                break
            batch.append(heapq.heappop(self.queue))
        alone_s = sum(map(self.service_s, batch))
        self.load_s -= alone_s
        took_s = alone_s * self._card.share(len(batch))
        self.busy_s += took_s
        self.free_at = at + took_s
        return batch, self.free_at


def chat(rng: random.Random, per_minute: float, duration_s: float) -> Iterator[tuple[float, int]]:
    """Yield times and channels of messages, in no order."""
    for channel in range(CHANNELS):
        rate = rng.gammavariate(0.5, 2 * per_minute) / 60
        # Each step brings one message, or a burst.
        bursts = _BURST_SHARE / (_BURST_SHARE + _BURST * (1 - _BURST_SHARE))
        steps = rate / (1 + bursts * (_BURST - 1))
        at = rng.expovariate(steps) if steps > 1e-6 else duration_s
        while at < duration_s:
            count = 1
            if rng.random() < bursts:
                count = 1 + min(int(rng.expovariate(1 / (_BURST - 1))), 40)
            moment = at
            for _ in range(count):
                yield moment, channel
                moment += rng.expovariate(1.0)
            at += rng.expovariate(steps)
        raided_at = rng.expovariate(1 / _RAID_EVERY_S)
        if raided_at < duration_s:
            yield from ((raided_at + rng.uniform(0, _RAID_S), channel) for _ in range(_RAID))


class Simulation:
    """Channels, workers and the time."""

    def __init__(self, card: Card, workers: int, seed: int) -> None:
        self._rng = random.Random(seed)
        self.workers = [Worker(card) for _ in range(workers)]
        self._events: list[tuple[float, int, str, Any]] = []
        self._numbers = itertools.count()
        self._waiting: list[deque[float]] = [deque() for _ in range(CHANNELS)]
        self._until = [0.0] * CHANNELS
        """When what a channel says ends."""
        self._asked = [False] * CHANNELS
        self.first_s: list[float] = []
        """Times to the first sound of messages that found their channel silent."""
        self.late = self.ahead = self.dropped = self.came = 0

    def _at(self, at: float, what: str, of: Any) -> None:  # noqa: ANN401 - of each its own
        heapq.heappush(self._events, (at, next(self._numbers), what, of))

    def run(self, per_minute: float, duration_s: float) -> None:
        """Let chat come for so long."""
        for at, channel in chat(self._rng, per_minute, duration_s):
            self._at(at, "message", channel)
        happen: Mapping[str, Callable[[float, Any], None]] = {
            "message": self._receive,
            "begin": self._ask,
            "arrive": self._arrive,
            "done": self._end,
        }
        while self._events:
            at, _, what, of = heapq.heappop(self._events)
            happen[what](at, of)

    def _receive(self, at: float, channel: int) -> None:
        self.came += 1
        if len(self._waiting[channel]) >= _WAITING:
            self.dropped += 1
            return
        self._waiting[channel].append(at)
        self._ask(at, channel)

    def _arrive(self, at: float, of: tuple[Worker, Request]) -> None:
        worker, request = of
        worker.put(request)
        if worker.free_at <= at:
            self._work(at, worker)

    def _end(self, at: float, of: tuple[Worker, list[Request]]) -> None:
        worker, batch = of
        for request in batch:
            self._hear(at + _NETWORK_S, request)
        if worker.queue and worker.free_at <= at:
            self._work(at, worker)

    def _ask(self, at: float, channel: int) -> None:
        if self._asked[channel] or not self._waiting[channel]:
            return
        came_at = self._waiting[channel].popleft()
        self._asked[channel] = True
        speech_s = min(max(self._rng.expovariate(1 / _SPEECH_S), _SHORTEST_S), _LONGEST_S)
        due_at = max(self._until[channel], at)
        request = Request(due_at, next(self._numbers), channel, came_at, speech_s)
        some = self._rng.sample(self.workers, min(2, len(self.workers)))
        worker = min(some, key=lambda each: max(each.free_at - at, 0.0) + each.load_s)
        self._at(at + _NETWORK_S, "arrive", (worker, request))

    def _work(self, at: float, worker: Worker) -> None:
        batch, done_at = worker.take(at)
        self._at(done_at, "done", (worker, batch))

    def _hear(self, at: float, request: Request) -> None:
        channel = request.channel
        if self._until[channel] <= request.came_at:
            self.first_s.append(at - request.came_at)
        else:
            self.ahead += 1
            self.late += at > self._until[channel] + 0.05
        begin_at = max(at, self._until[channel])
        self._until[channel] = begin_at + request.speech_s
        self._asked[channel] = False
        self._at(begin_at, "begin", channel)


def simulate(card: Card, workers: int, per_minute: float, seed: int) -> dict[str, Any]:
    """Return what so many workers give."""
    simulation = Simulation(card, workers, seed)
    duration_s = 60 * _MINUTES
    simulation.run(per_minute, duration_s)
    return {
        "workers": workers,
        "channels_per_worker": round(CHANNELS / workers),
        "busy": round(sum(w.busy_s for w in simulation.workers) / workers / duration_s, 3),
        "first_sound_median_ms": round(1000 * percentile(simulation.first_s, 0.5), 1),
        "first_sound_p95_ms": round(1000 * percentile(simulation.first_s, 0.95), 1),
        "gaps_share": round(simulation.late / max(simulation.ahead, 1), 5),
        "dropped_share": round(simulation.dropped / simulation.came, 4),
    }


def fewest(card: Card, per_minute: float, seed: int, limit_s: float) -> dict[str, Any]:
    """Return the result of the fewest workers whose p95 is within the limit."""
    work = CHANNELS * per_minute / 60 * card.alone_s(_SPEECH_S)
    least, most = max(int(work * card.share(_BATCH) / 2), 1), 2 * int(work) + 8
    found: dict[str, Any] = {}
    while least < most:
        middle = (least + most) // 2
        result = simulate(card, middle, per_minute, seed)
        if result["first_sound_p95_ms"] <= 1000 * limit_s and result["busy"] < 1:
            most, found = middle, result
        else:
            least = middle + 1
    return found


def main() -> int:
    """Run the simulation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    result: dict[str, Any] = environment() | {
        "channels": CHANNELS,
        "minutes": _MINUTES,
        "seed": options.seed,
        "is_simulated": True,
    }
    for card in cards():
        name, alone_s = card.name, card.alone_s(_SPEECH_S)
        # A third above a message alone, and at least a tenth of a second.
        limit_s = max(4 / 3 * alone_s, 0.1)
        result[name] = {
            "times": "measured" if card.is_measured else "counted",
            "source": card.source,
            "message_of_3_s_ms": round(1000 * alone_s, 1),
            "sixteen_together": round(card.share(_BATCH), 3),
            "p95_within_s": round(limit_s, 3),
        } | {
            f"{per_minute:g} a minute": fewest(card, per_minute, options.seed, limit_s)
            for per_minute in PER_MINUTE
        }
        print(name, result[name], flush=True)
    save(options.save, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
