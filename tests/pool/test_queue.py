"""Order of a worker's queue: streamers take turns, and each one's own are ordered by need."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.guests.pool.wire import VERSION, Ask
from bot.messages import SpeechRequest
from bot.pool.queue import FairQueue, Waiting

_numbers = itertools.count()


def item(
    streamer: str,
    letters: int = 10,
    *,
    due_at: float = 0.0,
    priority: int = 0,
    deadline_at: float = 100.0,
) -> Waiting:
    name = f"a{next(_numbers)}"
    request = SpeechRequest(id=name, text="x" * letters, voice="v")
    ask = Ask(version=VERSION, attempt=name, request=request, deadline_s=1, priority=priority)
    return Waiting(streamer, "reply", ask, due_at, deadline_at, came_at=next(_numbers))


def taken(queue: FairQueue) -> list[Waiting]:
    return list(iter(queue.take, None))


def queue(most: int = 100, most_each: int = 100) -> FairQueue:
    return FairQueue(most=most, most_each=most_each)


def test_what_is_needed_first_comes_first_and_priority_before_that() -> None:
    subject = queue()
    late, soon, paid = item("a", due_at=9), item("a", due_at=1), item("a", due_at=20, priority=3)
    for each in (late, soon, paid):
        assert subject.put(each)

    assert taken(subject) == [paid, soon, late]


def test_a_flood_of_one_keeps_nobody_else_waiting() -> None:
    subject = queue(most=50, most_each=20)
    flood = [subject.put(item("flood", 100)) for _ in range(200)]
    others = [item(name, 100) for name in ("a", "b", "c")]

    assert sum(flood) == 20
    assert all(subject.put(each) for each in others)
    first = taken(subject)[:8]
    assert {each.streamer for each in first} == {"flood", "a", "b", "c"}


def test_who_has_nothing_waiting_finds_room_in_a_full_queue() -> None:
    subject = queue(most=3)
    assert [subject.put(item("a")) for _ in range(5)] == [True, True, True, False, False]
    assert subject.put(item("b"))
    assert not subject.put(item("b"))


def test_what_is_too_late_is_dropped() -> None:
    subject = queue()
    late, kept = item("a", deadline_at=5), item("b", deadline_at=50)
    assert subject.put(late)
    assert subject.put(kept)

    assert subject.drop_late(10.0) == [late]
    assert taken(subject) == [kept]


def test_only_its_streamer_takes_a_request_back() -> None:
    subject = queue()
    mine = item("a")
    subject.put(mine)

    assert subject.holds("a", mine.ask.attempt)
    assert not subject.holds("b", mine.ask.attempt)
    assert not subject.cancel("b", mine.ask.attempt)
    assert subject.cancel("a", mine.ask.attempt)
    assert not subject.cancel("a", mine.ask.attempt)
    assert taken(subject) == []


_items = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 900)), max_size=60)


@given(_items)
def test_all_that_was_put_is_taken_once(given_items: list[tuple[str, int]]) -> None:
    subject = queue()
    put = [item(streamer, letters) for streamer, letters in given_items]
    assert all(map(subject.put, put))

    assert len(subject) == len(put)
    assert subject.letters == sum(letters for _, letters in given_items)
    assert sorted(each.came_at for each in taken(subject)) == [each.came_at for each in put]
    assert len(subject) == 0


@given(st.lists(st.integers(1, 200), min_size=40, max_size=40))
def test_letters_are_shared_equally_while_all_have_some(lengths: list[int]) -> None:
    subject = queue()
    for number, letters in enumerate(lengths):
        subject.put(item("ab"[number % 2], letters))
    shares = {"a": 0, "b": 0}
    left = {"a": 20, "b": 20}
    for each in iter(subject.take, None):
        shares[each.streamer] += len(each.ask.request.text)
        left[each.streamer] -= 1
        if not all(left.values()):
            break
        # The bound of deficit round robin: a quantum and two of the longest texts.
        assert abs(shares["a"] - shares["b"]) <= 120 + 2 * 200
