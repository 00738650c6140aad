"""Who speaks when engines are slow: supervisors are stand-ins that take a given time."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine.attempts import Attempts
from bot.engine.fallback import FallbackEngine
from bot.engine.pieces import Piece
from bot.engine.process.supervisor import Supervisor
from bot.engine.timetable import Due, Timetable
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from tests.engine.conftest import DEADLINE_S

PATIENCE_S = 0.7
FOR_EVER_S = 3600.0
TEXT = "forty letters, as a usual message in chat"


class PacedSupervisor(Supervisor):
    """Speaks a second of sound for each request, after a given time."""

    is_ready = True
    is_loading = False

    def __init__(self, name: str, takes_s: float, nfe_choices: tuple[int, ...] = ()) -> None:
        super().__init__(name, dict)
        self.takes_s = takes_s
        self.nfe_choices = nfe_choices
        self.asked: list[SpeechRequest] = []

    def teach(self, each_nfe_s: float) -> None:
        """Let it be known how long a usual message takes, for each evaluation."""
        for _ in range(3):
            request = SpeechRequest(id="m0", text=TEXT, voice="heart", nfe=1)
            self.forecast.answered(self.forecast.begin(request), each_nfe_s)

    async def speak(self, request: SpeechRequest) -> AudioChunk:
        self.asked.append(request)
        task = self.forecast.begin(request)
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.forecast.given_up(task)
            raise
        self.forecast.answered(task, self.takes_s)
        samples = np.full(24_000, 0.5, np.float32)
        return AudioChunk(samples=samples, sample_rate_hz=24_000, engine=self.name)

    async def try_out(self, nfe: int) -> bool:
        await self.speak(SpeechRequest(id="trial", text=TEXT, voice="heart", nfe=nfe, due_s=60.0))
        return True


async def speak(engine: FallbackEngine, *texts: str, due: Due | None = None) -> list[str]:
    """Return who speaks each piece of an utterance that are asked for one after the other."""
    pieces = [Piece(text, 0.0, is_last=text is texts[-1]) for text in texts]
    timetable = Timetable(due or Due(), pieces, patience_s=engine.patience_s)
    attempts = Attempts(engine, timetable)
    speakers = []
    async with asyncio.timeout(DEADLINE_S):
        for index, text in enumerate(texts):
            due_s = timetable.due_s(index)
            request = SpeechRequest(id="m1", text=text, voice="heart", nfe=0, due_s=due_s)
            chunk = await attempts.speak(index, request)
            timetable.made(index, chunk.duration_s)
            speakers.append(chunk.engine)
    return speakers


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


async def test_the_preferred_engine_speaks_and_no_other_is_asked() -> None:
    first, second = PacedSupervisor("first", 0.0), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=DEADLINE_S)

    assert await speak(engine, TEXT, TEXT) == ["first", "first"]
    assert not second.asked
    await engine.close()


async def test_what_is_late_is_handed_over_and_the_engine_is_set_aside_until_it_is_quick() -> None:
    first, second = PacedSupervisor("first", FOR_EVER_S), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=PATIENCE_S)
    with capture_logs() as logs:
        assert await speak(engine, TEXT, TEXT) == ["second", "second"]
        state = engine.states["first"]
        assert (state.handovers, bool(state.aside)) == (1, True)
        assert [request.id for request in first.asked] == ["m1"]  # once: the voice has changed
        assert engine.name == "second"

        assert await speak(engine, TEXT) == ["second"]
        first.takes_s = 0.01
        await until(lambda: not engine.states["first"].aside)
        assert await speak(engine, TEXT) == ["first"]
        await engine.close()

    events = [entry["event"] for entry in logs]
    assert events.count("engine set aside") == 1
    assert events.count("engine is in time again") == 1


async def test_fewer_evaluations_are_taken_before_another_voice() -> None:
    first = PacedSupervisor("first", 0.0, nfe_choices=(7, 6, 5, 4))
    second = PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=1.0, patience_s=150.0, nfe_least=5)
    first.teach(150 / 7)  # with a margin 7 are too many, and 6 are not

    assert await speak(engine, TEXT) == ["first"]
    assert [request.nfe for request in first.asked] == [6]

    first.teach(150.0)  # not even with the least
    assert await speak(engine, TEXT) == ["second"]
    await engine.close()


async def test_of_a_number_that_is_not_prepared_the_nearest_is_taken() -> None:
    prepared, any_number = (
        PacedSupervisor("f5", 0.0, nfe_choices=(7,)),
        PacedSupervisor("tone", 0.0),
    )
    engine = FallbackEngine([prepared, any_number], stall_s=1.0)

    assert engine.nfes(prepared, 5) == (7,)
    assert engine.nfes(prepared, 0) == (7,)
    assert engine.nfes(any_number, 5) == (5,)
    await engine.close()


async def test_an_engine_that_cannot_keep_up_with_long_text_does_not_begin_it() -> None:
    first, second = PacedSupervisor("first", 0.0), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=1.0, patience_s=150.0)
    first.teach(100.0)

    assert await speak(engine, TEXT) == ["first"]
    first.teach(100.0)
    assert await speak(engine, TEXT, TEXT, TEXT) == ["second"] * 3
    await engine.close()


@pytest.mark.parametrize("takes_s", [0.0, 2 * PATIENCE_S])
async def test_a_lone_engine_speaks_however_late(takes_s: float) -> None:
    only = PacedSupervisor("only", takes_s)
    engine = FallbackEngine([only], stall_s=DEADLINE_S, patience_s=PATIENCE_S)
    only.teach(FOR_EVER_S)

    assert await speak(engine, TEXT, TEXT) == ["only", "only"]
    assert not engine.states["only"].aside
    await engine.close()


async def test_what_is_made_ahead_is_handed_over_when_its_turn_has_come() -> None:
    first, second = PacedSupervisor("first", FOR_EVER_S), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=PATIENCE_S)
    due = Due(FOR_EVER_S)
    speaking = asyncio.create_task(speak(engine, TEXT, due=due))
    await until(lambda: bool(first.asked))
    assert not second.asked
    due.come()

    assert await speaking == ["second"]
    await engine.close()


async def test_an_engine_that_is_set_aside_again_is_tried_by_one_task() -> None:
    first, second = PacedSupervisor("first", FOR_EVER_S), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=PATIENCE_S)
    first.teach(0.01)
    for _ in range(3):
        engine.aside.put(first, "it is late")
        engine.aside.review(first)
        assert first not in engine.aside
    engine.aside.put(first, "it is late")

    names = [task.get_name() for task in asyncio.all_tasks()]
    assert names.count("try first") == 1
    await engine.close()


async def test_an_engine_of_which_nothing_is_known_but_that_it_was_late_is_not_asked_again() -> (
    None
):
    first, second = PacedSupervisor("first", FOR_EVER_S), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=PATIENCE_S)

    assert await speak(engine, TEXT) == ["second"]
    assert not first.forecast.is_known
    assert await speak(engine, TEXT) == ["second"]
    assert [request.id for request in first.asked].count("m1") == 1
    await engine.close()


async def test_of_three_engines_the_better_voice_that_is_there_is_heard() -> None:
    first = PacedSupervisor("first", FOR_EVER_S)
    second, third = PacedSupervisor("second", 0.4), PacedSupervisor("third", 0.5)
    engine = FallbackEngine([first, second, third], stall_s=DEADLINE_S, patience_s=0.9)
    for each in (second, third):
        each.teach(0.7)  # so both are asked early

    assert await speak(engine, TEXT) == ["second"]
    assert third.asked
    await engine.close()


async def test_what_is_handed_over_is_as_urgent_as_it_is_by_then() -> None:
    first, second = PacedSupervisor("first", FOR_EVER_S), PacedSupervisor("second", 0.0)
    engine = FallbackEngine([first, second], stall_s=DEADLINE_S, patience_s=PATIENCE_S)
    due = Due(FOR_EVER_S)
    speaking = asyncio.create_task(speak(engine, TEXT, due=due))
    await until(lambda: bool(first.asked))
    due.come()
    await speaking

    assert first.asked[0].due_s > PATIENCE_S
    assert second.asked[0].due_s == 0
    await engine.close()


async def test_what_is_made_ahead_is_not_lost_while_every_engine_is_away() -> None:
    only = PacedSupervisor("only", 0.0)
    only.is_ready, only.refusal = False, StartError("It is not there.")
    engine = FallbackEngine([only], stall_s=0.05)
    due = Due(FOR_EVER_S)
    speaking = asyncio.create_task(speak(engine, TEXT, due=due))
    done, _ = await asyncio.wait({speaking}, timeout=0.5)  # ten times as long as it may stall
    assert not done
    only.is_ready = True
    only._changes.tell()

    assert await speaking == ["only"]
    await engine.close()


async def test_when_its_turn_has_come_engines_that_are_away_are_not_waited_for_long() -> None:
    only = PacedSupervisor("only", 0.0)
    only.is_ready = False
    engine = FallbackEngine([only], stall_s=0.05)
    with pytest.raises(UtteranceError, match="did not last or come back"):
        await speak(engine, TEXT)
    await engine.close()


async def test_an_engine_that_loads_is_waited_for() -> None:
    only = PacedSupervisor("only", 0.0)
    only.is_ready, only.is_loading = False, True
    engine = FallbackEngine([only], stall_s=0.05)
    speaking = asyncio.create_task(speak(engine, TEXT))
    done, _ = await asyncio.wait({speaking}, timeout=0.5)  # ten times as long as it may stall
    assert not done
    assert engine.silent_s == 0
    only.is_ready = True
    only._changes.tell()

    assert await speaking == ["only"]
    await engine.close()
