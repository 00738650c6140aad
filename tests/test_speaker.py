"""The speaker with a real backlog and a real player; engine and output are stand-ins."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest
from msgspec.structs import replace

from bot.backlog import Backlog
from bot.config.sections.backlog import BacklogSettings
from bot.config.sections.playback import PlaybackSettings
from bot.engine.nfe_policy import NfePolicy
from bot.engine.timetable import Due
from bot.errors import UtteranceError
from bot.lookahead import Lookahead
from bot.messages import AudioChunk, Chatter, Lane, SpeechRequest, Utterance, WordTime
from bot.outcomes import FINAL, Continued, Dropped, DropReason, Failed, Outcome, Spoken, Started
from bot.overload import Relief
from bot.playback import Output
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.playback.player import Player
from bot.runtime.clock import now
from bot.speaker import Progress, Speaker

CHUNK = AudioChunk(
    samples=np.full(240, 0.5, np.float32),
    sample_rate_hz=24_000,
    words=(WordTime("word", 0.002, 0.008),),
)


class EngineStandIn:
    """Gives two chunks for each text; texts of some words misbehave."""

    name = "stand-in"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.nfes: list[int] = []
        self.speeds: list[float] = []
        self.closed: list[str] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.for_ever = asyncio.Event()
        self.gave_at = now()

    async def warm_up(self) -> None: ...

    async def close(self) -> None: ...

    def rouse(self) -> None: ...

    languages: frozenset[str] | None = None

    @property
    def silent_s(self) -> float:
        return now() - self.gave_at

    async def synthesize(
        self, request: SpeechRequest, due: Due | None = None
    ) -> AsyncGenerator[AudioChunk, None]:
        assert due is not None
        self.texts.append(request.text)
        self.nfes.append(request.nfe)
        self.speeds.append(request.speed)
        try:
            if "unspeakable" in request.text:
                raise UtteranceError("no")
            self.gave_at = now()
            yield CHUNK
            await self.may_go_on.wait()
            if "hangs" in request.text:
                await self.for_ever.wait()
            if "breaks" in request.text:
                raise ZeroDivisionError
            yield CHUNK
        finally:
            while "clings" in request.text and not self.for_ever.is_set():
                with suppress(asyncio.CancelledError):
                    await self.for_ever.wait()
            self.closed.append(request.text)


class OutputStandIn:
    """Takes chunks as fast as they come, while it is there."""

    name = "stand-in"
    state = "there"
    underflows = 0
    lost_s = 0.0

    def __init__(self) -> None:
        self._is_there = asyncio.Event()
        self._is_there.set()
        self.pieces = 0

    @property
    def is_available(self) -> bool:
        return self._is_there.is_set()

    def unplug(self) -> None:
        self._is_there.clear()

    def plug_in(self) -> None:
        self._is_there.set()

    async def run(self) -> None: ...

    async def wait_until_available(self) -> None:
        await self._is_there.wait()

    async def wait_until_settled(self) -> None: ...

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        del gain
        async for index, _ in aenumerate(clip.read(start_s)):
            self.pieces += 1
            if index == 0:
                on_start()


async def aenumerate(items: AsyncIterator[AudioChunk]) -> AsyncIterator[tuple[int, AudioChunk]]:
    index = 0
    async for item in items:
        yield index, item
        index += 1


class Stage:
    def __init__(
        self,
        max_age_s: float = 100,
        stall_s: float = 100,
        ahead_s: float = 0,
        *,
        progress: Progress | None = None,
        route: Callable[[Utterance], Sequence[Output]] | None = None,
        outputs: Sequence[Output] = (),
    ) -> None:
        self.relief = Relief()
        self.outcomes: list[Outcome] = []
        self._told = asyncio.Condition()
        self.engine = EngineStandIn()
        self.output = OutputStandIn()
        self.backlog = Backlog(BacklogSettings(max_age_s=max_age_s), self.outcomes.append)
        self.speaker = Speaker(
            backlog=self.backlog,
            lookahead=Lookahead(
                self.backlog,
                self.engine,
                stall_s=stall_s,
                max_age_s=max_age_s,
                prefix_again_after_s=60,
                ahead_s=ahead_s,
                nfe_policy=NfePolicy(idle=10, normal=7, least=5),
                relief=lambda: self.relief,
                is_heard=lambda u: route is None or any(o.is_available for o in route(u)),
            ),
            player=Player([self.output, *outputs], PlaybackSettings()),
            route=route,
            emit=self.outcomes.append,
            max_age_s=max_age_s,
            progress=progress,
        )

    @asynccontextmanager
    async def speaking(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.speaker.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def put(self, body: str, chatter: str = "a", lane: Lane = Lane.REST) -> None:
        self.backlog.put(
            Utterance(
                id=body,
                channel="main",
                chatter=Chatter(id=chatter, name=chatter),
                prefix=f"{chatter} says: ",
                body=body,
                voice="heart",
                lane=lane,
                received_at=now(),
            )
        )

    def final(self) -> list[tuple[str, type[Outcome]]]:
        return [(o.id, type(o)) for o in self.outcomes if isinstance(o, FINAL)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0)


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_each_utterance_starts_and_is_spoken(stage: Stage) -> None:
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: bool(stage.final()))
    started, spoken = stage.outcomes[-2:]

    assert isinstance(started, Started)
    assert isinstance(spoken, Spoken)
    assert started.text == "a says: one"
    assert started.requested_at <= started.first_chunk_at <= started.at <= spoken.at
    assert spoken.audio_s == pytest.approx(0.02)


async def test_the_prefix_is_left_out_while_one_chatter_goes_on(stage: Stage) -> None:
    stage.backlog.pause()
    for body, chatter in (("one", "a"), ("two", "b")):
        stage.put(body, chatter)
    stage.put("three", "b")
    stage.backlog.resume()
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 3)

    assert stage.engine.texts == ["a says: one", "b says: two", "three"]


async def test_the_prefix_is_kept_after_speech_that_nobody_heard_to_its_end(stage: Stage) -> None:
    stage.put("breaks")
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 1)
        stage.put("two")
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.engine.texts == ["a says: breaks", "a says: two"]


@pytest.mark.parametrize("bad", ["unspeakable", "breaks"])
async def test_what_the_engine_cannot_say_fails_and_the_next_is_spoken(
    stage: Stage, bad: str
) -> None:
    stage.put(bad)
    stage.put("good")
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.final() == [(bad, Failed), ("good", Spoken)]


async def test_a_cut_ends_speech_and_synthesis_and_the_next_is_spoken(stage: Stage) -> None:
    stage.engine.may_go_on.clear()
    stage.put("one")
    stage.put("two", "b")
    async with stage.speaking():
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))
        assert stage.speaker.cut(DropReason.SKIPPED, lambda u: u.id == "one")
        assert not stage.speaker.cut(DropReason.SKIPPED, lambda _: True)
        stage.engine.may_go_on.set()
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.final() == [("one", Dropped), ("two", Spoken)]
    assert stage.engine.closed == ["a says: one", "b says: two"]


async def test_a_cut_before_the_first_sound_lets_nothing_be_heard(stage: Stage) -> None:
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: stage.speaker.current is not None)
        stage.speaker.cut(DropReason.DELETED, lambda _: True)
        await stage.until(lambda: bool(stage.final()))

    assert not any(isinstance(o, Started | Spoken) for o in stage.outcomes)


async def test_a_cut_that_matches_another_does_nothing(stage: Stage) -> None:
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: stage.speaker.current is not None)
        assert not stage.speaker.cut(DropReason.SKIPPED, lambda u: u.id == "two")
        await stage.until(lambda: bool(stage.final()))

    assert stage.final() == [("one", Spoken)]


async def test_without_an_output_utterances_wait_in_the_backlog_and_expire_there() -> None:
    stage = Stage(max_age_s=0.05)
    stage.output.unplug()
    stage.put("one")
    stage.put("paid", lane=Lane.PAID)
    async with stage.speaking():
        await stage.until(lambda: bool(stage.final()))
        assert stage.engine.texts == []
        stage.output.plug_in()
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.final() == [("one", Dropped), ("paid", Spoken)]


async def test_an_engine_that_stalls_fails_and_the_next_is_spoken() -> None:
    stage = Stage(stall_s=0.05)
    stage.put("hangs")
    stage.put("good")
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.final() == [("hangs", Failed), ("good", Spoken)]


async def test_an_engine_that_does_not_let_go_of_a_cut_utterance_holds_up_nothing(
    stage: Stage,
) -> None:
    stage.engine.may_go_on.clear()
    stage.put("clings")
    stage.put("good", "b")
    async with stage.speaking():
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))
        stage.speaker.cut(DropReason.SKIPPED, lambda _: True)
        stage.engine.may_go_on.set()
        await stage.until(lambda: len(stage.final()) == 2)
        assert stage.engine.closed == ["b says: good"]
        stage.engine.for_ever.set()

    assert stage.final() == [("clings", Dropped), ("good", Spoken)]


async def test_a_stop_right_after_a_cut_still_accounts_for_it(stage: Stage) -> None:
    stage.engine.may_go_on.clear()
    stage.put("clings")
    async with stage.speaking():
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))
        stage.speaker.cut(DropReason.SKIPPED, lambda _: True)
        asyncio.get_running_loop().call_soon(stage.engine.for_ever.set)

    assert [o.reason for o in stage.outcomes if isinstance(o, Dropped)] == [DropReason.SKIPPED]


async def test_speech_whose_device_goes_away_after_its_time_expires() -> None:
    stage = Stage(max_age_s=0.05)
    stage.engine.may_go_on.clear()
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))
        stage.output.unplug()
        await stage.until(lambda: bool(stage.final()))

    assert [o.reason for o in stage.outcomes if isinstance(o, Dropped)] == [DropReason.EXPIRED]


async def test_what_is_taken_back_before_the_speaker_wakes_is_not_spoken(stage: Stage) -> None:
    async with stage.speaking():
        await asyncio.sleep(0)
        stage.put("one")
        stage.backlog.clear(DropReason.DELETED)
        stage.put("two")
        stage.backlog.pause()
        await asyncio.sleep(0)
        stage.backlog.resume()
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.final() == [("one", Dropped), ("two", Spoken)]


async def test_what_is_for_an_output_that_is_away_holds_up_nothing_else() -> None:
    away = OutputStandIn()
    away.unplug()
    both = Stage(route=lambda u: [away if u.lane is Lane.PAID else both.output], outputs=[away])
    both.put("cheer", lane=Lane.PAID)
    async with both.speaking(), asyncio.timeout(5):
        both.put("one")
        await both.until(lambda: len(both.final()) == 1)
        both.put("two", "b")
        await both.until(lambda: len(both.final()) == 2)
        away.plug_in()
        await both.until(lambda: len(both.final()) == 3)
        away.unplug()
        both.put("lost", lane=Lane.PAID)
        await both.speaker.drain()

    assert both.final() == [("one", Spoken), ("two", Spoken), ("cheer", Spoken), ("lost", Dropped)]
    assert away.pieces == both.output.pieces / 2


async def test_draining_speaks_what_waits_although_paused(stage: Stage) -> None:
    stage.backlog.pause()
    stage.put("one")
    stage.put("two")
    async with stage.speaking(), asyncio.timeout(5):
        await stage.speaker.drain()

    assert stage.final() == [("one", Spoken), ("two", Spoken)]


async def test_draining_without_an_output_drops_with_the_reason(stage: Stage) -> None:
    stage.output.unplug()
    stage.put("one")
    async with stage.speaking(), asyncio.timeout(5):
        await stage.speaker.drain()

    assert [o.reason for o in stage.outcomes if isinstance(o, Dropped)] == [DropReason.NO_OUTPUT]


async def test_a_stop_in_mid_speech_accounts_for_it_and_leaves_no_task(stage: Stage) -> None:
    before = asyncio.all_tasks()
    stage.engine.may_go_on.clear()
    stage.put("one")
    async with stage.speaking():
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))

    assert [o.reason for o in stage.outcomes if isinstance(o, Dropped)] == [DropReason.SHUTDOWN]
    assert stage.engine.closed == ["a says: one"]
    assert asyncio.all_tasks() == before


@pytest.fixture
async def looking() -> Stage:
    """Speaks what nobody lets end, and may make 3 s of what waits."""
    stage = Stage(ahead_s=3)
    stage.engine.may_go_on.clear()
    return stage


async def test_what_waits_is_made_while_something_is_spoken_as_far_as_allowed(
    looking: Stage,
) -> None:
    for number in range(9):
        looking.put(f"message number {number}", f"chatter{number}")
    async with looking.speaking():
        await looking.until(lambda: len(looking.engine.texts) == 3)
        assert len(looking.backlog) == 8
        looking.engine.may_go_on.set()
        await looking.until(lambda: len(looking.final()) == 9)

    assert [kind for _, kind in looking.final()] == [Spoken] * 9
    assert looking.engine.texts == [
        f"chatter{number} says: message number {number}" for number in range(9)
    ]


async def test_what_is_for_an_output_that_is_away_takes_no_room_of_what_is_made_ahead() -> None:
    away = OutputStandIn()
    away.unplug()
    both = Stage(
        ahead_s=1,
        route=lambda u: [away if u.lane is Lane.PAID else both.output],
        outputs=[away],
    )
    both.engine.may_go_on.clear()
    for number in range(3):
        both.put(f"cheer {number}", lane=Lane.PAID)
    both.put("one")
    both.put("two", "b")
    async with both.speaking():
        await both.until(lambda: len(both.engine.texts) == 2)
        assert both.engine.texts == ["a says: one", "b says: two"]


async def test_the_nfe_follows_what_waits() -> None:
    stage = Stage(max_age_s=9)
    for number in range(6):
        stage.put(f"message {number}", f"chatter{number}")
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 6)

    assert stage.engine.nfes == [5, 5, 5, 7, 7, 10]


async def test_under_load_chat_is_said_shorter_and_quicker_but_not_what_was_paid_for(
    stage: Stage,
) -> None:
    stage.relief = Relief(without_name=True, max_words=2, speed=1.2, least_nfe=True)
    stage.put("one two three")
    stage.put("four five six", "b", Lane.PAID)
    async with stage.speaking():
        await stage.until(lambda: len(stage.final()) == 2)

    assert stage.engine.texts == ["b says: four five six", "one two"]
    assert stage.engine.speeds == [1.0, 1.2]
    assert stage.engine.nfes == [5, 5]


async def test_what_is_made_ahead_stays_when_the_load_changes(looking: Stage) -> None:
    looking.engine.may_go_on.clear()
    async with looking.speaking():
        looking.put("one")
        looking.put("two", "b")
        await looking.until(lambda: len(looking.engine.texts) == 2)
        looking.relief = Relief(without_name=True)
        looking.engine.may_go_on.set()
        await looking.until(lambda: len(looking.final()) == 2)

    assert looking.engine.texts == ["a says: one", "b says: two"]


async def test_what_others_wrote_too_is_made_again_at_its_turn(looking: Stage) -> None:
    looking.engine.may_go_on.clear()
    async with looking.speaking():
        looking.put("one")
        looking.put("two", "b")
        await looking.until(lambda: len(looking.engine.texts) == 2)
        for count in (3, 4):
            (waiting,) = looking.backlog
            looking.backlog.replace(waiting, replace(waiting, body=f"two and {count} others"))
        looking.engine.may_go_on.set()
        await looking.until(lambda: len(looking.final()) == 2)

    assert looking.engine.texts == ["a says: one", "b says: two", "b says: two and 4 others"]


async def test_what_moderation_takes_back_is_made_no_further(looking: Stage) -> None:
    for body in ("one", "two"):
        looking.put(body, body)
    async with looking.speaking():
        await looking.until(lambda: len(looking.engine.texts) == 2)
        looking.backlog.clear(DropReason.DELETED)
        await looking.until(lambda: looking.engine.closed == ["two says: two"])
        looking.engine.may_go_on.set()
        await looking.until(lambda: len(looking.final()) == 2)

    assert looking.final() == [("two", Dropped), ("one", Spoken)]


async def test_what_comes_in_between_changes_the_introduction(looking: Stage) -> None:
    looking.put("one")
    looking.put("two")
    async with looking.speaking():
        await looking.until(lambda: looking.engine.texts == ["a says: one", "two"])
        looking.put("paid", "b", lane=Lane.PAID)
        looking.engine.may_go_on.set()
        await looking.until(lambda: len(looking.final()) == 3)

    assert [identifier for identifier, _ in looking.final()] == ["one", "paid", "two"]
    assert looking.engine.texts[-1] == "a says: two"


async def test_a_pause_makes_nothing_ahead_and_a_stop_leaves_no_task(looking: Stage) -> None:
    before = asyncio.all_tasks()
    looking.put("one")
    async with looking.speaking():
        await looking.until(lambda: any(isinstance(o, Started) for o in looking.outcomes))
        looking.backlog.pause()
        looking.put("two", "b")
        for _ in range(20):
            await asyncio.sleep(0)
        assert looking.engine.texts == ["a says: one"]
        looking.backlog.resume()
        await looking.until(lambda: len(looking.engine.texts) == 2)

    assert asyncio.all_tasks() == before


async def test_words_are_told_as_they_are_made_and_all_of_them_at_the_end() -> None:
    stage = Stage()
    first, second = WordTime("word", 0.002, 0.008), WordTime("word", 0.012, 0.018)
    stage.engine.may_go_on.clear()
    async with stage.speaking():
        stage.put("words")
        await stage.until(lambda: any(isinstance(o, Started) for o in stage.outcomes))
        speaking = stage.speaker.speaking
        stage.engine.may_go_on.set()
        await stage.until(lambda: any(isinstance(o, Spoken) for o in stage.outcomes))

    told = [o for o in stage.outcomes if isinstance(o, Started | Continued | Spoken)]
    assert [o.words for o in told] == [(first,), (second,), (first, second)]
    assert speaking is not None
    assert (speaking.words, speaking.started_at) == ((first,), told[0].at)
    assert stage.speaker.speaking is None
