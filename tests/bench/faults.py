"""Random faults of an engine's process, and what was heard meanwhile.

Run from the repository: `python -m tests.bench.faults [--faults N] [--seed S]`. Everything but the
voice is real: processes, fallback, pieces, backlog, speaker, and a sound file written in real time.
The voice says each word as a tenth of a second at a level that tells the utterance, so the
file shows what was said, how often, and where it was silent.
"""

import argparse
import asyncio
import itertools
import logging
import os
import random
import signal
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import structlog

from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.pieces import Lengths, Pauses
from bot.engine.process.supervisor import Supervisor
from bot.engine.process.watchdog import Limits
from bot.messages import Samples
from bot.outcomes import Spoken, Started
from bot.runtime.clock import now
from tests.bench.report import environment, save
from tests.engine import stand_ins
from tests.engine.channel import Channel, heard

STAND_INS = str(Path(stand_ins.__file__).parent)
"""What the engines' processes import them from."""
_WORD_S = 0.1
_RATE_HZ = 48_000
_PENDING = 4
_IN_SPEECH = ("exit", "kill", "stop", "raise", "memory", "hang", "nan")
_AT_START = ("exit", "kill", "raise", "memory")
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGSTOP)
_EXPLAINS_S = 5.0
"""A fault may be heard for so long: it is noticed within 3 s, then another engine speaks."""
_GAP_S = 0.02
_WORDS = ("alpha", "bravo", "charlie", "delta", "foxtrot", "golf", "hotel", "india", "juliet")
_CLEAN_BETWEEN = 2
"""Utterances without a fault after each with one: enough for the engine to be taken back, which
after three failures in a row is left alone for a while."""
LIMITS = Limits(working_s=1.0, unknown_s=1.0)
"""The stand-in answers within milliseconds, so it hangs sooner than F5-TTS would."""


class Said(NamedTuple):
    """What an utterance should be heard as."""

    text: str
    words: int


def compose(rng: random.Random, *, fault: str) -> Said:
    """Return an utterance of two to three sentences, with `fault` at a random place if any."""
    words = [rng.choice(_WORDS) for _ in range(rng.randint(8, 18))]
    if fault:
        words[rng.randrange(len(words))] = fault
    cut = len(words) // 2
    # A word that has no sound is left out by no engine: even `nan` is said by the next one.
    return Said(f"{' '.join(words[:cut])}. {' '.join(words[cut:])}.", len(words))


class Stage:
    """One channel with two engines, the first of which breaks."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Write what happens below `folder`; `STAND_INS` stands in PYTHONPATH."""
        self.accepted: dict[int, Said] = {}
        self.from_outside: list[float] = []
        """When a signal was sent."""
        self.faults = folder / "faults"
        self.faults.mkdir()
        self._rng = random.Random(seed)
        self.first = self._supervisor("first", str(self.faults))
        self.second = self._supervisor("second", "")
        self._narrator = Narrator(
            FallbackEngine([self.first, self.second], stall_s=20),
            pauses=Pauses(0.0, 0.0, 0.0),
            lengths=Lengths(shortest=1),
        )
        self.channel = Channel(self._narrator, folder / "heard.wav", rate_hz=_RATE_HZ)

    def _supervisor(self, name: str, faults: str) -> Supervisor:
        options = {"faults": faults}
        return Supervisor(name, lambda: options, engine="stand_ins:Marked", limits=LIMITS)

    @property
    def happened(self) -> int:
        """How many faults there were."""
        return len(self.from_outside) + len(self._notes())

    def _notes(self) -> list[Path]:
        return [note for note in self.faults.iterdir() if note.name != "start"]

    def fault_times(self) -> list[float]:
        """Return when each was, in seconds of `bot.runtime.clock`."""
        return sorted([*self.from_outside, *(note.stat().st_mtime for note in self._notes())])

    def kinds(self) -> dict[str, int]:
        """Count them by what happened and when."""
        kinds: Counter[str] = Counter()
        for note in self._notes():
            stage = "at start" if "-start-" in note.name else "in speech"
            kinds[f"{note.name.rpartition('-')[2]} {stage}"] += 1
        kinds["signal from outside"] = len(self.from_outside)
        return dict(sorted(kinds.items()))

    async def run(self, faults: int, deadline_s: float) -> None:
        """Speak until so many faults have happened, and then what waits."""
        self._narrator.start()
        try:
            async with asyncio.timeout(deadline_s), self.channel.open():
                await self.first.warm_up()
                await self.second.warm_up()
                while self.happened < faults:
                    await self._feed()
                await self.channel.drain()
        finally:
            await self._narrator.close()

    async def _feed(self) -> None:
        """Accept another utterance when there is room, and break something now and then."""
        rng = self._rng
        while len(self.channel.backlog) >= _PENDING:
            await self.channel.backlog.wait_changed()
        number = len(self.accepted)
        may_break = number % (_CLEAN_BETWEEN + 1) == 0 and self.first.is_ready
        place = rng.choice(("speech", "speech", "speech", "outside", "start")) if may_break else ""
        said = compose(rng, fault=rng.choice(_IN_SPEECH) if place == "speech" else "")
        self.accepted[number] = said
        self.channel.say(said.text, str(number))
        if place == "start":
            (self.faults / "start").write_text(rng.choice(_AT_START))
        if place in {"start", "outside"} and self.first.pid:
            with suppress(ProcessLookupError):
                os.kill(self.first.pid, rng.choice(_FROM_OUTSIDE))
                self.from_outside.append(now())


class Heard(NamedTuple):
    """Sound at one level without a pause."""

    begin_s: float
    end_s: float
    level: int
    """Number in `stand_ins.LEVELS`."""


def stretches(samples: Samples) -> list[Heard]:
    """Return what was heard, silence and the ripple of resampling left out."""
    levels = np.full(len(samples), -1)
    for number, level in enumerate(stand_ins.LEVELS):
        levels[np.abs(samples - level) < 0.1] = number
    edges = np.flatnonzero(np.diff(np.concatenate([[-2], levels, [-2]])))
    found: list[Heard] = []
    for begin, end in itertools.pairwise(edges):
        begin_s, end_s, level = begin / _RATE_HZ, end / _RATE_HZ, int(levels[begin])
        if level < 0 or end_s - begin_s < _GAP_S:
            continue
        if found and found[-1].level == level and begin_s - found[-1].end_s < _GAP_S:
            found[-1] = found[-1]._replace(end_s=end_s)
        else:
            found.append(Heard(begin_s, end_s, level))
    return found


class Verdict(NamedTuple):
    """What the recording shows."""

    spoken: int
    whole: int
    """Utterances that were heard with each word once."""
    gaps: int
    longest_gap_s: float
    unexplained: int
    """Gaps with no fault before them."""


def judge(stage: Stage) -> Verdict:
    """Compare the recording with what was to be said."""
    outcomes = stage.channel.outcomes
    started = {int(o.id): o.at for o in outcomes if isinstance(o, Started)}
    spoken = sorted(int(o.id) for o in outcomes if isinstance(o, Spoken))
    faults = np.array(stage.fault_times())
    rest = stretches(heard(stage.channel.path))
    whole = unexplained = 0
    gaps_s: list[float] = []
    for number in spoken:
        own: list[Heard] = []
        while rest and stand_ins.LEVELS[rest[0].level] == stand_ins.level_of(number):
            own.append(rest.pop(0))
        words = sum(part.end_s - part.begin_s for part in own) / _WORD_S
        whole += int(abs(words - stage.accepted[number].words) < 0.5)
        for before, after in itertools.pairwise(own):
            gaps_s.append(after.begin_s - before.end_s)
            at = started[number] + before.end_s - own[0].begin_s
            until = at + gaps_s[-1]
            unexplained += not any((faults > at - _EXPLAINS_S) & (faults < until))
    return Verdict(len(spoken), whole, len(gaps_s), round(max(gaps_s, default=0), 3), unexplained)


def main() -> None:
    """Let faults happen, and write what was heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deadline-s", type=float, default=3600.0)
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = STAND_INS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    result: dict[str, Any] = environment("ishowtts")
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), options.seed)
        begun = now()
        asyncio.run(stage.run(options.faults, options.deadline_s))
        result |= {
            "seed": options.seed,
            "duration_s": round(now() - begun),
            "faults": stage.happened,
            "kinds": stage.kinds(),
            "processes_replaced": stage.first.restarts,
            "accepted": len(stage.accepted),
            "without_exactly_one_outcome": len(stage.channel.without_one_end()),
            **judge(stage)._asdict(),
        }
    save("faults", result)


if __name__ == "__main__":
    main()
