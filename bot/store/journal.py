"""Journal of paid messages that were accepted and not spoken yet: they outlive the daemon."""

import asyncio
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import structlog
from msgspec import structs

from bot.messages import ChatMessage, Utterance
from bot.outcomes import (
    FINAL,
    PUT_OFF,
    Dropped,
    DropReason,
    Failed,
    Held,
    Outcome,
    Queued,
    Rejected,
)
from bot.runtime.clock import Moment, now
from bot.runtime.processes.packing import encode
from bot.store.copied import Copy, Kept, Place
from bot.store.database import Database
from bot.store.journal_table import GIVEN_UP, JournalTable, Left
from bot.store.progress import Progress

log = structlog.get_logger(__name__)

_MAX_ENTRIES = 1_000
"""Messages that are kept at a time."""
_MAX_ENDS = 3
"""Ends of the daemon with a message in hand after which that is given up: it may be the reason."""
_JUMP_S = 5.0
"""Least change of the wall clock that matters to the age of a message."""
_CLOCK_S = 300.0
"""Longest wait for the wall clock to be set, after which it is not waited for any more."""
_LOOK_S = 1.0
_MAY_BE_THE_REASON = f"The daemon ended {_MAX_ENDS} times while it had this message in hand."


class GivenUp(NamedTuple):
    """Message that an earlier run left and nobody will hear, and the outcome that ends it."""

    message: ChatMessage
    end: Outcome


class Journal:
    """Messages from `keep` until an observed outcome ends them."""

    def __init__(
        self,
        database: Database,
        *,
        max_age_s: float,
        moment: Callable[[], Moment] = Moment.now,
        clock_s: float = _CLOCK_S,
        copy: Copy | None = None,
    ) -> None:
        """Forget what is older than `max_age_s` seconds; with 0, keep nothing.

        What an earlier boot left waits for a wall clock that is right, for `clock_s` seconds at
        most: it is given up only if it is known to be too old. With a `copy`, what another daemon
        left there is taken over, and what it brought to an end is forgotten.
        """
        self.progress = Progress(copy)
        """What the daemon that takes this one's place finds."""
        self._table = JournalTable(database)
        self._max_age_s = max_age_s
        self._moment = moment
        self._clock_s = clock_s
        self._looked_at = moment()
        self._given_up: list[GivenUp] = []
        self._taken_in: dict[Place, Callable[[], None]] = {}
        """What lets go of messages of earlier runs that policy has still to let through."""
        left = list(self._table.read())
        if copy is not None:
            left = self._reconciled(left, copy)
        self._kept = {(it.message.channel, it.message.id) for it in left}
        left = self._harmless(left)
        self._undated = [it for it in left if self._may_be_dated(it)]
        """Those whose age a clock may tell later."""
        self._unspoken = self._decide([it for it in left if not self._may_be_dated(it)])
        self._restamp(self._looked_at)

    def unspoken(self, channels: Container[str]) -> list[ChatMessage]:
        """Return what earlier runs left in `channels`, oldest first; it stays in the journal.

        It is not too old, as far as that can ever be known.
        """
        return self._hand_out(self._unspoken, channels)

    def undated(self, channels: Container[str]) -> list[ChatMessage]:
        """Return what they left besides, whose age is not known before the wall clock is set."""
        return [it.message for it in self._undated if it.message.channel in channels]

    async def date(self, channels: Container[str]) -> list[ChatMessage]:
        """Return what is not too old of the undated, once the clock is right or takes too long."""
        if self._undated:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._clock_s):
                    await self._wait_for_clock()
        undated, self._undated = self._undated, []
        return self._hand_out(self._decide(undated), channels)

    def given_up(self, channels: Container[str]) -> list[GivenUp]:
        """Return what was given up since the last call, in `channels`."""
        given_up, self._given_up = self._given_up, []
        return [it for it in given_up if it.message.channel in channels]

    async def _wait_for_clock(self) -> None:
        while True:
            if self.look().is_set:
                return
            await asyncio.sleep(_LOOK_S)

    def _give_up(self, message: ChatMessage, end: Failed | Dropped) -> None:
        reason = end.error if isinstance(end, Failed) else end.detail
        log.warning(GIVEN_UP, channel=message.channel, id=message.id, reason=reason)
        self._given_up.append(GivenUp(message, end))
        self._forget((message.channel, message.id))

    def _harmless(self, left: list[Left]) -> list[Left]:
        """Return those that did not end the daemon again and again; give up the others."""
        for message, _, ends in left:
            if ends >= _MAX_ENDS:
                self._give_up(message, Failed.of(message, error=_MAY_BE_THE_REASON))
        return [it for it in left if it.ends < _MAX_ENDS]

    def _may_be_dated(self, left: Left) -> bool:
        here = self._looked_at
        is_undated = here.age_s(left.received) is None
        return is_undated and left.received.is_set and not here.is_set

    def _decide(self, left: list[Left]) -> list[ChatMessage]:
        """Return what is not too old by now; forget the rest."""
        here, young = self._moment(), []
        for message, received, _ in left:
            age_s = here.age_s(received)
            if age_s is None or age_s <= self._max_age_s:
                young.append(structs.replace(message, received_at=now() - (age_s or 0.0)))
                continue
            detail = f"It is {age_s:.0f} seconds old."
            self._give_up(message, Dropped.of(message, reason=DropReason.EXPIRED, detail=detail))
        return young

    def hold(self, message: ChatMessage | Utterance) -> Callable[[], None]:
        """Note that `message` is in hand, until what is returned is called.

        If the daemon ends meanwhile, the message may be the reason.
        """
        place = (message.channel, message.id)
        if place not in self._kept:
            return lambda: None
        self._count(place, 1)
        return partial(self._count, place, -1)

    def _hand_out(
        self, messages: Iterable[ChatMessage], channels: Container[str]
    ) -> list[ChatMessage]:
        """Return those of `channels`; they are in hand until they wait in the backlog."""
        own = [message for message in messages if message.channel in channels]
        self._taken_in |= {(it.channel, it.id): self.hold(it) for it in own}
        return own

    def keep(self, message: ChatMessage) -> bool:
        """Keep `message` until its outcome; return whether that is to be written."""
        place = (message.channel, message.id)
        if not self._max_age_s or place in self._kept:
            return False
        if len(self._kept) >= _MAX_ENTRIES:
            log.warning("journal full: a paid message lasts until the next start")
            return False
        try:
            data = encode(message)
        except UnicodeEncodeError:  # half a surrogate pair: no platform sends one
            return False
        self._kept.add(place)
        here, waited_s = self.look(), now() - message.received_at
        received_at = max(here.unix_s - waited_s, 0.0)
        self._table.put(place, data, Moment(here.boot, here.boot_s - waited_s, received_at))
        self.progress.put(Kept(message=message, received_at=received_at))
        return True

    def observe(self, outcome: Outcome) -> None:
        """Forget the message that `outcome` ends, unless the next start may do better."""
        self.look()
        place = (outcome.channel, outcome.id)
        if isinstance(outcome, Queued | Held) and place in self._taken_in:
            self._taken_in.pop(place)()
        if isinstance(outcome, Dropped) and outcome.reason in PUT_OFF:
            return
        if isinstance(outcome, (*FINAL, Rejected)) and place in self._kept:
            self._forget(place)

    def look(self) -> Moment:
        """Return the present moment; set the stamps right when the wall clock was set."""
        here = self._moment()
        if abs(here.jump_s(self._looked_at)) > _JUMP_S and self._kept:
            self._restamp(here)
        self._looked_at = here
        return here

    def _restamp(self, here: Moment) -> None:
        """Give what was kept in this boot its time by the wall clock, if that is right now."""
        if here.is_set:
            self._table.restamp(here)

    def _reconciled(self, left: list[Left], copy: Copy) -> list[Left]:
        """Return what is left here and in the copy, each once; write what either lacks."""
        found: dict[Place, Left] = {}
        for it in left:
            place = (it.message.channel, it.message.id)
            if copy.is_ended(place):
                self._table.delete(place)
            else:
                found[place] = it
        here = set(found)
        for kept in copy.left():
            place = (kept.message.channel, kept.message.id)
            self.progress.adopt(kept)
            if place in here:
                ends = max(found[place].ends, kept.ends)
                found[place] = found[place]._replace(ends=ends)
            else:
                received = Moment("", 0.0, kept.received_at)
                found[place] = Left(kept.message, received, kept.ends)
                self._table.put(place, encode(kept.message), received, ends=kept.ends)
        for place in here - self.progress.places:  # from a time when the copy was not there
            message, received, ends = found[place]
            self.progress.put(Kept(message=message, received_at=received.unix_s, ends=int(ends)))
        # The copy has them in the order of their last writes.
        return sorted(found.values(), key=lambda it: (it.received.unix_s, it.received.boot_s))

    def _count(self, place: Place, change: int) -> None:
        self.progress.count(place, change)
        self._table.count(place, change)

    def _forget(self, place: Place) -> None:
        self._kept.discard(place)
        self.progress.end(place)
        self._taken_in.pop(place, None)
        self._table.delete(place)
