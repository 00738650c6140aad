"""Journal of paid messages that were accepted and not spoken yet: they outlive the daemon."""

import asyncio
import math
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import msgspec
import structlog
from msgspec import structs

from bot.messages import ChatMessage, Utterance
from bot.outcomes import FINAL, PUT_OFF, Dropped, Outcome, Queued, Rejected
from bot.runtime.clock import Moment, now
from bot.runtime.packing import decode, encode
from bot.store.copied import Copy, Kept, Place
from bot.store.database import Database
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
_GIVEN_UP = "paid message of an earlier run given up"


class _Left(NamedTuple):
    """Message that an earlier run left, and when it was received."""

    message: ChatMessage
    received: Moment


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
        self._database = database
        self._max_age_s = max_age_s
        self._moment = moment
        self._clock_s = clock_s
        self._looked_at = moment()
        self._taken_in: dict[Place, Callable[[], None]] = {}
        """What lets go of messages of earlier runs that policy has still to let through."""
        left = list(self._read())
        if copy is not None:
            left = self._reconciled(left, copy)
        self._kept = {(it.message.channel, it.message.id) for it in left}
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

    async def _wait_for_clock(self) -> None:
        while True:
            if self.look().is_set:
                return
            await asyncio.sleep(_LOOK_S)

    def _read(self) -> Iterator[_Left]:
        rows = self._database.read(
            "SELECT CAST(channel AS BLOB), CAST(id AS BLOB), message, received_at, boot, boot_s,"
            " starts FROM journal ORDER BY received_at, boot_s"
        )
        for channel, identifier, data, received_at, boot, boot_s, ends in rows:
            message = _decoded(data)
            place = (message.channel.encode(), message.id.encode()) if message else None
            if message is not None and place != (channel, identifier):
                self._move(message, (channel, identifier))
            if message is not None and _number(ends) < _MAX_ENDS:
                kept = Moment(str(boot or ""), _number(boot_s), _number(received_at))
                yield _Left(message, kept)
                continue
            self._delete(*(place or (channel, identifier)))
            log.warning(
                _GIVEN_UP,
                channel=(channel or b"").decode(errors="replace"),
                id=(identifier or b"").decode(errors="replace"),
                ends=_number(ends),
                is_readable=message is not None,
            )

    def _may_be_dated(self, left: _Left) -> bool:
        here = self._looked_at
        is_undated = here.age_s(left.received) is None
        return is_undated and left.received.is_set and not here.is_set

    def _decide(self, left: list[_Left]) -> list[ChatMessage]:
        """Return what is not too old by now; forget the rest."""
        here, young = self._moment(), []
        for message, received in left:
            age_s = here.age_s(received)
            if age_s is None or age_s <= self._max_age_s:
                young.append(structs.replace(message, received_at=now() - (age_s or 0.0)))
                continue
            log.warning(_GIVEN_UP, channel=message.channel, id=message.id, age_s=round(age_s))
            self._forget((message.channel, message.id))
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
        self._database.write(
            "INSERT OR REPLACE INTO journal (channel, id, message, received_at, boot, boot_s,"
            " starts) VALUES (?, ?, ?, ?, ?, ?, 0)",
            *(*place, data, max(here.unix_s - waited_s, 0.0), here.boot, here.boot_s - waited_s),
        )
        self.progress.put(Kept(message=message, received_at=max(here.unix_s - waited_s, 0.0)))
        return True

    def observe(self, outcome: Outcome) -> None:
        """Forget the message that `outcome` ends, unless the next start may do better."""
        self.look()
        place = (outcome.channel, outcome.id)
        if isinstance(outcome, Queued) and place in self._taken_in:
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
        if not here.is_set:
            return
        self._database.write(
            "UPDATE journal SET received_at = ? - boot_s WHERE boot = ? AND boot_s BETWEEN 0 AND ?",
            *(here.unix_s - here.boot_s, here.boot, here.boot_s),
        )

    def _move(self, message: ChatMessage, damaged: tuple[bytes, bytes]) -> None:
        """Give a row whose channel or id is damaged those of its message."""
        self._database.write(
            "UPDATE OR REPLACE journal SET channel = ?, id = ?"
            " WHERE CAST(channel AS BLOB) IS ? AND CAST(id AS BLOB) IS ?",
            *(message.channel, message.id, *damaged),
        )

    def _reconciled(self, left: list[_Left], copy: Copy) -> list[_Left]:
        """Return what is left here and in the copy, each once; write what either lacks."""
        found: dict[Place, _Left] = {}
        for it in left:
            place = (it.message.channel, it.message.id)
            if copy.is_ended(place):
                self._delete(*(name.encode() for name in place))
            else:
                found[place] = it
        here = set(found)
        for kept in copy.left():
            place = (kept.message.channel, kept.message.id)
            self.progress.adopt(kept)
            if place not in here and kept.ends < _MAX_ENDS:
                found[place] = _Left(kept.message, Moment("", 0.0, kept.received_at))
                self._database.write(
                    "INSERT OR REPLACE INTO journal (channel, id, message, received_at, boot,"
                    " boot_s, starts) VALUES (?, ?, ?, ?, '', 0, ?)",
                    *(*place, encode(kept.message), kept.received_at, kept.ends),
                )
        for place in here - self.progress.places:  # from a time when the copy was not there
            message, received = found[place]
            self.progress.put(Kept(message=message, received_at=received.unix_s))
        return list(found.values())

    def _count(self, place: Place, change: int) -> None:
        self.progress.count(place, change)
        self._database.write(
            "UPDATE journal SET starts = CAST(coalesce(starts, 0) AS INTEGER) + ?"
            " WHERE channel = ? AND id = ?",
            *(change, *place),
        )

    def _forget(self, place: Place) -> None:
        self._kept.remove(place)
        self.progress.end(place)
        self._taken_in.pop(place, None)
        self._delete(*(name.encode() for name in place))

    def _delete(self, channel: bytes, identifier: bytes) -> None:
        self._database.write(
            "DELETE FROM journal WHERE CAST(channel AS BLOB) IS ? AND CAST(id AS BLOB) IS ?",
            *(channel, identifier),
        )


def _number(value: object) -> float:
    """Return what SQLite holds in a column of numbers; 0 for what is none."""
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return 0.0


def _decoded(data: object) -> ChatMessage | None:
    if not isinstance(data, bytes):
        return None
    try:
        return decode(data, ChatMessage)
    except (
        msgspec.DecodeError,
        TypeError,
        ValueError,
        RecursionError,
    ):  # of another version of this program
        return None
