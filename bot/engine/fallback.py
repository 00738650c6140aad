"""Fallback between engines in order of preference: the first one that can speak does."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from bot.engine.contract import Engine
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import now
from bot.runtime.waiting import first_to_end
from bot.state import EngineState

log = structlog.get_logger(__name__)

_SLOW_SHARE = 0.5
"""Share of `stall_s` after which an engine counts as too slow, as on a busy CPU."""
_ATTEMPTS = 2
"""Attempts per engine and text."""
_GAP_S = 5.0
"""Limit between two texts that wait in vain: the silence counts as the same one."""


class FallbackEngine:
    """Engines of which one speaks; the first is preferred."""

    def __init__(self, supervisors: Sequence[Supervisor], *, stall_s: float) -> None:
        """Prefer the first of `supervisors`; wait up to `stall_s` for one to come back."""
        self.supervisors = tuple(supervisors)
        self._stall_s = stall_s
        self._speaking = ""
        self._waiting = 0
        """Pieces that wait for an answer."""
        self._answered_at = 0.0
        self._left_at = 0.0
        """When the latest of them was answered or given up."""

    @property
    def slow_s(self) -> float:
        """Seconds past due before the next engine takes over."""
        return self._stall_s * _SLOW_SHARE

    @property
    def name(self) -> str:
        """The engine that would speak now, else the preferred one."""
        return self._preferred.name

    @property
    def _preferred(self) -> Supervisor:
        return next((each for each in self.supervisors if each.is_ready), self.supervisors[0])

    @property
    def longest_piece(self) -> int:
        """Limit of the text of one request, in letters: any of the engines can speak it."""
        return min((each.longest_piece for each in self.supervisors), default=Engine.longest_piece)

    @property
    def states(self) -> Mapping[str, EngineState]:
        """State of each engine, for `status`."""
        return {each.name: each.state for each in self.supervisors}

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is."""
        is_wanted = self._waiting or now() - self._left_at < _GAP_S
        return now() - self._answered_at if is_wanted else 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Note that a piece waits for an answer while the block runs."""
        if not self._waiting and now() - self._left_at > _GAP_S:
            self._answered_at = now()  # the wait begins
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            self._left_at = now()

    def answered(self) -> None:
        """Note that an engine spoke, or said that it cannot speak this."""
        self._answered_at = now()

    def start(self) -> None:
        """Let every engine load."""
        for supervisor in self.supervisors:
            supervisor.start()

    def rouse(self) -> None:
        """Have engines that are idle warm soon: speech is wanted, or may be."""
        for supervisor in self.supervisors:
            supervisor.rouse()

    async def warm_up(self) -> None:
        """Start every engine; return as soon as one of them is warm.

        Raises:
            StartError: none of them can run here.
        """
        self.start()
        while not any(each.is_ready for each in self.supervisors):
            refusals = [each.refusal for each in self.supervisors if each.refusal is not None]
            if len(refusals) == len(self.supervisors):
                raise refusals[0]
            await self.wait_changed()

    async def wait_changed(self) -> None:
        """Return when an engine came or went."""
        await first_to_end(*(each.wait_changed() for each in self.supervisors))

    async def wait_ready(self, candidates: Sequence[Supervisor]) -> bool:
        """Wait until one of `candidates` can speak, but not for ever; tell whether one can."""
        self.rouse()
        try:
            async with asyncio.timeout(self._stall_s):
                while not any(each.is_ready for each in candidates):
                    if all(each.refusal is not None for each in candidates):
                        return False
                    await self.wait_changed()
        except TimeoutError:
            return False
        return True

    def note_speaker(self, supervisor: Supervisor) -> None:
        """Log when another engine speaks than before."""
        if self._speaking and supervisor.name != self._speaking:
            log.info(
                "another engine speaks",
                engine=supervisor.name,
                before=self._speaking,
                states={name: each.state for name, each in self.states.items()},
            )
        self._speaking = supervisor.name

    async def close(self) -> None:
        """End every process."""
        await asyncio.gather(*(each.close() for each in self.supervisors))


class Attempts:
    """Attempts at the pieces of one utterance: in one voice, as long as its engine lives."""

    def __init__(self, engine: FallbackEngine) -> None:
        self._engine = engine
        self._failures = Counter[Supervisor]()
        self._latest: Supervisor | None = None
        """Engine that spoke the latest piece."""

    async def speak(self, piece: SpeechRequest) -> AudioChunk:
        """Return the speech of `piece`, whole.

        An engine that is lost in the middle is followed by the next one, or by itself when it is
        back: nothing is lost, and nothing was heard that is said again.

        Raises:
            UtteranceError: no engine can speak it.
        """
        engine = self._engine
        refused: dict[Supervisor, UtteranceError] = {}
        lost = Counter[Supervisor]()
        with engine.waiting():
            while True:
                left = [
                    each
                    for each in engine.supervisors
                    if each not in refused and lost[each] < _ATTEMPTS
                ]
                if not await engine.wait_ready(left):
                    raise self._error(refused, left)
                ready = [each for each in left if each.is_ready]
                chosen = self._choose(ready)
                limit_s = engine.slow_s + piece.due_s if len(ready) > 1 else None
                try:
                    async with asyncio.timeout(limit_s):
                        chunk = await chosen.speak(piece)
                except TimeoutError:
                    refused[chosen] = UtteranceError(f"{chosen.name} was too slow.")
                    self._failures[chosen] += 1
                    log.warning("engine too slow", engine=chosen.name, id=piece.id)
                except UtteranceError as error:
                    refused[chosen] = error
                    engine.answered()
                    reason = str(error)
                    log.info(
                        "engine cannot speak this", engine=chosen.name, id=piece.id, reason=reason
                    )
                except EngineLostError as error:
                    lost[chosen] += error.may_be_cause
                    self._failures[chosen] += 1
                    reason = str(error)
                    log.warning(
                        "retrying on another engine", lost=chosen.name, id=piece.id, reason=reason
                    )
                else:
                    engine.answered()
                    engine.note_speaker(chosen)
                    self._latest = chosen
                    return chunk

    def _choose(self, ready: Sequence[Supervisor]) -> Supervisor:
        """Return the engine that spoke before, else the first that failed least here."""
        return min(ready, key=lambda each: (self._failures[each], each is not self._latest))

    def _error(
        self, refused: Mapping[Supervisor, UtteranceError], left: Sequence[Supervisor]
    ) -> UtteranceError:
        if refused:
            return next(iter(refused.values()))
        names = ", ".join(each.name for each in left or self._engine.supervisors)
        return UtteranceError(f"No engine could speak it: {names} did not last or come back.")
