"""One rehearsal: the stages of the daemon on simulated time, and what became of each message."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from bot.channel import Channel, Shared
from bot.config import Settings
from bot.engine.nfe_policy import NfePolicy
from bot.messages import ChatMessage
from bot.outcomes import (
    Accepted,
    Applied,
    Dropped,
    Failed,
    Held,
    Outcome,
    Rejected,
    Spoken,
    Started,
)
from bot.rehearsal.evening import Evening
from bot.rehearsal.simulation import SimulatedEngine, SimulatedLoop, SimulatedOutput
from bot.runtime import clock
from bot.runtime.concurrency.waiting import cancel
from bot.sources import Sources
from bot.store import Store
from bot.wiring import engines, sounds

_LAST_S = 3_600.0
"""Longest time after the last message."""


class End(StrEnum):
    """What became of a message."""

    SAID = "said"
    REFUSED = "refused"
    """Policy let nothing through."""
    DROPPED = "dropped"
    """It was accepted, and not spoken to its end."""
    OBEYED = "obeyed"
    """It was a command."""
    HELD = "held"
    """It waited for approval to the end of the evening."""


class Result(msgspec.Struct):
    """What became of one message."""

    end: End = End.HELD
    said: str = ""
    """What was begun to be spoken, with the introduction."""
    reason: str = ""
    detail: str = ""
    """More about the reason, or the answer to a command."""
    received_at: float = 0.0
    started_at: float = 0.0
    """When its speech began; 0 if it never did."""
    audio_s: float = 0.0
    """Expected length of its speech, in seconds."""

    @property
    def waited_s(self) -> float:
        """Seconds from the message to the beginning of its speech."""
        return self.started_at - self.received_at if self.started_at else 0.0

    @property
    def heard(self) -> tuple[str, ...]:
        """What makes a difference to who listens."""
        return (self.end, self.said, self.reason)


class Rehearsal:
    """What became of each message of an evening, by its id."""

    def __init__(self) -> None:
        self.results: dict[str, Result] = {}

    def emit(self, outcome: Outcome) -> None:
        """Note what happened to a message."""
        result = self.results.get(outcome.id)
        if result is None:
            return
        match outcome:
            case Rejected():
                result.end, result.reason = End.REFUSED, outcome.reason.value
                result.detail = outcome.detail
            case Applied():
                result.end, result.reason = End.OBEYED, outcome.verb.value
                result.detail = outcome.answer
            case Accepted() | Held():
                result.end = End.HELD
            case Started():
                result.said, result.started_at = outcome.text, outcome.at
            case Spoken():
                result.end, result.audio_s = End.SAID, outcome.audio_s
            case Dropped():
                result.end, result.reason = End.DROPPED, outcome.reason.value
                result.detail = outcome.detail
            case Failed():
                result.end, result.reason = End.DROPPED, "failed"
                result.detail = outcome.error

    def counts(self) -> Counter[str]:
        """Return how many messages ended in which way; `refused: blocked` is one of them."""
        counts: Counter[str] = Counter()
        for result in self.results.values():
            counts[result.end] += 1
            if result.reason and result.end in {End.REFUSED, End.DROPPED}:
                counts[f"{result.end}: {result.reason}"] += 1
        return counts


def rehearse(evening: Evening, settings: Settings) -> Rehearsal:
    """Let `evening` go through the stages that `settings` describe."""
    rehearsal = Rehearsal()
    loop, started_at = SimulatedLoop(), clock.now()
    with (
        clock.simulated(lambda: started_at + loop.time()),
        asyncio.Runner(loop_factory=lambda: loop) as runner,
    ):
        runner.run(_Stage(settings, rehearsal).play(evening))
    return rehearsal


class _Stage:
    """The channels of one configuration."""

    def __init__(self, settings: Settings, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        places = dict.fromkeys(o.place for channel in settings.channels for o in channel.outputs)
        shared = Shared(
            settings=settings,
            engine=SimulatedEngine(engines.languages(settings.engine)),
            nfe_policy=NfePolicy(),
            outputs={place: SimulatedOutput(str(place)) for place in places},
            voices=engines.voices(settings.engine),
            sounds=sounds.create(settings.sounds),
            sources=Sources(settings.twitch, ()),
            store=Store(None),
            emit=rehearsal.emit,
        )
        # The recording takes the place of the sources.
        self._channels = {
            channel.name: Channel(channel.model_copy(update={"sources": ()}), shared)
            for channel in settings.channels
        }
        self._first = next(iter(self._channels.values()))

    async def play(self, evening: Evening) -> None:
        """Deliver everything in its time; return when all that was accepted has ended."""
        channels = self._channels.values()
        tasks = [
            asyncio.create_task(part.run())
            for channel in channels
            for part in (channel.speaker, channel.presence, channel.ladder)
        ]
        loop = asyncio.get_running_loop()
        for at, item in evening.items:
            await asyncio.sleep(max(at - loop.time(), 0.0))
            if isinstance(item, ChatMessage):
                item = replace(item, received_at=clock.now())  # noqa: PLW2901 - as it comes
                self._rehearsal.results[item.id] = Result(received_at=item.received_at)
            self._channels.get(item.channel, self._first).intake.accept(item)
        await _drain(channels)
        await cancel(*tasks)


async def _drain(channels: Iterable[Channel]) -> None:
    """Let what waits be spoken, but for what nobody lets go on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_S):
            for channel in channels:
                await channel.speaker.drain()
