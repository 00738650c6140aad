"""The backlog: what waits to be spoken, in which order, and for how long."""

import asyncio
from collections.abc import Callable, Collection, Container, Coroutine, Iterator
from enum import StrEnum
from typing import Any

from bot.backlog.lanes import Lanes
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Lane, Utterance
from bot.outcomes import Dropped, DropReason, Outcome, Queued
from bot.runtime.clock import now
from bot.runtime.concurrency.waiting import Changes


class Hold(StrEnum):
    """Why nothing is handed out."""

    PAUSE = "pause"
    """A moderator said so."""
    AWAY = "away"
    """No moderator is there."""
    OFFLINE = "offline"
    """The stream is over."""
    TALKING = "talking"
    """The streamer talks."""
    SCENE = "scene"
    """OBS shows a scene during which nothing is said."""


_MOST_PAID = 10_000
"""Paid utterances that wait; no stream has so many, but a program that runs wild may send them."""


class Backlog:
    """One channel's utterances: a lane for each priority, round-robin between chatters in a lane.

    Every utterance that is put in comes out once: through `take`, or as a `Dropped` outcome.
    """

    def __init__(
        self,
        settings: BacklogSettings,
        emit: Callable[[Outcome], None],
        *,
        clock: Callable[[], float] = now,
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._clock = clock
        self._lanes = Lanes()
        self._holds: set[Hold] = set()
        self._not_before: dict[str, float] = {}
        """When utterances may be spoken that have to wait, by their ids."""
        self._may_take = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._changes = Changes()
        self._expiry: asyncio.TimerHandle | None = None
        self._readiness: asyncio.TimerHandle | None = None

    def follow(self, settings: BacklogSettings) -> None:
        """Keep these limits from now on."""
        self._settings = settings
        self._update()

    def __len__(self) -> int:
        """Return how many utterances wait."""
        return len(self._lanes)

    def __iter__(self) -> Iterator[Utterance]:
        """Iterate over what waits: by lane, in it by chatter."""
        return iter(self._lanes)

    def upcoming(self) -> Iterator[Utterance]:
        """Iterate over what waits in the order in which `take` would hand it out now."""
        return self._lanes.in_turn()

    def wait_changed(self) -> Coroutine[Any, Any, object]:
        """Return what waits until something came, went, or may be handed out again or no more.

        It counts from this call on, also where a task awaits it later.
        """
        return self._changes.wait()

    @property
    def is_paused(self) -> bool:
        """Whether `take` waits although something is there."""
        return bool(self._holds)

    @property
    def holds(self) -> Collection[Hold]:
        """Why nothing is handed out."""
        return self._holds

    def ready_in_s(self, utterance: Utterance) -> float:
        """Return in how many seconds `utterance` may be spoken at the earliest."""
        return max(self._not_before.get(utterance.id, 0.0) - self._clock(), 0.0)

    def put(
        self, utterance: Utterance, *, not_before: float = 0.0, is_wanted: bool = False
    ) -> bool:
        """Queue `utterance`, or drop it or a less important one when there is no room.

        It is not handed out before the stamp `not_before`. What `is_wanted` by a moderator waits
        however many of its chatter do. Return whether it waits.
        """
        lane, lanes = utterance.lane, self._lanes
        own = lanes.count_unpaid(utterance.chatter.id)
        is_limited = lane is not Lane.PAID and not is_wanted
        if is_limited and own >= self._settings.max_per_chatter:
            self._drop(utterance, DropReason.FULL, f"{own} of this chatter wait already")
            return False
        lanes.add(utterance)
        if not_before > self._clock():
            self._not_before[utterance.id] = not_before
        pending, paid = len(lanes), lanes.count(Lane.PAID)
        is_paid = lane is Lane.PAID  # which finds room however many others wait
        is_full = paid > _MOST_PAID if is_paid else pending - paid > self._settings.max_pending
        if is_full:
            victim = lanes.least_important(utterance)
            self._discard(victim)
            self._drop(victim, DropReason.FULL, f"{pending - 1} wait already")
            if victim is utterance:
                return False
            pending -= 1
        self._emit(Queued.of(utterance, lane=lane, pending=pending))
        self._update()
        return True

    async def take(self) -> Utterance:
        """Return the utterance whose turn it is; wait while there is none or the backlog is paused.

        Cancelling the wait loses nothing.
        """
        while True:
            await self.wait_some()
            if (utterance := self.take_first(lambda _: True)) is not None:
                return utterance

    def take_first(self, may: Callable[[Utterance], bool]) -> Utterance | None:
        """Return the utterance whose turn it is among those that `may` be spoken now, if any is."""
        self._drop_expired()  # no timer goes off while the machine sleeps
        utterance = None if self.is_paused else next(self._ready(may), None)
        if utterance is not None:
            self._lanes.take(utterance)
            self._not_before.pop(utterance.id, None)
            self._update()
        return utterance

    async def wait_some(self) -> None:
        """Return when `take` would not wait."""
        while not self._may_take.is_set():  # it may be cleared again before this task runs
            await self._may_take.wait()

    async def wait_empty(self) -> None:
        """Return when nothing waits."""
        await self._is_empty.wait()

    async def wait_room(self) -> None:
        """Return when no chatter's next utterance would be dropped for want of room.

        A paused backlog makes no room: then it returns at once.
        """
        limit = min(self._settings.max_pending, self._settings.max_per_chatter)
        while len(self) >= limit and not self.is_paused:
            await self._changes.wait()

    def remove(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        """Drop every utterance that `matches`; return how many there were."""
        victims = [utterance for utterance in self if matches(utterance)]
        for victim in victims:
            self._discard(victim)
            self._drop(victim, reason)
        self._update()
        return len(victims)

    def find(self, ids: Container[str]) -> list[Utterance]:
        """Return what waits of the messages `ids`, in the order in which it would be spoken."""
        return [utterance for utterance in self.upcoming() if utterance.id in ids]

    def replace(self, utterance: Utterance, other: Utterance) -> None:
        """Let `other`, of the same chatter and lane, wait in the place of `utterance`."""
        self._lanes.replace(utterance, other)

    def move(self, name: str, before: str) -> bool:
        """Let the message `name` be spoken before that of id `before`; tell whether it could be.

        Both wait in one lane; an empty `before` stands for its end.
        """
        is_moved = self._lanes.move(name, before)
        if is_moved:
            self._update()
        return is_moved

    def clear(self, reason: DropReason) -> int:
        """Drop everything; return how many utterances there were."""
        return self.remove(reason, lambda _: True)

    def pause(self, hold: Hold = Hold.PAUSE) -> None:
        """Hand nothing out until `resume`; what waits goes on ageing."""
        self._holds.add(hold)
        self._update()

    def resume(self, *holds: Hold) -> None:
        """Hand out again as far as these holds go; all of them by default."""
        self._holds.difference_update(holds or Hold)
        self._update()

    def _ready(self, may: Callable[[Utterance], bool] = lambda _: True) -> Iterator[Utterance]:
        """Yield what may be spoken, in the order of turns."""
        return (u for u in self._lanes.heads(may) if not self.ready_in_s(u))

    def _discard(self, utterance: Utterance) -> None:
        self._lanes.remove(utterance)
        self._not_before.pop(utterance.id, None)

    def _drop(self, utterance: Utterance, reason: DropReason, detail: str = "") -> None:
        self._emit(Dropped.of(utterance, reason=reason, detail=detail))

    def _update(self) -> None:
        """Wake whom the new state concerns, and watch the oldest that can expire."""
        self._changes.tell()
        _set(self._is_empty, to=not len(self._lanes))
        _set(self._may_take, to=not self.is_paused and next(self._ready(), None) is not None)
        self._watch(self._oldest())
        if self._readiness is not None:
            self._readiness.cancel()
            self._readiness = None
        if self._not_before:
            wait_s = max(min(self._not_before.values()) - self._clock(), 0.0)
            self._readiness = asyncio.get_running_loop().call_later(wait_s, self._become_ready)

    def _become_ready(self) -> None:
        self._readiness = None
        past = [name for name, at in self._not_before.items() if at <= self._clock()]
        for name in past:
            del self._not_before[name]
        self._update()

    def _watch(self, oldest: float | None) -> None:
        loop = asyncio.get_running_loop()
        due = (
            None
            if oldest is None
            else loop.time() + oldest + self._settings.max_age_s - self._clock()
        )
        if self._expiry is not None and (due is None or due < self._expiry.when()):
            self._expiry.cancel()
            self._expiry = None
        if self._expiry is None and due is not None:
            self._expiry = loop.call_at(due, self._expire)

    def _oldest(self) -> float | None:
        """Return when the oldest utterance that can expire was received."""
        return min((u.received_at for u in self if u.lane is not Lane.PAID), default=None)

    def _expire(self) -> None:
        self._expiry = None
        if not self._drop_expired():
            self._update()

    def _drop_expired(self) -> int:
        """Drop what is too old; return how many utterances there were."""
        limit, oldest = self._clock() - self._settings.max_age_s, self._oldest()
        if oldest is None or oldest > limit:
            return 0
        return self.remove(
            DropReason.EXPIRED, lambda u: u.lane is not Lane.PAID and u.received_at <= limit
        )


def _set(event: asyncio.Event, *, to: bool) -> None:
    if to:
        event.set()
    else:
        event.clear()
