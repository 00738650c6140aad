"""Roster of the workers: who is there, by their beats, and who would speak soonest."""

import hashlib
import random
from collections.abc import Collection, Sequence
from typing import NamedTuple

from bot.engine.guests.pool.wire import Beat
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes

_CHOICES = 2
"""Workers of which the better one is taken. The best of all would get what every daemon has at the
moment, since beats are always a little old. Source: Mitzenmacher, The Power of Two Choices in
Randomized Load Balancing, 2001."""
_FETCH_S = 0.3
"""What a voice costs that a worker has not used lately, in seconds."""
_UNKNOWN_S = 0.3
"""What a message is taken to cost where the worker never spoke, in seconds."""
_FORGET_S = 60.0
"""Time after which a worker that is silent is forgotten."""


class Wanted(NamedTuple):
    """What a text needs of the worker that speaks it."""

    voice: str = ""
    """Name of the streamer's voice at workers; empty where any voice does."""
    language: str = ""
    """ISO 639 code; empty for that of the voice."""

    def suits(self, beat: Beat) -> bool:
        """Tell whether a worker can speak it; one that states no languages speaks any."""
        speaks = not (self.language and beat.languages) or self.language in beat.languages
        return speaks and (beat.clones or not self.voice)


class _Worker:
    """One worker as it is known here."""

    def __init__(self, beat: Beat) -> None:
        self.beat = beat
        self.heard_at = awake()
        self.sent = 0
        """Requests since its latest beat, which that does not count yet."""
        self.under_way = 0
        """Requests of ours that it has not answered."""
        self.closed_until = 0.0
        """Until when it said it was busy."""

    @property
    def has_room(self) -> bool:
        """Whether it would take a request, as far as is known; it may always take our first one."""
        beat = self.beat
        is_free = self.sent < beat.room or not self.under_way
        return beat.is_open and is_free and self.closed_until <= awake()

    def score_s(self, voice: str) -> float:
        """Return in how many seconds it would speak, by what is known."""
        beat = self.beat
        usual_s = beat.usual_s or _UNKNOWN_S
        ahead = max(beat.under_way + beat.waiting + self.sent - beat.at_once + 1, 0)
        wait_s = max(beat.wait_s, ahead * usual_s / max(beat.at_once, 1))
        return wait_s + usual_s + (_FETCH_S if voice and voice not in beat.warm else 0.0)


class Roster:
    """Workers by name."""

    def __init__(self, *, silent_s: float, seed: int | None = None) -> None:
        """Count a worker as gone that is silent for `silent_s` seconds."""
        self._silent_s = silent_s
        self._workers: dict[str, _Worker] = {}
        self._random = random.Random(seed)  # noqa: S311 - spreads load, keeps no secret
        self.changes = Changes()
        """Told at every beat."""
        self.heard_at = 0.0
        """When any of them was heard last."""

    def hear(self, beat: Beat) -> None:
        """Take a beat."""
        known = self._workers.get(beat.worker)
        if known is None:
            self._workers[beat.worker] = _Worker(beat)
        elif beat.sent > known.beat.sent:
            known.beat, known.heard_at, known.sent = beat, awake(), 0
        else:
            return  # an older one, or one that was sent again
        self.heard_at = awake()
        self.changes.tell()
        self._forget()

    def _forget(self) -> None:
        limit = awake() - _FORGET_S
        for name in [n for n, worker in self._workers.items() if worker.heard_at < limit]:
            del self._workers[name]

    @property
    def alive(self) -> list[Beat]:
        """Latest beats of the workers that are there."""
        return [worker.beat for name, worker in self._workers.items() if self.is_alive(name)]

    def is_stuck(self, name: str) -> bool:
        """Tell whether the engine of a worker seems to hang."""
        return name in self._workers and self._workers[name].beat.is_stuck

    def drops(self, name: str) -> int:
        """Return how often a worker lost its connection, as far as is known."""
        return self._workers[name].beat.drops if name in self._workers else 0

    def is_alive(self, name: str) -> bool:
        """Tell whether a worker was heard lately."""
        worker = self._workers.get(name)
        return worker is not None and awake() - worker.heard_at < self._silent_s

    def note_sent(self, name: str) -> None:
        """Count a request to a worker until it tells its load again."""
        if name in self._workers:
            self._workers[name].sent += 1
            self._workers[name].under_way += 1

    def note_ended(self, name: str) -> None:
        """Note that a request to a worker was answered, or given up."""
        if name in self._workers:
            self._workers[name].under_way = max(self._workers[name].under_way - 1, 0)

    def note_gone(self, name: str) -> None:
        """Note that a worker is not connected, as long as no beat comes."""
        if name in self._workers:
            self._workers[name].heard_at = 0.0

    def note_busy(self, name: str, wait_s: float) -> None:
        """Note that a worker takes nothing for some seconds."""
        if name in self._workers:
            self._workers[name].closed_until = awake() + wait_s

    def can_speak(self, wanted: Wanted) -> bool:
        """Tell whether a worker that can speak it takes requests, busy or not."""
        return any(beat.is_open and wanted.suits(beat) for beat in self.alive)

    def choose(self, wanted: Wanted, avoided: Collection[str]) -> str | None:
        """Return who shall speak; None where nobody who can takes requests.

        Of those in `avoided` one is chosen where there is no other.
        """
        voice = wanted.voice
        open_ones = {
            name: worker
            for name, worker in self._workers.items()
            if self.is_alive(name) and worker.has_room and wanted.suits(worker.beat)
        }
        left = [name for name in open_ones if name not in avoided] or list(open_ones)
        if not left:
            return None
        some = self._random.sample(left, min(_CHOICES, len(left)))
        if voice:  # its home, so that it is warm there, unless that has more to do
            some.append(max(left, key=lambda name: _weight(name, voice)))
        return min(some, key=lambda name: open_ones[name].score_s(voice))


def languages_of(workers: Sequence[Beat]) -> tuple[str, ...]:
    """Return what some worker speaks; empty, which is anything, where one states nothing."""
    stated = [each.languages for each in workers]
    return tuple(sorted({code for codes in stated for code in codes})) if all(stated) else ()


def _weight(worker: str, voice: str) -> bytes:
    """Return the rank of a worker as the home of a voice: rendezvous hashing."""
    return hashlib.blake2b(f"{worker} {voice}".encode(), digest_size=8).digest()
