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

from bot.clock import now
from bot.engine.fallback import Chain, Turn
from bot.engine.narrator import Narrator
from bot.engine.pieces import Lengths, Pauses
from bot.engine.process.breaker import Breaker
from bot.engine.process.supervisor import Host
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest

if TYPE_CHECKING:
    from tests.engine.conftest import MakeHost

_DEADLINE_S = 30
PREFERRED, LIGHT = 0.5, 0.25
"""Levels of what they speak, to tell them apart."""


def request(text: str) -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice="heart")


async def speak(narrator: Narrator, text: str) -> list[AudioChunk]:
    async with asyncio.timeout(_DEADLINE_S):
        return [chunk async for chunk in narrator.synthesize(request(text))]


def words_by_level(chunks: list[AudioChunk]) -> list[tuple[float, int]]:
    """Return the level of each piece and how many words it has."""
    return [
        (round(float(chunk.samples.max()), 2), round(np.sum(chunk.samples > 0.2) / 2_400))
        for chunk in chunks
    ]


@asynccontextmanager
async def narrating(*hosts: Host) -> AsyncIterator[Narrator]:
    """A narrator whose pieces are words: 'one. two.' are two."""
    narrator = Narrator(
        Chain(hosts, patience_s=10),
        pauses=Pauses(sentence_s=0.1),
        lengths=Lengths(shortest=1, first=7, longest=7),
    )
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await narrator.warm_up()
            for host in hosts:
                await until(partial(is_settled, host))
        yield narrator
    finally:
        await narrator.close()


def is_settled(host: Host) -> bool:
    return host.is_ready or host.refusal is not None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("fault", ["exit", "kill", "stop", "raise", "memory", "exhaust", "hang"])
async def test_what_was_under_way_is_said_by_the_next_engine_once(
    make_host: "MakeHost", tmp_path: Path, fault: str
) -> None:
    once = str(tmp_path / "once")  # whoever is asked anew says the word and does nothing
    first = make_host("first", level=PREFERRED, once=once)
    second = make_host("second", level=LIGHT, once=once)
    async with narrating(first, second) as narrator:
        assert words_by_level(await speak(narrator, "zero")) == [(PREFERRED, 1)]
        stream = narrator.synthesize(request(f"one! {fault}! two! three!"))
        async with asyncio.timeout(_DEADLINE_S), aclosing(stream):
            chunks = [chunk async for chunk in stream]

        assert [words for _, words in words_by_level(chunks)] == [1, 1, 1, 1]
        assert words_by_level(chunks)[1] == (LIGHT, 1)
        assert chunks[1].engine == "second"

        await until(lambda: first.is_ready)
        assert words_by_level(await speak(narrator, "zero")) == [(PREFERRED, 1)]


async def test_an_engine_that_is_too_slow_leaves_the_rest_to_the_next_one(
    make_host: "MakeHost",
) -> None:
    first, second = make_host("first", level=PREFERRED), make_host("second", level=LIGHT)
    chain = Chain([first, second], patience_s=0.4)
    narrator = Narrator(chain)
    async with asyncio.timeout(_DEADLINE_S):
        await asyncio.gather(first.warm_up(), second.warm_up())
        turn = chain.turn()
        slow = await turn.speak(request("pause " * 7))
        rest = await turn.speak(request("one"))
        later = await chain.turn().speak(request("one"))
    await narrator.close()

    assert [chunk.engine for chunk in (slow, rest, later)] == ["second", "second", "first"]
    assert len(slow.samples) == 7 * 2_400  # none of it was heard from both
    assert first.restarts == 0


async def test_a_lone_engine_that_breaks_says_it_when_it_is_back(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    async with narrating(make_host(once=str(tmp_path / "once"))) as narrator:
        chunks = await speak(narrator, "one! exit! two!")

    assert [words for _, words in words_by_level(chunks)] == [1, 1, 1]


async def test_a_text_that_breaks_every_engine_costs_one_utterance(make_host: "MakeHost") -> None:
    async with narrating(make_host("first"), make_host("second")) as narrator:
        with pytest.raises(UtteranceError, match="No engine could speak it"):
            await speak(narrator, "exit")
        assert len(await speak(narrator, "one! two!")) == 2


async def test_what_one_engine_cannot_say_is_said_by_the_next(make_host: "MakeHost") -> None:
    first = make_host("first", level=PREFERRED)
    async with narrating(first, make_host("second", level=LIGHT)) as narrator:
        with pytest.raises(UtteranceError, match=r"No\. Say something else\."):
            await speak(narrator, "refuse")
        chunks = await speak(narrator, "one! refuse! two!")

    assert words_by_level(chunks) == [(PREFERRED, 1), (PREFERRED, 1)]
    assert first.restarts == 0


async def test_the_light_engine_speaks_while_the_preferred_one_warms_up(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    warming = tmp_path / "warming"
    warming.touch()
    first = make_host("first", level=PREFERRED, warms_while=str(warming))
    second = make_host("second", level=LIGHT)
    narrator = Narrator(Chain([first, second], patience_s=10))
    with capture_logs() as logs:
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await narrator.warm_up()
            assert words_by_level(await speak(narrator, "one")) == [(LIGHT, 1)]
            assert narrator.states["first"]["state"] == "away: it is warming up"
            warming.unlink()
            await until(lambda: first.is_ready)
            assert words_by_level(await speak(narrator, "one")) == [(PREFERRED, 1)]
        finally:
            await narrator.close()

    assert [e["engine"] for e in logs if e["event"] == "another engine speaks"] == ["first"]


async def test_an_utterance_keeps_its_voice_when_the_preferred_engine_comes_back(
    make_host: "MakeHost",
) -> None:
    first = make_host("first", level=PREFERRED)
    async with narrating(first, make_host("second", level=LIGHT)) as narrator:
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: not first.is_ready)
        stream = narrator.synthesize(request("one! two! " + "three! " * 30))
        async with asyncio.timeout(_DEADLINE_S), aclosing(stream):
            chunks = [await anext(stream)]
            await until(lambda: first.is_ready)
            chunks += [chunk async for chunk in stream]

    assert {level for level, _ in words_by_level(chunks)} == {LIGHT}


async def test_engines_that_cannot_run_are_refused_if_there_is_no_other(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    hosts = [make_host(name, refuses=str(tmp_path)) for name in ("first", "second")]
    narrator = Narrator(Chain(hosts, patience_s=10))
    with pytest.raises(StartError, match="It is not there"):
        await narrator.warm_up()
    await narrator.close()


async def test_an_engine_that_fails_again_and_again_proves_itself_before_it_is_used(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    first = make_host("first", level=PREFERRED)
    second = make_host("second", level=LIGHT, once=str(tmp_path))  # which exists: it obeys nothing
    async with narrating(first, second) as narrator:
        await speak(narrator, "one")
        for _ in range(3):
            await until(lambda: first.is_ready)
            assert words_by_level(await speak(narrator, "exit")) == [(LIGHT, 1)]
        assert first.state.startswith("away")
        assert words_by_level(await speak(narrator, "one")) == [(LIGHT, 1)]
        await until(lambda: first.is_ready)  # after its pause and a probe
        assert words_by_level(await speak(narrator, "one")) == [(PREFERRED, 1)]


async def test_an_engine_that_breaks_at_its_trial_is_not_used(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    first = make_host("first", level=PREFERRED, exits_at="Hello")  # as the trial begins
    second = make_host("second", level=LIGHT, once=str(tmp_path))
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
    states = []
    for step in (breaker.prove, breaker.fail, breaker.succeed):
        step()
        states.append(breaker.is_open)
    assert states == [False, True, False]


async def test_what_is_closed_in_the_middle_is_not_made(make_host: "MakeHost") -> None:
    host = make_host()
    async with narrating(host) as narrator:
        async with aclosing(narrator.synthesize(request("one! wait! wait!"))) as stream:
            await anext(stream)
        assert len(await speak(narrator, "one! two!")) == 2
        assert host.restarts == 0


def is_silent(narrator: Narrator, least_s: float) -> bool:
    return narrator.silent_s > least_s


async def test_a_silence_goes_on_until_an_engine_answers(make_host: "MakeHost") -> None:
    async with narrating(make_host("only", level=PREFERRED)) as narrator:
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


async def test_what_changes_before_a_task_waits_is_not_missed(make_host: "MakeHost") -> None:
    host = make_host()
    waiting = asyncio.create_task(Chain([host], patience_s=10).wait_changed())
    await asyncio.sleep(0)  # it has made the tasks that wait, and they have not begun
    host._change(is_ready=True)
    async with asyncio.timeout(_DEADLINE_S):
        await waiting


class Noting(Chain):
    """Speaks a second of silence for each piece, and notes when it was needed."""

    def __init__(self) -> None:
        super().__init__([], patience_s=10)
        self.due_s: list[float] = []

    def turn(self) -> Turn:
        return NotingTurn(self)


class NotingTurn(Turn):
    async def speak(self, piece: SpeechRequest) -> AudioChunk:
        assert isinstance(self._chain, Noting)
        self._chain.due_s.append(piece.due_s)
        return AudioChunk(samples=np.full(24_000, 0.5, np.float32), sample_rate_hz=24_000)


async def test_a_piece_that_is_made_later_is_needed_sooner() -> None:
    chain = Noting()
    narrator = Narrator(chain, ahead_s=0.1)  # one piece at a time
    async with aclosing(narrator.synthesize(request("One sentence. And another one."))) as stream:
        await anext(stream)
        heard_at = now()
        await until(lambda: now() - heard_at > 0.1)
        await anext(stream)

    first_s = len("One sentence.") / 15 + Pauses().sentence_s
    assert chain.due_s[0] == 0
    assert 0 < chain.due_s[1] <= first_s - 0.1
