"""Overload ladder of one channel: what is done while more waits than can be spoken in time."""

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple, NoReturn

import structlog
from msgspec.structs import replace

from bot.backlog import Backlog
from bot.config.sections.overload import OverloadSettings, RungSettings
from bot.engine.timetable import LETTERS_PER_S
from bot.messages import Answer, Lane, Rejection, RejectReason, Utterance
from bot.outcomes import Outcome, Overload
from bot.runtime.clock import now

log = structlog.get_logger(__name__)

_LOOK_S = 0.25
"""How often it is looked how much waits."""
_TAKEN = {"all": Lane.REST, "moderators": Lane.MODERATOR, "paid": Lane.PAID}
"""Last lane that is taken in, by the setting."""


class Relief(NamedTuple):
    """What makes an utterance shorter to speak, or quicker to make."""

    without_name: bool = False
    max_words: int = 0
    """0 for all of them."""
    speed: float = 1.0
    """Factor on the speaking rate."""
    least_nfe: bool = False

    def of(self, utterance: Utterance) -> "Relief":
        """Return what of it `utterance` gets: what is paid or announced is spoken whole.

        So is what many wrote: it ends with their number.
        """
        is_plain = utterance.lane is Lane.REST and not utterance.copies
        return self if is_plain else Relief(least_nfe=self.least_nfe)

    def said(self, utterance: Utterance) -> Utterance:
        """Return `utterance` with what is said of it alone; itself where that is all."""
        if self.without_name and utterance.prefix:
            utterance = replace(utterance, prefix="")
        most = self.max_words
        if not most or len(utterance.body.split(maxsplit=most)) <= most:
            return utterance
        segments, left = [], most
        for segment in utterance.segments:
            if left > 0:
                segments.append(replace(segment, text=_first(segment.text, left)))
                left -= len(segment.text.split(maxsplit=left)[:left])
        return replace(utterance, body=_first(utterance.body, most), segments=tuple(segments))


def _first(text: str, words: int) -> str:
    """Return so many words of `text`."""
    parts = text.split(maxsplit=words)
    return " ".join(parts[:words]) if len(parts) > words else text


class _Load(NamedTuple):
    """How much waits."""

    waiting: int
    speech_s: float
    oldest_s: float

    def share(self, rung: RungSettings) -> float:
        """Return the load as a multiple of that rung's limits, by the one that is nearest."""
        pairs = zip(self, (rung.waiting, rung.speech_s, rung.oldest_s), strict=True)
        return max(load / limit for load, limit in pairs if limit)


class Ladder:
    """Rungs that are climbed at once, and left one by one."""

    def __init__(
        self,
        settings: OverloadSettings,
        backlog: Backlog,
        *,
        channel: str,
        emit: Callable[[Outcome], None],
        tell: Callable[[Answer], None],
        is_heard: Callable[[Utterance], bool] = lambda _: True,
        clock: Callable[[], float] = now,
    ) -> None:
        """Watch `backlog`; `emit` takes the outcomes, `tell` lets chat know if that is set.

        What waits for an output that is away, as `is_heard` tells, holds up nobody and counts not.
        """
        self._is_heard = is_heard
        self._settings = settings
        self._backlog = backlog
        self._channel = channel
        self._emit = emit
        self._tell = tell
        self._clock = clock
        self._since = -math.inf
        self._told = 0
        """Highest rung that chat was told of since there was none."""
        self.rung = 0
        """Rung that is reached, from 1; 0 while all can be spoken in time."""
        self.relief = Relief()
        """What the utterances get that are begun now."""
        self._taken = Lane.REST

    def refuse(self, utterance: Utterance) -> Rejection | None:
        """Return why `utterance` is not taken in, if it is not."""
        if utterance.lane <= self._taken:
            return None
        return Rejection(reason=RejectReason.OVERLOAD, detail=f"rung {self.rung}")

    async def run(self) -> NoReturn:
        """Look how much waits, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        """Climb as far as what waits demands, or go down one rung."""
        load, rungs = self._load(), self._settings.rungs
        reached = max(
            (number for number, rung in enumerate(rungs, 1) if load.share(rung) >= 1), default=0
        )
        if reached > self.rung:
            self._step(reached, load)
        elif (
            reached < self.rung
            and load.share(rungs[self.rung - 1]) < self._settings.down_ratio
            and self._clock() - self._since >= self._settings.least_s
        ):
            self._step(self.rung - 1, load)

    def _load(self) -> _Load:
        waiting = list(filter(self._is_heard, self._backlog))
        letters = sum(len(each.prefix) + len(each.body) for each in waiting)
        oldest = min(
            (each.received_at for each in waiting if each.lane is not Lane.PAID),
            default=math.inf,
        )
        return _Load(
            waiting=len(waiting),
            speech_s=letters / LETTERS_PER_S,
            oldest_s=max(self._clock() - oldest, 0.0),
        )

    def _step(self, rung: int, load: _Load) -> None:
        on = self._settings.rungs[:rung]
        name = on[-1].name if on else ""
        self.rung, self._since = rung, self._clock()
        self.relief = Relief(
            without_name=any(each.without_names for each in on),
            max_words=min((each.max_words for each in on if each.max_words), default=0),
            speed=max((each.speed for each in on), default=1.0),
            least_nfe=any(each.least_nfe for each in on),
        )
        self._taken = min((_TAKEN[each.takes] for each in on), default=Lane.REST)
        log.info("overload", channel=self._channel, rung=rung, name=name, waiting=load.waiting)
        self._emit(
            Overload(
                id="",
                channel=self._channel,
                chatter="",
                at=now(),
                rung=rung,
                name=name,
                waiting=load.waiting,
                speech_s=round(load.speech_s, 1),
            )
        )
        self._announce(rung, name)

    def _announce(self, rung: int, name: str) -> None:
        if not self._settings.announce:
            return
        if rung > self._told:
            self._told = rung
            self._tell(Answer.of("overload", name=name))
        elif not rung:
            self._told = 0
            self._tell(Answer.of("overload_over"))
