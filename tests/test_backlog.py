import asyncio
from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backlog import Backlog
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Chatter, Lane, Utterance
from bot.outcomes import Dropped, DropReason, Outcome, Queued
from bot.runtime.clock import now


def utterance(
    name: str, chatter: str = "u1", lane: Lane = Lane.REST, age_s: float = 0
) -> Utterance:
    return Utterance(
        id=name,
        channel="main",
        chatter=Chatter(id=chatter, name=chatter),
        prefix="",
        body=name,
        voice="heart",
        lane=lane,
        received_at=now() - age_s,
    )


async def taken(backlog: Backlog) -> list[str]:
    return [(await backlog.take()).id for _ in range(len(backlog))]


def dropped(outcomes: Iterable[Outcome]) -> list[tuple[str, DropReason]]:
    return [(o.id, o.reason) for o in outcomes if isinstance(o, Dropped)]


@pytest.fixture
def outcomes() -> list[Outcome]:
    return []


@pytest.fixture
def backlog(outcomes: list[Outcome]) -> Backlog:
    return Backlog(BacklogSettings(max_pending=4, max_per_chatter=3), outcomes.append)


async def test_lanes_speak_in_order_of_their_priority(backlog: Backlog) -> None:
    backlog.put(utterance("rest"))
    backlog.put(utterance("paid", lane=Lane.PAID))
    backlog.put(utterance("moderator", "mod", Lane.MODERATOR))

    assert await taken(backlog) == ["paid", "moderator", "rest"]


async def test_chatters_of_a_lane_take_turns(backlog: Backlog) -> None:
    for name in ("a1", "a2", "a3"):
        backlog.put(utterance(name, "a"))
    backlog.put(utterance("b1", "b"))

    assert await taken(backlog) == ["a1", "b1", "a2", "a3"]


async def test_a_flood_of_one_chatter_makes_room_for_another(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    for name in ("a1", "a2", "a3"):
        backlog.put(utterance(name, "a"))
    backlog.put(utterance("b1", "b"))
    backlog.put(utterance("c1", "c"))

    assert dropped(outcomes) == [("a3", DropReason.FULL)]
    assert await taken(backlog) == ["a1", "b1", "c1", "a2"]


async def test_a_full_backlog_of_equals_refuses_the_newcomer(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    for name in ("a", "b", "c", "d", "e"):
        backlog.put(utterance(name, name))

    assert dropped(outcomes) == [("e", DropReason.FULL)]
    assert [o.id for o in outcomes if isinstance(o, Queued)] == ["a", "b", "c", "d"]


async def test_what_was_paid_for_always_finds_room_and_takes_none(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    paid = [f"p{number}" for number in range(20)]
    for name in paid:
        backlog.put(utterance(name, "payer", Lane.PAID))
    for name in ("a", "b", "c", "d", "late"):
        backlog.put(utterance(name, name))

    assert dropped(outcomes) == [("late", DropReason.FULL)]
    assert await taken(backlog) == [*paid, "a", "b", "c", "d"]


async def test_what_was_paid_for_finds_room_after_the_limit_was_lowered(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    for name in ("a", "b", "c"):
        backlog.put(utterance(name, name))
    backlog.follow(BacklogSettings(max_pending=1))
    backlog.put(utterance("p", "payer", Lane.PAID))

    assert dropped(outcomes) == []
    assert await taken(backlog) == ["p", "a", "b", "c"]


async def test_a_program_that_runs_wild_does_not_fill_the_memory(
    backlog: Backlog, outcomes: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.backlog._MOST_PAID", 3)
    backlog.put(utterance("rest", "a"))
    for name in ("p1", "p2", "p3", "p4"):
        backlog.put(utterance(name, "payer", Lane.PAID))

    assert dropped(outcomes) == [("p4", DropReason.FULL)]
    assert await taken(backlog) == ["p1", "p2", "p3", "rest"]


async def test_one_chatter_may_have_only_so_many_waiting(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    for name in ("a1", "a2", "a3", "a4"):
        backlog.put(utterance(name, "a"))

    assert dropped(outcomes) == [("a4", DropReason.FULL)]


async def test_what_waited_too_long_is_dropped_while_nothing_is_taken(
    outcomes: list[Outcome],
) -> None:
    expired = asyncio.Event()

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if isinstance(outcome, Dropped):
            expired.set()

    backlog = Backlog(BacklogSettings(max_age_s=100), note)
    backlog.pause()
    backlog.put(utterance("paid", "p", Lane.PAID, age_s=200))
    backlog.put(utterance("fresh", "f"))
    backlog.put(utterance("old", "o", age_s=99.99))
    async with asyncio.timeout(5):
        await expired.wait()

    assert dropped(outcomes) == [("old", DropReason.EXPIRED)]
    backlog.resume()
    assert await taken(backlog) == ["paid", "fresh"]


async def test_pause_holds_back_and_resume_hands_out(backlog: Backlog) -> None:
    backlog.pause()
    backlog.put(utterance("a"))
    taking = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    assert not taking.done()

    backlog.resume()
    async with asyncio.timeout(5):
        assert (await taking).id == "a"


async def test_a_cancelled_take_loses_nothing(backlog: Backlog) -> None:
    taking = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    backlog.put(utterance("a"))
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)

    assert len(backlog) == 1


async def test_remove_drops_what_matches_with_its_reason(
    backlog: Backlog, outcomes: list[Outcome]
) -> None:
    backlog.put(utterance("a1", "a"))
    backlog.put(utterance("b1", "b"))
    count = backlog.remove(DropReason.TIMED_OUT, lambda u: u.chatter.id == "a")

    assert (count, dropped(outcomes)) == (1, [("a1", DropReason.TIMED_OUT)])
    assert await taken(backlog) == ["b1"]


@pytest.mark.parametrize("takes_back", [Backlog.pause, lambda b: b.clear(DropReason.DELETED)])
async def test_what_is_taken_back_at_once_is_not_handed_out(
    backlog: Backlog, takes_back: Callable[[Backlog], object]
) -> None:
    taking = asyncio.create_task(backlog.take())
    await asyncio.sleep(0)
    backlog.put(utterance("a"))
    takes_back(backlog)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not taking.done()
    taking.cancel()


async def test_wait_room_waits_while_a_newcomer_would_be_dropped(backlog: Backlog) -> None:
    for name in ("a", "b", "c"):
        backlog.put(utterance(name, name))
    waiting = asyncio.create_task(backlog.wait_room())
    await asyncio.sleep(0)
    assert not waiting.done()

    await backlog.take()
    async with asyncio.timeout(5):
        await waiting


async def test_wait_room_does_not_wait_for_a_paused_backlog(backlog: Backlog) -> None:
    for name in ("a", "b", "c"):
        backlog.put(utterance(name, name))
    waiting = asyncio.create_task(backlog.wait_room())
    await asyncio.sleep(0)
    backlog.pause()

    async with asyncio.timeout(5):
        await waiting


async def test_wait_empty_returns_after_the_last_take(backlog: Backlog) -> None:
    backlog.put(utterance("a"))
    waiting = asyncio.create_task(backlog.wait_empty())
    await asyncio.sleep(0)
    assert not waiting.done()

    await backlog.take()
    async with asyncio.timeout(5):
        await waiting


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(Lane), st.booleans())),
)
def test_every_utterance_comes_out_exactly_once(steps: list[tuple[str, Lane, bool]]) -> None:
    async def run() -> None:
        outcomes: list[Outcome] = []
        settings = BacklogSettings(max_pending=5, max_per_chatter=3)
        backlog = Backlog(settings, outcomes.append)
        out: list[str] = []
        for index, (chatter, lane, takes) in enumerate(steps):
            backlog.put(utterance(str(index), chatter, lane))
            assert sum(u.lane is not Lane.PAID for u in backlog) <= settings.max_pending
            if takes and len(backlog):
                out.append((await backlog.take()).id)
        out += await taken(backlog)
        out += [name for name, _ in dropped(outcomes)]
        assert sorted(out, key=int) == [str(index) for index in range(len(steps))]

    asyncio.run(run())


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(Lane), st.booleans())),
)
def test_a_full_backlog_drops_the_newest_of_the_least_important(
    steps: list[tuple[str, Lane, bool]],
) -> None:
    async def run() -> None:
        outcomes: list[Outcome] = []
        settings = BacklogSettings(max_pending=5, max_per_chatter=100)
        backlog = Backlog(settings, outcomes.append)
        waiting: list[Utterance] = []  # as it came
        for index, (chatter, lane, takes) in enumerate(steps):
            waiting.append(utterance(str(index), chatter, lane))
            backlog.put(waiting[-1])
            unpaid = [u for u in waiting if u.lane is not Lane.PAID]
            if len(unpaid) > settings.max_pending:
                least = [u for u in unpaid if u.lane is max(each.lane for each in unpaid)]
                counts = Counter(u.chatter.id for u in least)
                most = [u for u in least if counts[u.chatter.id] == max(counts.values())]
                assert dropped(outcomes) == [(most[-1].id, DropReason.FULL)]
                waiting.remove(most[-1])
            outcomes.clear()
            if takes and waiting:
                waiting.remove(await backlog.take())
            assert sorted(backlog, key=waiting.index) == waiting

    asyncio.run(run())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Lane)), max_size=12))
async def test_what_is_upcoming_is_what_is_taken(arrivals: list[tuple[str, Lane]]) -> None:
    outcomes: list[Outcome] = []
    backlog = Backlog(BacklogSettings(), outcomes.append)
    for number, (chatter, lane) in enumerate(arrivals):
        backlog.put(utterance(str(number), chatter, lane))
    upcoming = [one.id for one in backlog.upcoming()]

    assert await taken(backlog) == upcoming


async def test_what_changes_before_a_task_waits_is_not_missed(backlog: Backlog) -> None:
    waiting = asyncio.ensure_future(backlog.wait_changed())  # it has not begun
    backlog.put(utterance("m1"))
    async with asyncio.timeout(10):
        await waiting


async def test_what_may_not_be_spoken_now_holds_up_nothing_of_its_chatter(backlog: Backlog) -> None:
    for text in ("away", "here"):
        backlog.put(utterance(text, "viewer1"))
    taken = backlog.take_first(lambda waiting: waiting.body != "away")
    assert taken is not None
    assert taken.body == "here"
    assert [waiting.body for waiting in backlog] == ["away"]
