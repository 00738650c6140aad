import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.process.scheduler import Job, Scheduler
from bot.engine.process.supervisor import Supervisor
from bot.messages import SpeechRequest
from tests.engine.conftest import DEADLINE_S

if TYPE_CHECKING:
    from tests.engine.conftest import MakeSupervisor

NOW = 100.0
BUDGET = 10


def job(number: int, tokens: int = 1, due_s: float = 0.0, nfe: int = 7) -> Job:
    request = SpeechRequest(id=str(number), text="a", voice="heart", nfe=nfe)
    return Job(number, request, tokens, NOW + due_s)


def scheduled(*jobs: Job, budget: int = BUDGET) -> list[list[int]]:
    scheduler = Scheduler(budget)
    for one in jobs:
        scheduler.put(one)
    batches = []
    while scheduler:
        batches.append([one.number for one in scheduler.take(NOW)])
    return batches


JOBS = st.lists(
    st.builds(
        job,
        number=st.integers(1, 10**6),
        tokens=st.integers(1, 15),
        due_s=st.floats(0, 20),
        nfe=st.sampled_from([5, 7]),
    ),
    unique_by=lambda one: one.number,
    max_size=20,
)


@given(JOBS)
def test_everything_is_taken_once_within_the_budget_and_alike(jobs: list[Job]) -> None:
    by_number = {one.number: one for one in jobs}
    batches = scheduled(*jobs)

    assert sorted(number for batch in batches for number in batch) == sorted(by_number)
    for batch in batches:
        assert len(batch) == 1 or sum(by_number[number].tokens for number in batch) <= BUDGET
        assert len({by_number[number].request.nfe for number in batch}) == 1


@given(JOBS)
def test_the_head_of_each_batch_is_the_most_urgent_that_waits(jobs: list[Job]) -> None:
    by_number = {one.number: one for one in jobs}
    heads = [by_number[batch[0]].due_at for batch in scheduled(*jobs)]

    assert heads == sorted(heads)


def test_what_can_wait_does_not_delay_an_urgent_head() -> None:
    assert scheduled(job(1, due_s=5), job(2), job(3, due_s=6)) == [[2], [1, 3]]


def test_what_is_urgent_together_is_worked_on_together() -> None:
    assert scheduled(job(1), job(2), job(3)) == [[1, 2, 3]]


def test_without_a_budget_they_go_one_by_one_in_the_order_of_their_need() -> None:
    assert scheduled(job(1, due_s=2), job(2, due_s=1), job(3), budget=0) == [[3], [2], [1]]


def test_what_was_removed_is_not_taken() -> None:
    scheduler = Scheduler(BUDGET)
    scheduler.put(job(1))

    assert scheduler.remove(1)
    assert not scheduler.remove(1)
    assert scheduler.take(NOW) == []


async def levels(supervisor: Supervisor, *texts: str) -> list[float]:
    """Return 0.1 for each text that was spoken together with the one at that place."""

    async def level(text: str) -> float:
        request = SpeechRequest(id="m1", text=text, voice="heart")
        chunk = await supervisor.speak(request)
        return round(float(chunk.samples[0]), 1)

    async with asyncio.timeout(DEADLINE_S):
        return await asyncio.gather(*(level(text) for text in texts))


async def test_the_first_is_spoken_alone_and_the_others_together_within_the_budget(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(engine="Together")
    await supervisor.warm_up()

    assert await levels(supervisor, "pause", "one", "two", "three", "four five") == pytest.approx(
        [0.1, 0.3, 0.3, 0.3, 0.1]
    )


async def test_a_batch_tells_which_of_its_texts_cannot_be_spoken(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(engine="Together")
    await supervisor.warm_up()
    first, refused, last = await asyncio.gather(
        *(levels(supervisor, text) for text in ("pause", "refuse", "one")), return_exceptions=True
    )

    assert first == [0.1]
    assert "Say something else" in str(refused)
    assert last == [0.2]
