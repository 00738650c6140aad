"""Attempts at the pieces of one utterance: the best voice that is in time, and the same throughout.

A piece that falls behind is asked of the next engine as well, as late as that one can still make it
in time, and whoever is first then is heard: a hedged request (Dean and Barroso, The Tail at Scale,
2013).
"""

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from bot.engine.aside import BACK_SHARE
from bot.engine.fallback import FallbackEngine
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.engine.timetable import Timetable
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes, cancel

log = structlog.get_logger(__name__)

_ATTEMPTS = 2
"""Attempts per engine and text."""
_SPARE_S = 0.1
"""Time left when a piece is handed over, in seconds: to join it, and for the output's buffer."""
_UNKNOWN_S = 0.3
"""What an engine is taken to need that was never measured, when a piece is handed to it."""


class Choice(NamedTuple):
    """Engine for a piece, and why."""

    supervisor: Supervisor
    nfe: int
    reason: str


class _Asked(NamedTuple):
    """Engine that makes a piece."""

    answer: asyncio.Task[AudioChunk]
    expected_at: float


class _Race:
    """One piece, and the engines that were asked for it."""

    def __init__(self, index: int, request: SpeechRequest) -> None:
        self.index = index
        self.request = request
        self.asked: dict[Supervisor, _Asked] = {}
        self.reason = ""
        """Why the latest of them was asked."""
        self.held: tuple[Supervisor, AudioChunk] | None = None
        """Speech of an engine that is not the preferred one, which may still be in time."""
        self.refused: dict[Supervisor, UtteranceError] = {}
        self.lost = Counter[Supervisor]()

    def may_ask(self, supervisor: Supervisor) -> bool:
        """Tell whether this engine is worth another attempt."""
        return supervisor not in self.refused and self.lost[supervisor] < _ATTEMPTS


class Attempts:
    """Attempts at the pieces of one utterance."""

    def __init__(self, engine: FallbackEngine, timetable: Timetable) -> None:
        """Let `engine` speak an utterance by this timetable."""
        self._engine = engine
        self._timetable = timetable
        self._failures = Counter[Supervisor]()
        self._voice: Supervisor | None = None
        """Engine that spoke the latest piece."""
        self._changes = Changes()
        """Changes of the voice."""

    async def speak(self, index: int, request: SpeechRequest) -> AudioChunk:
        """Return the speech of the piece with this index, whole.

        An engine that is lost or late is followed by the next one, or by itself when it is back:
        nothing is lost, and nothing was heard that is said again.

        Raises:
            UtteranceError: no engine can speak it.
        """
        race = _Race(index, request)
        with self._engine.waiting():
            try:
                while True:
                    wake_at = await self._ask_whom_it_takes(race)
                    if race.held and wake_at <= awake():
                        return self._take(race, *race.held)
                    await self._wait(race, wake_at)
                    if chunk := self._look(race):
                        return chunk
            finally:
                await cancel(*(each.answer for each in race.asked.values()))

    async def _ask_whom_it_takes(self, race: _Race) -> float:
        """Ask who must be asked now; return when to look again."""
        if race.held:
            needed_at = self._timetable.needed_at(race.index)
            return needed_at - _SPARE_S if race.asked else 0.0
        await self._keep_to_the_voice(race)
        while not race.asked:
            left = [each for each in self._speaking(race) if race.may_ask(each)]
            if not await self._engine.wait_ready(left, self._timetable.due):
                raise self._error(race, left)
            choice = self.choose(race)
            race.reason = race.reason or choice.reason
            self._ask(race, choice.supervisor, choice.nfe)
        return self._ask_spare(race)

    async def _keep_to_the_voice(self, race: _Race) -> None:
        """Ask who has taken the utterance over since this piece was begun: it has one voice."""
        voice = self._voice
        if voice is None or not race.asked or voice in race.asked or voice not in self._ready(race):
            return
        choice = self.choose(race)
        if choice.supervisor is voice:
            await cancel(*(each.answer for each in race.asked.values()))
            race.asked.clear()
            self._ask(race, voice, choice.nfe)

    def _ask_spare(self, race: _Race) -> float:
        """Ask another engine too if it can just make it in time; return when to look again."""
        spare = self._spare(race)
        if spare is None:
            return math.inf
        nfe = self._engine.nfes(spare, race.request.nfe)[-1]
        takes_s = self._expected_s(race, spare, nfe)
        soonest_at = min(each.expected_at for each in race.asked.values())
        begin_at = self._timetable.needed_at(race.index) - max(takes_s, _UNKNOWN_S) - _SPARE_S
        if awake() + takes_s >= soonest_at:  # it would come no sooner, unless they are overdue
            begin_at = max(begin_at, soonest_at + _UNKNOWN_S)
        if begin_at > awake():
            return begin_at
        self._ask(race, spare, nfe)
        return awake()

    def _ready(self, race: _Race) -> list[Supervisor]:
        """Return the engines to ask for this piece, the preferred one first."""
        ready = (each for each in self._speaking(race) if each.is_ready and race.may_ask(each))
        return sorted(ready, key=lambda each: (self._failures[each], each is not self._voice))

    def _spare(self, race: _Race) -> Supervisor | None:
        """Return who would speak if those who were asked are late."""
        others = [each for each in self._ready(race) if each not in race.asked]
        in_time = [each for each in others if each not in self._engine.aside]
        return next(iter(in_time or others), None)

    def choose(self, race: _Race) -> Choice:
        """Return the first engine that is in time, with as many evaluations as it can make.

        If none is, that is the one which is there first: late is better than lost.
        """
        candidates = self._ready(race)
        late: dict[Supervisor, float] = {}
        for each in candidates:
            nfes = self._engine.nfes(each, race.request.nfe)
            for nfe in nfes:
                if self._is_in_time(race, each, nfe):
                    return Choice(each, nfe, _told(late) or f"{each.name} is preferred")
            late[each] = self._expected_s(race, each, nfes[-1])
            is_late = self._timetable.lateness_s(race.index, each.forecast, nfes[-1]) > 0
            if is_late and not self._timetable.is_heard and len(candidates) > 1:
                self._engine.aside.put(each, f"expected after {late[each]:.1f} s")
        best = min(late, key=lambda each: (not each.forecast.is_known, late[each]))
        nfe = self._engine.nfes(best, race.request.nfe)[-1]
        return Choice(best, nfe, f"no engine is in time: {_told(late)}")

    def _is_in_time(self, race: _Race, supervisor: Supervisor, nfe: int) -> bool:
        """Tell whether an engine is expected in time; one that was set aside must be well so."""
        forecast, share = supervisor.forecast, 1.0
        if supervisor in self._engine.aside:
            share = BACK_SHARE
            if not forecast.is_known:
                return False  # it was late once, which is all that is known of it
        return self._timetable.lateness_s(race.index, forecast, nfe, share) <= 0

    def _expected_s(self, race: _Race, supervisor: Supervisor, nfe: int) -> float:
        due_s = self._timetable.due_s(race.index)
        return supervisor.forecast.expect_s(len(race.request.text), nfe, due_s)

    def _ask(self, race: _Race, supervisor: Supervisor, nfe: int) -> None:
        expected_at = awake() + self._expected_s(race, supervisor, nfe)
        request = replace(race.request, nfe=nfe, due_s=self._timetable.due_s(race.index))
        answer = asyncio.create_task(supervisor.speak(request), name=f"ask {supervisor.name}")
        race.asked[supervisor] = _Asked(answer, expected_at)

    async def _wait(self, race: _Race, wake_at: float) -> None:
        """Return when an answer came, something changed that matters, or at that time."""
        changes = (self._changes.wait(), *self._timetable.wait_changed(), *self._engine.changes())
        wakers = [asyncio.ensure_future(each) for each in changes]
        answers = [each.answer for each in race.asked.values()]
        timeout_s = None if math.isinf(wake_at) else max(wake_at - awake(), 0.0)
        try:
            await asyncio.wait(
                (*answers, *wakers), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            await cancel(*wakers)

    def _look(self, race: _Race) -> AudioChunk | None:
        """Take note of the answers; return one that need not wait for a better voice."""
        for supervisor, asked in tuple(race.asked.items()):
            if not asked.answer.done():
                continue
            del race.asked[supervisor]
            try:
                chunk = asked.answer.result()
            except UtteranceError as error:
                race.refused[supervisor] = error
                self._engine.answered()
                log.info(
                    "engine cannot speak this",
                    engine=supervisor.name,
                    id=race.request.id,
                    reason=str(error),
                )
            except EngineLostError as error:
                race.lost[supervisor] += error.may_be_cause
                self._failures[supervisor] += 1
                race.reason = f"{supervisor.name} was lost"
                log.warning(
                    "retrying on another engine",
                    lost=supervisor.name,
                    id=race.request.id,
                    reason=str(error),
                )
            else:
                self._engine.answered()
                self._engine.aside.review(supervisor)
                if not self._better(supervisor, race):
                    return self._take(race, supervisor, chunk)
                held = race.held
                if held is None or self._rank(supervisor, race) < self._rank(held[0], race):
                    race.held = supervisor, chunk
        return None

    def _rank(self, supervisor: Supervisor, race: _Race) -> int:
        """Return the place of an engine among those to ask for this piece; 0 is preferred."""
        ranking = self._ready(race)
        return ranking.index(supervisor) if supervisor in ranking else len(ranking)

    def _better(self, supervisor: Supervisor, race: _Race) -> list[Supervisor]:
        """Return the engines of a better voice that were asked and have not answered."""
        rank = self._rank(supervisor, race)
        return [each for each in race.asked if self._rank(each, race) < rank]

    def _take(self, race: _Race, supervisor: Supervisor, chunk: AudioChunk) -> AudioChunk:
        """Return what is heard, and take note of those who are late."""
        late = self._better(supervisor, race)
        for each in late:
            self._engine.note_late(each, identity=race.request.id, by=supervisor)
        reason = f"{late[0].name} was late" if late else race.reason
        self._engine.note_speaker(supervisor, race.request.language, reason)
        if self._voice is not supervisor:
            self._voice = supervisor
            self._changes.tell()
        return chunk

    def _speaking(self, race: _Race) -> list[Supervisor]:
        """Return the engines that speak the language of this piece."""
        return [each for each in self._engine.supervisors if each.speaks(race.request.language)]

    def _error(self, race: _Race, left: Sequence[Supervisor]) -> UtteranceError:
        if race.refused:
            return next(iter(race.refused.values()))
        if not self._speaking(race):
            return UtteranceError(f"No engine speaks the language {race.request.language}.")
        names = ", ".join(each.name for each in left or self._engine.supervisors)
        return UtteranceError(f"No engine could speak it: {names} did not last or come back.")


def _told(late: Mapping[Supervisor, float]) -> str:
    """Return when engines are expected, for people."""
    clauses = (f"{each.name} is expected after {late_s:.1f} s" for each, late_s in late.items())
    return ", ".join(clauses)
