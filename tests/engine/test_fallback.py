"""Who speaks when engines fail: real processes, one of which misbehaves."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.pieces import Lengths, Pauses
from bot.engine.process.breaker import Breaker
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.clock import now
from tests.engine.conftest import DEADLINE_S, limits_for

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from tests.engine.conftest import MakeSupervisor

PREFERRED, LIGHT = 0.5, 0.25
"""Levels of what they speak, to tell them apart."""


def request(text: str, due_s: float = 0.0) -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice="heart", due_s=due_s)


async def speak(narrator: Narrator, text: str) -> list[AudioChunk]:
    async with asyncio.timeout(DEADLINE_S):
        return [chunk async for chunk in narrator.synthesize(request(text))]


def words_by_level(chunks: list[AudioChunk]) -> list[tuple[float, int]]:
    """Return the level of each piece and how many words it has."""
    return [
        (round(float(chunk.samples.max()), 2), round(np.sum(chunk.samples > 0.2) / 2_400))
        for chunk in chunks
    ]


@asynccontextmanager
async def narrating(*supervisors: Supervisor) -> AsyncIterator[Narrator]:
    """A narrator whose pieces are words: 'one. two.' are two."""
    narrator = Narrator(
        FallbackEngine(supervisors, stall_s=DEADLINE_S),
        pauses=Pauses(sentence_s=0.1),
        lengths=Lengths(shortest=1, first=7, longest=7),
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            await narrator.warm_up()
            for supervisor in supervisors:
                await until(partial(is_settled, supervisor))
        yield narrator
    finally:
        await narrator.close()


def is_settled(supervisor: Supervisor) -> bool:
    return supervisor.is_ready or supervisor.refusal is not None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("fault", ["exit", "kill", "stop", "raise", "memory", "exhaust", "hang"])
async def test_what_was_under_way_is_said_by_the_next_engine_once(
    make_supervisor: "MakeSupervisor", tmp_path: Path, fault: str
) -> None:
    once = str(tmp_path / "once")  # whoever is asked anew says the word and does nothing
    first = make_supervisor("first", level=PREFERRED, once=once, limits=limits_for(fault))
    second = make_supervisor("second", level=LIGHT, once=once)
    async with narrating(first, second) as narrator:
        assert words_by_level(await speak(narrator, "zero")) == [(PREFERRED, 1)]
        stream = narrator.synthesize(request(f"one! {fault}! two! three!"))
        async with asyncio.timeout(DEADLINE_S), aclosing(stream):
            chunks = [chunk async for chunk in stream]

        assert [words for _, words in words_by_level(chunks)] == [1, 1, 1, 1]
        assert words_by_level(chunks)[1] == (LIGHT, 1)
        assert chunks[1].engine == "second"

        await until(lambda: first.is_ready and not narrator.states["first"].aside)
        assert words_by_level(await speak(narrator, "zero")) == [(PREFERRED, 1)]


async def test_a_lone_engine_that_breaks_says_it_when_it_is_back(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    async with narrating(make_supervisor(once=str(tmp_path / "once"))) as narrator:
        chunks = await speak(narrator, "one! exit! two!")

    assert [words for _, words in words_by_level(chunks)] == [1, 1, 1]


async def test_a_text_that_breaks_every_engine_costs_one_utterance(
    make_supervisor: "MakeSupervisor",
) -> None:
    async with narrating(make_supervisor("first"), make_supervisor("second")) as narrator:
        with pytest.raises(UtteranceError, match="No engine could speak it"):
            await speak(narrator, "exit")
        assert len(await speak(narrator, "one! two!")) == 2


async def test_what_one_engine_cannot_say_is_said_by_the_next(
    make_supervisor: "MakeSupervisor",
) -> None:
    first = make_supervisor("first", level=PREFERRED)
    async with narrating(first, make_supervisor("second", level=LIGHT)) as narrator:
        with pytest.raises(UtteranceError, match=r"No\. Say something else\."):
            await speak(narrator, "refuse")
        chunks = await speak(narrator, "one! refuse! two!")

    assert words_by_level(chunks) == [(PREFERRED, 1), (PREFERRED, 1)]
    assert first.restarts == 0


async def test_the_light_engine_speaks_while_the_preferred_one_warms_up(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    warming = tmp_path / "warming"
    warming.touch()
    first = make_supervisor("first", level=PREFERRED, warms_while=str(warming))
    second = make_supervisor("second", level=LIGHT)
    narrator = Narrator(FallbackEngine([first, second], stall_s=DEADLINE_S))
    with capture_logs() as logs:
        try:
            async with asyncio.timeout(DEADLINE_S):
                await narrator.warm_up()
            assert words_by_level(await speak(narrator, "one")) == [(LIGHT, 1)]
            assert narrator.states["first"].state == "away: it is warming up"
            warming.unlink()
            await until(lambda: first.is_ready)
            assert words_by_level(await speak(narrator, "one")) == [(PREFERRED, 1)]
        finally:
            await narrator.close()

    assert [e["engine"] for e in logs if e["event"] == "another engine speaks"] == ["first"]


async def test_an_utterance_keeps_its_voice_when_the_preferred_engine_comes_back(
    make_supervisor: "MakeSupervisor",
) -> None:
    first = make_supervisor("first", level=PREFERRED)
    async with narrating(first, make_supervisor("second", level=LIGHT)) as narrator:
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: not first.is_ready)
        stream = narrator.synthesize(request("one! two! " + "three! " * 30))
        async with asyncio.timeout(DEADLINE_S), aclosing(stream):
            chunks = [await anext(stream)]
            await until(lambda: first.is_ready)
            chunks += [chunk async for chunk in stream]

    assert {level for level, _ in words_by_level(chunks)} == {LIGHT}


async def test_engines_that_cannot_run_are_refused_if_there_is_no_other(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    supervisors = [make_supervisor(name, refuses=str(tmp_path)) for name in ("first", "second")]
    narrator = Narrator(FallbackEngine(supervisors, stall_s=DEADLINE_S))
    with pytest.raises(StartError, match="It is not there"):
        await narrator.warm_up()
    await narrator.close()


async def test_an_engine_that_fails_again_and_again_proves_itself_before_it_is_used(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    first = make_supervisor("first", level=PREFERRED)
    second = make_supervisor(
        "second", level=LIGHT, once=str(tmp_path)
    )  # which exists: it obeys nothing
    async with narrating(first, second) as narrator:
        await speak(narrator, "one")
        for _ in range(3):
            await until(lambda: first.is_ready)
            assert words_by_level(await speak(narrator, "exit")) == [(LIGHT, 1)]
        assert first.state.state.startswith("away")
        assert words_by_level(await speak(narrator, "one")) == [(LIGHT, 1)]
        await until(lambda: first.is_ready)  # after its pause and a probe
        assert words_by_level(await speak(narrator, "one")) == [(PREFERRED, 1)]


async def test_an_engine_that_breaks_at_its_trial_is_not_used(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    first = make_supervisor("first", level=PREFERRED, exits_at="Hello")  # as the trial begins
    second = make_supervisor("second", level=LIGHT, once=str(tmp_path))
    with capture_logs() as logs:
        async with narrating(first, second) as narrator:
            await speak(narrator, "one")
            for _ in range(3):
                await until(lambda: first.is_ready)
                await speak(narrator, "exit")
            logs.clear()
            await until(lambda: first._breaker.pause_s > 5)

    assert [entry for entry in logs if entry["event"] == "engine is back"] == []


def test_the_breaker_opens_closes_and_opens_sooner_on_trial() -> None:
    breaker = Breaker()
    pauses = []
    for _ in range(3):
        breaker.fail()
        pauses.append((breaker.is_open, breaker.pause_s))
    assert pauses == [(False, 0.0), (False, 0.0), (True, 5.0)]
    impatient = Breaker(longest_s=2.0)
    for _ in range(9):
        impatient.fail()
    assert impatient.pause_s == 2.0
    states = []
    for step in (breaker.prove, breaker.fail, breaker.succeed):
        step()
        states.append(breaker.is_open)
    assert states == [False, True, False]


async def test_what_is_closed_in_the_middle_is_not_made(make_supervisor: "MakeSupervisor") -> None:
    supervisor = make_supervisor()
    async with narrating(supervisor) as narrator:
        async with aclosing(narrator.synthesize(request("one! wait! wait!"))) as stream:
            await anext(stream)
        assert len(await speak(narrator, "one! two!")) == 2
        assert supervisor.restarts == 0


def is_silent(narrator: Narrator, least_s: float) -> bool:
    return narrator.silent_s > least_s


async def test_a_silence_goes_on_until_an_engine_answers(make_supervisor: "MakeSupervisor") -> None:
    async with narrating(make_supervisor("only", level=PREFERRED)) as narrator:
        assert narrator.silent_s == 0.0
        for least_s in (0.2, 0.4):  # one text after the other gets no answer
            waiting = asyncio.create_task(speak(narrator, "wait"))
            await until(partial(is_silent, narrator, least_s))
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        silent_s = narrator.silent_s
        assert silent_s > 0.4

        await speak(narrator, "one")

        assert narrator.silent_s < silent_s


async def test_what_changes_before_a_task_waits_is_not_missed(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor()
    waiting = asyncio.create_task(FallbackEngine([supervisor], stall_s=DEADLINE_S).wait_changed())
    await asyncio.sleep(0)  # it has made the tasks that wait, and they have not begun
    supervisor._change(is_ready=True)
    async with asyncio.timeout(DEADLINE_S):
        await waiting


class NotingSupervisor(Supervisor):
    """Speaks a second of sound for each piece, and notes when it was needed."""

    is_ready = True

    def __init__(self) -> None:
        super().__init__("noting", dict)
        self.requests: list[SpeechRequest] = []

    async def speak(self, request: SpeechRequest) -> AudioChunk:
        self.requests.append(request)
        return AudioChunk(samples=np.full(24_000, 0.5, np.float32), sample_rate_hz=24_000)


async def test_a_piece_that_is_made_later_is_needed_sooner() -> None:
    supervisor = NotingSupervisor()
    # One piece at a time.
    narrator = Narrator(FallbackEngine([supervisor], stall_s=DEADLINE_S), ahead_s=0.1)
    text = "One sentence that takes some seconds to be heard. And another one."
    async with aclosing(narrator.synthesize(request(text))) as stream:
        await anext(stream)
        heard_at = now()
        await until(lambda: now() - heard_at > 0.1)
        await anext(stream)

    first_s = (text.index(".") + 1) / 15 + Pauses().sentence_s
    first, second = (each.due_s for each in supervisor.requests)
    assert first == 0
    assert 0 < second <= first_s - 0.1


async def test_a_text_is_cut_by_the_longest_piece_of_the_engine() -> None:
    supervisor = NotingSupervisor()
    supervisor.longest_piece = 30
    narrator = Narrator(FallbackEngine([supervisor], stall_s=DEADLINE_S))
    async for _ in narrator.synthesize(request("and so on " * 30)):
        pass

    lengths = [len(each.text) for each in supervisor.requests]
    assert 20 < max(lengths) <= 30
