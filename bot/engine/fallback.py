"""Fallback between engines in order of preference: the best one that is in time speaks."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import structlog
from msgspec.structs import replace

from bot.engine.aside import Aside
from bot.engine.contract import Engine
from bot.engine.forecast import USUAL_LETTERS
from bot.engine.process.supervisor import Supervisor
from bot.engine.timetable import Due
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes, cancel, first_to_end
from bot.state import EngineState

log = structlog.get_logger(__name__)

_GAP_S = 5.0
"""Limit between two texts that wait in vain: the silence counts as the same one."""


class FallbackEngine:
    """Engines of which one speaks; the first is preferred."""

    def __init__(
        self,
        supervisors: Sequence[Supervisor],
        *,
        stall_s: float,
        patience_s: float = 1.5,
        nfe_least: int = 1,
    ) -> None:
        """Prefer the first of `supervisors`.

        Args:
            supervisors: The engines.
            stall_s: How long to wait for one to come back, in seconds.
            patience_s: How long a listener may wait for the first sound, in seconds.
            nfe_least: Least number of function evaluations, which is taken before another engine.
        """
        self.supervisors = tuple(supervisors)
        self.patience_s = patience_s
        self.aside = Aside(
            self, patience_s=patience_s, nfe_least=lambda supervisor: self.nfes(supervisor, 0)[-1]
        )
        self._wanted = Changes()
        self._stall_s = stall_s
        self._nfe_least = nfe_least
        self._handovers = Counter[Supervisor]()
        self._measuring: list[asyncio.Task[None]] = []
        self._speaking: dict[str, str] = {}
        """Engine that spoke last, by language."""
        self._waiting = 0
        """Pieces that wait for an answer."""
        self._answered_at = 0.0
        self._left_at = 0.0
        """When the latest of them was answered or given up."""

    @property
    def name(self) -> str:
        """The engine that would speak now, else the preferred one."""
        ready = [each for each in self.supervisors if each.is_ready]
        in_time = [each for each in ready if each not in self.aside]
        return (in_time or ready or self.supervisors)[0].name

    @property
    def longest_piece(self) -> int:
        """Limit of the text of one request, in letters: any of the engines can speak it."""
        return min((each.longest_piece for each in self.supervisors), default=Engine.longest_piece)

    @property
    def states(self) -> Mapping[str, EngineState]:
        """State of each engine, for `status`."""
        return {each.name: self._state(each) for each in self.supervisors}

    def _state(self, supervisor: Supervisor) -> EngineState:
        forecast = supervisor.forecast
        nfe = self.nfes(supervisor, 0)[0]
        return replace(
            supervisor.state,
            expected_s=forecast.expect_s(USUAL_LETTERS, nfe) if forecast.is_known else None,
            aside=self.aside.reason(supervisor),
            handovers=self._handovers[supervisor],
        )

    @property
    def silent_s(self) -> float:
        """Seconds for which speech has been wanted and no engine answered; 0 while none is.

        An engine that loads while there is no other is not silent yet.
        """
        ready = any(each.is_ready for each in self.supervisors)
        if not ready and any(each.is_loading for each in self.supervisors):
            return 0.0
        return awake() - self._answered_at if self.unwanted_s < _GAP_S else 0.0

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639 codes of what some engine speaks, or None where one takes whatever comes.

        An engine that cannot run here speaks nothing, unless none can.
        """
        able = [each for each in self.supervisors if each.refusal is None] or self.supervisors
        return _union(tuple(each.languages for each in able))

    @property
    def unwanted_s(self) -> float:
        """Seconds since speech was wanted; 0 while it is."""
        return 0.0 if self._waiting else awake() - self._left_at

    def wait_wanted(self) -> Coroutine[Any, Any, object]:
        """Return what waits, from this call on, until speech is wanted again."""
        return self._wanted.wait()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Note that a piece waits for an answer while the block runs."""
        if self.unwanted_s > _GAP_S:
            self._answered_at = awake()  # the wait begins
        self._waiting += 1
        self._wanted.tell()
        try:
            yield
        finally:
            self._waiting -= 1
            self._left_at = awake()

    def answered(self) -> None:
        """Note that an engine spoke, or said that it cannot speak this."""
        self._answered_at = awake()

    def nfes(self, supervisor: Supervisor, nfe: int) -> Sequence[int]:
        """Return the numbers of function evaluations to try, the one that is wanted first.

        `nfe` is the number that is wanted; 0 leaves it to the engine. Of one that the engine did
        not prepare, the nearest that it did stands in: on a GPU another one would cost seconds.
        """
        if not supervisor.nfe_choices:
            return (nfe,)
        wanted = min(
            supervisor.nfe_choices,
            key=lambda each: abs(each - (nfe or supervisor.nfe_choices[0])),
        )
        fewer = {each for each in supervisor.nfe_choices if self._nfe_least <= each < wanted}
        return (wanted, *sorted(fewer, reverse=True))

    def start(self) -> None:
        """Let every engine load, and see how fast each is."""
        for supervisor in self.supervisors:
            supervisor.start()
        if len(self.supervisors) > 1 and not self._measuring:
            self._measuring = [
                asyncio.create_task(self._measure(each), name=f"measure {each.name}")
                for each in self.supervisors
            ]

    async def _measure(self, supervisor: Supervisor) -> None:
        while not supervisor.is_ready:
            await supervisor.wait_changed()
        if supervisor.voices and not supervisor.forecast.is_known:
            await supervisor.try_out(self.nfes(supervisor, 0)[0])

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
        await first_to_end(*self.changes())

    def changes(self) -> Sequence[Coroutine[Any, Any, object]]:
        """Return, for each engine, what waits from this call on until it comes or goes."""
        return [each.wait_changed() for each in self.supervisors]

    async def wait_ready(self, candidates: Sequence[Supervisor], due: Due) -> bool:
        """Wait until one of `candidates` can speak, but not for ever; tell whether one can.

        While nobody waits for the utterance it is too early to give up, and while an engine loads
        as well.
        """
        self.rouse()
        begun_at = awake()
        while not any(each.is_ready for each in candidates):
            if due.has_come and all(each.refusal is not None for each in candidates):
                return False
            loads = any(each.is_loading for each in candidates)
            left_s = max(begun_at, due.at) + self._stall_s - awake()
            if left_s <= 0 and not loads:
                return False
            wakers = [asyncio.ensure_future(c) for c in (due.wait_changed(), *self.changes())]
            try:
                timeout_s = None if loads else left_s
                await asyncio.wait(wakers, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancel(*wakers)
        return True

    def note_speaker(self, supervisor: Supervisor, language: str, reason: str) -> None:
        """Log when another engine speaks a language than before, and why."""
        before = self._speaking.get(language)
        if before and supervisor.name != before:
            log.info(
                "another engine speaks",
                engine=supervisor.name,
                before=before,
                language=language,
                reason=reason,
                states={name: each.state for name, each in self.states.items()},
            )
        self._speaking[language] = supervisor.name

    def note_late(self, supervisor: Supervisor, *, identity: str, by: Supervisor) -> None:
        """Note that a piece of the utterance `identity` was late, and who spoke it instead."""
        self._handovers[supervisor] += 1
        log.warning("engine too slow", engine=supervisor.name, id=identity, handed_over_to=by.name)
        self.aside.put(supervisor, "its last piece was late")

    async def close(self) -> None:
        """End every process."""
        await cancel(*self._measuring)
        await self.aside.close()
        await asyncio.gather(*(each.close() for each in self.supervisors))


@lru_cache(maxsize=16)  # every message asks, and it seldom changes
def _union(stated: Sequence[tuple[str, ...]]) -> frozenset[str] | None:
    """Return what some engine speaks, or None where one does not tell."""
    return frozenset(code for codes in stated for code in codes) if all(stated) else None
