"""Dispatch of one text to the pool: an attempt at one worker, and another one elsewhere if need be.

A worker that dies or hangs is known by its beats and by what it does not answer; one that is slow
is hedged: the text is asked of a second worker too, and whoever is first is heard. Each attempt has
an inbox of its own, and what comes to one that was given up is dropped: nothing is heard twice.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bot.engine.guests.pool import wire
from bot.engine.guests.pool.attempt import Attempt, Times
from bot.engine.guests.pool.connection import Connection
from bot.engine.guests.pool.line import Line
from bot.engine.guests.pool.roster import Roster, Wanted
from bot.engine.guests.pool.voices import name_at_worker
from bot.engine.process import protocol
from bot.errors import TransientError, UtteranceError, raised
from bot.messages import SpeechRequest
from bot.runtime.clock import awake
from bot.runtime.processes.packing import encode

log = logging.getLogger(__name__)

_LOOK_S = 0.05
"""Time between two looks at an attempt, in seconds."""
_MOST_LOST = 3
"""Workers that may be lost at one text: what broke three of them would break a fourth."""
_BUSY_LEAST_S = 0.05


class Dispatcher:
    """Attempts under way, and the inbox that their answers come to."""

    def __init__(
        self,
        connection: Connection,
        roster: Roster,
        *,
        subjects: wire.Subjects,
        streamer: str,
        silent_s: float,
        priority: int,
        on_progress: Callable[[], None],
    ) -> None:
        """Ask for `streamer`; a worker that does not answer for `silent_s` is lost."""
        self._connection = connection
        self._roster = roster
        self._subjects = subjects
        self._streamer = streamer
        self._silent_s = silent_s
        self._priority = priority
        self._on_progress = on_progress
        self._attempts: dict[str, Attempt] = {}
        self._lines: defaultdict[Wanted, Line] = defaultdict(Line)
        """By what not every worker can; nobody waits behind a text that others could speak."""
        self._inbox = ""

    async def open(self) -> None:
        """Listen to answers."""
        self._inbox = self._connection.client.new_inbox()
        await self._connection.client.subscribe(
            f"{self._inbox}.*",
            cb=self._take,
            pending_msgs_limit=-1,
            pending_bytes_limit=-1,
        )

    async def _take(self, message: Msg) -> None:
        attempt = self._attempts.get(message.subject.rpartition(".")[2])
        if attempt is not None:  # else it was given up
            self._on_progress()
            attempt.hear(message)

    async def speak(self, request: SpeechRequest, key: str) -> protocol.Speech:
        """Return the speech of `request`, in the voice of this key.

        Raises:
            UtteranceError: it cannot be spoken.
            TransientError: no worker is there.
        """
        times = Times.of(request)
        wanted = Wanted(name_at_worker(self._streamer, key), request.language)
        avoided: set[str] = set()
        under_way: list[Attempt] = []
        lost = 0
        try:
            while True:
                self._refuse_silence(times.begun_at)
                self._refuse_late(times.lost_at if under_way else times.deadline_at)
                if not under_way:
                    worker = await self._wait_for_worker(wanted, avoided, times)
                    under_way.append(await self._begin(worker, request, key, times))
                elif len(under_way) == 1 and under_way[0].is_slow:
                    await self._hedge(under_way, wanted, request, key, times)
                await self._wait(under_way)
                for attempt in tuple(under_way):
                    if isinstance(attempt.event, protocol.Speech):
                        return attempt.event
                    if not (trouble := self._judge(attempt)):
                        continue
                    under_way.remove(attempt)
                    await self._end(attempt)
                    if attempt.busy_s is None:
                        lost += attempt.taken_at is not None
                        avoided.add(attempt.worker)
                        self._tell_lost(attempt, request, trouble)
                if lost >= _MOST_LOST and not under_way:
                    raise UtteranceError("Several workers of the pool were lost at this text.")
        finally:
            for attempt in under_way:
                await self._end(attempt)

    async def _wait_for_worker(self, wanted: Wanted, avoided: set[str], times: Times) -> str:
        """Return who takes a request now; wait while all are busy, or others are more urgent."""
        line = self._line(wanted)
        able_at = awake()
        with line.waiting(times.due_at) as ticket:
            while True:
                is_first = line.is_first(ticket)
                if is_first and (worker := self._roster.choose(wanted, avoided)):
                    return worker
                change = self._roster.changes.wait() if is_first else ticket.turn.wait()
                changed = asyncio.ensure_future(change)
                try:
                    await asyncio.wait([changed], timeout=_LOOK_S if is_first else None)
                finally:
                    changed.cancel()
                ticket.turn.clear()
                self._refuse_silence(times.begun_at)
                self._refuse_late(times.deadline_at)
                if not self._roster.alive or self._roster.can_speak(wanted):
                    able_at = awake()
                elif awake() - able_at > self._silent_s:
                    raise UtteranceError("No worker of the pool speaks this language or voice now.")

    def _line(self, wanted: Wanted) -> Line:
        """Return the line in which a text waits: everybody's, unless some worker cannot speak it.

        The voice's name does not matter, only whether one is needed.
        """
        if all(map(wanted.suits, self._roster.alive)):
            return self._lines[Wanted()]
        return self._lines[wanted._replace(voice="any" if wanted.voice else "")]

    def _refuse_late(self, deadline_at: float) -> None:
        if awake() > deadline_at:
            raise UtteranceError("No worker of the pool has spoken it in time.")

    def _refuse_silence(self, begun_at: float) -> None:
        since = max(self._roster.heard_at, self._connection.up_at, begun_at)
        if not self._roster.alive and awake() - since > self._silent_s:
            where = "no worker is heard" if self._connection.is_up else "NATS is not there"
            raise TransientError(f"The pool is away: {where}.")

    async def _begin(self, worker: str, request: SpeechRequest, key: str, times: Times) -> Attempt:
        attempt = Attempt(worker, self._drops(worker), request)
        self._attempts[attempt.name] = attempt
        self._roster.note_sent(worker)
        ask = wire.Ask(
            version=wire.VERSION,
            attempt=attempt.name,
            request=request,
            key=key,
            deadline_s=times.deadline_at - awake(),
            priority=self._priority,
        )
        subject = self._subjects.ask(worker, self._streamer)
        try:
            await self._connection.client.publish(
                subject, encode(ask), reply=f"{self._inbox}.{attempt.name}"
            )
        except NatsError as error:
            await self._end(attempt)
            raise TransientError(f"The pool is away: {raised(error)}.") from error
        return attempt

    async def _hedge(
        self,
        under_way: list[Attempt],
        wanted: Wanted,
        request: SpeechRequest,
        key: str,
        times: Times,
    ) -> None:
        slow = under_way[0].worker
        worker = self._roster.choose(wanted, {slow})
        if worker is not None and worker != slow:
            log.info("pool worker is slow", extra={"worker": slow, "asked_too": worker})
            under_way.append(await self._begin(worker, request, key, times))

    async def _wait(self, under_way: list[Attempt]) -> None:
        """Return when an answer came, or it is time to look again."""
        waiting = [asyncio.ensure_future(each.changed.wait()) for each in under_way]
        try:
            await asyncio.wait(waiting, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        for attempt in under_way:
            attempt.changed.clear()

    def _judge(self, attempt: Attempt) -> str:
        """Return why an attempt is over; empty while it goes on.

        Raises:
            UtteranceError: the engine there cannot speak it.
        """
        event = attempt.event
        if isinstance(event, protocol.Failed):
            if event.trouble == "utterance":
                raise UtteranceError(event.message, remedy=event.remedy)
            return event.message
        if attempt.busy_s is not None:
            self._roster.note_busy(attempt.worker, max(attempt.busy_s, _BUSY_LEAST_S))
            return "it is busy"
        return self._trouble(attempt)

    def _trouble(self, attempt: Attempt) -> str:
        """Return what happened to the worker of an attempt; empty if nothing."""
        if not self._connection.is_up:
            return ""  # it may be back at once
        if attempt.is_nowhere:
            self._roster.note_gone(attempt.worker)
        is_late = attempt.taken_at is None and awake() - attempt.begun_at > self._silent_s
        troubles = {
            "the connection was lost meanwhile": attempt.drops != self._drops(attempt.worker),
            "it is not connected": attempt.is_nowhere,
            "it is silent": not self._roster.is_alive(attempt.worker),
            "its engine hangs": self._roster.is_stuck(attempt.worker),
            "it does not answer": is_late,
        }
        return next((trouble for trouble, is_so in troubles.items() if is_so), "")

    def _drops(self, worker: str) -> tuple[int, int]:
        """Return how often our connection was lost, and that of a worker."""
        return self._connection.drops, self._roster.drops(worker)

    def _tell_lost(self, attempt: Attempt, request: SpeechRequest, reason: str) -> None:
        log.warning(
            "pool worker lost, retrying on another one",
            extra={"worker": attempt.worker, "id": request.id, "reason": reason},
        )

    async def _end(self, attempt: Attempt) -> None:
        """Forget an attempt, and tell its worker unless it has answered."""
        if self._attempts.pop(attempt.name, None) is not None:
            self._roster.note_ended(attempt.worker)
        is_over = attempt.event is not None or attempt.busy_s is not None or attempt.is_nowhere
        if not is_over and self._connection.is_up:
            subject = self._subjects.cancel(attempt.worker, self._streamer)
            try:
                await self._connection.client.publish(subject, attempt.name.encode())
            except NatsError as error:
                log.debug("cancel was not sent", extra={"reason": raised(error)})
